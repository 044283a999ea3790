//! Settings: defaults < file (`TASKGATE_CONFIG`) < `.env` < environment < flags. Every fault is reported
//! at once, each with its key, before any port is bound.

mod board;
mod cors;
mod env_file;
mod example;
mod fault;
mod github;
mod host;
mod limits;
mod listen;
mod names;
mod notice;
mod private_file;
mod reader;
mod secrets;
mod settings;
mod sources;
mod storage;
mod table;

pub use board::BoardSettings;
pub use cors::{CorsSettings, OriginRule};
pub use env_file::EnvFile;
pub use example::is_example;
pub use fault::{Effective, Fault};
pub use github::GithubSettings;
pub use host::{host_name, is_loopback_name};
pub use limits::LimitSettings;
pub use listen::{ListenSettings, Mode};
pub use notice::NoticeSettings;
pub use private_file::is_exposed;
pub use reader::{Flags, Reader};
pub use secrets::SecretSettings;
pub use settings::{Loaded, Settings};
pub use sources::Environment;
pub use storage::{LogFormat, StorageSettings, StoreKind};
pub use table::{SETTINGS, Setting};
