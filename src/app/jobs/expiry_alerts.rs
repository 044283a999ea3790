//! Tells somebody that a key ends soon, by webhook or mail: once for each key, and again only when the process that told it
//! died before it had stored so. That it is about to be told is stored before it is told, so that of several processes one
//! does it; a failure is stored too, and tried again.

use std::{sync::Arc, time::Duration};

use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::Mailbox};
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::{
    auth::Keyring,
    clock::Clock,
    config::NoticeSettings,
    model::{Actor, Causes, KeyRecord, RequestId, UnixMillis},
    net::HttpClient,
    stores::KeyFilter,
};

/// How long before its end a key is told of.
const AHEAD_MILLIS: i64 = 7 * 86_400_000;
/// A process that tells a key's end and has not said how that ended by then has died: longer than every way may take.
const TELLING_MILLIS: i64 = 180_000;
/// Between two looks, the first at the start.
const EVERY: Duration = Duration::from_secs(30);
/// After a failure it is tried again, an hour later.
const AGAIN_MILLIS: i64 = 3_600_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Who is told, and how.
pub(super) struct ExpiryAlerts {
    pub(super) settings: NoticeSettings,
    pub(super) keyring: Arc<Keyring>,
    pub(super) client: HttpClient,
    pub(super) clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Notice<'a> {
    event: &'static str,
    key_id: &'a str,
    key_prefix: &'a str,
    user_id: &'a str,
    description: &'a str,
    expires_at: String,
}

impl ExpiryAlerts {
    /// Looks for keys that end soon until it is dropped; for none when nobody is to be told.
    pub(super) async fn run(self) {
        if self.settings.webhook.is_none() && self.settings.mail.is_none() {
            std::future::pending::<()>().await;
        }
        let mut every = tokio::time::interval(EVERY);
        loop {
            every.tick().await;
            let ends_before = Some(self.clock.now().plus(AHEAD_MILLIS));
            match self.keyring.list(KeyFilter { unrevoked: true, ends_before, ..KeyFilter::default() }).await
            {
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), "keys that end soon could not be looked for");
                }
                Ok(records) => {
                    for record in records {
                        self.look_at(&record).await;
                    }
                }
            }
        }
    }

    async fn look_at(&self, record: &KeyRecord) {
        let now = self.clock.moment();
        let Some(end) = record.expires_at.filter(|end| *end > now.wall && *end < now.wall.plus(AHEAD_MILLIS))
        else {
            return;
        };
        if record.noticed_at.is_some() || record.telling_until.is_some_and(|until| until > now.store) {
            return;
        }
        let request_id = RequestId::accept(None, now.wall);
        let actor = Actor { name: "system", request_id: request_id.as_str() };
        if self.keyring.begin_notice(actor, record, now.store.plus(TELLING_MILLIS)).await.is_err() {
            return;
        }
        let told = self.tell(record, end).await;
        if let Err(error) = &told {
            tracing::warn!(error = %Causes(&**error), key_id = record.id, "nobody could be told that a key ends soon, trying again in an hour");
        }
        if let Err(error) =
            self.keyring.end_notice(actor, &record.id, told.map_err(|_| now.store.plus(AGAIN_MILLIS))).await
        {
            tracing::warn!(error = %Causes(&error), key_id = record.id, "how a notice ended was not stored");
        }
    }

    /// Tells by every way there is. It was told if one of them worked: nobody is to hear it again for the other's sake.
    async fn tell(&self, record: &KeyRecord, end: UnixMillis) -> Result<(), Failure> {
        let ways = [self.call(record, end).await, self.mail(record, end).await];
        let mut failure = None;
        let mut told = false;
        for outcome in ways.into_iter().flatten() {
            match outcome {
                Ok(()) => told = true,
                Err(error) => {
                    tracing::warn!(
                        error = %Causes(&*error),
                        key_id = record.id,
                        "one way to tell that a key ends soon failed"
                    );
                    failure = Some(error);
                }
            }
        }
        failure.filter(|_| !told).map_or(Ok(()), Err)
    }

    async fn call(&self, record: &KeyRecord, end: UnixMillis) -> Option<Result<(), Failure>> {
        let url = self.settings.webhook.as_ref()?;
        let notice = Notice {
            event: "key.expiring",
            key_id: &record.id,
            key_prefix: &record.prefix,
            user_id: &record.user_id,
            description: &record.description,
            expires_at: end.rfc3339(),
        };
        Some(match self.client.post(url, &notice).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(format!("the webhook answered with status {}", answer.status).into()),
            Err(error) => Err(error.into()),
        })
    }

    async fn mail(&self, record: &KeyRecord, end: UnixMillis) -> Option<Result<(), Failure>> {
        let (server, from) = self.settings.mail.as_ref()?;
        let send = async {
            let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(server.expose_secret())?;
            let server = server.timeout(Some(Duration::from_secs(30))).build();
            server.send(mail(record, end, from)?).await?;
            Ok(())
        };
        Some(send.await)
    }
}

/// To the key's user if that is an address, else to whoever mails.
fn mail(record: &KeyRecord, end: UnixMillis, from: &str) -> Result<Message, Failure> {
    let from: Mailbox = from.parse()?;
    let to = record.user_id.parse::<Mailbox>().ok().unwrap_or_else(|| from.clone());
    let text = format!(
        "The taskgate key {}... ({}) of {} stops working at {}.\n\nGive it a new text with POST /api/me/rotate, or ask \
         whoever administers the gateway.\n",
        record.prefix,
        record.description,
        record.user_id,
        end.rfc3339()
    );
    Ok(Message::builder().from(from).to(to).subject("A taskgate key ends soon").body(text)?)
}
