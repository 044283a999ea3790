//! Reads what the agents saw and what the store kept, and looks for anything that may not be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use rusqlite::Connection;

use super::history::Line;

#[derive(Default)]
pub struct Verdict {
    pub grants: usize,
    pub completions: usize,
    pub stale_refused: usize,
    pub violations: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} grants seen, {} completions, {} stale writes refused, {} violations",
            self.grants,
            self.completions,
            self.stale_refused,
            self.violations.len()
        )
    }
}

/// What the agents saw.
pub fn read(history: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(history).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn check(history: &Path, database: &Path, lease_seconds: u64) -> Verdict {
    let lines = read(history);
    let mut verdict = judge(&lines, Some(lease_seconds));
    let store = Connection::open(database).unwrap();
    store_agrees(&lines, &store, &mut verdict);
    if let Some(task) = verdict.violations.first().and_then(|what| what.split(": ").next()) {
        let lines: Vec<_> = lines.iter().filter(|line| line.task == task).collect();
        tell_all_of(task, &lines, &store);
    }
    verdict
}

/// What is wrong in what the agents saw, whatever the store says. No lease: a store that may lose a claim gives its task anew before
/// that has ended.
pub fn judge(lines: &[Line], lease_seconds: Option<u64>) -> Verdict {
    let mut by_task: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        by_task.entry(&line.task).or_default().push(line);
    }
    let mut verdict = Verdict {
        grants: lines.iter().filter(|line| line.what == "claim" && !line.already).count(),
        stale_refused: lines.iter().filter(|line| line.outcome == "refused").count(),
        ..Verdict::default()
    };
    for (task, lines) in &by_task {
        let mut wrong = |what: String| verdict.violations.push(format!("{task}: {what}"));
        one_agent_a_generation(lines, &mut wrong);
        generations_rise(lines, &mut wrong);
        stale_writes_are_refused(lines, &mut wrong);
        if let Some(seconds) = lease_seconds {
            nobody_else_while_it_is_held(lines, seconds as i64 * 1000, &mut wrong);
        }
    }
    verdict
}

/// Prints everything known of a task that went wrong.
#[expect(clippy::print_stdout, reason = "for whoever has to find out why")]
fn tell_all_of(task: &str, lines: &[&Line], store: &Connection) {
    for line in lines {
        println!("{line:?}");
    }
    let sql =
        "SELECT sequence || ' ' || at || ' ' || action || ' ' || agent_id || ' v' || version FROM events
        WHERE subject = ?1 ORDER BY sequence";
    let mut statement = store.prepare(sql).unwrap();
    let rows = statement.query_map([task], |row| row.get::<_, String>(0)).unwrap();
    for event in rows.map(Result::unwrap) {
        println!("event {event}");
    }
}

fn grants<'a>(lines: &'a [&Line]) -> impl Iterator<Item = &'a Line> {
    lines.iter().copied().filter(|line| line.what == "claim")
}

fn one_agent_a_generation(lines: &[&Line], wrong: &mut dyn FnMut(String)) {
    let mut agents: BTreeMap<i64, &str> = BTreeMap::new();
    for grant in grants(lines) {
        let agent = agents.entry(grant.generation).or_insert(&grant.agent);
        if *agent != grant.agent {
            wrong(format!("generation {} was granted to {agent} and {}", grant.generation, grant.agent));
        }
    }
}

fn generations_rise(lines: &[&Line], wrong: &mut dyn FnMut(String)) {
    let all: Vec<_> = grants(lines).filter(|grant| !grant.already).collect();
    for earlier in &all {
        for later in all.iter().filter(|later| later.sent > earlier.answered) {
            if later.generation <= earlier.generation {
                wrong(format!("generation {} follows {}", later.generation, earlier.generation));
            }
        }
    }
}

/// A write accepted after a newer grant was known to somebody.
fn stale_writes_are_refused(lines: &[&Line], wrong: &mut dyn FnMut(String)) {
    for write in lines.iter().filter(|line| line.what != "claim" && line.outcome == "ok") {
        let newer = grants(lines).find(|g| g.generation > write.generation && g.answered < write.sent);
        // A final report sent again has the same answer, as long as nobody was granted the task since.
        if let Some(newer) = newer {
            wrong(format!("{} under {} accepted after {}", write.what, write.generation, newer.generation));
        }
    }
}

