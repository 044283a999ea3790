//! Settings: defaults < file (`TASKGATE_CONFIG`) < `.env` < environment < flags. Every fault is reported at
//! once, each with its key and the place of its value, before any port is bound.

mod board;
mod cors;
mod example;
mod fault;
mod github;
mod host;
mod limits;
mod listen;
mod names;
mod notice;
mod reading;
mod secrets;
mod settings;
mod sources;
mod storage;
mod table;
mod telemetry;
mod url;

pub use board::{BoardProvider, BoardSettings, LocalBoardSettings};
pub use cors::{CorsSettings, OriginRule};
pub use example::is_example;
pub use fault::SettingFault;
pub use github::GithubSettings;
pub use host::{host_name, is_loopback_name};
pub use limits::LimitSettings;
pub use listen::{ClientAddress, ClientAddressSettings, ListenSettings, Mode};
pub use names::COMPOSE_NAMES;
pub use notice::NoticeSettings;
pub use reading::{Effective, Flags, SettingsReader};
pub use secrets::SecretSettings;
pub use settings::{Loaded, Settings};
pub use sources::{EnvFile, Environment, is_exposed};
pub use storage::{StorageSettings, StoreKind};
pub use table::{SETTINGS, Setting};
pub use telemetry::{LogFormat, TelemetrySettings};
