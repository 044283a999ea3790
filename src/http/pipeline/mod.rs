//! What every request passes before and after its page.

mod client_address;
mod middleware;
mod origin;

pub use middleware::Pipeline;
