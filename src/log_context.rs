//! What a task works for: the call or the job that its log lines belong to, and its place in a trace, if that is recorded. It goes
//! along with the task and is read when a line is written or a span begins, so that a call which does neither pays nothing for it.

use std::{future::Future, sync::Arc};

use crate::model::TracePlace;

tokio::task_local! {
    static WORK: CurrentWork;
}

/// Fields that stand on every line of a call or a job.
pub trait LogContext: Send + Sync {
    /// Names each field with its value.
    fn fields(&self, field: &mut dyn FnMut(&'static str, &str));
}

/// What a task works for.
#[derive(Clone)]
pub struct CurrentWork {
    context: Arc<dyn LogContext>,
    place: Option<Arc<TracePlace>>,
}

/// A job that no call caused.
struct Job(&'static str);

impl LogContext for Job {
    fn fields(&self, field: &mut dyn FnMut(&'static str, &str)) {
        field("job", self.0);
    }
}

/// Runs `work` as part of that call or job.
pub fn within<F: Future>(context: Arc<dyn LogContext>, work: F) -> impl Future<Output = F::Output> {
    traced(context, None, work)
}

/// The same, of which a trace is recorded if there is a `place`.
pub fn traced<F: Future>(
    context: Arc<dyn LogContext>,
    place: Option<Arc<TracePlace>>,
    work: F,
) -> impl Future<Output = F::Output> {
    WORK.scope(CurrentWork { context, place }, work)
}

/// Runs `work` as a job of that name.
pub fn in_job<F: Future>(name: &'static str, work: F) -> impl Future<Output = F::Output> {
    within(Arc::new(Job(name)), work)
}

/// Runs `work` for what this task works for, at that place of a trace.
pub fn at<F: Future>(place: Arc<TracePlace>, work: F) -> impl Future<Output = F::Output> {
    let context = WORK.try_with(|work| Arc::clone(&work.context));
    traced(context.unwrap_or_else(|_| Arc::new(Nothing)), Some(place), work)
}

/// What this task works for, if that is known: for a task of its own that goes on with the same.
pub fn current() -> Option<CurrentWork> {
    WORK.try_with(CurrentWork::clone).ok()
}

/// Runs `work` for the same as the task it is from.
pub fn go_on<F: Future>(same: CurrentWork, work: F) -> impl Future<Output = F::Output> {
    WORK.scope(same, work)
}

/// The place of this task in a trace, if that is recorded.
pub fn place() -> Option<Arc<TracePlace>> {
    WORK.try_with(|work| work.place.clone()).ok().flatten()
}

/// Names the fields of what this task works for.
pub fn fields(field: &mut dyn FnMut(&'static str, &str)) {
    let _ = WORK.try_with(|work| {
        work.context.fields(field);
        if let Some(place) = &work.place {
            field("trace_id", &format!("{:032x}", place.trace_id));
        }
    });
}

/// Neither a call nor a job.
struct Nothing;

impl LogContext for Nothing {
    fn fields(&self, _: &mut dyn FnMut(&'static str, &str)) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Vec<String> {
        let mut said = Vec::new();
        fields(&mut |name, value| said.push(format!("{name}={value}")));
        said
    }

    #[tokio::test]
    async fn a_task_knows_its_job_and_hands_it_on() {
        assert_eq!(said(), Vec::<String>::new());
        in_job("counting", async {
            assert_eq!(said(), ["job=counting"]);
            let context = current().expect("there is one");
            let other = std::thread::spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(go_on(context, async { said() }))
            });
            assert_eq!(other.join().unwrap(), ["job=counting"]);
            in_job("within", async { assert_eq!(said(), ["job=within"]) }).await;
            assert_eq!(said(), ["job=counting"]);
        })
        .await;
        assert_eq!(said(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_task_knows_its_place_in_a_trace_and_hands_it_on() {
        let place = Arc::new(TracePlace { trace_id: 0xa, span_id: 2, state: None });
        in_job("counting", async {
            assert_eq!(super::place(), None);
            at(Arc::clone(&place), async {
                assert_eq!(super::place().as_ref(), Some(&place));
                assert_eq!(said(), ["job=counting", "trace_id=0000000000000000000000000000000a"]);
                let work = current().expect("there is one");
                go_on(work, async { assert_eq!(super::place().as_ref(), Some(&place)) }).await;
            })
            .await;
            assert_eq!(super::place(), None);
        })
        .await;
    }
}
