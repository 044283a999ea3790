//! Limits that several processes keep together. Calls a minute per key where several processes admit them: each leases calls in slices from the store and spends them without
//! asking. While the store is away each goes on alone, with its part of the rate.

mod ask_queue;
mod asking;
mod failures;
mod keys;
mod shared_key;
mod slice;

pub(super) use {failures::SharedFailures, keys::SharedRates};
