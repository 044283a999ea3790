//! Settings: defaults < file (`TASKGATE_CONFIG`) < environment (and `.env`) < flags. Every fault is reported
//! at once, each with its key, before any port is bound.

mod board;
mod cors;
mod github;
mod limits;
mod listen;
mod notice;
mod reader;
mod secrets;
mod settings;
mod storage;
mod table;

pub use board::BoardSettings;
pub use cors::{CorsSettings, OriginRule};
pub use github::GithubSettings;
pub use limits::LimitSettings;
pub use listen::{ListenSettings, Mode};
pub use notice::NoticeSettings;
pub use reader::{Effective, Fault, Flags, Reader};
pub use secrets::SecretSettings;
pub use settings::{Loaded, Settings};
pub use storage::{LogFormat, StorageSettings, StoreKind};
pub use table::{SETTINGS, Setting};
