//! The one table of methods: what each is called, in which era it exists, and what starts it.

use super::{completion, discovery, initialize, listen, lists, params::Params, prompts, resources, tools};
use crate::{
    mcp::{call::Call, server::Reply},
    model::Era,
};

/// Where a method exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eras {
    /// In both eras.
    Both,
    /// In 2026-07-28 alone.
    Stateless,
    /// In a session.
    Sessions,
    /// In a session, and before there is one.
    BeforeSession,
}

/// A method of the protocol.
#[derive(Debug)]
pub(crate) struct Method {
    /// Its name, as it is sent.
    pub(crate) name: &'static str,
    eras: Eras,
    /// The member of its params that the `Mcp-Name` header repeats.
    pub(crate) named_by: Option<&'static str>,
    /// Checks the params; ends the call, or goes on with it.
    pub(crate) start: fn(Call, &Params<'_>) -> Reply,
}

static METHODS: [Method; 15] = [
    method("tools/call", Eras::Both, tools::start).named_by("name"),
    method("tools/list", Eras::Both, lists::tools),
    method("prompts/list", Eras::Both, lists::prompts),
    method("prompts/get", Eras::Both, prompts::start).named_by("name"),
    method("resources/list", Eras::Both, lists::resources),
    method("resources/templates/list", Eras::Both, lists::templates),
    method("resources/read", Eras::Both, resources::read).named_by("uri"),
    method("completion/complete", Eras::Both, completion::start),
    method("ping", Eras::BeforeSession, discovery::ping),
    method("initialize", Eras::BeforeSession, initialize::start),
    method("logging/setLevel", Eras::Sessions, resources::set_log_level),
    method("resources/subscribe", Eras::Sessions, resources::subscribe),
    method("resources/unsubscribe", Eras::Sessions, resources::unsubscribe),
    method("server/discover", Eras::Stateless, discovery::discover),
    method("subscriptions/listen", Eras::Stateless, listen::start),
];

/// The name of each method.
pub fn method_names() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|method| method.name)
}

const fn method(name: &'static str, eras: Eras, start: fn(Call, &Params<'_>) -> Reply) -> Method {
    Method { name, eras, named_by: None, start }
}

impl Method {
    const fn named_by(self, member: &'static str) -> Self {
        Self { named_by: Some(member), ..self }
    }

    /// The method of that name, in whatever era.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }

    /// Whether the era has it.
    pub(crate) fn is_in(&self, era: Era) -> bool {
        match self.eras {
            Eras::Both => true,
            Eras::Stateless => era == Era::Stateless,
            Eras::Sessions | Eras::BeforeSession => era == Era::Sessions,
        }
    }

    /// Whether a client without a session is told something better than to send `initialize`.
    pub(crate) fn needs_no_session(&self) -> bool {
        matches!(self.eras, Eras::BeforeSession | Eras::Stateless)
    }
}
