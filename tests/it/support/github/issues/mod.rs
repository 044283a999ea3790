//! Issues and projects of the fake, over REST and GraphQL, what people do to them, and the webhooks that come of it.

mod changes;
mod comments;
mod cost;
mod deliveries;
mod graph;
mod json;
mod lists;
mod project_changes;
mod project_writes;
mod projects;
mod relations;
mod routes;
mod tracker;
mod writes;

pub use cost::points;
pub use deliveries::Delivery;
pub use graph::{issue_field, owner_field, project_field, project_node_id};
pub use project_writes::mutate_project;
pub use projects::{Content, ItemId, Project, item_of_id, project_of_id};
pub use routes::{get, moved, write};
pub use tracker::{NewIssue, Tracker, issue_of_id, node_id as issue_node_id};
