//! The address of a pull request, as people paste it. It names a host, which is asked only if the settings know it.

use std::{fmt, sync::Arc};

/// The longest owner or repository name that is read; GitHub's own bounds are lower.
const MOST_NAME: usize = 100;

/// One pull request of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequestAddress {
    /// The host as in the URLs of people, in lower case.
    pub host: Arc<str>,
    /// Who the repository belongs to.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// Its number, at most 2^31 - 1: GraphQL knows no larger one.
    pub number: u64,
}

impl PullRequestAddress {
    /// The address a URL names: `https://HOST/OWNER/REPO/pull/NUMBER`, whatever follows after a `/`, `?` or `#`.
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.trim().strip_prefix("https://")?;
        let mut parts = rest.splitn(5, '/');
        let (host, owner, repo) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next()? != "pull" {
            return None;
        }
        let number = parts.next()?.split(['/', '?', '#']).next()?;
        Self::of(host, owner, repo, number)
    }

    /// The address of these parts, if each is what it must be.
    pub fn of(host: &str, owner: &str, repo: &str, number: &str) -> Option<Self> {
        let number = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
        let is_host =
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
        let fits = is_host && is_name(owner) && is_name(repo) && (1..=i32::MAX as u64).contains(&number);
        fits.then(|| Self {
            host: host.to_ascii_lowercase().into(),
            owner: owner.to_owned(),
            repo: repo.to_owned(),
            number,
        })
    }

    /// The address that was [`folded`](Self::folded) to this.
    pub fn unfold(text: &str) -> Option<Self> {
        let (path, number) = text.split_once('#')?;
        let mut parts = path.splitn(3, '/');
        Self::of(parts.next()?, parts.next()?, parts.next()?, number)
    }

    /// The same for every spelling of it: GitHub folds case.
    pub fn folded(&self) -> String {
        format!("{}/{}/{}#{}", self.host, self.owner, self.repo, self.number).to_ascii_lowercase()
    }
}

impl fmt::Display for PullRequestAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "https://{}/{}/{}/pull/{}", self.host, self.owner, self.repo, self.number)
    }
}

/// Whether it can be the name of an owner or a repository.
pub(super) fn is_name(text: &str) -> bool {
    (1..=MOST_NAME).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        && text != "."
        && text != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<String> {
        PullRequestAddress::parse(url).map(|address| address.to_string())
    }

    #[test]
    fn a_pasted_url_names_a_pull_request_whatever_follows() {
        for suffix in ["", "/", "/files", "/commits/abc", "?diff=split", "#discussion_r1", "/files?w=1#r"] {
            let url = format!("https://github.com/Octo-Org/my.repo_1/pull/17{suffix}");
            assert_eq!(read(&url).as_deref(), Some("https://github.com/Octo-Org/my.repo_1/pull/17"), "{url}");
        }
        assert_eq!(
            read(" https://GHE.Example.com/o/r/pull/1\n").as_deref(),
            Some("https://ghe.example.com/o/r/pull/1")
        );
        assert_eq!(read("https://gitlab.com/o/r/pull/1").as_deref(), Some("https://gitlab.com/o/r/pull/1"));
    }

    #[test]
    fn anything_else_is_none() {
        for url in [
            "",
            "x",
            "http://github.com/o/r/pull/1",
            "https://github.com/o/r/issues/1",
            "https://github.com/o/r/pull",
            "https://github.com/o/r/pull/",
            "https://github.com/o/r/pull/123foo",
            "https://github.com/o/r/pull/abc",
            "https://github.com/o/r/pull/+1",
            "https://github.com/o/r/pull/-1",
            "https://github.com/o/r/pull/0",
            "https://github.com/o/r/pull/2147483648",
            "https://github.com/o/r/pull/99999999999999999999999",
            "https://github.com/o/r/pull/１",
            "https://github.com//r/pull/1",
            "https://github.com/o/../pull/1",
            "https://github.com/o/r%2f/pull/1",
            "https://github.com/o/r/x/pull/1",
            "https:///o/r/pull/1",
            "https://user@github.com/o/r/pull/1",
            "https://github.com\\@evil.example/o/r/pull/1",
            "https://github.com/o\n/r/pull/1",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_written_and_read_again(url in "https://[a-zA-Z0-9.:/@-]{0,20}/[a-z./%-]{0,8}/[a-z.]{0,5}/pull/[0-9a]{0,12}[/?#]?.{0,5}") {
            if let Some(address) = PullRequestAddress::parse(&url) {
                proptest::prop_assert_eq!(PullRequestAddress::parse(&address.to_string()), Some(address));
            }
        }
    }
}
