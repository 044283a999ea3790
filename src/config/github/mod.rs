//! GitHub: where its APIs are, and the workspace's own credential.

mod addresses;
mod app;
mod settings;

pub use addresses::GithubAddress;
pub use app::GithubAppSettings;
pub use settings::GithubSettings;
