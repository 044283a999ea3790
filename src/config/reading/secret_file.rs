//! The file that holds a secret and nothing else, as `NAME_FILE` names it.

use std::path::Path;

use crate::{
    config::sources::{is_exposed, read_bounded},
    model::without_mark,
};

/// Bytes of the largest file that is taken for a secret.
const MOST_BYTES: u64 = 64 * 1024;

/// The secret in that file; else what is wrong with the file.
pub(super) fn read_secret(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let read = read_bounded(path, MOST_BYTES).and_then(|bytes| Ok((std::fs::metadata(path)?, bytes)));
    let (file, bytes) = read.map_err(|error| format!("cannot read {shown}: {error}"))?;
    if is_exposed(path, &file) {
        return Err(format!("{shown} can be read by others: chmod 600 it"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8"))?;
    let text = without_mark(&text).trim();
    if text.is_empty() { Err(format!("{shown} is empty")) } else { Ok(text.to_owned()) }
}
