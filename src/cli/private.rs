//! Keeps what is in memory, secrets too, from other users of the machine: no core file, and no reading through `/proc`.

use rustix::process::{Resource, Rlimit, setrlimit};

/// To be called before a secret is read. What the system does not allow is left as it is: it protects from nothing a caller
/// could do.
pub(super) fn keep_memory_private() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A core file can be piped to a program whatever its limit; this also hides `/proc/PID/mem` and `/proc/PID/environ`
    // from processes of the same user.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
