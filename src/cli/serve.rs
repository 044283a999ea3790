//! `taskgate serve` and `taskgate stdio`.

use std::{
    io::{IsTerminal, Write, stdout},
    net::SocketAddr,
};

use tokio::io::BufReader;

use super::{command::CommandOutcome, dashboard};
use crate::{
    app::{FirstKey, Services, StartError, count_from_now, features, first_start, open_when_there},
    boards::Board,
    config::{ListenSettings, Settings},
    http::{self, KnownClient, base_url, snippet},
    model::Workspace,
    shutdown::Lifecycle,
    stdio,
    telemetry::traces,
};

/// Serves HTTP until a signal.
pub(super) async fn http(settings: Settings) -> CommandOutcome {
    let lifecycle = Lifecycle::default();
    settings.traces.iter().for_each(traces::turn_on);
    let Some((services, bound)) = open(&settings, &lifecycle).await? else { return Ok(()) };
    let terminal = stdout().is_terminal();
    let scrapes = bind_metrics(settings.telemetry.metrics_listen).await?;
    let first_key = first_start(&services, &settings, true, terminal).await?;
    let address = bound.address;
    let (listen, why) = (settings.listen.clone(), settings.board.why);
    let features = features(&services);
    if settings.secrets.metrics_token.is_some() || scrapes.is_some() {
        count_from_now(&features, &settings, services.clock.now());
    }
    services.join_others();
    let server = services.server(features);
    let state = services.app_state(settings, server);
    let serving = bound.with(state.clone());
    services.start_jobs(Some(&state))?;
    if let Some(scrapes) = scrapes {
        tracing::info!("metrics at http://{}/metrics, without a token", scrapes.address);
        lifecycle.spawn_part("serving metrics", scrapes.answer_scrapes(state));
    }
    lifecycle.spawn_part("serving HTTP", serving.run());
    let base = base_url(&listen, address);
    let is_new = services.begin_dashboard(&base).await?;
    announce(&*services.boards.of(&Workspace::default()), why);
    announce_address(&listen, &base, address);
    introduce(&first_key, &base)?;
    if is_new {
        introduce_dashboard(&services, &listen, (&base, terminal)).await?;
    }
    if let FirstKey::Shown(shown) = first_key {
        shown.handed_over(&services).await?;
    }
    Ok(lifecycle.run_until_signalled().await?)
}

/// Opens the services and binds the address. A store on another machine is waited for, and whoever asks meanwhile is told; none when
/// a signal came first.
async fn open(
    settings: &Settings,
    lifecycle: &Lifecycle,
) -> Result<Option<(Services, http::Bound)>, StartError> {
    let address = settings.listen.address;
    let bind = async || http::bind(address).await.map_err(|source| StartError::Bind { address, source });
    if settings.storage.redis.is_none() {
        let services = Services::open(settings, lifecycle.clone()).await?;
        return Ok(Some((services, bind().await?)));
    }
    let bound = bind().await?;
    let services = open_when_there(settings, lifecycle, &bound).await?;
    Ok(services.map(|services| (services, bound)))
}

/// Binds what metrics are read at, if that is apart from the rest.
async fn bind_metrics(address: Option<SocketAddr>) -> Result<Option<http::Bound>, StartError> {
    let Some(address) = address else { return Ok(None) };
    let bound = http::bind(address).await.map_err(|source| StartError::BindMetrics { address, source })?;
    Ok(Some(bound))
}

/// Serves standard input and output until the input ends or a signal comes.
pub(super) async fn stdio(settings: Settings) -> CommandOutcome {
    let lifecycle = Lifecycle::default();
    settings.traces.iter().for_each(traces::turn_on);
    let services = Services::open(&settings, lifecycle.clone()).await?;
    first_start(&services, &settings, false, false).await?;
    let server = services.server(features(&services));
    services.start_jobs(None)?;
    let input = BufReader::new(tokio::io::stdin());
    let talk =
        stdio::serve(server, services.clock.clone(), input, tokio::io::stdout(), lifecycle.soft().clone());
    tokio::select! {
        spoken = talk => {
            lifecycle.stop_now().await;
            spoken?;
        }
        stopped = lifecycle.run_until_signalled() => stopped?,
    }
    Ok(())
}

fn announce(board: &dyn Board, why: &str) {
    let (version, about) = (env!("CARGO_PKG_VERSION"), board.describe());
    let (name, provider) = (about.name, about.provider);
    tracing::info!("taskgate {version} with {name} (KANBAN_PROVIDER={provider}: {why})");
}

fn announce_address(listen: &ListenSettings, base: &str, bound: SocketAddr) {
    tracing::info!("listening on {bound}: {base}/mcp (Streamable HTTP) and {base}/sse (SSE)");
    if bound.ip().is_loopback() {
        tracing::info!(
            "only this machine can connect; for others set MCP_HOST=0.0.0.0, MCP_SECRET_KEY and TASKGATE_ALLOWED_HOSTS"
        );
    } else if listen.public_url.as_ref().is_none_or(|url| url.scheme() != "https") {
        tracing::warn!(
            "plain HTTP: before others than this machine reach this port, put a proxy or platform that does TLS in front"
        );
    }
}

/// Printed at once, so that log lines do not come in between.
fn introduce(first_key: &FirstKey, base: &str) -> std::io::Result<()> {
    let (intro, key) = match first_key {
        FirstKey::None => return Ok(()),
        FirstKey::Shown(shown) => {
            let key = shown.key().expose();
            let intro = "Your key, shown this once (taskgate keys create makes more)";
            (format!("{intro}:\n\n    {key}"), key.to_owned())
        }
        FirstKey::File(path) => {
            tracing::info!("the first key is in {}", path.display());
            let intro = format!("Your key is in {}; put it where this says $(cat ...).", path.display());
            (intro, format!("$(cat {})", path.display()))
        }
        FirstKey::Command(command) => {
            tracing::info!("there is no key yet; this makes one: {command} keys create");
            tell_commands(command);
            return Ok(());
        }
    };
    let snippets = KnownClient::ALL.map(|client| {
        format!("{}:\n\n    {}\n", client.title(), snippet(client, base, &key).replace('\n', "\n    "))
    });
    let told = stdout().write_all(format!("\n{intro}\n\n{}\n", snippets.join("\n")).as_bytes());
    // A key in a file is not lost when nobody reads what is printed.
    told.or_else(|error| if matches!(first_key, FirstKey::File(_)) { Ok(()) } else { Err(error) })
}

/// Where the dashboard is, the first time: on a terminal with a link to sign in. What is printed elsewhere is kept, so there it is the
/// command that prints one. A store in memory begins anew each time, and no command reaches it.
async fn introduce_dashboard(
    services: &Services,
    listen: &ListenSettings,
    (base, terminal): (&str, bool),
) -> CommandOutcome {
    if terminal {
        return Ok(writeln!(stdout(), "{}", dashboard::link(services, base).await?)?);
    }
    let command = listen.command.as_deref().unwrap_or("taskgate");
    tracing::info!("the dashboard is at {base}/dashboard; a link to sign in: {command} dashboard");
    Ok(())
}

/// Instead of snippets, which nobody can copy out of a log that puts the container's name before each line. What is printed here
/// can be had again: no start fails for it.
fn tell_commands(command: &str) {
    let told = format!(
        "\nThere is no key yet. The first of these makes one and shows it once; the second prints what to paste into a client:\n\n    \
         {command} keys create\n    {command} client-config claude-code --key YOUR_KEY\n\n\
         Other clients: claude-desktop, cursor, vscode.\n\n"
    );
    let _ = stdout().write_all(told.as_bytes());
}
