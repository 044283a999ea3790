//! Sessions of the dashboard as a browser has them: how it reaches the gateway, its cookie, its forms, and who is let in.

mod cookie;
mod form;
mod reach;
mod visitor;

pub use cookie::{clear_cookie, sealed_cookies, set_cookie};
pub use form::{ActForm, OpenForm};
pub use reach::BrowserReach;
pub use visitor::{Administrator, CurrentSession, Leaver, Manager, SignedIn, Viewer};
