//! A change of rows that were read before: it is made only while they are as they were. For operations that are rare; what every
//! agent does has a script of its own.

use super::{
    RedisStore,
    script::{ScriptArguments, script},
};
use crate::{
    model::{Effects, Workspace},
    stores::StoreError,
};

script!(CHANGE, "change");

/// Times a change is tried on what others wrote meanwhile: each that fails means that one of theirs was made.
pub(super) const ATTEMPTS: usize = 64;

/// What must still be so, and what is written then.
#[derive(Default)]
pub(super) struct Change {
    conditions: Vec<RowCondition>,
    writes: Vec<Vec<Vec<u8>>>,
    /// The server with which is being settled.
    settling: Option<String>,
}

struct RowCondition {
    kind: &'static str,
    name: String,
    field: String,
    value: Option<String>,
}

impl Change {
    /// Made before all have settled with that server.
    pub(super) fn while_settling(mut self, server: &str) -> Self {
        self.settling = Some(server.to_owned());
        self
    }

    /// While a hash has that row there, or none.
    pub(super) fn while_row(mut self, hash: &str, field: &str, row: Option<&str>) -> Self {
        self.conditions.push(RowCondition {
            kind: "row",
            name: hash.to_owned(),
            field: field.to_owned(),
            value: row.map(str::to_owned),
        });
        self
    }

    /// While a sorted set has that member at that score, or has it not.
    pub(super) fn while_score(mut self, set: &str, member: &str, score: Option<i64>) -> Self {
        self.conditions.push(RowCondition {
            kind: "score",
            name: set.to_owned(),
            field: member.to_owned(),
            value: score.map(|score| score.to_string()),
        });
        self
    }

    /// Puts a row into a hash.
    pub(super) fn put(self, hash: &str, field: &str, row: &str) -> Self {
        self.command("HSET", hash, &[field, row])
    }

    /// Takes a row out of a hash.
    pub(super) fn drop_row(self, hash: &str, field: &str) -> Self {
        self.command("HDEL", hash, &[field])
    }

    /// Puts a member into a sorted set, or moves it there.
    pub(super) fn place(self, set: &str, member: &str, score: i64) -> Self {
        self.command("ZADD", set, &[&score.to_string(), member])
    }

    /// Takes a member out of a sorted set.
    pub(super) fn displace(self, set: &str, member: &str) -> Self {
        self.command("ZREM", set, &[member])
    }

    /// Any other command on one thing of the workspace.
    pub(super) fn command(mut self, command: &str, name: &str, rest: &[&str]) -> Self {
        let parts = [command, name].into_iter().chain(rest.iter().copied());
        self.writes.push(parts.map(|part| part.as_bytes().to_vec()).collect());
        self
    }

    fn arguments(&self) -> ScriptArguments {
        ScriptArguments::default()
            .each(&self.conditions, |arguments, condition| {
                arguments
                    .bytes(condition.kind)
                    .bytes(condition.name.as_str())
                    .bytes(condition.field.as_str())
                    .number(condition.value.is_some().into())
                    .bytes(condition.value.as_deref().unwrap_or_default())
            })
            .each(&self.writes, |arguments, parts| {
                arguments.each(parts, |arguments, part| arguments.bytes(part.as_slice()))
            })
    }
}

impl RedisStore {
    /// Makes a change with all it entails; says whether what it was about was still so. Else nothing is written.
    pub(super) async fn change(
        &self,
        workspace: &Workspace,
        change: Change,
        effects: &Effects,
    ) -> Result<bool, StoreError> {
        let arguments = change.arguments().effects(&self.audit, workspace, effects);
        let (made,): (bool,) = match &change.settling {
            Some(server) => self.run_settling(workspace, server, &CHANGE, arguments).await?,
            None => self.run(workspace, &CHANGE, arguments).await?,
        };
        Ok(made)
    }
}
