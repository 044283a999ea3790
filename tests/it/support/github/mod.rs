//! A GitHub on loopback, with what a test puts there: it executes GraphQL documents and answers the REST routes that are
//! asked, as whoever a token is of; keeps what it heard and would send to webhooks; and fails as it is told to.

mod connection;
mod fault;
mod graphql;
mod heard;
mod http;
mod issues;
mod mutations;
mod objects;
mod queries;
mod rest;
mod server;
mod tally;
mod world;

pub use fault::{Chance, Fault};
pub use heard::Heard;
pub use http::Reply;
pub use issues::{Content, Delivery, NewIssue};
pub use server::{Body, FakeGithub, fail, whole};
pub use tally::Tally;
pub use world::{Text, World, thread_id};
