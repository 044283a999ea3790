//! What is done with a database that is not opened, beside whoever works on it: a copy of it, by `VACUUM INTO`, which reads one
//! moment and keeps nobody from writing; and how much it holds.

use std::path::Path;

use super::readers::connect;
use crate::stores::StoreError;

/// Copies the database in `folder` into `file`, which must be there and empty. It is copied as it is, whatever version wrote it.
pub fn back_up(folder: &Path, file: &Path) -> Result<(), StoreError> {
    let connection = connect(&folder.join("taskgate.db"))?;
    let file = file
        .to_str()
        .ok_or_else(|| StoreError::backend(std::io::Error::other("the file name is not UTF-8")))?;
    connection.execute("VACUUM INTO ?1", [file]).inspect_err(|_| {
        // On a full disk SQLite leaves it behind.
        let _ = std::fs::remove_file(format!("{file}-journal"));
    })?;
    Ok(())
}

/// How many keys that were not revoked, and how many tasks, the database in `folder` holds.
pub fn count(folder: &Path) -> Result<(u32, u32), StoreError> {
    let connection = connect(&folder.join("taskgate.db"))?;
    let counts = "SELECT (SELECT count(*) FROM keys WHERE revoked_at IS NULL), (SELECT count(*) FROM tasks)";
    Ok(connection.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
