//! Files that hold secrets: who else can read them, and reading them without taking all the memory.

use std::{
    fs::{File, Metadata},
    io::{Error, ErrorKind, Read, Result},
    os::unix::fs::MetadataExt,
    path::Path,
};

use rustix::fs::{StatVfsMountFlags, statvfs};

/// Bytes of the largest file that is taken for settings.
pub(super) const MOST_BYTES: u64 = 1024 * 1024;

/// Whether other users of the machine can read the file, and its owner could keep them from it. Not so on a
/// mount that is only read, and below `/run/secrets`: there a platform says who reads.
pub fn is_exposed(path: &Path, file: &Metadata) -> bool {
    let can_be_read = file.is_file() && file.mode() & 0o077 != 0;
    can_be_read && !is_mounted_to_be_read(path) && !is_platforms(path)
}

fn is_mounted_to_be_read(path: &Path) -> bool {
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Asked of where the file really is: a link, or `..`, leads elsewhere.
fn is_platforms(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path.starts_with("/run/secrets"))
}

/// The whole of a file of at most `most` bytes.
pub(in crate::config) fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {most} bytes")));
    }
    Ok(bytes)
}