/// From the answer to a grant until a lease after the last acknowledged renewal was sent, nobody else gets the task.
fn nobody_else_while_it_is_held(lines: &[&Line], lease: i64, wrong: &mut dyn FnMut(String)) {
    for grant in grants(lines) {
        let own =
            lines.iter().filter(|line| line.generation == grant.generation && line.agent == grant.agent);
        let ends = own.clone().filter(|line| line.what == "complete" || line.what == "release");
        let renewed = own.filter(|line| line.outcome == "ok").map(|line| line.sent + lease).max();
        let until =
            ends.map(|line| line.sent).min().unwrap_or(i64::MAX).min(renewed.unwrap_or(grant.sent + lease));
        let thief = grants(lines).find(|other| {
            other.agent != grant.agent && other.sent >= grant.answered && other.answered < until
        });
        if let Some(thief) = thief {
            wrong(format!("{} was granted it while {} held it", thief.agent, grant.agent));
        }
    }
}

fn store_agrees(lines: &[Line], store: &Connection, verdict: &mut Verdict) {
    let mut statement = store.prepare("SELECT task_id, generation, agent_id FROM completions").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
    let mut kept: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for (task, completion) in rows.unwrap().map(Result::unwrap) {
        verdict.completions += 1;
        if kept.insert(task, completion).is_some() {
            verdict.violations.push(String::from("a task has two completions in the store"));
        }
    }
    for line in lines.iter().filter(|line| line.what == "complete" && line.outcome == "ok") {
        if kept.get(&line.task) != Some(&(line.generation, line.agent.clone())) {
            verdict.violations.push(format!("{}: an acknowledged completion is not the store's", line.task));
        }
    }
    let count = |sql: &str| -> BTreeMap<String, i64> {
        let mut statement = store.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let claims = count("SELECT target, COUNT(*) FROM audit WHERE action = 'task.claim' GROUP BY target");
    let assigned =
        count("SELECT task_id, COUNT(*) FROM comments WHERE text LIKE '%Task assigned%' GROUP BY task_id");
    if claims != assigned {
        verdict.violations.push(String::from("the board does not show every grant once"));
    }
    let completed =
        count("SELECT target, COUNT(*) FROM audit WHERE action = 'task.complete' GROUP BY target");
    if completed.len() != kept.len() || completed.values().any(|times| *times != 1) {
        verdict.violations.push(String::from("completions and audit differ"));
    }
    let seen: BTreeSet<_> =
        lines.iter().filter(|l| l.what == "claim").map(|l| (&l.task, l.generation)).collect();
    let granted: i64 = claims.values().sum();
    if (seen.len() as i64) > granted {
        verdict.violations.push(format!("{} grants were seen, the audit has {granted}", seen.len()));
    }
    let open = "SELECT id, 1 FROM tasks WHERE status NOT IN ('done', 'blocked')";
    for task in count(open).keys() {
        verdict.violations.push(format!("{task} never ended"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(times: (i64, i64), agent: &str, what: &str, generation: i64) -> Line {
        Line {
            sent: times.0,
            answered: times.1,
            agent: agent.to_owned(),
            what: what.to_owned(),
            task: String::from("t"),
            generation,
            outcome: String::from("ok"),
            already: false,
        }
    }

    fn found(lines: &[Line]) -> Vec<String> {
        let lines: Vec<_> = lines.iter().collect();
        let mut found = Vec::new();
        let mut wrong = |what: String| found.push(what);
        one_agent_a_generation(&lines, &mut wrong);
        generations_rise(&lines, &mut wrong);
        stale_writes_are_refused(&lines, &mut wrong);
        nobody_else_while_it_is_held(&lines, 1000, &mut wrong);
        found
    }

    #[test]
    fn what_may_not_be_is_found_and_what_may_be_is_not() {
        let held = || vec![line((0, 10), "a", "claim", 5), line((20, 30), "a", "complete", 5)];
        assert!(found(&held()).is_empty());
        let after_the_lease = [line((0, 10), "a", "claim", 5), line((990, 1000), "b", "claim", 6)];
        assert!(found(&after_the_lease).is_empty());
        for (thief, name) in [
            (line((12, 15), "b", "claim", 6), "held"),
            (line((2000, 2010), "b", "claim", 5), "granted to"),
            (line((2000, 2010), "a", "claim", 4), "follows"),
        ] {
            let mut lines = held();
            lines.push(thief);
            assert!(found(&lines).iter().any(|what| what.contains(name)), "{name}: {:?}", found(&lines));
        }
        let stale = [
            line((0, 10), "a", "claim", 5),
            line((1500, 1510), "b", "claim", 6),
            line((1600, 1610), "a", "complete", 5),
        ];
        assert!(found(&stale).iter().any(|what| what.contains("accepted after")));
    }
}
