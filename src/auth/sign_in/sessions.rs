//! Sessions of the dashboard: begun by what somebody shows, opened from a cookie, ended by a sign-out, by their time, or with what
//! was shown.

use std::{net::IpAddr, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use super::{
    BrowserSession, OneTimeText, SignedInBy, Visitor,
    sign_outs::{SignOuts, row_of},
};
use crate::{
    auth::{AdminError, AuthError, AuthenticatedKey, Authenticator, CODE_MILLIS},
    clock::Clock,
    limits::Exceeded,
    model::{Actor, AuditRecord, Effects, Event, EventKind, KeyHashes, UnixMillis, Workspace, hex, new_id},
    secrets::{Purpose, Sealer, SecretKey},
    stores::{AuditLog, OneTimeCode, OneTimeCodeStore, SignOutStore, StoreError},
};

/// Longer than any cookie of ours.
const MOST_SEALED: usize = 2_048;
const TOKEN_BYTES: usize = 32;
const FORM_LABEL: &str = "taskgate form";
const CODE_LABEL: &str = "taskgate code";
const ADMIN_LABEL: &str = "taskgate admin session";

/// The services behind sessions.
pub struct BrowserSessionParts {
    /// What cookies are sealed and forms signed with.
    pub secret: Arc<SecretKey>,
    /// The check of what is shown.
    pub authenticator: Arc<Authenticator>,
    /// The one-time codes.
    pub codes: Arc<dyn OneTimeCodeStore>,
    /// The sessions that were ended.
    pub sign_outs: Arc<dyn SignOutStore>,
    /// The audit log.
    pub audit: Arc<dyn AuditLog>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The admin token, if there is one.
    pub admin_token: Option<SecretString>,
}

/// All sessions of the dashboard.
pub struct BrowserSessions {
    parts: BrowserSessionParts,
    sealer: Sealer,
    sign_outs: SignOuts,
    /// Digests of the admin token, under the secret key and the one before.
    admin_digests: Vec<String>,
}

/// A session that is open now, with who is in it.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// The session.
    pub session: BrowserSession,
    /// Who is in it.
    pub visitor: Visitor,
}

