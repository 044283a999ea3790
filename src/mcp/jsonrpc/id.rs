//! Ids and tokens as clients write them: texts and whole numbers. `1`, `1.0` and `1e0` are one number, and a text is the
//! same however it is escaped.

use std::borrow::Cow;

use super::response::to_json;

/// Beyond it neighbouring numbers are the same to most clients.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether the raw value is a text or a whole number.
pub(crate) fn is_id(raw: &str) -> bool {
    raw.starts_with('"') || whole_number(raw).is_some()
}

/// One spelling for all that mean the same; `raw` itself when it is no id.
pub(crate) fn spelled_alike(raw: &str) -> Cow<'_, str> {
    if raw.starts_with('"') && raw.contains('\\') {
        let text: Option<String> = serde_json::from_str(raw).ok();
        return text.map_or(Cow::Borrowed(raw), |text| Cow::Owned(to_json(&text)));
    }
    whole_number(raw).unwrap_or(Cow::Borrowed(raw))
}

fn whole_number(raw: &str) -> Option<Cow<'_, str>> {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(raw));
    }
    let number: f64 = raw.parse().ok()?;
    let whole = number.fract() == 0.0 && number.abs() <= LARGEST_EXACT;
    whole.then(|| Cow::Owned(format!("{number:.0}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_and_texts_are_ids_and_fractions_are_not() {
        for good in ["0", "-7", "1.0", "2e3", "18446744073709551616", r#""""#, r#""a""#] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["1.5", "1e-1", "1e400", "null", "true", "{}", "[1]", "-"] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn what_means_the_same_is_spelled_alike() {
        for (raw, alike) in
            [("1.0", "1"), ("1e0", "1"), ("20e-1", "2"), (r#""\u0061""#, r#""a""#), ("7", "7")]
        {
            assert_eq!(spelled_alike(raw), alike);
        }
        assert_ne!(spelled_alike("1"), spelled_alike(r#""1""#));
    }
}
