//! A board of whose operations traces tell: which it was, of what kind of board, and how it failed. Not what was read or written.

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{
    Board, BoardDescription, BoardError, BoardReport, Changes, Created, Cursor, TouchedTask, board::Entail,
};
use crate::{
    model::{NewTask, OwedWrite, StoreMillis, Task, ToldClaim, WriteOutcome},
    telemetry::traces::{SpanKind, child},
};

/// The board, with a span for each operation that is part of a trace.
pub(super) struct TracedBoard(pub(super) Arc<dyn Board>);

impl TracedBoard {
    async fn traced<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = T> + Send,
        failure: fn(&T) -> Option<&'static str>,
    ) -> T {
        let Some(span) = child(SpanKind::Internal, ["board", operation]) else { return work.await };
        let result = span.within(work).await;
        let provider = ("taskgate.board.provider", self.0.provider().into());
        span.end([Some(provider)], failure(&result));
        result
    }
}

fn failed<T>(result: &Result<T, BoardError>) -> Option<&'static str> {
    result.as_ref().err().map(kind)
}

const fn kind(error: &BoardError) -> &'static str {
    match error {
        BoardError::NoSuchTask => "no_such_task",
        BoardError::Unauthorized => "unauthorized",
        BoardError::Forbidden { .. } => "forbidden",
        BoardError::RateLimited { .. } => "rate_limited",
        BoardError::Rejected { .. } => "rejected",
        BoardError::Unavailable { .. } => "unavailable",
    }
}

#[async_trait]
impl Board for TracedBoard {
    fn provider(&self) -> &'static str {
        self.0.provider()
    }

    fn describe(&self) -> BoardDescription {
        self.0.describe()
    }

    fn whole_every(&self) -> Duration {
        self.0.whole_every()
    }

    async fn check(&self) -> Result<BoardReport, BoardError> {
        self.0.check().await
    }

    fn received(&self, event: &str, payload: &[u8]) -> Option<Vec<TouchedTask>> {
        self.0.received(event, payload)
    }

    async fn identity(&self) -> Result<String, BoardError> {
        self.traced("identity", self.0.identity(), failed).await
    }

    async fn changes(&self, since: Option<&Cursor>) -> Result<Changes, BoardError> {
        self.traced("changes", self.0.changes(since), failed).await
    }

    async fn tasks(&self, ids: &[String]) -> Result<Vec<Task>, BoardError> {
        self.traced("tasks", self.0.tasks(ids), failed).await
    }

    async fn told_tasks(&self, ids: &[String]) -> Result<(Vec<Task>, Option<StoreMillis>), BoardError> {
        self.traced("told_tasks", self.0.told_tasks(ids), failed).await
    }

    async fn find(&self, id_or_key: &str) -> Result<Option<Task>, BoardError> {
        self.traced("find", self.0.find(id_or_key), failed).await
    }

    async fn told_claim(&self, id: &str) -> Result<Option<ToldClaim>, BoardError> {
        self.traced("told_claim", self.0.told_claim(id), failed).await
    }

    async fn create(&self, task: &NewTask, once: &str, entail: &Entail<'_>) -> Result<Created, BoardError> {
        self.traced("create", self.0.create(task, once, entail), failed).await
    }

    async fn write(&self, owed: &[OwedWrite]) -> Vec<Result<WriteOutcome, BoardError>> {
        let first_failed = |results: &Vec<_>| results.iter().find_map(failed);
        self.traced("write", self.0.write(owed), first_failed).await
    }
}
