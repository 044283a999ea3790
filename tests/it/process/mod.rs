//! Starting, stopping, and the machine it runs on.

mod backups;
mod clock;
mod command_line;
mod first_start;
mod full_disk;
mod long_readers;
mod newer_version;
mod platforms;
mod settings;
mod shutdown;
