//! What an operator watches.

mod causes;
mod page;
mod readiness;
mod readings;
