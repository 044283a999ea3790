//! What a log line belongs to: the call or the job in which it was written. It goes along with the task and is read when a line
//! is written, so that a call which writes none pays nothing for it.

use std::{future::Future, sync::Arc};

tokio::task_local! {
    static CONTEXT: Arc<dyn LogContext>;
}

/// Fields that stand on every line of a call or a job.
pub trait LogContext: Send + Sync {
    /// Names each field with its value.
    fn fields(&self, field: &mut dyn FnMut(&'static str, &str));
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
    CONTEXT.scope(context, work)
}

/// Runs `work` as a job of that name.
pub fn in_job<F: Future>(name: &'static str, work: F) -> impl Future<Output = F::Output> {
    within(Arc::new(Job(name)), work)
}

/// What this task works for, if that is known: for a task of its own that goes on with the same.
pub fn current() -> Option<Arc<dyn LogContext>> {
    CONTEXT.try_with(Arc::clone).ok()
}

/// Names the fields of what this task works for.
pub fn fields(field: &mut dyn FnMut(&'static str, &str)) {
    let _ = CONTEXT.try_with(|context| context.fields(field));
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
                runtime.block_on(within(context, async { said() }))
            });
            assert_eq!(other.join().unwrap(), ["job=counting"]);
            in_job("within", async { assert_eq!(said(), ["job=within"]) }).await;
            assert_eq!(said(), ["job=counting"]);
        })
        .await;
        assert_eq!(said(), Vec::<String>::new());
    }
}
