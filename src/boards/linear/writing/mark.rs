//! The state of a claim at the end of a comment. Linear keeps Markdown as a document of its own, in which comments of HTML do not last, so
//! it stands in the address of a link; there it is found whatever was written anew around it.

use crate::{boards::elsewhere::MarkForm, model::ClaimMark, secrets::MarkKey};

/// As elsewhere, for its signature.
const MARKS: MarkForm = MarkForm { start: "#taskgate:", end: ")" };
const START: &str = "#taskgate:claim:";
/// No address has blanks.
const BLANK: char = '.';

/// The line of a claim's comment on that task, whose page is `url`.
pub(super) fn mark_line(key: &MarkKey, (task_id, url): (&str, &str), claim: &ClaimMark) -> String {
    let mark = MARKS.signed(key, task_id, claim).replace(' ', &BLANK.to_string());
    format!("[taskgate]({url}{mark}")
}

/// The signed state of a claim on that task in a comment, with the text before it.
pub(in crate::boards::linear) fn read_mark(
    key: &MarkKey,
    task_id: &str,
    comment: &str,
) -> Option<(ClaimMark, String)> {
    let at = comment.rfind(START)?;
    // An editor may have put backslashes before signs.
    let is_mark = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '\\');
    let said: String =
        comment[at + START.len()..].chars().take_while(is_mark).filter(|c| *c != '\\').collect();
    let (mark, _) = MARKS.read(key, task_id, &format!("{START}{})", said.replace(BLANK, " ")))?;
    let line = comment[..at].rfind('\n').unwrap_or_default();
    Some((mark, comment[..line].trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::{model::UnixMillis, secrets::SecretKey};

    fn key(text: &str) -> MarkKey {
        SecretKey::new(SecretString::from(text), None).mark_key()
    }

    fn claim() -> ClaimMark {
        let agent_id = String::from("ana) é~?>");
        ClaimMark { agent_id, generation: 7, progress: 40, until: UnixMillis(1_000), holds: true }
    }

    #[test]
    fn a_mark_is_read_back_whatever_is_written_around_it_and_under_no_other_key() {
        let url = "https://linear.app/acme/issue/ENG-1/a_b";
        let line = mark_line(&key("k"), ("id", url), &claim());
        assert!(line.starts_with("[taskgate](https://linear.app/") && !line.contains(' '), "{line}");
        for body in [
            format!("words (40% complete) of: it\n\n{line}"),
            format!("words (40% complete) of: it\r\n\r\n{line}\n"),
            format!(
                "words (40% complete) of: it\n\n{}",
                line.replace('_', "\\_").replace('(', "(<").replace(')', ">)")
            ),
        ] {
            let expected = Some((claim(), String::from("words (40% complete) of: it")));
            assert_eq!(read_mark(&key("k"), "id", &body), expected, "{body}");
        }
        let changed = line.replace(".40.", ".50.");
        assert_ne!(changed, line);
        for (key, task, body) in
            [(key("other"), "id", &line), (key("k"), "other", &line), (key("k"), "id", &changed)]
        {
            assert_eq!(read_mark(&key, task, body), None);
        }
    }
}
