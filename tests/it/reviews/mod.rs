//! Reviews of pull requests, read and answered through the gateway from a GitHub on loopback.

mod answering;
mod arguments;
mod boundaries;
mod crossing;
mod desk;
mod documented_reviews;
mod fake_github;
mod faults;
mod fetching;
mod finding;
mod forks;
mod freshness;
mod outages;
mod repeats;
mod setup;
mod shown;
