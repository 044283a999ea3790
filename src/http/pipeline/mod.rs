//! What every request passes before and after its page.

mod middleware;
mod origin;

pub use middleware::answer;
