//! `taskgate dashboard`: who can run it on the store is its administrator, and is given a link to sign in with.

use std::io::{Write, stdout};

use secrecy::ExposeSecret;

use super::command::{ACTOR, CommandOutcome};
use crate::{
    app::{Services, StartError, must_be_there},
    config::{Settings, StoreKind},
    http::base_url,
    model::{Actor, RequestId},
    shutdown::Lifecycle,
    stores::StoreError,
};

/// Prints a link with a code, at the address of the gateway that last started on this store.
pub(super) async fn run(settings: Settings) -> CommandOutcome {
    if settings.storage.store == StoreKind::Memory {
        return Err("with TASKGATE_STORE=memory only the gateway itself can make a code, and prints one when it starts on a \
                    terminal: elsewhere set MCP_ADMIN_TOKEN, and sign in with that"
            .into());
    }
    match must_be_there(&settings) {
        Err(StartError::NoDatabase { folder }) => return Err(no_gateway(&folder).into()),
        there => there?,
    }
    let services = Services::open(&settings, Lifecycle::default()).await?;
    let kept = services.store.address().await?;
    let base = kept.unwrap_or_else(|| base_url(&settings.listen, settings.listen.address));
    let told = link(&services, &base).await;
    services.keep_audit_head().await?;
    Ok(stdout().write_all(told?.as_bytes())?)
}

/// What is said where no gateway keeps anything: nothing is made there, as a link of an empty store would open nothing.
fn no_gateway(folder: &str) -> String {
    format!(
        "no gateway has its data here: {folder}, which TASKGATE_DATA_DIR names, has no taskgate.db. Run this where the gateway \
         runs, in its folder or with its TASKGATE_DATA_DIR; where none ran yet, start it: taskgate"
    )
}

/// What to print: a fresh code, as a link and to be typed.
pub(super) async fn link(services: &Services, base: &str) -> Result<String, StoreError> {
    let request_id = RequestId::accept(None, services.clock.now());
    let actor = Actor { name: ACTOR, request_id: request_id.as_str() };
    let code = services.browser_sessions.make_code(actor).await?;
    let (code, page) = (code.shown(), format!("{base}/dashboard/sign-in"));
    let code = code.expose_secret();
    Ok(format!(
        "The dashboard, for its administrator. The link works once, for five minutes:\n\n    {page}#{code}\n\nor type {code} at \
         {page}\n"
    ))
}
