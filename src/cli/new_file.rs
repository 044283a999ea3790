//! A file that a command makes: private, whole or not there at all, and never in place of another.

use std::path::Path;

use crate::secrets::private_file::Aside;

/// Begins it, aside of the wanted name.
pub(super) fn begin(wanted: &Path) -> Result<Aside, String> {
    if wanted.file_name().is_none() || wanted.is_dir() {
        return Err(format!("{} is a folder: name a file that is not there yet", wanted.display()));
    }
    if std::fs::symlink_metadata(wanted).is_ok() {
        return Err(exists(wanted));
    }
    Aside::begin(wanted).map_err(|error| cannot(wanted, &error))
}

/// Gives it the wanted name once all of it is written.
pub(super) fn put_in_place(new: Aside, wanted: &Path) -> Result<(), String> {
    let put = new.put_if_absent().map_err(|error| cannot(wanted, &error))?;
    if put { Ok(()) } else { Err(exists(wanted)) }
}

fn exists(path: &Path) -> String {
    format!("{} is there already: name another file", path.display())
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}
