//! What every request passes before and after its page.

mod access_line;
mod client_address;
mod counting;
mod layers;
mod middleware;
mod origin;
mod own_path;
mod request_span;

pub use middleware::Pipeline;
