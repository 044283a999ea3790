//! Scripts: how they are put together, what they are given and what they answer.
//!
//! A script is what all have (`head.lua`), what a decision entails (`effects.lua`) and its own part. Its one key is `seq` of the
//! workspace, from which it makes the names of all others. It answers a list that begins with the place of the decision that was
//! accepted, or with 0 where none was; with `-2` where the server is not the one the epoch was given for, and with `-3` where it comes
//! so late that its answer might have been kept and dropped since.
//!
//! Each run has an id, under which its answer is kept. One whose answer was lost is run once again, and answers the same.

use std::{
    io::Write as _,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use redis::{FromRedisValue, Script, Value};

use super::{
    RedisStore,
    link::{Unanswered, Writer},
    settle::Standing,
};
use crate::{model::Workspace, stores::StoreError};

/// The word of a script that did not look at anything: the server restarted, or another took its place.
const UNSETTLED: i64 = -2;
/// The word of one that came too late.
const LATE: i64 = -3;
/// How long an answer is waited for: the first time, and until the second is there, both times together.
const FIRST: Duration = Duration::from_millis(600);
const BOTH: Duration = Duration::from_millis(1_100);
const INTO_MEMORY: &str = "a vector takes what is written into it";
/// Times a script is run on a server that is new, or later than it has to be.
pub(super) const TRIES: usize = 4;

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

/// What a script is given, in the order in which it reads it.
#[derive(Clone, Default)]
pub(super) struct ScriptArguments {
    /// One behind the other.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl ScriptArguments {
    pub(super) fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.bytes.extend_from_slice(bytes.as_ref());
        self.end()
    }

    pub(super) fn number(mut self, number: i64) -> Self {
        write!(self.bytes, "{number}").expect(INTO_MEMORY);
        self.end()
    }

    fn end(mut self) -> Self {
        self.ends.push(self.bytes.len());
        self
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// A number or nothing.
    pub(super) fn optional(self, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.number(number),
            None => self.bytes(""),
        }
    }

    /// All of them as one, which the script reads when it comes to need it (`unpacked` in `head.lua`): one list, as `MessagePack` has it.
    pub(super) fn packed(&self) -> Vec<u8> {
        let mut packed = Vec::with_capacity(self.bytes.len() + 5 * (self.ends.len() + 1));
        rmp::encode::write_array_len(&mut packed, self.ends.len() as u32).expect(INTO_MEMORY);
        for argument in self.iter() {
            // As a text, of any bytes: what the server reads knows none of the kind that would be for those.
            rmp::encode::write_str_len(&mut packed, argument.len() as u32).expect(INTO_MEMORY);
            packed.extend_from_slice(argument);
        }
        packed
    }

    /// How many there are, and each as `add` writes it.
    pub(super) fn each<T>(self, items: &[T], add: impl Fn(Self, &T) -> Self) -> Self {
        items.iter().fold(self.number(items.len() as i64), add)
    }
}

/// As what a script is run.
#[derive(Clone, Copy)]
pub(super) struct ScriptRun<'a> {
    /// The epoch it is for; nothing: it only reads.
    pub(super) epoch: &'a str,
    /// The server's name.
    pub(super) server: &'a str,
    /// Under which its answer is kept.
    pub(super) id: &'a str,
    /// The last decision that was known before.
    pub(super) position: i64,
}

