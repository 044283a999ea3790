//! Where settings come from: the environment, `.env`, the file that `TASKGATE_CONFIG` names. Each is read as
//! text and nothing else; what cannot be read is a fault.

mod env_file;
mod environment;
mod file_access;
mod layer;
mod toml_file;

pub use env_file::EnvFile;
pub use environment::Environment;
pub use file_access::is_exposed;
pub(super) use file_access::read_bounded;
pub(super) use layer::Layer;
pub(super) use toml_file::read_toml;
