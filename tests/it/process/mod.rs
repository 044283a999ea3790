//! Starting, stopping, and the machine it runs on.

mod backups;
mod clock;
mod command_line;
mod first_start;
mod full_disk;
mod linear_board;
mod long_readers;
mod lost_database;
mod newer_version;
mod planka_board;
mod planka_init;
mod platforms;
mod remote_board;
mod settings;
mod shutdown;
