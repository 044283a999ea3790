//! Memory of this process, for tests of what is remembered.

pub(super) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says how a process is");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("its memory is a line of that");
    let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok());
    kib.expect("the line holds a number")
}
