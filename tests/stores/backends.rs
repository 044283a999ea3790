//! The backends under test. A new one is a function here and a word in the contract's list.

use std::sync::Arc;

use taskgate::stores::{Store, redis::RedisStore, sqlite::SqliteStore};
use tempfile::TempDir;

use crate::{
    fixtures::audit_key,
    on_redis::server::{RedisServer, parts},
};

/// A store in which nothing is yet; what it needs is gone with it.
pub struct Fresh {
    pub store: Arc<dyn Store>,
    _folder: Option<TempDir>,
    server: Option<RedisServer>,
}

impl Fresh {
    /// The server it is on.
    pub fn server(&self) -> &RedisServer {
        self.server.as_ref().unwrap()
    }
}

pub fn sqlite_in_a_file() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(folder.path(), audit_key()).unwrap());
    Fresh { store, _folder: Some(folder), server: None }
}

pub fn sqlite_in_memory() -> Fresh {
    Fresh { store: Arc::new(SqliteStore::in_memory(audit_key()).unwrap()), _folder: None, server: None }
}

/// As a user who may do what docs/several-machines.md says, and nothing else.
pub fn redis_alone() -> Fresh {
    let server = RedisServer::start(&[]);
    let url = server.url_of_gateway();
    let store = RedisStore::new(parts(&url, "tg", audit_key())).unwrap();
    Fresh { store: Arc::new(store), _folder: None, server: Some(server) }
}

pub fn redis_in_a_cluster() -> Fresh {
    on_redis(RedisServer::cluster())
}

fn on_redis(server: RedisServer) -> Fresh {
    let store = Arc::new(server.store("tg", audit_key()));
    Fresh { store, _folder: None, server: Some(server) }
}
