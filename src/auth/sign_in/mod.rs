//! Signing in to the dashboard. Whatever one shows, it ends in the same session: a sealed cookie that any process on the store
//! opens, good as long as what was shown is.

mod codes;
mod session;
mod sessions;
mod sign_outs;
mod visitor;

pub use codes::{CODE_MILLIS, OneTimeText};
pub use session::{BrowserSession, SignedInBy};
pub use sessions::{BrowserSessionParts, BrowserSessions, OpenSession, SignInAttempt, SignInError};
pub use visitor::Visitor;
