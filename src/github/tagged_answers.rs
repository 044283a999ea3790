//! Answers of REST that are asked for again with their `ETag`: one that still holds costs nothing of the hour's budget. They are
//! kept for one credential each, since GitHub's answer and its tag depend on that.

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use url::Url;

use crate::{net::HttpResponse, secrets::sha256};

/// Bytes of all answers.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes of one; larger ones are rare and would push out many.
const MOST_BYTES_OF_ONE: usize = 1024 * 1024;
/// What an entry takes beside its body.
const OVERHEAD: usize = 2048;
const IDLE: Duration = Duration::from_secs(3600);

/// The answers, by credential and address.
pub(super) struct TaggedAnswers(Cache<[u8; 32], Arc<HttpResponse>>);

impl TaggedAnswers {
    pub(super) fn new() -> Self {
        let weight = |_: &[u8; 32], answer: &Arc<HttpResponse>| (answer.body.len() + OVERHEAD) as u32;
        Self(Cache::builder().weigher(weight).max_capacity(MOST_BYTES).time_to_idle(IDLE).build())
    }

    /// What was answered to that credential at that address, if it has a tag.
    pub(super) fn get(&self, digest: &[u8; 32], url: &Url) -> Option<Arc<HttpResponse>> {
        self.0.get(&name(digest, url))
    }

    /// Keeps an answer that has a tag and is not large.
    pub(super) fn keep(&self, digest: &[u8; 32], url: &Url, answer: &Arc<HttpResponse>) {
        if answer.status == 200 && answer.header("etag").is_some() && answer.body.len() <= MOST_BYTES_OF_ONE {
            self.0.insert(name(digest, url), Arc::clone(answer));
        }
    }
}

fn name(digest: &[u8; 32], url: &Url) -> [u8; 32] {
    sha256([digest.as_slice(), url.as_str().as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn an_answer_is_kept_for_its_credential_alone_if_it_has_a_tag() {
        let kept = TaggedAnswers::new();
        let url = Url::parse("https://api.github.com/x").unwrap();
        let mut answer = HttpResponse { status: 200, headers: HeaderMap::new(), body: b"1".to_vec() };
        kept.keep(&[1; 32], &url, &Arc::new(answer.clone()));
        assert!(kept.get(&[1; 32], &url).is_none());
        answer.headers.insert("etag", "\"a\"".parse().unwrap());
        kept.keep(&[1; 32], &url, &Arc::new(answer.clone()));
        assert_eq!(kept.get(&[1; 32], &url).unwrap().body, b"1");
        assert!(kept.get(&[2; 32], &url).is_none());
        answer.body = vec![0; MOST_BYTES_OF_ONE + 1];
        kept.keep(&[2; 32], &url, &Arc::new(answer));
        assert!(kept.get(&[2; 32], &url).is_none());
    }
}
