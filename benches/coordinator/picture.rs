//! The picture alone: what it costs to fill, to keep, and to choose from.

use std::time::Instant;

use taskgate::{
    coordinator::mirror::{Picture, TaskChoice},
    model::{Agent, AgentId, Moment, Profile, StoreShare},
};

use crate::bed;

const NOW: Moment = Moment::same(1_790_000_500_000);
const CHOICE: TaskChoice = TaskChoice { limit: 4, picky: false, share: StoreShare::WHOLE };
const CHOICES: u32 = 2_000;

pub fn measure(count: usize) {
    let tasks = bed::tasks(count);
    let before = resident_kib();
    let mut picture = Picture::default();
    let agent = Agent {
        id: AgentId::try_from(String::from("a")).expect("an id"),
        owner: String::from("u"),
        profile: Profile {
            name: String::new(),
            role: String::from("Backend Developer"),
            skills: vec![String::from("database"), String::from("api")],
        },
        registered_at: NOW.wall,
        completed: 0,
        held: None,
        notices: Vec::new(),
        version: 1,
    };
    picture.put_agent(agent.clone(), NOW);
    let begun = Instant::now();
    for task in tasks {
        picture.put_task(task, NOW);
    }
    let filled = begun.elapsed();
    let grown = resident_kib().saturating_sub(before);
    let begun = Instant::now();
    for _ in 0..CHOICES {
        let candidates = picture.candidates(&agent, CHOICE, NOW);
        assert_eq!(candidates.len(), 4);
        picture.unreserve(&candidates[0].task.id);
    }
    let chosen = begun.elapsed() / CHOICES;
    println!(
        "picture of {count} tasks: filled in {:.0} ms, {:.1} MiB beside the tasks' own text, a choice in {:.1} us",
        filled.as_secs_f64() * 1000.0,
        grown as f64 / 1024.0,
        chosen.as_secs_f64() * 1e6
    );
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
}
