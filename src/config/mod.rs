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
mod network;
mod notice;
mod objectives;
mod reading;
mod redis;
mod reviews;
mod secrets;
mod settings;
mod sources;
mod storage;
mod subscribers;
mod table;
mod telemetry;
mod url;

pub use board::{
    BoardProvider, BoardSettings, GithubBoardSettings, LinearBoardSettings, LinearCredentialSettings,
    LocalBoardSettings, Offer, PlankaBoardSettings, PlankaCredential, PlankaName, StatusNames,
};
pub use cors::{CorsSettings, OriginRule};
pub use example::is_example;
pub use fault::SettingFault;
pub use github::{GithubAddress, GithubAppSettings, GithubSettings};
pub use host::{host_name, is_loopback_name};
pub use limits::LimitSettings;
pub use listen::{ClientAddress, ClientAddressSettings, ListenSettings, Mode};
pub use names::COMPOSE_NAMES;
pub use network::NetworkSettings;
pub use notice::NoticeSettings;
pub use objectives::{LATENCY_BOUNDS_MS, ObjectiveSettings, Share};
pub use reading::{Effective, Flags, SettingsReader};
pub use redis::RedisSettings;
pub use reviews::ReviewSettings;
pub use secrets::SecretSettings;
pub use settings::{Loaded, Settings};
pub use sources::{EnvFile, Environment, is_exposed};
pub use storage::{StorageSettings, StoreKind};
pub use subscribers::SubscriberSettings;
pub use table::{SETTINGS, Setting};
pub use telemetry::{LogFormat, TelemetrySettings, TraceSampler, TraceSettings};
