//! What an operator watches.

mod causes;
mod page;
mod readings;
