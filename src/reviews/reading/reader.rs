//! One reading of a discussion, as concurrent as GitHub's cursors allow: while the next page of threads is on its way, so
//! is what the last one left over. A reading that has something when it has to end says where it goes on.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};

use super::{
    Plan, Source,
    pages::Sections,
    steps::{self, MOST_OF_A_PAGE, ReadingStep},
    wire::{DiscussionPage, ThreadNode},
};
use crate::{
    github::GithubError,
    reviews::{
        discussion::{Discussion, Halt, Remark, Rest, ReviewThread, TextMark},
        position::ReadingPlace,
    },
};

/// Bytes of a discussion that are kept.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// How often a page is asked for in half its size before GitHub's failure is believed.
const MOST_HALVINGS: u32 = 3;

/// How often a reading goes on after a failure that may pass.
const MOST_RETRIES: u32 = 2;

/// A reading under way.
pub(super) struct Reader<'a> {
    source: &'a Source,
    plan: &'a Plan,
    pub(super) sections: Sections,
    pub(super) threads: Vec<ReviewThread>,
    pub(super) reviews: Vec<Remark>,
    pub(super) conversation: Vec<Remark>,
    pub(super) review_marks: Vec<TextMark>,
    pub(super) conversation_marks: Vec<TextMark>,
    pub(super) decision: Option<String>,
    pub(super) unreadable: usize,
    requests_left: u32,
    halvings: u32,
    retried: u32,
    page_under_way: bool,
    /// Ids of threads whose comments are on their way.
    threads_under_way: Vec<String>,
    /// Whether anything of GitHub's arrived.
    answered: bool,
    failure: Option<Arc<GithubError>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source, plan: &'a Plan, requests_left: u32) -> Self {
        let threads = match &plan.begin_at {
            ReadingPlace::Inside { thread_cursor, thread_id, comment_cursor } => vec![ReviewThread {
                id: thread_id.clone(),
                cursor: thread_cursor.clone(),
                more: Some(comment_cursor.clone()),
                ..ReviewThread::default()
            }],
            _ => Vec::new(),
        };
        Self {
            source,
            plan,
            sections: Sections::from(&plan.begin_at, plan.conversation),
            threads,
            reviews: Vec::new(),
            conversation: Vec::new(),
            review_marks: Vec::new(),
            conversation_marks: Vec::new(),
            decision: None,
            unreadable: 0,
            requests_left,
            halvings: 0,
            retried: 0,
            page_under_way: false,
            threads_under_way: Vec::new(),
            answered: false,
            failure: None,
        }
    }

    /// Reads until there is no more, or an end that was set is reached. What was `begun` before counts like a step of its own.
    pub(super) async fn run(
        mut self,
        begun: Vec<BoxFuture<'static, ReadingStep>>,
    ) -> Result<Discussion, Arc<GithubError>> {
        let mut running: FuturesUnordered<_> = begun.into_iter().collect();
        loop {
            running.extend(self.next_steps());
            let Some(step) = running.next().await else { break };
            self.take(step)?;
        }
        match self.failure.take() {
            Some(failure) if !self.answered => Err(failure),
            failure => Ok(self.finish(failure)),
        }
    }

    /// What can be asked for now.
    fn next_steps(&mut self) -> Vec<BoxFuture<'static, ReadingStep>> {
        let (mut steps, source) = (Vec::new(), self.patient());
        if self.failure.is_some() {
            return steps;
        }
        // First what is left of threads: a reading that may ask once has to get past a long one.
        let mut before = 0;
        for (index, thread) in self.threads.iter().enumerate() {
            let wanted = (index == 0 && thread.comments.len() < self.plan.max_comments)
                || before + weight(thread) <= self.plan.max_comments;
            before += weight(thread);
            let is_free = wanted && self.requests_left > 0 && !self.threads_under_way.contains(&thread.id);
            if let Some(after) = thread.more.clone().filter(|_| is_free) {
                self.threads_under_way.push(thread.id.clone());
                self.requests_left -= 1;
                let size = MOST_OF_A_PAGE >> self.halvings;
                steps.push(steps::comments(source.clone(), thread.id.clone(), Some(after), size));
            }
        }
        if !self.page_under_way && self.requests_left > 0 && self.has_room() {
            let size = self.plan.per_page >> self.halvings;
            let within = MOST_OF_A_PAGE >> self.halvings;
            if let Some(variables) = self.sections.next_page(&self.source.address, size.max(1), within) {
                self.page_under_way = true;
                self.requests_left -= 1;
                steps.push(steps::page(source.clone(), variables));
            }
        }
        steps
    }

    /// The source, asked after a pause if it failed before.
    fn patient(&self) -> Source {
        let pause = Duration::from_millis(250) * (self.retried * self.retried);
        Source { pause, ..self.source.clone() }
    }

    /// Whether what is there leaves room for more.
    fn has_room(&self) -> bool {
        self.count() < self.plan.max_comments && self.bytes() < MOST_BYTES
    }

    fn count(&self) -> usize {
        self.threads.iter().map(weight).sum::<usize>() + self.reviews.len() + self.conversation.len()
    }

    fn bytes(&self) -> usize {
        let remarks = self.reviews.iter().chain(&self.conversation).map(|remark| remark.written.bytes());
        self.threads.iter().map(ReviewThread::bytes).sum::<usize>() + remarks.sum::<usize>()
    }

    fn take(&mut self, step: ReadingStep) -> Result<(), Arc<GithubError>> {
        match step {
            ReadingStep::Page(answer) => {
                self.page_under_way = false;
                match answer {
                    Ok(Some(page)) if self.lacks_a_section(&page) => {
                        let text = "a section that was asked for is missing";
                        self.fail(Arc::new(GithubError::Malformed(serde::de::Error::custom(text))))?;
                    }
                    Ok(Some(page)) => self.take_page(page),
                    Ok(None) => return Err(Arc::new(GithubError::NotFound)),
                    Err(error) => self.fail(error)?,
                }
            }
            ReadingStep::Comments(id, answer) => {
                self.threads_under_way.retain(|under_way| *under_way != id);
                match answer {
                    Ok(node) => self.take_comments(&id, node),
                    Err(error) => self.fail(error)?,
                }
            }
            // What is known of them is out of date: there is nothing to go on with.
            ReadingStep::Threads(answer) => self.take_threads(answer?),
        }
        Ok(())
    }

    /// A failure ends the reading, unless half as much may still be had, or the same a moment later. One that says that the
    /// caller may not read is all there is to say.
    fn fail(&mut self, error: Arc<GithubError>) -> Result<(), Arc<GithubError>> {
        let (again, may_pass) = (self.halvings + self.retried, may_pass(&error));
        let is_believed = may_pass && again >= MOST_RETRIES;
        if error.wants_less() && self.halvings < MOST_HALVINGS && !is_believed {
            self.halvings += 1;
        } else if may_pass && again < self.source.patience.retries.min(MOST_RETRIES) {
            self.retried += 1;
        } else if is_of_the_caller(&error) {
            return Err(error);
        } else {
            self.failure.get_or_insert(error);
        }
        Ok(())
    }

    /// Whether a page is without something it was asked for, and would be asked for for ever.
    fn lacks_a_section(&self, page: &DiscussionPage) -> bool {
        (self.sections.threads.rest().is_some() && page.review_threads.is_none())
            || (self.sections.reviews.rest().is_some() && page.reviews.is_none())
            || (self.sections.conversation.rest().is_some() && page.comments.is_none())
    }

    fn take_page(&mut self, page: DiscussionPage) {
        self.answered = true;
        self.decision = page.review_decision;
        if let Some(threads) = page.review_threads {
            self.sections.threads.advance(threads.next());
            let (nodes, odd) = threads.into_items();
            self.unreadable += odd;
            for (cursor, node) in nodes {
                let (thread, odd) = node.into_thread(cursor);
                self.unreadable += odd;
                self.threads.push(thread);
            }
        }
        if let Some(reviews) = page.reviews {
            self.sections.reviews.advance(reviews.next());
            let (nodes, odd) = reviews.into_items();
            self.unreadable += odd;
            self.review_marks.extend(nodes.iter().map(|(_, node)| node.mark()));
            self.reviews.extend(nodes.into_iter().filter_map(|(cursor, node)| node.into_review(cursor)));
        }
        if let Some(comments) = page.comments {
            self.sections.conversation.advance(comments.next());
            let (nodes, odd) = comments.into_items();
            self.unreadable += odd;
            self.conversation_marks.extend(nodes.iter().map(|(_, node)| node.mark()));
            self.conversation.extend(nodes.into_iter().map(|(cursor, node)| node.into_conversation(cursor)));
        }
    }

    /// Appends comments to their thread. One that is gone is left out.
    fn take_comments(&mut self, id: &str, node: Option<ThreadNode>) {
        self.answered = true;
        let Some(index) = self.threads.iter().position(|thread| thread.id == id) else { return };
        let Some(node) = node else {
            self.threads.remove(index);
            return;
        };
        let known = &mut self.threads[index];
        let (mut thread, odd) = node.into_thread(std::mem::take(&mut known.cursor));
        self.unreadable += odd;
        let mut comments = std::mem::take(&mut known.comments);
        comments.append(&mut thread.comments);
        *known = ReviewThread { comments, ..thread };
        known.share_hunks();
    }

    /// Puts threads in the place of what was known of them.
    fn take_threads(&mut self, nodes: Vec<ThreadNode>) {
        self.answered = true;
        for node in nodes {
            let (thread, odd) = node.into_thread(String::new());
            self.unreadable += odd;
            if let Some(known) = self.threads.iter_mut().find(|known| known.id == thread.id) {
                let cursor = std::mem::take(&mut known.cursor);
                *known = ReviewThread { cursor, ..thread };
            }
        }
    }

    /// What was read, up to the end of the last thread that is whole and fits, and where it goes on.
    fn finish(mut self, failure: Option<Arc<GithubError>>) -> Discussion {
        let why = match failure {
            Some(failure) => Halt::Failed(failure),
            None if self.count() >= self.plan.max_comments => Halt::Comments,
            None if self.bytes() >= MOST_BYTES => Halt::Bytes,
            None => Halt::Requests,
        };
        let mut place = self.cut_threads();
        let mut remarks = Vec::new();
        if place.is_none() {
            let room =
                self.plan.max_comments.saturating_sub(self.threads.iter().map(|t| t.comments.len()).sum());
            place = self.sections.reviews.cut(&mut self.reviews, room, ReadingPlace::Reviews);
            remarks = self.reviews;
            if place.is_none() {
                let room = room.saturating_sub(remarks.len());
                place =
                    self.sections.conversation.cut(&mut self.conversation, room, ReadingPlace::Conversation);
                remarks.append(&mut self.conversation);
            }
        }
        Discussion {
            begun_at: self.plan.begin_at.clone(),
            threads: self.threads,
            remarks,
            rest: place.map(|place| Rest { place, halt: why }),
            decision: self.decision,
            unreadable: self.unreadable,
            review_marks: self.review_marks,
            conversation_marks: self.conversation_marks,
        }
    }

    /// Drops the threads that do not fit or are not whole. Only a first one is cut inside: otherwise nobody would get past it.
    fn cut_threads(&mut self) -> Option<ReadingPlace> {
        let (most, mut count) = (self.plan.max_comments, 0);
        for index in 0..self.threads.len() {
            let thread = &mut self.threads[index];
            let fits = thread.more.is_none() && count + thread.comments.len() <= most;
            count += thread.comments.len();
            if fits {
                continue;
            }
            if index > 0 || thread.comments.is_empty() {
                let place = match index.checked_sub(1).map(|before| self.threads[before].cursor.clone()) {
                    Some(cursor) => ReadingPlace::Threads(Some(cursor)),
                    None => self.plan.begin_at.clone(),
                };
                self.threads.truncate(index);
                return Some(place);
            }
            thread.comments.truncate(most);
            let place = thread.inside_after_last();
            self.threads.truncate(1);
            return place;
        }
        self.sections.threads.rest().map(|after| ReadingPlace::Threads(after.clone()))
    }
}

/// Comments of a thread, as far as is known.
fn weight(thread: &ReviewThread) -> usize {
    if thread.more.is_some() { thread.total.max(thread.comments.len()) } else { thread.comments.len() }
}

/// Whether the same may be answered when it is asked again.
fn may_pass(error: &GithubError) -> bool {
    matches!(error, GithubError::Unavailable { .. } | GithubError::Unreachable(_) | GithubError::Malformed(_))
}

/// Whether it says something of the caller's rights, which holds for what was read before too.
fn is_of_the_caller(error: &GithubError) -> bool {
    matches!(
        error,
        GithubError::Unauthorized
            | GithubError::Forbidden { .. }
            | GithubError::SsoRequired { .. }
            | GithubError::NotFound
            | GithubError::Gone
    )
}
