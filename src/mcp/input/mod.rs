//! What clients are asked for while a call runs: requests that wait on this instance, and the sealed state of a retry.

mod pending;
mod request_state;

pub use pending::PendingInputs;

pub(super) use pending::InputGuard;
pub(super) use request_state::{Binding, RequestStates};
