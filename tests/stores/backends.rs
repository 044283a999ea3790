//! The backends under test. A new one is a function here and a word in the contract's list.

use std::sync::Arc;

use taskgate::stores::{Store, sqlite::SqliteStore};
use tempfile::TempDir;

use crate::fixtures::audit_key;

/// A store in which nothing is yet; what it needs is gone with it.
pub struct Fresh {
    pub store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

pub fn sqlite_in_a_file() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(folder.path(), audit_key()).unwrap());
    Fresh { store, _folder: Some(folder) }
}

pub fn sqlite_in_memory() -> Fresh {
    Fresh { store: Arc::new(SqliteStore::in_memory(audit_key()).unwrap()), _folder: None }
}
