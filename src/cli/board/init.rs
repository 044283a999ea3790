//! `taskgate board init`: makes what the board lacks before agents can work on it. A repeat changes nothing and says so.

use std::{
    io::{Write, stderr, stdout},
    time::Duration,
};

use url::Url;

use crate::cli::command::CommandOutcome;
use crate::{
    boards::{PlankaSetup, PlankaWebhook, SetupReport},
    config::{BoardProvider, Settings},
    model::visible,
    net::HttpClient,
};

/// Fails where something is missing that this cannot make.
pub(in crate::cli) async fn run(
    settings: Settings,
    webhook_url: Option<String>,
    wait: Duration,
) -> CommandOutcome {
    let BoardProvider::Planka(board) = settings.board.provider else {
        return Err("only a board of Planka is made ready so: set KANBAN_PROVIDER=planka".into());
    };
    let webhook = match (webhook_url, settings.secrets.planka_webhook) {
        (Some(url), Some(token)) => Some(PlankaWebhook { url: checked(&url)?, token }),
        (Some(_), None) => return Err("a webhook needs its token: set PLANKA_WEBHOOK_TOKEN".into()),
        (None, Some(_)) => {
            writeln!(
                stderr(),
                "no webhook is made without --webhook-url, the gateway's address as Planka reaches it"
            )?;
            None
        }
        (None, None) => None,
    };
    let setup = PlankaSetup::new(HttpClient::new(settings.network), board, settings.board.statuses);
    setup.wait(wait, |line| drop(writeln!(stderr(), "{line}"))).await?;
    print(&setup.prepare(webhook.as_ref()).await?)?;
    Ok(())
}

fn checked(url: &str) -> Result<String, &'static str> {
    let is_http = |url: &Url| (url.scheme() == "http" || url.scheme() == "https") && url.has_host();
    let url = Url::parse(url).ok().filter(is_http);
    url.map(String::from)
        .ok_or("--webhook-url: expected an address such as http://taskgate:8080/webhooks/planka")
}

fn print(there: &[SetupReport]) -> std::io::Result<()> {
    let mut out = stdout();
    for one in there {
        let what = if one.is_made { "made" } else { "there" };
        writeln!(out, "{:8} {:20} {what:6} {}", one.kind, one.id, visible(&one.name))?;
    }
    if there.iter().all(|one| !one.is_made) {
        writeln!(out, "nothing was changed: all of it is there")?;
    }
    Ok(())
}
