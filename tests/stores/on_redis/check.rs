//! What is looked at before the first call: each fault with its cause, and what is only worth knowing.

use std::sync::Arc;

use taskgate::{
    model::Workspace,
    stores::{
        StoreError,
        redis::{CheckError, RedisStore, ServerFault, ServerWarning},
    },
};

use super::server::{RedisServer, parts};
use crate::{alike, fixtures::audit_key};

fn store(url: &str, prefix: &str) -> RedisStore {
    RedisStore::new(parts(url, prefix, audit_key())).unwrap()
}

async fn checked(url: &str, prefix: &str) -> Result<Vec<ServerWarning>, ServerFault> {
    match store(url, prefix).check(&Workspace::default()).await {
        Ok(warnings) => Ok(warnings),
        Err(CheckError::Server(fault)) => Err(fault),
        Err(CheckError::Store(error)) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn every_name_that_is_there_from_the_start_is_looked_at() {
    let server = RedisServer::start(&[]);
    let filled = Arc::new(store(&server.url(), "tg"));
    alike::fill(filled.clone()).await;
    assert_eq!(
        checked(&server.url(), "tg").await,
        Ok(vec![ServerWarning::NoLog]),
        "its own names are no others'"
    );
    let names: Vec<String> = server.put(&["KEYS", "tg:{default}:*"]);
    // Of a task, an agent, a key or an hour there are many, which nobody can know.
    let families =
        ["c:", "done:", "ha:", "hd:", "hm:", "hs:", "ht:", "se:", "so:", "ss:", "su:", "usage:", "keys:of:"];
    let mut looked_at = 0;
    for name in &names {
        let name = name.strip_prefix("tg:{default}:").unwrap();
        if families.iter().any(|family| name.starts_with(family)) {
            continue;
        }
        let strange = format!("other:{{default}}:{name}");
        server.does(&["SET", &strange, "of somebody else"]);
        let fault = checked(&server.url(), "other").await.unwrap_err();
        let ServerFault::Foreign { name: found, .. } = &fault else { panic!("{fault:?}") };
        assert_eq!(*found, strange);
        assert!(fault.to_string().contains("TASKGATE_REDIS_PREFIX"), "{fault}");
        server.does(&["DEL", &strange]);
        looked_at += 1;
    }
    assert!(looked_at > 30, "{names:?}");
}

#[tokio::test]
async fn a_server_that_drops_records_or_forbids_scripts_is_not_worked_on() {
    let server = RedisServer::start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let late = ServerWarning::LateLog(String::from("everysec"));
    assert_eq!(checked(&server.url(), "tg").await, Ok(vec![late]));
    server.does(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let evicts = ServerFault::Evicts(String::from("allkeys-lru"));
    assert_eq!(checked(&server.url(), "tg").await, Err(evicts));
    server.does(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.does(&["ACL", "SETUSER", "gate", "on", ">word", "~tg:*", "+@all", "-eval"]);
    let as_gate = format!("{}?user=gate&pass=word", server.url());
    let ServerFault::Refused(said) = checked(&as_gate, "tg").await.unwrap_err() else { panic!() };
    assert!(said.contains("rights"), "{said}");
    let wrong = store(&as_gate.replace("word", "wrong"), "tg").check(&Workspace::default()).await;
    let said = match wrong {
        Err(CheckError::Server(fault)) => fault.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(said.contains("password") && !said.contains("wrong"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_away_is_no_fault_of_a_setting() {
    let away = store("redis://127.0.0.1:1", "tg").check(&Workspace::default()).await;
    assert!(matches!(away, Err(CheckError::Store(StoreError::Away(..)))), "{away:?}");
}
