//! One GitHub and where its APIs are.

use std::{sync::Arc, time::Duration};

use url::Url;

use crate::config::{GithubAddress, is_loopback_name};

const WRITE_PAUSE: Duration = Duration::from_secs(1);

/// A host that is configured, with its APIs.
#[derive(Clone, Debug)]
pub struct GithubHost {
    /// Its name in the URLs of people, lower case.
    pub name: Arc<str>,
    /// Base of its REST API.
    pub rest: Url,
    /// Its GraphQL API.
    pub graphql: Url,
}

impl GithubHost {
    pub(super) fn at(address: &GithubAddress) -> Self {
        let GithubAddress { host, rest, graphql } = address;
        Self { name: host.as_str().into(), rest: rest.clone(), graphql: graphql.clone() }
    }

    /// Between two writes of one credential. On this machine, where a stand-in answers, writes keep no pace.
    pub(super) fn write_pause(&self) -> Option<Duration> {
        let is_here = self.rest.host_str().is_some_and(is_loopback_name);
        (!is_here).then_some(WRITE_PAUSE)
    }

    /// The address of these segments, each percent-encoded, with that query.
    pub(super) fn rest_url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.rest.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(rest: &str) -> GithubHost {
        let url = Url::parse(rest).unwrap();
        GithubHost { name: "github.com".into(), rest: url.clone(), graphql: url }
    }

    #[test]
    fn segments_and_query_stay_what_they_are() {
        let at = |path: &[&str], query: &[(&str, &str)]| {
            host("https://ghe.x/api/v3").rest_url(path, query).to_string()
        };
        assert_eq!(at(&["user"], &[]), "https://ghe.x/api/v3/user");
        let url = at(&["repos", "o/../x", "a b", "branches", "fix#1?x"], &[("head", "o:a+b&c")]);
        assert_eq!(
            url,
            "https://ghe.x/api/v3/repos/o%2F..%2Fx/a%20b/branches/fix%231%3Fx?head=o%3Aa%2Bb%26c"
        );
        assert_eq!(host("http://127.0.0.1:1/").rest_url(&["user"], &[]).as_str(), "http://127.0.0.1:1/user");
    }
}
