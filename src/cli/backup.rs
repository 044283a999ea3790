//! `taskgate backup FILE`: a copy of the database, made beside a running gateway or without one.

use std::{
    io::{Write, stdout},
    path::Path,
};

use super::{
    new_file::{begin, put_in_place},
    outcome::Outcome,
};
use crate::{
    config::{Settings, StoreKind},
    model::Causes,
    stores::sqlite::back_up,
};

/// Copies the database into a new file.
pub(super) fn run(settings: &Settings, file: &Path) -> Outcome {
    let folder = database_folder(settings)?;
    if file.to_str().is_none() {
        return Err(String::from("the file's name must be UTF-8").into());
    }
    let file = std::path::absolute(file)?;
    let new = begin(&file)?;
    back_up(folder, new.place()).map_err(|error| {
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

/// The data folder, if there is a database in it.
pub(super) fn database_folder(settings: &Settings) -> Result<&Path, String> {
    let folder = &settings.storage.data_dir;
    if settings.storage.store == StoreKind::Memory {
        return Err(String::from("TASKGATE_STORE=memory keeps no file: there is nothing to work on"));
    }
    if !settings.storage.database().exists() {
        return Err(format!("there is no taskgate.db in {}: set TASKGATE_DATA_DIR", folder.display()));
    }
    Ok(folder)
}
