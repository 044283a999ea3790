//! The way to Linear's API: as whom, how often, and what its answers mean.

mod answer;
mod credential;
mod error;
mod exchange;
mod quota;

pub(in crate::boards::linear) use error::LinearError;
pub(in crate::boards::linear) use exchange::LinearClient;
