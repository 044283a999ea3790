//! What an operator watches.

mod causes;
mod objectives;
mod page;
mod readiness;
mod readings;
mod traces;
