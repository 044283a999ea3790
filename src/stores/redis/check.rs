//! What is looked at before the first call: whether this server can be worked on, and how safe it is. Each finding says what to do.

use std::collections::HashMap;

use super::{LinkFault, RedisStore, names::KINDS};
use crate::{model::Workspace, stores::StoreError};

/// The oldest server that has all that is used: functions of streams and scripts of 7.0.
const OLDEST: u32 = 7;
/// Memory in use from which on it is said, in percent of what the server may use.
const MUCH_MEMORY_PERCENT: u64 = 80;

/// Why the server cannot be worked on until somebody changes something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// It is too old.
    #[error("Redis {0} is too old: run 7.0 or newer, or Valkey")]
    TooOld(String),
    /// It drops keys when memory is short.
    #[error("with maxmemory-policy {0} Redis drops any record when memory is short: set it to noeviction")]
    Evicts(String),
    /// Something else keeps its own under our names.
    #[error(
        "{name} is a {found} where the gateway keeps a {expected}: something else writes under this prefix, so set \
         TASKGATE_REDIS_PREFIX to another"
    )]
    Foreign {
        /// The name.
        name: String,
        /// What is there.
        found: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// Something else added to one of our logs.
    #[error(
        "{name} has an entry of somebody else, {found}, and nothing can be added behind the gateway's own, {known}: \
         XDEL {name} {found}, then XSETID {name} {known}"
    )]
    Ahead {
        /// The log.
        name: String,
        /// The id of its newest entry.
        found: String,
        /// The newest of ours.
        known: String,
    },
    /// Scripts cannot find out which server they run on.
    #[error(
        "scripts on this Redis cannot read its name (INFO replication): TASKGATE_REDIS_IDENTITY=none goes without it"
    )]
    Nameless,
    /// The user may not do what is needed, or the password is wrong.
    #[error("{0}")]
    Refused(String),
}

/// What can be worked with, but is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerWarning {
    /// Nothing is written to disk as it happens.
    #[error(
        "Redis keeps no log of writes (appendonly no): what was acknowledged is gone when it restarts. Set appendonly yes"
    )]
    NoLog,
    /// The log may lack the newest.
    #[error(
        "Redis writes its log to disk now and then (appendfsync {0}): a power cut may take the last seconds. always keeps every write"
    )]
    LateLog(String),
    /// It does not say how its log is written.
    #[error("Redis does not say when its log is written to disk: look at what its provider promises")]
    UnknownLog,
    /// It drops what has an expiry when memory is short.
    #[error("with maxmemory-policy {0} Redis drops some records when memory is short: set it to noeviction")]
    EvictsSome(String),
    /// A failover may lose writes.
    #[error(
        "Redis has {0} replicas, and no write waits for one: a failover may take what was acknowledged. Set TASKGATE_REDIS_REPLICAS"
    )]
    UnsafeFailover(u32),
    /// Memory runs short.
    #[error("Redis uses {0} % of its memory: writes are refused when it is full")]
    Memory(u64),
}

