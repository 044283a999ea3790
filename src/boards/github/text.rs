//! What of an issue's text is ours, and what it says of other issues: the estimate and the mark at its end, and lines such as
//! `Depends on #12`.

use std::fmt::Write;

const ONCE: &str = "<!-- taskgate:once:";
const END: &str = "-->";
const ESTIMATE: &str = "Estimate: ";
const MINUTES: &str = " minutes";
/// Lines that are looked at for other issues.
const MOST_LINES: usize = 5_000;
/// Issues that one can name.
const MOST_NAMED: usize = 50;

/// An issue's text without what we put at its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct IssueText<'a> {
    pub(super) description: &'a str,
    pub(super) estimate_minutes: Option<u32>,
    /// What the request that made it is known by.
    pub(super) once: Option<&'a str>,
}

impl<'a> IssueText<'a> {
    pub(super) fn of(body: &'a str) -> Self {
        let mut text = Self { description: body.trim_end(), ..Self::default() };
        if let Some((before, mark)) = text.description.rsplit_once(ONCE)
            && let Some(once) = mark.strip_suffix(END)
        {
            (text.description, text.once) = (before.trim_end(), Some(once.trim()));
        }
        let (before, last) = text.description.rsplit_once('\n').unwrap_or(("", text.description));
        let estimate = last.trim().strip_prefix(ESTIMATE).and_then(|rest| rest.strip_suffix(MINUTES));
        if let Some(minutes) = estimate.and_then(|minutes| minutes.parse().ok()) {
            (text.description, text.estimate_minutes) = (before.trim_end(), Some(minutes));
        }
        text
    }

    /// The body of an issue with these at its end.
    pub(super) fn body(description: &str, estimate_minutes: Option<u32>, once: &str) -> String {
        let mut body = description.trim_end().to_owned();
        if let Some(minutes) = estimate_minutes {
            let _ = write!(body, "\n\n{ESTIMATE}{minutes}{MINUTES}");
        }
        let _ = write!(body, "\n\n{ONCE}{once} {END}");
        body
    }
}

/// Numbers of issues of the same repository that a description says its issue waits for: lines that begin with `Depends on` or
/// `Blocked by`, with or without a bullet or bold.
pub(super) fn named_dependencies(description: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    for line in description.lines().take(MOST_LINES) {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || "-*_>".contains(c));
        let line = line.strip_prefix("[ ] ").or_else(|| line.strip_prefix("[x] ")).unwrap_or(line);
        let begins = |word: &str| {
            line.get(..word.len())
                .filter(|start| start.eq_ignore_ascii_case(word))
                .map(|_| &line[word.len()..])
        };
        let Some(rest) = begins("depends on").or_else(|| begins("blocked by")) else { continue };
        for part in rest.split(|c: char| c.is_whitespace() || ",;&".contains(c)) {
            let part = part.trim_matches(|c: char| "*_:.()`".contains(c));
            if let Some(number) = part.strip_prefix('#').and_then(|digits| digits.parse().ok())
                && numbers.len() < MOST_NAMED
                && !numbers.contains(&number)
            {
                numbers.push(number);
            }
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_at_the_end_is_read_back_and_no_part_of_the_description() {
        for (description, estimate) in [("What it is\n\nabout", Some(90)), ("", None), ("x", Some(0))] {
            let body = IssueText::body(description, estimate, "0199-a");
            let text = IssueText::of(&body);
            assert_eq!(
                text,
                IssueText { description, estimate_minutes: estimate, once: Some("0199-a") },
                "{body}"
            );
        }
        let plain = IssueText::of("Estimate: soon\n<!-- taskgate:once: -->\nmore");
        assert_eq!(plain.description, "Estimate: soon\n<!-- taskgate:once: -->\nmore");
    }

    #[test]
    fn lines_that_name_what_they_wait_for_are_read() {
        let named = |text: &str| named_dependencies(text);
        assert_eq!(named("Intro\n- **Depends on** #12, #13 and #12\nBlocked by: #7."), [12, 13, 7]);
        assert_eq!(named("depends on octo/app#3"), Vec::<u64>::new(), "another repository's");
        assert_eq!(named("It depends on #3"), Vec::<u64>::new(), "prose");
        assert_eq!(named("Depends on #x #-1 #"), Vec::<u64>::new());
    }
}
