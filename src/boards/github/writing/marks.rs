//! Marks at the end of comments, which GitHub does not show: the id of a write, by which it is found again, and the state of a
//! claim, signed, so that nobody but a gateway with the same secret key can say who holds a task.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    model::{ClaimMark, UnixMillis},
    secrets::MarkKey,
};

const START: &str = "<!-- taskgate:claim:";
const END: &str = " -->";
const HOLDS: &str = "holds";
const ENDED: &str = "ended";

/// The mark of a write's comment.
pub(super) fn of_entry(id: &str) -> String {
    format!("<!-- taskgate:{id} -->")
}

/// What the mark of a claim's comment begins with, whatever the claim's state is.
pub(super) fn start_of_claim(generation: i64) -> String {
    format!("{START}{generation} ")
}

/// The mark of a claim's comment that says nothing but whose it is.
pub(super) fn of_claim(generation: i64) -> String {
    format!("{START}{generation}{END}")
}

/// The state of a claim on that task, signed.
pub(super) fn signed(key: &MarkKey, task_id: &str, mark: &ClaimMark) -> String {
    let state = if mark.holds { HOLDS } else { ENDED };
    // Ids may have any characters, those that end a comment too.
    let agent = URL_SAFE_NO_PAD.encode(&mark.agent_id);
    let said = format!("{} {state} {} {} {agent}", mark.generation, mark.until.0, mark.progress);
    let signature = key.signature(&signed_text(task_id, &said));
    format!("{START}{said} {signature}{END}")
}

/// The signed state of a claim on that task at the end of a comment, with the text before it.
pub(in crate::boards::github) fn read<'a>(
    key: &MarkKey,
    task_id: &str,
    comment: &'a str,
) -> Option<(ClaimMark, &'a str)> {
    let (text, rest) = comment.rsplit_once(START)?;
    let (said, _) = rest.split_once(END)?;
    let (said, signature) = said.rsplit_once(' ')?;
    if !key.has_signed(&signed_text(task_id, said), signature) {
        return None;
    }
    let [generation, state, until, progress, agent] = said.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let agent_id = String::from_utf8(URL_SAFE_NO_PAD.decode(agent).ok()?).ok()?;
    let mark = ClaimMark {
        agent_id,
        generation: generation.parse().ok()?,
        progress: progress.parse().ok()?,
        until: UnixMillis(until.parse().ok()?),
        holds: state == HOLDS,
    };
    Some((mark, text.trim()))
}

fn signed_text(task_id: &str, said: &str) -> String {
    format!("{task_id}\n{said}")
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::secrets::SecretKey;

    fn key(text: &str) -> MarkKey {
        SecretKey::new(SecretString::from(text), None).mark_key()
    }

    fn mark() -> ClaimMark {
        let agent_id = String::from("ana --> <b> é");
        ClaimMark { agent_id, generation: 7, progress: 40, until: UnixMillis(1_000), holds: true }
    }

    #[test]
    fn a_signed_mark_is_read_back_with_the_words_before_it() {
        let line = signed(&key("k"), "I_1", &mark());
        assert!(line.starts_with(&start_of_claim(7)) && line.matches("-->").count() == 1, "{line}");
        for body in [format!("words\n\n{line}"), format!("words\r\n\r\n{line}\n<!-- taskgate:1 -->\n")] {
            assert_eq!(read(&key("k"), "I_1", &body), Some((mark(), "words")));
        }
        let ended = ClaimMark { holds: false, ..mark() };
        let line = signed(&key("k"), "I_1", &ended);
        assert_eq!(read(&key("k"), "I_1", &line), Some((ended, "")));
    }

    #[test]
    fn a_mark_of_another_key_of_another_task_or_that_was_changed_says_nothing() {
        let line = signed(&key("k"), "I_1", &mark());
        assert_eq!(read(&key("other"), "I_1", &line), None);
        assert_eq!(read(&key("k"), "I_2", &line), None);
        for changed in [
            line.replace(" holds ", " ended "),
            line.replace(" 1000 ", " 2000 "),
            line.replace("claim:7", "claim:8"),
            line.replace(END, ""),
            of_claim(7),
            String::new(),
        ] {
            assert_eq!(read(&key("k"), "I_1", &changed), None, "{changed}");
        }
    }
}