/// Somebody's try to sign in.
#[derive(Clone, Copy, Debug)]
pub struct SignInAttempt<'a> {
    /// Whence it comes.
    pub address: IpAddr,
    /// The id of the request.
    pub request_id: &'a str,
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Nothing was shown.
    #[error("nothing was shown")]
    Nothing,
    /// What was shown opens nothing.
    #[error("this opens nothing")]
    Wrong,
    /// Too much that opens nothing came from that address.
    #[error("too many wrong credentials from this address")]
    TooMany(#[source] Exceeded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BrowserSessions {
    /// Sessions on those services.
    pub fn new(parts: BrowserSessionParts) -> Self {
        let sealer = parts.secret.sealer(Purpose::Cookie);
        let token = parts.admin_token.as_ref().map(ExposeSecret::expose_secret);
        let digests = token.map(|token| parts.secret.digests(ADMIN_LABEL, token.as_bytes()));
        let admin_digests = digests.into_iter().flatten().map(|digest| hex(&digest[..16])).collect();
        let sign_outs = SignOuts::new(Arc::clone(&parts.sign_outs));
        Self { parts, sealer, sign_outs, admin_digests }
    }

    /// Begins a session for who shows `text`: a key, the admin token or a one-time code.
    pub async fn sign_in(
        &self,
        text: &SecretString,
        attempt: SignInAttempt<'_>,
    ) -> Result<OpenSession, SignInError> {
        let text = text.expose_secret().trim();
        if text.is_empty() {
            return Err(SignInError::Nothing);
        }
        let authenticator = &self.parts.authenticator;
        let code = OneTimeText::parse(text);
        if let Some(code) = &code {
            authenticator.check_address(attempt.address)?;
            if let Some(open) = self.take(code, attempt).await? {
                return Ok(open);
            }
        }
        if authenticator.is_admin(text) {
            authenticator.authenticate_admin(Some(text), attempt.address)?;
            let digest = self.admin_digests.first().cloned().unwrap_or_default();
            return self.begin(SignedInBy::AdminToken { digest }, &Workspace::default(), attempt).await;
        }
        let key = authenticator.authenticate_text(Some(text), attempt.address, code.is_some()).await?;
        let workspace = key.principal.workspace.clone();
        let by = self.by_key(&key).await?;
        self.begin(by, &workspace, attempt).await
    }

    async fn take(
        &self,
        code: &OneTimeText,
        attempt: SignInAttempt<'_>,
    ) -> Result<Option<OpenSession>, SignInError> {
        let (workspace, now) = (Workspace::default(), self.parts.clock.moment());
        let open = self.opened(SignedInBy::OneTimeCode, &workspace);
        let effects = Effects {
            audit: vec![audit_of(&open, "dashboard.sign_in", attempt.request_id, now.wall)],
            ..Effects::default()
        };
        let hashes = self.code_hashes(code);
        let is_taken = self.parts.codes.take_code(&workspace, hashes, now.store, effects).await?;
        Ok(is_taken.then_some(open))
    }

    fn code_hashes(&self, code: &OneTimeText) -> KeyHashes {
        let mut hashes = self.parts.secret.digests(CODE_LABEL, code.expose().as_bytes());
        KeyHashes { current: hashes.next().unwrap_or_default(), old: hashes.next() }
    }

    async fn by_key(&self, key: &AuthenticatedKey) -> Result<SignedInBy, SignInError> {
        if key.is_static() {
            return Ok(SignedInBy::StaticKey { user_id: key.principal.user_id.to_string() });
        }
        let turn = self.parts.authenticator.turn_of(key).await?.ok_or(SignInError::Wrong)?;
        Ok(SignedInBy::Key { id: key.principal.key_id.to_string(), turn })
    }

    async fn begin(
        &self,
        by: SignedInBy,
        workspace: &Workspace,
        attempt: SignInAttempt<'_>,
    ) -> Result<OpenSession, SignInError> {
        let session = self.opened(by, workspace).session;
        let visitor = self.visitor(&session).await?.ok_or(SignInError::Wrong)?;
        let open = OpenSession { session, visitor };
        let record = audit_of(&open, "dashboard.sign_in", attempt.request_id, self.parts.clock.now());
        self.parts.audit.append_audit(workspace, record).await?;
        Ok(open)
    }

    /// A new session, as that of an administrator.
    fn opened(&self, by: SignedInBy, workspace: &Workspace) -> OpenSession {
        let now = self.parts.clock.moment();
        let (workspace, id) = (workspace.as_str().to_owned(), new_id(now.wall));
        let session = BrowserSession { workspace, by, id, made: now.store, last_act: now.store };
        OpenSession { visitor: Visitor::administrator(&session), session }
    }

    /// The open session of a sealed text, if it is one.
    pub async fn open(&self, sealed: &str) -> Result<Option<OpenSession>, StoreError> {
        if sealed.len() > MOST_SEALED {
            return Ok(None);
        }
        let Some(plain) = self.sealer.open_text(sealed, b"") else { return Ok(None) };
        let Ok(session) = serde_json::from_slice::<BrowserSession>(&plain) else { return Ok(None) };
        let visitor = self.visitor(&session).await?;
        Ok(visitor.map(|visitor| OpenSession { session, visitor }))
    }

    /// Who is in that session, if it is open now. What holds one open asks again every few seconds.
    pub async fn visitor(&self, session: &BrowserSession) -> Result<Option<Visitor>, StoreError> {
        if self.sign_outs.has(session) {
            return Ok(None);
        }
        let visitor = match &session.by {
            SignedInBy::Key { id, turn } => {
                let standing = self.parts.authenticator.standing(id).await?;
                let admitted = standing.filter(|standing| standing.admits(*turn, self.parts.clock.now()));
                admitted.map(|standing| Visitor::of_key(&standing))
            }
            SignedInBy::StaticKey { user_id } => {
                self.parts.authenticator.static_principal(user_id).map(Visitor::of_static)
            }
            SignedInBy::AdminToken { digest } => {
                self.admin_digests.contains(digest).then(|| Visitor::administrator(session))
            }
            SignedInBy::OneTimeCode => Some(Visitor::administrator(session)),
        };
        let now = self.parts.clock.store_now();
        let belongs = |visitor: &Visitor| visitor.workspace.as_str() == session.workspace;
        Ok(visitor.filter(|visitor| belongs(visitor) && !session.is_over(visitor.role, now)))
    }

    /// The session as its cookie holds it.
    pub fn seal(&self, session: &BrowserSession) -> SecretString {
        let plain = serde_json::to_vec(session).expect("a session is made of plain values");
        self.sealer.seal_text(&plain, b"").into()
    }

    /// What a page of that session says to the next one in its address, about one thing: a text that says nothing elsewhere.
    pub fn seal_note(&self, session: &BrowserSession, about: &str, note: &[u8]) -> String {
        self.sealer.seal_text(note, &note_binding(session, about))
    }

    /// What was sealed so, for the same session and thing.
    pub fn open_note(&self, session: &BrowserSession, about: &str, sealed: &str) -> Option<Vec<u8>> {
        self.sealer.open_text(sealed, &note_binding(session, about))
    }

    /// The same session of somebody's own key after they gave it a new text: they stay signed in.
    pub async fn turned(&self, session: &BrowserSession) -> Result<BrowserSession, StoreError> {
        let SignedInBy::Key { id, .. } = &session.by else { return Ok(session.clone()) };
        let turn = self.parts.authenticator.standing(id).await?.map(|standing| standing.turn());
        let by = turn.map(|turn| SignedInBy::Key { id: id.clone(), turn });
        Ok(BrowserSession { by: by.unwrap_or_else(|| session.by.clone()), ..session.clone() })
    }

    /// Ends a session, in every process.
    pub async fn sign_out(&self, open: &OpenSession, request_id: &str) -> Result<(), StoreError> {
        let (row, now) = (row_of(&open.session), self.parts.clock.moment());
        let (id, forget_at) = (open.session.id.clone(), row.forget_at);
        let effects = Effects {
            audit: vec![audit_of(open, "dashboard.sign_out", request_id, now.wall)],
            events: vec![Event::about(EventKind::SignOut, &id, "dashboard.sign_out", now.wall)],
            ..Effects::default()
        };
        self.parts.sign_outs.sign_out(row, now.store, effects).await?;
        self.sign_outs.note(id, forget_at);
        Ok(())
    }

    /// Makes a one-time code for an administrator.
    pub async fn make_code(&self, actor: Actor<'_>) -> Result<OneTimeText, StoreError> {
        let (code, now) = (OneTimeText::generate(), self.parts.clock.moment());
        let (workspace, hash) = (Workspace::default(), self.code_hashes(&code).current);
        let stored = OneTimeCode { workspace, hash, until: now.store.plus(CODE_MILLIS) };
        let audit = vec![actor.audit("dashboard.code", "admin", now.wall)];
        let effects = Effects { audit, ..Effects::default() };
        self.parts.codes.put_code(stored, now.store, effects).await?;
        Ok(code)
    }

    /// Learns what was ended elsewhere.
    pub async fn load_sign_outs(&self) -> Result<(), StoreError> {
        self.sign_outs.load(self.parts.clock.store_now()).await
    }

    /// What a form of that session sends back. Masked anew each time, so that packed pages give nothing of it away.
    pub fn form_token(&self, session: &BrowserSession) -> String {
        let mut token = [0_u8; 2 * TOKEN_BYTES];
        getrandom::fill(&mut token[..TOKEN_BYTES]).expect("the operating system has randomness");
        let digest = self.parts.secret.digests(FORM_LABEL, session.id.as_bytes()).next().unwrap_or_default();
        for (at, byte) in digest.into_iter().enumerate() {
            token[TOKEN_BYTES + at] = token[at] ^ byte;
        }
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Whether that is a token of a form of that session.
    pub fn is_form_token(&self, session: &BrowserSession, token: &str) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(token) else { return false };
        let Ok(bytes) = <[u8; 2 * TOKEN_BYTES]>::try_from(bytes) else { return false };
        let (mask, masked) = bytes.split_at(TOKEN_BYTES);
        let mut digests = self.parts.secret.digests(FORM_LABEL, session.id.as_bytes());
        digests.any(|digest| {
            let pairs = digest.iter().zip(mask.iter().zip(masked));
            // Every byte is looked at: the time tells nothing.
            pairs.fold(0, |differs, (byte, (mask, masked))| differs | (byte ^ mask ^ masked)) == 0
        })
    }
}

/// Never that of a cookie, which is bound to nothing.
fn note_binding(session: &BrowserSession, about: &str) -> Vec<u8> {
    format!("note\n{}\n{about}", session.id).into_bytes()
}

fn audit_of(open: &OpenSession, action: &'static str, request_id: &str, at: UnixMillis) -> AuditRecord {
    Actor { name: &open.visitor.actor, request_id }.audit(action, open.session.id.as_str(), at)
}

impl From<AuthError> for SignInError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::Nothing,
            AuthError::Invalid => Self::Wrong,
            AuthError::TooManyFailures(exceeded) => Self::TooMany(exceeded),
            AuthError::Store(error) => Self::Store(error),
        }
    }
}

impl From<AdminError> for SignInError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Off | AdminError::Wrong => Self::Wrong,
            AdminError::Auth(error) => error.into(),
        }
    }
}
