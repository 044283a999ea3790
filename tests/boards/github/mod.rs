//! GitHub as a board, and the fake GitHub that it is tested against.

mod fake_issues;
mod fake_projects;
mod fake_webhooks;
mod host;
mod keeps;
mod outages;
mod person;
mod plain;
mod quota;
mod setup;
mod write_pace;
