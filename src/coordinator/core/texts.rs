//! What is written on the board, and said to agents whose claim a person ended.

use super::command::OnBoard;
use crate::model::{Claim, ClaimMark, Moment, Severity, UnixMillis, shortened};

/// Characters of an agent's last words that are learned from the board.
const MOST_MESSAGE: usize = 10_000;

pub(super) fn assigned(agent: &str, now: UnixMillis) -> String {
    format!("📋 Task assigned to {agent} at {}", now.rfc3339())
}

pub(super) fn finished(agent: &str) -> String {
    format!("✅ {agent} finished the task")
}

/// How the task goes, by what its holder last said.
pub(super) fn running(claim: &Claim, now: Moment) -> String {
    if claim.message.is_empty() {
        return assigned(&claim.agent_id, now.on_wall(claim.granted_at));
    }
    progress(&claim.agent_id, &claim.message, claim.progress)
}

pub(super) fn ended_by_person(agent: &str) -> String {
    format!("👤 A person moved or took the task: {agent} holds it no longer")
}

pub(super) fn progress(agent: &str, message: &str, percent: u8) -> String {
    format!("🤖 {agent}: {message} ({percent}% complete)")
}

/// What the holder last said, of a claim's words on how it goes. A board may have put something around it.
pub(super) fn last_words(mark: &ClaimMark, text: &str) -> String {
    let start = format!("🤖 {}: ", mark.agent_id);
    let said = text.strip_prefix(&start).or_else(|| Some(text.strip_prefix("🤖 ")?.split_once(": ")?.1));
    let said = said.and_then(|said| said.rsplit_once(&format!(" ({}% complete)", mark.progress)));
    shortened(said.map_or("", |(said, _)| said), MOST_MESSAGE)
}

pub(super) fn blocker(agent: &str, message: &str, severity: Severity, advice: &str) -> String {
    let severity = severity.as_str().to_uppercase();
    let mut text = format!("🚫 BLOCKER ({severity})\nReported by: {agent}\nDescription: {message}");
    if !advice.is_empty() {
        text.push_str("\n📋 Suggestions:\n");
        text.push_str(advice);
    }
    text
}

pub(super) fn released(agent: &str, message: &str, percent: u8) -> String {
    let words = if message.is_empty() { "no reason given" } else { message };
    format!("↩️ {agent} gave the task back at {percent}%: {words}")
}

pub(super) fn lost(claim: &Claim, now: Moment) -> String {
    let words = if claim.message.is_empty() { "none" } else { &claim.message };
    format!(
        "⏳ The lease of {} ended at {} ({}% complete). Last words: {words}",
        claim.agent_id,
        now.on_wall(claim.expires_at).rfc3339(),
        claim.progress
    )
}

pub(super) fn parked(task_name: &str, lost_by: &[String]) -> String {
    format!(
        "🅿️ {task_name} is parked: {} lost it in a row. Move it to To Do to have it offered again.",
        lost_by.join(", ")
    )
}

pub(super) fn moved(task_name: &str, found: Option<OnBoard>) -> String {
    match found {
        None => {
            format!("{task_name} was deleted by a person: your claim on it has ended, stop working on it")
        }
        Some(found) if found.assigned => {
            format!("{task_name} was assigned to a person: your claim on it has ended, stop working on it")
        }
        Some(found) => format!(
            "{task_name} was moved to {} by a person: your claim on it has ended, stop working on it",
            found.status
        ),
    }
}
