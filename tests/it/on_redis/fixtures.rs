//! Gateways with the fixtures of the conformance suite, whose tools ask their callers. They run in this process.

#[path = "../../conformance/server/asking.rs"]
mod asking;
#[path = "../../conformance/server/fixture.rs"]
mod fixture;
#[path = "../../conformance/server/prompts.rs"]
mod prompts;
#[path = "../../conformance/server/resources.rs"]
mod resources;
#[path = "../../conformance/server/serving.rs"]
mod serving;
#[path = "../../conformance/server/tools.rs"]
mod tools;

use std::{collections::BTreeMap, future::pending, thread};

use taskgate::{
    config::{Settings, SettingsReader},
    shutdown::Lifecycle,
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::SECRET;
use crate::support::{Caller, KEY, OTHER_KEY, http};

/// Such a gateway. When it is dropped it is gone at once, as one that is killed.
pub struct Fixtures {
    runtime: Option<Runtime>,
    base: String,
    _folder: TempDir,
}

impl Fixtures {
    pub fn on(url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = format!("{KEY},{OTHER_KEY}");
        let settings = [
            ("MCP_HOST", "127.0.0.1"),
            ("MCP_PORT", "0"),
            ("MCP_AUTH_TOKENS", &keys),
            ("MCP_SECRET_KEY", SECRET),
            ("RATE_LIMIT_ENABLED", "false"),
            ("REDIS_URL", url),
            ("TASKGATE_DATA_DIR", folder.path().to_str().unwrap()),
        ];
        let environment = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let loaded = Settings::load(SettingsReader::new(BTreeMap::new(), environment), false);
        assert!(loaded.faults.is_empty(), "{:?}", loaded.faults);
        let starting = thread::spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let lifecycle = Lifecycle::default();
            let (services, address) = runtime.block_on(serving::serve(loaded.settings, &lifecycle)).unwrap();
            runtime.spawn(async move {
                let _alive = (services, lifecycle);
                pending::<()>().await;
            });
            (runtime, address)
        });
        let (runtime, address) = starting.join().unwrap();
        Self { runtime: Some(runtime), base: format!("http://{address}"), _folder: folder }
    }

    pub fn caller_with(&self, key: &str) -> Caller {
        Caller { http: http(), base: self.base.clone(), key: key.to_owned(), session: None }
    }
}

impl Drop for Fixtures {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
