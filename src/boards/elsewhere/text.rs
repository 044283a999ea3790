//! What of a task's text is ours, and what it says of other tasks: the estimate and the mark at its end, and lines such as
//! `Depends on #12`.

use super::MarkForm;

const ONCE: &str = "once:";
const ESTIMATE: &str = "Estimate: ";
const MINUTES: &str = " minutes";
/// Lines that are looked at for other tasks.
const MOST_LINES: usize = 5_000;
/// Tasks that one can name.
const MOST_NAMED: usize = 50;

/// A task's text without what we put at its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::boards) struct TaskText<'a> {
    pub(in crate::boards) description: &'a str,
    pub(in crate::boards) estimate_minutes: Option<u32>,
    /// What the request that made it is known by.
    pub(in crate::boards) once: Option<&'a str>,
}

impl<'a> TaskText<'a> {
    /// The parts of a text whose marks have that form.
    pub(in crate::boards) fn of(text: &'a str, form: MarkForm) -> Self {
        let mut parts = Self { description: text.trim_end(), ..Self::default() };
        let start = format!("{}{ONCE}", form.start);
        if let Some((before, mark)) = parts.description.rsplit_once(start.as_str())
            && let Some(once) = mark.strip_suffix(form.end.trim_start())
        {
            (parts.description, parts.once) = (before.trim_end(), Some(once.trim()));
        }
        let (before, last) = parts.description.rsplit_once('\n').unwrap_or(("", parts.description));
        let estimate = last.trim().strip_prefix(ESTIMATE).and_then(|rest| rest.strip_suffix(MINUTES));
        if let Some(minutes) = estimate.and_then(|minutes| minutes.parse().ok()) {
            (parts.description, parts.estimate_minutes) = (before.trim_end(), Some(minutes));
        }
        parts
    }

    /// The text with these at its end; without a mark where the board itself knows of the request.
    pub(in crate::boards) fn with_parts(
        description: &str,
        estimate_minutes: Option<u32>,
        mark: Option<(MarkForm, &str)>,
    ) -> String {
        let estimate = estimate_minutes.map(|minutes| format!("{ESTIMATE}{minutes}{MINUTES}"));
        let mark = mark.map(|(form, once)| format!("{}{ONCE}{once}{}", form.start, form.end));
        let description = Some(description.trim_end().to_owned()).filter(|text| !text.is_empty());
        let parts: Vec<_> = [description, estimate, mark].into_iter().flatten().collect();
        parts.join("\n\n")
    }
}

/// What a description says its task waits for: the words of lines that begin with one of `beginnings`, which are in lower case,
/// with or without a bullet or bold. Each provider knows which of them name a task.
pub(in crate::boards) fn named_after<'a>(description: &'a str, beginnings: &[&str]) -> Vec<&'a str> {
    let mut named = Vec::new();
    for line in description.lines().take(MOST_LINES) {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || "-*_>".contains(c));
        let line = line.strip_prefix("[ ] ").or_else(|| line.strip_prefix("[x] ")).unwrap_or(line);
        let behind = |word: &&str| {
            line.get(..word.len())
                .filter(|start| start.eq_ignore_ascii_case(word))
                .map(|_| &line[word.len()..])
        };
        let Some(rest) = beginnings.iter().find_map(behind) else { continue };
        let parts = rest.split(|c: char| c.is_whitespace() || ",;&".contains(c));
        let parts = parts.map(|part| part.trim_matches(|c: char| "*_:.()`".contains(c)));
        for part in parts.filter(|part| !part.is_empty()) {
            if named.len() < MOST_NAMED && !named.contains(&part) {
                named.push(part);
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: MarkForm = MarkForm { start: "<!-- taskgate:", end: " -->" };

    #[test]
    fn what_is_written_at_the_end_is_read_back_and_no_part_of_the_description() {
        for (description, estimate) in [("What it is\n\nabout", Some(90)), ("", None), ("x", Some(0))] {
            let written = TaskText::with_parts(description, estimate, Some((FORM, "0199-a")));
            let parts = TaskText { description, estimate_minutes: estimate, once: Some("0199-a") };
            assert_eq!(TaskText::of(&written, FORM), parts, "{written}");
            let unmarked = TaskText::with_parts(description, estimate, None);
            assert_eq!(TaskText::of(&unmarked, FORM), TaskText { once: None, ..parts }, "{unmarked}");
        }
        let plain = TaskText::of("Estimate: soon\n<!-- taskgate:once: -->\nmore", FORM);
        assert_eq!(plain.description, "Estimate: soon\n<!-- taskgate:once: -->\nmore");
    }

    #[test]
    fn lines_that_name_what_they_wait_for_are_read() {
        let named = |text| named_after(text, &["depends on", "blocked by"]);
        let text = "Intro\n- **Depends on** #12, #13 and #12\nBlocked by: #7.";
        assert_eq!(named(text), ["#12", "#13", "and", "#7"]);
        assert_eq!(named("It depends on #3"), Vec::<&str>::new(), "prose");
    }
}