impl RedisStore {
    /// Runs a script. It is settled with a server that is new, and run there.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        workspace: &Workspace,
        script: &Script,
        arguments: ScriptArguments,
    ) -> Result<T, StoreError> {
        let id = self.run_id();
        for _ in 0..TRIES {
            let standing = self.standing(workspace).await?;
            if let Some(answer) = self.run_on(workspace, &standing, (script, &id), &arguments).await? {
                return answer;
            }
        }
        Err(StoreError::Busy)
    }

    /// Runs a script for that standing. `None`: nothing was done, and another standing or a later run is wanted.
    pub(super) async fn run_on<T: FromRedisValue>(
        &self,
        workspace: &Workspace,
        standing: &Standing,
        (script, id): (&Script, &str),
        arguments: &ScriptArguments,
    ) -> Result<Option<Result<T, StoreError>>, StoreError> {
        let position = self.heads(workspace, |heads| heads.position);
        let run =
            ScriptRun { epoch: &standing.epoch, server: self.told_name(&standing.server), id, position };
        let answer = self.invoke(workspace, script, run, arguments).await?;
        match answer.first() {
            Some(Value::Int(UNSETTLED)) => {
                standing.end();
                return Ok(None);
            }
            Some(Value::Int(LATE)) => {
                let at = answer.get(1).and_then(|at| i64::from_redis_value_ref(at).ok()).unwrap_or(0);
                self.heads(workspace, |heads| heads.position = heads.position.max(at));
                return Ok(None);
            }
            Some(Value::Int(place @ 1..)) if !standing.is_over() => {
                self.heads(workspace, |heads| heads.position = heads.position.max(*place));
            }
            _ => {}
        }
        self.notify_if_written(&answer);
        Ok(Some(rest(answer)))
    }

    /// Runs a script on a server that is being settled with.
    pub(super) async fn run_settling<T: FromRedisValue>(
        &self,
        workspace: &Workspace,
        server: &str,
        script: &Script,
        arguments: ScriptArguments,
    ) -> Result<T, StoreError> {
        let run =
            ScriptRun { epoch: "?", server: self.told_name(server), id: &self.run_id(), position: i64::MAX };
        let answer = self.invoke(workspace, script, run, &arguments).await?;
        if matches!(answer.first(), Some(Value::Int(..=-1))) {
            return Err(StoreError::Unsettled);
        }
        rest(answer)
    }

    /// Runs a script that only reads: it does so on whatever server there is.
    pub(super) async fn read<T: FromRedisValue>(
        &self,
        workspace: &Workspace,
        script: &Script,
        arguments: ScriptArguments,
    ) -> Result<T, StoreError> {
        let run = ScriptRun { epoch: "", server: self.told_name("-"), id: "", position: 0 };
        rest(self.invoke(workspace, script, run, &arguments).await?)
    }

    /// Runs a script once, and once again where its answer was lost.
    pub(super) async fn invoke(
        &self,
        workspace: &Workspace,
        script: &Script,
        run: ScriptRun<'_>,
        arguments: &ScriptArguments,
    ) -> Result<Vec<Value>, StoreError> {
        let began = Instant::now();
        let mut invocation = script.prepare_invoke();
        invocation
            .key(self.name(workspace, "seq"))
            .arg(run.epoch)
            .arg(run.server)
            .arg(run.id)
            .arg(run.position);
        for argument in arguments.iter() {
            invocation.arg(argument);
        }
        // What only reads is confirmed by nobody.
        let writer = self.writer.as_ref().filter(|_| !run.id.is_empty());
        let ask = async |(wait, answer): (Duration, Duration)| {
            let ask = async |connection: &mut _| invocation.invoke_async(connection).await;
            match writer {
                Some(writer) => writer.put(answer, ask).await,
                None => self.link.put((wait, answer), ask).await,
            }
        };
        let first: Result<Vec<Value>, _> = ask((self.link.patience(), FIRST)).await;
        let lost = match first {
            Ok(answer) => return confirmed(writer, answer).await,
            Err(Unanswered::Undone(error)) => return Err(error),
            Err(Unanswered::Lost(fault)) => fault,
        };
        let left = || BOTH.saturating_sub(began.elapsed());
        match ask((left(), left())).await {
            Ok(answer) if !matches!(answer.first(), Some(Value::Int(LATE))) => {
                confirmed(writer, answer).await
            }
            // One that only reads did nothing, whatever was heard of it.
            Err(unanswered) if run.id.is_empty() => Err(unanswered.told()),
            Ok(_) | Err(_) => Err(StoreError::Uncertain(Arc::new(lost))),
        }
    }

    /// Returns once enough replicas have all that could be read before.
    pub(super) async fn mark(&self, workspace: &Workspace) -> Result<(), StoreError> {
        let Some(writer) = &self.writer else { return Ok(()) };
        let mut mark = redis::cmd("HINCRBY");
        mark.arg(self.name(workspace, "seq")).arg("marks").arg(1);
        let marked = writer.put(BOTH, async |connection| mark.query_async::<i64>(connection).await).await;
        marked.map_err(Unanswered::told)?;
        writer.confirm().await
    }

    /// What scripts are told of the server's name: nothing where they can read it.
    pub(super) fn told_name<'a>(&self, name: &'a str) -> &'a str {
        if self.has_identity { "" } else { name }
    }

    /// An id that no other run has, of this process or another.
    pub(super) fn run_id(&self) -> String {
        format!("{}{:x}", self.instance, self.runs.fetch_add(1, Ordering::Relaxed))
    }
}

/// The answer of a script, once enough replicas have what it wrote.
async fn confirmed(writer: Option<&Writer>, answer: Vec<Value>) -> Result<Vec<Value>, StoreError> {
    if let (Some(writer), Some(Value::Int(1..))) = (writer, answer.first()) {
        writer.confirm().await?;
    }
    Ok(answer)
}

/// What a script answers behind the place of its decision.
fn rest<T: FromRedisValue>(answer: Vec<Value>) -> Result<T, StoreError> {
    let rest = answer.into_iter().skip(1).collect();
    T::from_redis_value(Value::Array(rest)).map_err(StoreError::backend)
}
