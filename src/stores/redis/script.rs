//! Scripts: how they are put together, what they are given and what they answer.
//!
//! A script is what all have (`head.lua`), what a decision entails (`effects.lua`) and its own part. Its one key is `seq` of the
//! workspace, from which it makes the names of all others; its first argument is the epoch, and the rest are read in order. It
//! answers a list that begins with `1`, or with `-2` where the server is not the one the epoch was given for.

use redis::{FromRedisValue, Script, Value};

use super::RedisStore;
use crate::{model::Workspace, stores::StoreError};

/// The word of a script that did not look at anything: the server restarted, or another took its place.
const UNSETTLED: i64 = -2;

/// Puts a script together once, of one file or more. Only one that frees memory is run when there is none left: it says so behind its
/// names.
macro_rules! script {
    ($name:ident, $($file:literal),+) => {
        script!($name, $($file),+; "");
    };
    ($name:ident, $($file:literal),+; $flags:literal) => {
        static $name: std::sync::LazyLock<redis::Script> = std::sync::LazyLock::new(|| {
            redis::Script::new(concat!(
                "#!lua",
                $flags,
                "\n",
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/stores/redis/scripts/head.lua")),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/stores/redis/scripts/effects.lua")),
                $(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/stores/redis/scripts/", $file, ".lua"))),+
            ))
        });
    };
}
pub(super) use script;

script!(SETTLE, "settle"; " flags=allow-oom");

/// What a script is given, in the order in which it reads it.
#[derive(Clone, Default)]
pub(super) struct ScriptArguments(Vec<Vec<u8>>);

impl ScriptArguments {
    pub(super) fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.push(bytes.into());
        self
    }

    pub(super) fn number(self, number: i64) -> Self {
        self.bytes(number.to_string())
    }

    /// A number or nothing.
    pub(super) fn optional(self, number: Option<i64>) -> Self {
        self.bytes(number.map_or_else(String::new, |number| number.to_string()))
    }

    /// How many there are, and each as `add` writes it.
    pub(super) fn each<T>(self, items: &[T], add: impl Fn(Self, &T) -> Self) -> Self {
        items.iter().fold(self.number(items.len() as i64), add)
    }
}

impl RedisStore {
    /// Runs a script. It is settled with a server that is new, and run again.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        workspace: &Workspace,
        script: &Script,
        arguments: ScriptArguments,
    ) -> Result<T, StoreError> {
        let mut epoch = self.epoch(workspace).await?;
        for _ in 0..3 {
            let answer = self.invoke(workspace, script, &epoch, &arguments).await?;
            if !matches!(answer.first(), Some(Value::Int(UNSETTLED))) {
                self.notify_if_written(&answer);
                let rest = answer.into_iter().skip(1).collect();
                return T::from_redis_value(Value::Array(rest)).map_err(StoreError::backend);
            }
            self.link.look_again().await?;
            epoch = self.settle(workspace).await?;
        }
        Err(StoreError::Busy)
    }

    async fn invoke(
        &self,
        workspace: &Workspace,
        script: &Script,
        epoch: &str,
        arguments: &ScriptArguments,
    ) -> Result<Vec<Value>, StoreError> {
        let mut invocation = script.prepare_invoke();
        invocation.key(self.name(workspace, "seq")).arg(epoch);
        for argument in &arguments.0 {
            invocation.arg(argument.as_slice());
        }
        self.link.ask(async |connection| invocation.invoke_async(connection).await).await
    }

    /// Takes the server for what it is now, and answers the epoch from which on it is that.
    async fn settle(&self, workspace: &Workspace) -> Result<String, StoreError> {
        let answer = self.invoke(workspace, &SETTLE, "", &ScriptArguments::default()).await?;
        let epoch = answer.into_iter().nth(1).map(String::from_redis_value);
        let epoch = epoch.transpose().map_err(StoreError::backend)?.unwrap_or_default();
        self.note_workspace(workspace).await?;
        self.epochs.insert(workspace.clone(), epoch.clone());
        Ok(epoch)
    }

    async fn epoch(&self, workspace: &Workspace) -> Result<String, StoreError> {
        let known = self.epochs.get(workspace).map(|epoch| epoch.clone());
        match known {
            Some(epoch) => Ok(epoch),
            None => self.settle(workspace).await,
        }
    }
}