/// Why nothing was found out, or what was.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CheckError {
    /// The server cannot be worked on.
    #[error(transparent)]
    Server(#[from] ServerFault),
    /// It cannot be reached now.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The newest entry of a log, if there is one: its id and fields.
type NewestEntry = Vec<(String, Vec<Vec<u8>>)>;

/// A server's answer to INFO.
struct Info(HashMap<String, String>);

impl Info {
    fn read(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.trim().split_once(':'));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn word(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> u64 {
        self.word(name).parse().unwrap_or(0)
    }
}

impl RedisStore {
    /// Looks at the server.
    pub async fn check(&self, workspace: &Workspace) -> Result<Vec<ServerWarning>, CheckError> {
        let info = self.link.send::<String>(redis::cmd("INFO").arg("everything")).await;
        let info = Info::read(&info.map_err(refusal)?);
        faults(&info)?;
        self.names_are_ours(workspace).await?;
        self.logs_are_ours(workspace).await?;
        if self.has_identity {
            self.scripts_know_the_server().await?;
        }
        let log = redis::cmd("CONFIG").arg("GET").arg("appendfsync").to_owned();
        let log = self.link.send::<HashMap<String, String>>(&log).await.ok();
        Ok(warnings(&info, log.and_then(|mut log| log.remove("appendfsync")), self.replicas()))
    }

    /// Scripts would leave half a decision behind where a name is something of another kind.
    async fn names_are_ours(&self, workspace: &Workspace) -> Result<(), CheckError> {
        let mut asked = redis::pipe();
        for (name, _) in KINDS {
            asked.cmd("TYPE").arg(self.name(workspace, name));
        }
        let found: Vec<String> =
            self.link.ask(async |connection| asked.query_async(connection).await).await.map_err(refusal)?;
        let strange = KINDS.iter().zip(found).find(|((_, kind), found)| found != "none" && found != kind);
        match strange {
            Some(((name, expected), found)) => {
                Err(ServerFault::Foreign { name: self.name(workspace, name), found, expected }.into())
            }
            None => Ok(()),
        }
    }

    /// Places in logs are given by a counter, and nothing can be put behind a greater one.
    async fn logs_are_ours(&self, workspace: &Workspace) -> Result<(), CheckError> {
        let logs = [("events", "event"), ("audit", "audit")];
        let mut asked = redis::pipe();
        asked.cmd("HMGET").arg(self.name(workspace, "seq")).arg(&logs.map(|(_, counter)| counter));
        for (log, _) in logs {
            asked.cmd("XREVRANGE").arg(self.name(workspace, log)).arg("+").arg("-").arg("COUNT").arg(1);
        }
        let (known, events, audit): (Vec<Option<i64>>, NewestEntry, NewestEntry) =
            self.link.ask(async |connection| asked.query_async(connection).await).await.map_err(refusal)?;
        for (((log, _), known), newest) in logs.into_iter().zip(known).zip([events, audit]) {
            let known = known.unwrap_or(0);
            let Some((found, _)) = newest.into_iter().next() else { continue };
            if found
                .split('-')
                .next()
                .and_then(|place| place.parse().ok())
                .is_none_or(|place: i64| place > known)
            {
                let name = self.name(workspace, log);
                return Err(ServerFault::Ahead { name, found, known: format!("{known}-0") }.into());
            }
        }
        Ok(())
    }

    async fn scripts_know_the_server(&self) -> Result<(), CheckError> {
        let seq = self.name(&Workspace::default(), "seq");
        // And may do what they do beside what is done to names of ours.
        let script =
            "redis.call('TIME') redis.call('EXISTS', KEYS[1]) return redis.call('INFO', 'replication')";
        let said = self
            .link
            .send::<String>(redis::cmd("EVAL").arg(script).arg(1).arg(&seq))
            .await
            .map_err(refusal)?;
        if Info::read(&said).word("master_replid").is_empty() {
            return Err(ServerFault::Nameless.into());
        }
        Ok(())
    }
}

/// A server that refuses is one to change, one that is away comes back.
fn refusal(error: StoreError) -> CheckError {
    match &error {
        StoreError::Away(_, cause) => match cause.downcast_ref::<LinkFault>() {
            Some(LinkFault::Refused(_)) => ServerFault::Refused(cause.to_string()).into(),
            _ => error.into(),
        },
        StoreError::Backend(cause) => ServerFault::Refused(format!(
            "Redis refuses the gateway ({cause}): its user needs the rights in docs/several-machines.md"
        ))
        .into(),
        _ => error.into(),
    }
}

fn faults(info: &Info) -> Result<(), ServerFault> {
    let version = info.word("redis_version");
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major < OLDEST {
        return Err(ServerFault::TooOld(version.to_owned()));
    }
    let policy = info.word("maxmemory_policy");
    if policy.starts_with("allkeys") {
        return Err(ServerFault::Evicts(policy.to_owned()));
    }
    Ok(())
}

fn warnings(info: &Info, fsync: Option<String>, replicas: u32) -> Vec<ServerWarning> {
    let mut found = Vec::new();
    match (info.word("aof_enabled"), fsync) {
        ("0", _) => found.push(ServerWarning::NoLog),
        (_, None) => found.push(ServerWarning::UnknownLog),
        (_, Some(fsync)) if fsync != "always" => found.push(ServerWarning::LateLog(fsync)),
        _ => {}
    }
    let policy = info.word("maxmemory_policy");
    if policy.starts_with("volatile") {
        found.push(ServerWarning::EvictsSome(policy.to_owned()));
    }
    let connected = info.number("connected_slaves") as u32;
    if connected > 0 && replicas == 0 {
        found.push(ServerWarning::UnsafeFailover(connected));
    }
    let (used, most) = (info.number("used_memory"), info.number("maxmemory"));
    if let Some(percent) = (used * 100).checked_div(most).filter(|percent| *percent > MUCH_MEMORY_PERCENT) {
        found.push(ServerWarning::Memory(percent));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(more: &str) -> Info {
        Info::read(&format!("# Server\r\nredis_version:7.0.15\r\n{more}"))
    }

    #[test]
    fn what_cannot_be_worked_on_is_told_from_what_is_worth_knowing() {
        assert_eq!(
            faults(&Info::read("redis_version:6.2.14\r\n")),
            Err(ServerFault::TooOld(String::from("6.2.14")))
        );
        assert_eq!(
            faults(&info("maxmemory_policy:allkeys-lru")),
            Err(ServerFault::Evicts(String::from("allkeys-lru")))
        );
        assert_eq!(faults(&info("maxmemory_policy:noeviction")), Ok(()));
        let risky = info(
            "aof_enabled:1\r\nmaxmemory_policy:volatile-ttl\r\nconnected_slaves:2\r\nused_memory:90\r\nmaxmemory:100",
        );
        let found = [
            ServerWarning::LateLog(String::from("everysec")),
            ServerWarning::EvictsSome(String::from("volatile-ttl")),
            ServerWarning::UnsafeFailover(2),
            ServerWarning::Memory(90),
        ];
        assert_eq!(warnings(&risky, Some(String::from("everysec")), 0), found);
        assert_eq!(warnings(&info("aof_enabled:1"), Some(String::from("always")), 1), []);
        assert_eq!(warnings(&info("aof_enabled:1"), None, 0), [ServerWarning::UnknownLog]);
        assert_eq!(warnings(&info("aof_enabled:0"), None, 0), [ServerWarning::NoLog]);
    }
}
