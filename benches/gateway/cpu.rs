//! What a process cost so far.

/// Clock ticks a second on Linux.
const TICKS: f64 = 100.0;

/// User and system time of all threads of that process, in seconds.
pub fn seconds_of(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    (fields[11].parse::<f64>().unwrap_or_default() + fields[12].parse::<f64>().unwrap_or_default()) / TICKS
}
