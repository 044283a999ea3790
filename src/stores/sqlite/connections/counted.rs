//! Operations of the store as metrics and traces tell of them.

use std::time::Instant;

use crate::{
    stores::StoreError,
    telemetry::{
        metrics::{STORE_OPERATION_DURATION, STORE_OPERATIONS, StoreOperation, StoreOutcome},
        traces::{self, Span, SpanKind},
    },
};

/// The operation, which is counted when it has ended; one that nobody waits for any more is not.
pub(super) async fn counted<T>(
    operation: StoreOperation,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let (started, span) = (Instant::now(), traces::child(SpanKind::Client, ["store", operation.word()]));
    let result = work.await;
    let outcome = outcome(&result);
    if let Some(span) = span {
        tell(&span, operation, outcome);
    }
    STORE_OPERATIONS.add((operation, outcome));
    STORE_OPERATION_DURATION.observe(operation, started.elapsed());
    result
}

fn tell(span: &Span, operation: StoreOperation, outcome: StoreOutcome) {
    let (operation, failure) = (operation.word(), (outcome != StoreOutcome::Ok).then(|| outcome.word()));
    let attributes = [("db.system.name", "sqlite"), ("db.operation.name", operation)];
    span.end(attributes.map(|(key, word)| Some((key, word.into()))), failure);
}

const fn outcome<T>(result: &Result<T, StoreError>) -> StoreOutcome {
    match result {
        Ok(_) => StoreOutcome::Ok,
        Err(StoreError::Busy) => StoreOutcome::Busy,
        Err(StoreError::Full(_)) => StoreOutcome::Full,
        Err(StoreError::Away(..) | StoreError::Unsettled) => StoreOutcome::Away,
        Err(StoreError::Uncertain(_) | StoreError::Unsafe) => StoreOutcome::Uncertain,
        Err(StoreError::Replaced(_)) => StoreOutcome::Replaced,
        Err(StoreError::Closed) => StoreOutcome::Closed,
        Err(StoreError::Newer { .. }) => StoreOutcome::Newer,
        Err(StoreError::Corrupt(_)) => StoreOutcome::Corrupt,
        Err(StoreError::Backend(_)) => StoreOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::{page, tests::turn_all_on};

    #[tokio::test]
    async fn what_the_store_could_not_do_is_counted_by_why() {
        turn_all_on();
        let lines = |outcome: &str| {
            let labels = format!("operation=\"durable_write\",outcome=\"{outcome}\"");
            format!("taskgate_store_operations_total{{{labels}}} 1")
        };
        for (error, outcome) in [
            (StoreError::Busy, "busy"),
            (StoreError::Closed, "closed"),
            (StoreError::Newer { found: 2, known: 1 }, "newer"),
            (StoreError::Full(std::sync::Arc::new(std::fmt::Error)), "full"),
            (StoreError::Corrupt(std::sync::Arc::new(std::fmt::Error)), "corrupt"),
            (StoreError::backend(std::fmt::Error), "failed"),
        ] {
            let failed = counted(StoreOperation::DurableWrite, async { Err::<(), _>(error) });
            assert!(failed.await.is_err());
            assert!(page().contains(&lines(outcome)), "{outcome}");
        }
    }
}
