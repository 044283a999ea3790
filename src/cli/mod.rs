//! The command line: arguments, subcommands, exit codes.

mod agents;
mod archive;
mod arguments;
mod audit;
mod backup;
mod board;
mod command;
mod dashboard;
mod healthcheck;
mod keys;
mod new_file;
mod private;
mod run;
mod serve;
mod tasks;

pub use run::run;
