//! A user's GitHub token: sealed under the secret key, bound to its record and to the one host it may be sent to. In clear it exists
//! only while it is used.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    model::{KeyRecord, SealedToken},
    secrets::{Purpose, SecretKey},
};

/// A user's token with the GitHub it is for.
#[derive(Clone, Debug)]
pub struct GithubToken {
    /// The token.
    pub token: SecretString,
    /// The name of its host.
    pub host: String,
}

impl GithubToken {
    /// Puts it into a record that is to have that version.
    pub(super) fn put_into(&self, record: &mut KeyRecord, secret: &SecretKey, version: i64) {
        record.github_host = Some(self.host.clone());
        record.github_token_prefix = Some(shown(&self.token));
        record.sealed_github_token = Some(seal(secret, record, version, &self.token));
    }
}

/// Takes the token of a record away.
pub(super) fn take_away(record: &mut KeyRecord) {
    record.sealed_github_token = None;
    (record.github_token_prefix, record.github_login, record.github_host) = (None, None, None);
}

/// A GitHub token sealed and bound to a record, its host, and the version the record is to have.
pub(super) fn seal(
    secret: &SecretKey,
    record: &KeyRecord,
    version: i64,
    token: &SecretString,
) -> SealedToken {
    let bound = bound(record, version);
    let sealed = secret.sealer(Purpose::GithubToken).seal(token.expose_secret().as_bytes(), &bound);
    SealedToken { sealed, version }
}

/// What a sealed token is bound to.
pub(super) fn bound(record: &KeyRecord, version: i64) -> Vec<u8> {
    let (workspace, id) = (record.workspace.as_str(), &record.id);
    match (version, &record.github_host) {
        (0, _) => format!("{workspace}:{id}"),
        (_, None) => format!("{workspace}:{id}:{version}"),
        (_, Some(host)) => format!("{workspace}:{id}:{version}:{host}"),
    }
    .into_bytes()
}

/// What may be shown of a GitHub token.
fn shown(token: &SecretString) -> String {
    token.expose_secret().chars().take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{ApiKey, NewKey},
        model::UnixMillis,
    };

    #[test]
    fn a_token_opens_for_its_host_alone_and_one_of_before_as_it_was_sealed() {
        let secret = SecretKey::new("k".repeat(32).into(), None);
        let token = GithubToken { token: SecretString::from("ghp_x"), host: String::from("github.com") };
        let new = NewKey { github_token: Some(token.clone()), ..NewKey::default() };
        let (mut record, _) = ApiKey::generate().record(&secret, new, "test", UnixMillis(0));
        let sealer = secret.sealer(Purpose::GithubToken);
        let open = |record: &KeyRecord, sealed: &SealedToken| {
            sealer.open(&sealed.sealed, &bound(record, sealed.version)).is_some()
        };
        let sealed = record.sealed_github_token.take().unwrap();
        assert!(open(&record, &sealed));
        record.github_host = Some(String::from("ghe.example.com"));
        assert!(!open(&record, &sealed));
        record.github_host = None;
        assert!(!open(&record, &sealed));
        assert_eq!(bound(&record, 3), format!("default:{}:3", record.id).into_bytes());
        assert!(open(&record, &seal(&secret, &record, 3, &token.token)));
    }
}
