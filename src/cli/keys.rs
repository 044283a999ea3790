//! `taskgate keys create|list|revoke`: works on the data folder, beside a running gateway or without one.

use std::io::{Read, Write, stdout};

use super::{
    arguments::{KeyCommand, NewKeyArguments},
    outcome::Outcome,
};
use crate::{
    app::Foundation,
    auth::{ApiKey, NewKey},
    config::Settings,
    model::{AuditRecord, Effects, Event, EventKind, RequestId, ScopeSet, UnixMillis, Workspace},
    shutdown::Lifecycle,
    stores::KeyStore,
};

/// Who acts when a key is made at the command line.
const ACTOR: &str = "command-line";

/// Runs a key command.
pub(super) async fn run(settings: Settings, command: KeyCommand) -> Outcome {
    let foundation = Foundation::open(&settings, Lifecycle::default()).await?;
    match command {
        KeyCommand::Create(arguments) => create(&foundation, arguments).await,
        KeyCommand::List => list(&foundation).await,
        KeyCommand::Revoke { id } => revoke(&foundation, &id).await,
    }
}

async fn create(foundation: &Foundation, arguments: NewKeyArguments) -> Outcome {
    let now = foundation.clock.now();
    let scopes = arguments.scopes.map(|list| ScopeSet::parse(&list)).transpose();
    let expires = arguments.expires.map(|text| duration_millis(&text).ok_or(text)).transpose();
    let new = NewKey {
        user_id: arguments.user,
        description: arguments.description,
        scopes: scopes.map_err(|word| format!("--scopes: there is no scope `{word}`"))?,
        expires_at: expires
            .map_err(|text| format!("--expires: expected a number with s, m, h or d, got `{text}`"))?
            .map(|millis| now.plus(millis)),
        github_token: arguments.github_token_file.map(|path| read_token(&path)).transpose()?,
    };
    let key = ApiKey::generate();
    let (record, effects) = key.record(&foundation.secret, new, ACTOR, now);
    let id = record.id.clone();
    foundation.store.create_key(record, effects).await?;
    writeln!(stdout(), "{}", key.expose())?;
    tracing::info!(id, "a key was made; it is shown this once");
    Ok(())
}

fn read_token(path: &str) -> std::io::Result<secrecy::SecretString> {
    let mut text = String::new();
    if path == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path)?;
    }
    Ok(text.trim().to_owned().into())
}

fn duration_millis(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok().filter(|number| *number > 0)?.checked_mul(unit)
}

async fn list(foundation: &Foundation) -> Outcome {
    let now = foundation.clock.now();
    let mut out = stdout();
    writeln!(out, "{:36}  {:8}  {:20}  {:8}  {:24}  DESCRIPTION", "ID", "KEY", "USER", "STATE", "EXPIRES")?;
    for key in foundation.store.keys(&Workspace::default()).await? {
        let state = match (key.revoked_at, key.is_live(now)) {
            (Some(_), _) => "revoked",
            (None, false) => "expired",
            (None, true) => "live",
        };
        let expires = key.expires_at.map_or_else(|| String::from("never"), UnixMillis::rfc3339);
        writeln!(
            out,
            "{:36}  {:8}  {:20}  {state:8}  {expires:24}  {}",
            key.id, key.prefix, key.user_id, key.description
        )?;
    }
    Ok(())
}

async fn revoke(foundation: &Foundation, id: &str) -> Outcome {
    let now = foundation.clock.now();
    let effects = Effects {
        audit: vec![AuditRecord {
            actor: ACTOR.to_owned(),
            action: "key.revoke".into(),
            target: id.to_owned(),
            request_id: RequestId::accept(None, now).as_str().to_owned(),
            at: now,
        }],
        events: vec![Event::about(EventKind::Key, id, "key.revoked", now)],
        ..Effects::default()
    };
    if !foundation.store.revoke_key(&Workspace::default(), id, now, effects).await? {
        return Err(format!("there is no live key with the id `{id}`: taskgate keys list shows them").into());
    }
    writeln!(stdout(), "revoked {id}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        assert_eq!(duration_millis("30d"), Some(30 * 86_400_000));
        assert_eq!(duration_millis("90s"), Some(90_000));
        for bad in ["", "d", "-1d", "0h", "5", "5w", "1.5h", "99999999999999d", "5é"] {
            assert_eq!(duration_millis(bad), None, "{bad}");
        }
    }
}
