//! The store's time: one for all processes on it, from the boot-time clock of the machine plus an offset that the store keeps.

use async_trait::async_trait;

use super::StoreError;
use crate::model::MachineTime;

/// What a process is told when it has its time kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The offset to go on with, if that is larger than the process's own.
    pub offset: i64,
    /// By how many milliseconds the wall clock was set since the time was last kept, if this call is the first to say so.
    pub stepped: Option<i64>,
}

/// Reads the machine's clocks.
pub type ReadMachine = Box<dyn FnOnce() -> MachineTime + Send>;

/// The store's time.
///
/// That of a store on other machines is its server's clock plus an offset it keeps there, which every process follows by its
/// machine's boot-time clock. What is said here of a machine's run is that of the store then: its time goes on by the server's
/// clock, whatever machines come and go, and no run of a machine is told from another.
#[async_trait]
pub trait StoreTime: Send + Sync {
    /// The offset from the boot-time clock to the store's time, the same for every process of one run of the machine.
    ///
    /// A new store's time begins as the wall clock's. In a new run of the machine it goes on from what was last kept, and from
    /// how long the machine was off by the wall clock, never from before. A store that knew no time of its own goes on as
    /// if it had been the wall clock's; leases that would last longer than `lease_millis` are cut to that.
    ///
    /// `read`: what the machine's clocks show. It is called when no other process can keep a moment: one that was read before
    /// would be behind what others have kept since, and be taken for that of a clock that is behind.
    async fn begin_time(&self, read: ReadMachine, lease_millis: i64) -> Result<i64, StoreError>;

    /// Keeps the moment for the next run of the machine; `read` as in [`Self::begin_time`], `offset` is the process's own.
    /// `stepped`: the wall clock was certainly set; else a difference of more than 5 s to what was kept is left as it is, to be
    /// looked at again.
    async fn keep_time(&self, read: ReadMachine, offset: i64, stepped: bool) -> Result<Kept, StoreError>;

    /// How often this process has committed something.
    fn commits(&self) -> u64;
}
