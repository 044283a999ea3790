//! `taskgate backup FILE`: a copy of the database, made beside a running gateway or without one.

use std::{
    io::{Write, stdout},
    path::Path,
};

use super::{
    command::CommandOutcome,
    new_file::{begin, put_in_place},
};
use crate::{
    app::{back_up, must_be_there},
    config::Settings,
    model::Causes,
};

/// Copies the database into a new file.
pub(super) fn run(settings: &Settings, file: &Path) -> CommandOutcome {
    must_be_there(settings)?;
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
