//! `taskgate backup FILE`: a copy of the database, made beside a running gateway or without one. `-` is standard output: a
//! container's files are out of reach.

use std::{
    io::{self, IsTerminal, Write, stdout},
    path::Path,
};

use super::{
    command::CommandOutcome,
    new_file::{begin, put_in_place},
};
use crate::{
    app::{back_up, must_be_a_file},
    config::Settings,
    model::Causes,
};

/// Copies the database into a new file, or to standard output.
pub(super) fn run(settings: &Settings, file: &Path) -> CommandOutcome {
    must_be_a_file(settings)?;
    if file == Path::new("-") {
        return print(settings);
    }
    if file.to_str().is_none() {
        return Err(String::from("the file's name must be UTF-8").into());
    }
    let file = std::path::absolute(file)?;
    let new = begin(&file)?;
    back_up(settings, new.place()).map_err(|error| {
        format!("no backup was made, {} is not there: is that disk full? {}", file.display(), Causes(&error))
    })?;
    let bytes = new.file().metadata()?.len();
    put_in_place(new, &file)?;
    writeln!(
        stdout(),
        "{bytes} bytes in {}; to restore it one also needs secret.key (or MCP_SECRET_KEY) and a copy of audit-head",
        file.display()
    )?;
    Ok(())
}

/// By way of a file beside the database, which is gone afterwards: SQLite copies into files alone.
fn print(settings: &Settings) -> CommandOutcome {
    if stdout().is_terminal() {
        return Err("a database is nothing to look at: name a file, or redirect the output to one".into());
    }
    let new = begin(&settings.storage.data_dir.join("backup-to-print"))?;
    back_up(settings, new.place())
        .map_err(|error| format!("no backup was made: is the disk full? {}", Causes(&error)))?;
    io::copy(&mut new.file(), &mut stdout()).map_err(|error| format!("the backup is not whole: {error}"))?;
    Ok(())
}
