//! GitHub: the client of its REST and GraphQL APIs, as whoever a call is for, and whose credential that is.

mod app;
mod ask;
mod client;
mod credential;
mod credentials;
mod error;
mod exchange;
mod graphql;
mod host;
mod link;
mod quota;
mod tagged_answers;
mod verdict;
mod write_pace;

pub use app::GithubApp;
pub use ask::{Ask, Urgency};
pub use client::{Github, LOGIN_TIME, ListPage, NextPage};
pub use credential::Credential;
pub use credentials::{CredentialError, Credentials};
pub use error::GithubError;
pub use host::GithubHost;
pub use link::next_link;
