//! How much of a pull request is read at once, unless a call says otherwise.

use std::ops::RangeInclusive;

use super::SettingsReader;

/// `HTTP_PER_PAGE`, `PR_FETCH_MAX_PAGES`, `PR_FETCH_MAX_COMMENTS`, `HTTP_MAX_RETRIES`.
#[derive(Clone, Copy, Debug)]
pub struct ReviewSettings {
    /// Threads of a page.
    pub per_page: u32,
    /// Requests of a call.
    pub max_pages: u32,
    /// Comments of a call.
    pub max_comments: u32,
    /// How often a request is tried again.
    pub max_retries: u32,
}

impl ReviewSettings {
    /// What [`ReviewSettings::per_page`] may be.
    pub const PER_PAGE: RangeInclusive<u32> = 1..=100;
    /// What [`ReviewSettings::max_pages`] may be.
    pub const MAX_PAGES: RangeInclusive<u32> = 1..=200;
    /// What [`ReviewSettings::max_comments`] may be.
    pub const MAX_COMMENTS: RangeInclusive<u32> = 100..=100_000;
    /// What [`ReviewSettings::max_retries`] may be.
    pub const MAX_RETRIES: RangeInclusive<u32> = 0..=10;

    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        Self {
            per_page: reader.clamped("HTTP_PER_PAGE", &Self::PER_PAGE),
            max_pages: reader.clamped("PR_FETCH_MAX_PAGES", &Self::MAX_PAGES),
            max_comments: reader.clamped("PR_FETCH_MAX_COMMENTS", &Self::MAX_COMMENTS),
            max_retries: reader.clamped("HTTP_MAX_RETRIES", &Self::MAX_RETRIES),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(text: &str) -> (u32, usize, usize) {
        let names = ["HTTP_PER_PAGE", "PR_FETCH_MAX_COMMENTS"];
        let given: BTreeMap<_, _> = names.map(|name| (name.to_owned(), text.to_owned())).into();
        let mut reader = SettingsReader::new(BTreeMap::new(), given);
        let settings = ReviewSettings::read(&mut reader);
        (settings.per_page, settings.max_comments as usize, reader.warnings.len() + 100 * reader.faults.len())
    }

    #[test]
    fn what_is_beyond_its_bounds_is_the_nearest_bound_and_what_is_no_number_the_default() {
        for (text, expected) in [
            ("50", (50, 100, 1)),
            ("100", (100, 100, 0)),
            ("0", (1, 100, 2)),
            ("-7", (1, 100, 2)),
            ("1000000", (100, 100_000, 2)),
            ("99999999999999999999", (100, 100_000, 2)),
            ("", (100, 2000, 0)),
            ("ten", (100, 2000, 2)),
            ("2.5", (100, 2000, 2)),
            ("NaN", (100, 2000, 2)),
            ("inf", (100, 2000, 2)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
