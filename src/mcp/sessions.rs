//! The sessions of a server, as transports open, find, use and end them.

use std::sync::Arc;

use super::server::Server;
use crate::{
    mcp::session::{Session, SettingsError, Stream, Streams},
    model::{Moment, Principal, StoreMillis},
};

impl Server {
    /// The id of a session, for its client to name it by.
    pub fn session_id(&self, session: &Session) -> String {
        self.parts.sealer.seal(session)
    }

    /// The session with that id: it must be of the principal's user and not have ended.
    pub fn session(&self, id: &str, principal: &Principal, now: StoreMillis) -> Option<Arc<Session>> {
        let session = self.parts.sealer.open(id, principal, now);
        session.filter(|session| !self.parts.settings.has_ended(session))
    }

    /// The streams of sessions.
    pub fn streams(&self) -> &Streams {
        &self.parts.streams
    }

    /// Keeps what a session set, for it is in use.
    pub async fn touch(&self, session: &Session, now: Moment) -> Result<(), SettingsError> {
        self.parts.settings.touch(session, now).await
    }

    /// Ends a session in every process.
    pub async fn end(&self, session: &Session, now: Moment) -> Result<(), SettingsError> {
        self.parts.settings.end(session, now).await?;
        self.parts.streams.end(&session.digest);
        Ok(())
    }

    /// Opens `session` on a connection of `reader` that is its stream, in place of the one that was `opened` on it before.
    pub fn open_on(
        &self,
        (stream, reader): (&Arc<Stream>, &Arc<Principal>),
        opened: &mut Option<Arc<Session>>,
        session: Session,
    ) {
        let session = Arc::new(session);
        let now = self.parts.clock.store_now();
        self.parts.streams.stand_alone(&session.digest, stream, reader, now);
        if let Some(old) = opened.replace(session) {
            self.parts.streams.leave(&old.digest);
            self.parts.settings.forget(&old.digest);
        }
    }

    /// Frees what a session had that was its connection's.
    pub fn free(&self, session: &Session) {
        self.parts.streams.end(&session.digest);
        self.parts.settings.forget(&session.digest);
    }
}
