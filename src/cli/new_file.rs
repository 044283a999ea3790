//! A file that a command makes: private, whole or not there at all, and never in place of another.

use std::{
    fs::{File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A file that is being made, under a name of its own beside the wanted one. When this is dropped before it is put in place
/// the file is removed.
pub(super) struct NewFile {
    wanted: PathBuf,
    aside: PathBuf,
    pub(super) file: File,
}

impl NewFile {
    /// Begins it, mode 0600.
    pub(super) fn begin(wanted: &Path) -> Result<Self, String> {
        if wanted.file_name().is_none() || wanted.is_dir() {
            return Err(format!("{} is a folder: name a file that is not there yet", wanted.display()));
        }
        if std::fs::symlink_metadata(wanted).is_ok() {
            return Err(exists(wanted));
        }
        let mut name = wanted.as_os_str().to_owned();
        name.push(format!(".{}.part", uuid::Uuid::new_v4().simple()));
        let aside = PathBuf::from(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&aside);
        let file = file.map_err(|error| cannot(wanted, &error))?;
        Ok(Self { wanted: wanted.to_owned(), aside, file })
    }

    /// Where it is until it is put in place.
    pub(super) fn aside(&self) -> &Path {
        &self.aside
    }

    /// Gives it the wanted name once all of it is on disk.
    pub(super) fn put_in_place(self) -> Result<(), String> {
        let wanted = &self.wanted;
        self.file.sync_all().map_err(|error| cannot(wanted, &error))?;
        match std::fs::hard_link(&self.aside, wanted) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(wanted)),
            // A file system without links.
            Err(_) if std::fs::symlink_metadata(wanted).is_err() => {
                std::fs::rename(&self.aside, wanted).map_err(|error| cannot(wanted, &error))?;
            }
            Err(error) => return Err(cannot(wanted, &error)),
            Ok(()) => {}
        }
        let folder = wanted.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Not every file system can do that for a folder.
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.aside);
    }
}

fn exists(path: &Path) -> String {
    format!("{} is there already: name another file", path.display())
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}", path.display())
}
