//! Files that nobody else may read: secrets, and what proves something. Every one is made here, with mode 0600 from its first
//! byte on. It appears under its name whole and on disk, or not at all, however many processes make it at once and whatever
//! process ids they have.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

/// Characters of chance in the name of a file aside.
const RANDOM: usize = 12;

/// A file under a random name beside the one it is for, where it is made. It is on disk before it gets its name; dropped, it is
/// removed.
#[derive(Debug)]
pub struct Aside {
    file: NamedTempFile,
    path: PathBuf,
}

/// Who besides its owner may read a file, after everybody else's rights were taken away as far as that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAccess {
    /// Nobody, as it was found.
    Nobody,
    /// Nobody from now on; somebody until now.
    NobodyNow,
    /// Its group: the file system keeps that so.
    Group,
    /// Every user of the machine.
    Everybody,
}

impl Aside {
    /// Begins an empty one beside `path`, in a folder that is there.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(&prefix(path))
            .rand_bytes(RANDOM)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder_of(path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Writes `contents` beside `path`; makes the folder if need be.
    pub fn write(path: &Path, contents: &[u8]) -> io::Result<Self> {
        std::fs::create_dir_all(folder_of(path))?;
        let mut aside = Self::begin(path)?;
        aside.file.write_all(contents)?;
        Ok(aside)
    }

    /// The file, to be written to.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Where it is as long as it has not got its name.
    pub fn place(&self) -> &Path {
        self.file.path()
    }

    /// Gives it its name, in the place of any file of that name.
    pub fn replace(self) -> io::Result<()> {
        self.sync()?;
        self.file.persist(&self.path).map_err(|failed| failed.error)?;
        sync_folder(&self.path);
        Ok(())
    }

    /// Leaves it to be found by [`left_beside`].
    pub fn leave(self) -> io::Result<Left> {
        self.sync()?;
        let (_, aside) = self.file.keep().map_err(|failed| failed.error)?;
        sync_folder(&aside);
        Ok(Left { aside, path: self.path })
    }

    /// Gives it its name unless there is a file of that name; whether it did.
    pub fn put_if_absent(self) -> io::Result<bool> {
        self.sync()?;
        let put = match self.file.persist_noclobber(&self.path) {
            Ok(_) => true,
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => false,
            // A file system without links, and without a rename that replaces nothing.
            Err(failed) => rename_if_absent(failed.file, &self.path)?,
        };
        sync_folder(&self.path);
        Ok(put)
    }

    /// Or a power failure may leave a file with nothing in it under the name.
    fn sync(&self) -> io::Result<()> {
        self.file.as_file().sync_all()
    }
}

/// A file aside that stays where it is until it is given its name or removed, also when the process dies.
#[derive(Debug)]
pub struct Left {
    aside: PathBuf,
    path: PathBuf,
}

impl Left {
    /// Gives it its name, in the place of any file of that name.
    pub fn replace(self) -> io::Result<()> {
        std::fs::rename(&self.aside, &self.path)?;
        sync_folder(&self.path);
        Ok(())
    }

    /// Removes it.
    pub fn remove(self) {
        let _ = std::fs::remove_file(&self.aside);
    }
}

/// Files aside of `path` that a process left behind when it died.
pub fn left_beside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = prefix(path);
    let is_aside = |name: &str| name.strip_prefix(&prefix).is_some_and(|random| random.len() == RANDOM);
    let entries = std::fs::read_dir(folder_of(path))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_aside)).collect())
}

/// Opens a file for appending, which is made if need be.
pub fn open(path: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder_of(path))?;
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Takes the rights of others on a file away, and says who may read it then.
pub fn restrict(path: &Path) -> io::Result<FileAccess> {
    let mode = || std::fs::metadata(path).map(|meta| meta.mode() & 0o077);
    if mode()? == 0 {
        return Ok(FileAccess::Nobody);
    }
    // Refused where the file is another user's, or the file system has modes of its own.
    let _ = std::fs::set_permissions(path, Permissions::from_mode(0o600));
    Ok(match mode()? {
        0 => FileAccess::NobodyNow,
        left if left % 0o10 == 0 => FileAccess::Group,
        _ => FileAccess::Everybody,
    })
}

/// Keeps other processes out of `folder`, as far as they ask, until the answer is dropped. Fails with
/// [`ErrorKind::WouldBlock`] while another one does.
pub fn try_lock_folder(folder: &Path) -> io::Result<File> {
    let folder = File::open(folder)?;
    folder.try_lock()?;
    Ok(folder)
}

fn rename_if_absent(file: NamedTempFile, path: &Path) -> io::Result<bool> {
    let folder = File::open(folder_of(path))?;
    // Not every file system has locks either: then the last of several that start together wins.
    let _ = folder.lock();
    if path.try_exists()? {
        return Ok(false);
    }
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(true)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn prefix(path: &Path) -> String {
    format!("{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

/// Waits until the file and its name are on disk.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_folder(path);
    Ok(())
}

/// So that the name too outlasts a power failure. Not every file system can.
fn sync_folder(path: &Path) {
    let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn of_many_that_make_a_file_at_once_one_does_and_nothing_is_left() {
        for put in [Aside::put_if_absent, |aside: Aside| rename_if_absent(aside.file, &aside.path)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("deep").join("a.key");
            let made: usize = std::thread::scope(|scope| {
                let make = |number: usize| {
                    let path = &path;
                    scope.spawn(move || put(Aside::write(path, &[number as u8; 40]).unwrap()).unwrap())
                };
                let makers: Vec<_> = (0..50).map(make).collect();
                makers.into_iter().map(|maker| usize::from(maker.join().unwrap())).sum()
            });
            assert_eq!(made, 1);
            let text = std::fs::read(&path).unwrap();
            assert!(text.len() == 40 && text.iter().all(|byte| *byte == text[0]), "it is one of them, whole");
            assert_eq!(mode(&path), 0o600);
            assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_what_was_left_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        std::fs::write(&path, "a longer text than the next").unwrap();
        Aside::write(&path, b"next").unwrap().replace().unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"next".to_vec(), 0o600));
        let left = Aside::write(&path, b"left").and_then(Aside::leave).unwrap();
        drop(Aside::write(&path, b"dropped").unwrap());
        assert!(matches!(&left_beside(&path).unwrap()[..], [only] if *only == left.aside));
        left.replace().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"left");
        assert_eq!(left_beside(&path).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn the_rights_of_others_are_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "x").unwrap();
        for (found, readers) in
            [(0o644, FileAccess::NobodyNow), (0o640, FileAccess::NobodyNow), (0o600, FileAccess::Nobody)]
        {
            std::fs::set_permissions(&path, Permissions::from_mode(found)).unwrap();
            assert_eq!(restrict(&path).unwrap(), readers, "{found:o}");
            assert_eq!(mode(&path), 0o600);
        }
    }
}
