//! A copy of the database, made beside whoever works on it: `VACUUM INTO` reads one moment of it and keeps nobody from
//! writing.

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
