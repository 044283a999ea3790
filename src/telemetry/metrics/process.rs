//! What the process takes of the machine, as Linux tells it; elsewhere there are no such figures.

use std::fs;

use rustix::{
    param::{clock_ticks_per_second, page_size},
    process::{Resource, getrlimit},
};

use super::table::{CPU_SECONDS, MAX_FDS, MEMORY_LIMIT, OPEN_FDS, RESIDENT_MEMORY};

/// Reads them.
pub fn read_process() {
    if let Some(seconds) = cpu_seconds() {
        CPU_SECONDS.set((), seconds);
    }
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    if let Some(pages) = statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()) {
        RESIDENT_MEMORY.set((), (pages * page_size() as u64) as f64);
    }
    if let Some(bytes) = memory_limit() {
        MEMORY_LIMIT.set((), bytes as f64);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is that of the folder itself.
        OPEN_FDS.set((), open.count().saturating_sub(1) as f64);
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        MAX_FDS.set((), most as f64);
    }
}

/// The limit of the control group, of either version: at its own path, or at the root where a container sees no more.
fn memory_limit() -> Option<u64> {
    // Version 1 has no word for no limit, but a number that no machine has.
    const NONE: u64 = 1 << 60;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = |kind: &str| {
        let found = groups.lines().find_map(|line| line.split_once(':')?.1.strip_prefix(kind));
        found.unwrap_or_default().trim_end_matches('/').to_owned()
    };
    let (second, first) = (path(":"), path("memory:"));
    let files = [
        format!("/sys/fs/cgroup{second}/memory.max"),
        String::from("/sys/fs/cgroup/memory.max"),
        format!("/sys/fs/cgroup/memory{first}/memory.limit_in_bytes"),
        String::from("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    ];
    let text = files.iter().find_map(|file| fs::read_to_string(file).ok())?;
    text.trim().parse().ok().filter(|bytes| *bytes < NONE)
}

/// User and system time of all threads.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold anything.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11).map(str::parse::<u64>);
    let (user, system) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some((user + system) as f64 / clock_ticks_per_second() as f64)
}
