//! Marks at the end of comments, which a board does not show: the id of a write, by which it is found again, and the state of a
//! claim, signed, so that nobody but a gateway with the same secret key can say who holds a task.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    model::{ClaimMark, UnixMillis},
    secrets::MarkKey,
};

const CLAIM: &str = "claim:";
const HOLDS: &str = "holds";
const ENDED: &str = "ended";

/// What a board does not show of a text.
#[derive(Clone, Copy, Debug)]
pub(in crate::boards) struct MarkForm {
    /// Before what is marked, with the name of whose mark it is.
    pub(in crate::boards) start: &'static str,
    /// Behind it.
    pub(in crate::boards) end: &'static str,
}

impl MarkForm {
    /// The mark of a write's comment.
    pub(in crate::boards) fn of_entry(self, id: &str) -> String {
        format!("{}{id}{}", self.start, self.end)
    }

    /// What the mark of a claim's comment begins with, whatever the claim's state is.
    pub(in crate::boards) fn start_of_claim(self, generation: i64) -> String {
        format!("{}{generation} ", self.start_of_claims())
    }

    /// The mark of a claim's comment that says nothing but whose it is.
    pub(in crate::boards) fn of_claim(self, generation: i64) -> String {
        format!("{}{generation}{}", self.start_of_claims(), self.end)
    }

    /// The state of a claim on that task, signed.
    pub(in crate::boards) fn signed(self, key: &MarkKey, task_id: &str, mark: &ClaimMark) -> String {
        let state = if mark.holds { HOLDS } else { ENDED };
        // Ids may have any characters, those that end a mark too.
        let agent = URL_SAFE_NO_PAD.encode(&mark.agent_id);
        let said = format!("{} {state} {} {} {agent}", mark.generation, mark.until.0, mark.progress);
        let signature = key.signature(&signed_text(task_id, &said));
        format!("{}{said} {signature}{}", self.start_of_claims(), self.end)
    }

    /// The signed state of a claim on that task at the end of a comment, with the text before it.
    pub(in crate::boards) fn read<'a>(
        self,
        key: &MarkKey,
        task_id: &str,
        comment: &'a str,
    ) -> Option<(ClaimMark, &'a str)> {
        let (text, rest) = comment.rsplit_once(self.start_of_claims().as_str())?;
        let (said, _) = rest.split_once(self.end)?;
        let (said, signature) = said.rsplit_once(' ')?;
        if !key.has_signed(&signed_text(task_id, said), signature) {
            return None;
        }
        let [generation, state, until, progress, agent] =
            said.split(' ').collect::<Vec<_>>().try_into().ok()?;
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

    fn start_of_claims(self) -> String {
        format!("{}{CLAIM}", self.start)
    }
}

fn signed_text(task_id: &str, said: &str) -> String {
    format!("{task_id}\n{said}")
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::secrets::SecretKey;

    const FORM: MarkForm = MarkForm { start: "<!-- taskgate:", end: " -->" };

    fn key(text: &str) -> MarkKey {
        SecretKey::new(SecretString::from(text), None).mark_key()
    }

    fn mark() -> ClaimMark {
        let agent_id = String::from("ana --> <b> é");
        ClaimMark { agent_id, generation: 7, progress: 40, until: UnixMillis(1_000), holds: true }
    }

    #[test]
    fn a_signed_mark_is_read_back_with_the_words_before_it() {
        let line = FORM.signed(&key("k"), "I_1", &mark());
        assert!(line.starts_with(&FORM.start_of_claim(7)) && line.matches("-->").count() == 1, "{line}");
        for body in [format!("words\n\n{line}"), format!("words\r\n\r\n{line}\n<!-- taskgate:1 -->\n")] {
            assert_eq!(FORM.read(&key("k"), "I_1", &body), Some((mark(), "words")));
        }
        let ended = ClaimMark { holds: false, ..mark() };
        let line = FORM.signed(&key("k"), "I_1", &ended);
        assert_eq!(FORM.read(&key("k"), "I_1", &line), Some((ended, "")));
    }

    #[test]
    fn a_mark_of_another_key_of_another_task_or_that_was_changed_says_nothing() {
        let line = FORM.signed(&key("k"), "I_1", &mark());
        assert_eq!(FORM.read(&key("other"), "I_1", &line), None);
        assert_eq!(FORM.read(&key("k"), "I_2", &line), None);
        for changed in [
            line.replace(" holds ", " ended "),
            line.replace(" 1000 ", " 2000 "),
            line.replace("claim:7", "claim:8"),
            line.replace(FORM.end, ""),
            FORM.of_claim(7),
            String::new(),
        ] {
            assert_eq!(FORM.read(&key("k"), "I_1", &changed), None, "{changed}");
        }
    }
}
