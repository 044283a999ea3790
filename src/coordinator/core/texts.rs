//! What is written on the board, and said to agents whose claim a person ended.

use super::command::OnBoard;
use crate::model::{Claim, Moment, Severity, UnixMillis};

pub(super) fn assigned(agent: &str, now: UnixMillis) -> String {
    format!("📋 Task assigned to {agent} at {}", now.rfc3339())
}

pub(super) fn progress(agent: &str, message: &str, percent: u8) -> String {
    format!("🤖 {agent}: {message} ({percent}% complete)")
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
