//! The gateway as its users meet it: the real binary on a free port, spoken to from outside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod addresses;
mod admin;
mod arguments;
mod audit_log;
mod bad_input;
mod batches;
mod canary;
mod command_line;
mod connections;
mod crowds;
mod event_log;
mod first_start;
mod full_disk;
mod gone;
mod leases;
mod legacy_sse;
mod limits;
mod modern;
mod official_client;
mod open_sessions;
mod openapi;
mod outside;
mod pages;
mod people;
mod quicker;
mod races;
mod refusals;
mod released_agents;
mod sealing;
mod secret_keys;
mod sessions;
mod settings;
mod shutdown;
mod spelling;
mod standalone;
mod stdio;
mod support;
mod tools;
mod transcript;
mod waiting;
mod walk;
mod wedge;
