//! `taskgate keys create|list|revoke|expiring|reseal`: works on the data folder, beside a running gateway or without one.

use std::{
    collections::BTreeSet,
    io::{Read, Write, stdout},
};

use super::{
    arguments::{KeyCommand, NewKeyArguments},
    command::{ACTOR, CommandOutcome},
};
use crate::{
    app::Services,
    auth::{ApiKey, GithubToken, KeyringError, MOST_RATE, MOST_SECONDS, NewKey, is_github_token, is_text},
    config::{GithubAddress, Settings},
    model::{Actor, KeyRecord, RequestId, ScopeSet, UnixMillis, without_mark},
    shutdown::Lifecycle,
    stores::KeyFilter,
};

/// Runs a key command.
pub(super) async fn run(settings: Settings, command: KeyCommand) -> CommandOutcome {
    let services = Services::open(&settings, Lifecycle::default()).await?;
    let outcome = match command {
        KeyCommand::Create(arguments) => create(&services, &settings.github.hosts, arguments).await,
        KeyCommand::List => list(&services).await,
        KeyCommand::Revoke { id } => revoke(&services, &id).await,
        KeyCommand::Expiring { within } => expiring(&services, &within).await,
        KeyCommand::Reseal => reseal(&services).await,
    };
    services.keep_audit_head().await?;
    outcome
}

async fn create(services: &Services, hosts: &[GithubAddress], arguments: NewKeyArguments) -> CommandOutcome {
    let now = services.clock.now();
    let scopes = arguments.scopes.map(|list| ScopeSet::parse(&list)).transpose();
    let expires = arguments.expires.map(|text| duration_millis(&text).ok_or(text)).transpose();
    let new = NewKey {
        user_id: arguments.user,
        description: arguments.description,
        scopes: scopes.map_err(|word| format!("--scopes: there is no scope `{word}`"))?,
        expires_at: expires
            .map_err(|text| format!("--expires: expected a number with s, m, h or d, got `{text}`"))?
            .map(|millis| UnixMillis(now.0.saturating_add(millis))),
        github_token: github_token(hosts, arguments.github_token_file, arguments.github_host)?,
        rate_limit: arguments.rate_limit,
        github_login: None,
    };
    check(&new, now)?;
    let request_id = RequestId::accept(None, now);
    let show = |_: &KeyRecord, key: &ApiKey| key.expose().as_bytes().to_vec();
    let key = services.keyring.create(actor(&request_id), new, None, show).await?;
    // Not one of the failures that end quietly: nobody has the key now.
    writeln!(stdout(), "{}", String::from_utf8_lossy(&key)).map_err(|error| {
        format!("a key was made and could not be shown ({error}): revoke the last one of taskgate keys list")
    })?;
    tracing::info!("a key was made; it is shown this once");
    Ok(())
}

/// The same bounds as those of the admin API.
fn check(new: &NewKey, now: UnixMillis) -> Result<(), String> {
    const TEXT: &str = "expected at most 500 characters, none of them a control character";
    if !is_text(&new.user_id) {
        return Err(format!("--user: {TEXT}"));
    }
    if !is_text(&new.description) {
        return Err(format!("--description: {TEXT}"));
    }
    if new.expires_at.is_some_and(|end| end > now.plus(MOST_SECONDS * 1000)) {
        return Err(String::from("--expires: expected at most ten years"));
    }
    if !new.github_token.as_ref().is_none_or(|given| is_github_token(&given.token)) {
        return Err(String::from("--github-token-file: expected a token of 1 to 255 visible characters"));
    }
    if new.rate_limit.is_some_and(|rate| !(1..=MOST_RATE).contains(&rate)) {
        return Err(format!("--rate-limit: expected 1 to {MOST_RATE} calls a minute"));
    }
    Ok(())
}

fn actor(request_id: &RequestId) -> Actor<'_> {
    Actor { name: ACTOR, request_id: request_id.as_str() }
}

/// The token in that file, with the host it is for.
fn github_token(
    hosts: &[GithubAddress],
    file: Option<String>,
    host: Option<String>,
) -> Result<Option<GithubToken>, Box<dyn std::error::Error>> {
    let Some(file) = file else { return Ok(None) };
    let is_meant = |at: &&GithubAddress| host.as_ref().is_none_or(|host| at.host.eq_ignore_ascii_case(host));
    let Some(found) = hosts.iter().find(is_meant) else {
        let known: Vec<_> = hosts.iter().map(|at| at.host.as_str()).collect();
        return Err(format!("--github-host: expected one that is configured: {}", known.join(", ")).into());
    };
    Ok(Some(GithubToken { token: read_token(&file)?, host: found.host.clone() }))
}

fn read_token(path: &str) -> std::io::Result<secrecy::SecretString> {
    let mut text = String::new();
    if path == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path)?;
    }
    Ok(without_mark(&text).trim().to_owned().into())
}

/// Milliseconds of a number with s, m, h or d.
pub(super) fn duration_millis(text: &str) -> Option<i64> {
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

async fn list(services: &Services) -> CommandOutcome {
    let now = services.clock.now();
    let mut out = stdout();
    writeln!(out, "{:36}  {:8}  {:20}  {:8}  {:24}  DESCRIPTION", "ID", "KEY", "USER", "STATE", "EXPIRES")?;
    for key in services.keyring.list(KeyFilter::default()).await? {
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

async fn revoke(services: &Services, id: &str) -> CommandOutcome {
    let request_id = RequestId::accept(None, services.clock.now());
    match services.keyring.revoke(actor(&request_id), id).await {
        Ok(id) => Ok(writeln!(stdout(), "revoked {id}")?),
        Err(KeyringError::NotFound) => {
            Err(String::from("there is no live key with this id: taskgate keys list shows them").into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn expiring(services: &Services, within: &str) -> CommandOutcome {
    let within = duration_millis(within)
        .ok_or_else(|| format!("--within: expected a number with s, m, h or d, got `{within}`"))?;
    let until = services.clock.now().plus(within);
    let keys = services.keyring.list(KeyFilter::default()).await?;
    for key in keys.iter().filter(|key| key.is_live(services.clock.now())) {
        if let Some(end) = key.expires_at.filter(|end| *end < until) {
            writeln!(stdout(), "{}  {}  {}  {}", key.id, end.rfc3339(), key.user_id, key.description)?;
        }
    }
    Ok(())
}

async fn reseal(services: &Services) -> CommandOutcome {
    let request_id = RequestId::accept(None, services.clock.now());
    let mut unreadable = BTreeSet::new();
    let done = services.keyring.reseal(actor(&request_id), &mut unreadable).await?;
    let unreadable = unreadable.len();
    writeln!(stdout(), "{done} GitHub tokens sealed anew, {unreadable} do not open")?;
    if unreadable > 0 {
        return Err(String::from(
            "set MCP_SECRET_KEY_OLD to the key they were sealed under, or give them anew",
        )
        .into());
    }
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
