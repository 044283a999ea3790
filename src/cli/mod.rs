//! The command line: arguments, subcommands, exit codes.

mod agents;
mod arguments;
mod audit;
mod healthcheck;
mod keys;
mod outcome;
mod private;
mod run;
mod serve;
mod tasks;

pub use run::run;
