//! The dashboard: pages for people.

mod agents;
mod board;
mod codes;
mod elsewhere;
mod figures;
mod find;
mod forms;
mod headers;
mod health;
mod keys;
mod live;
mod markup;
mod overview;
mod refusals;
mod signing_in;
mod tasks;
