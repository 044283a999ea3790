//! What stands around a page, as `templates/shell.html` shows it.

use super::{
    assets::AssetNames,
    moments::When,
    nav::NavLink,
    words::{StateMark, grouped},
};
use crate::auth::Role;

/// What stands around a page. Every template has one as `shell`.
#[derive(Clone, Debug)]
pub struct Shell {
    /// What the page is called; stands in the window's title and in the headline, unless that says more.
    pub title: String,
    /// Where links begin: the prefix of the public URL and `/dashboard`.
    pub base: String,
    pub(super) nonce: String,
    pub(super) assets: AssetNames,
    pub(super) links: Vec<NavLink>,
    /// Who looks. Without anybody the page is one of those before sign-in.
    pub visitor: Option<ShellVisitor>,
    /// What every form sends back as `token`.
    pub form_token: String,
    /// What just happened, from the top.
    pub notices: Vec<PageNotice>,
    /// What was looked for, on the page that found it.
    pub(super) sought: String,
    /// When the page was made.
    pub now: When,
    /// The topics of the bell that the page fetches itself for, with blanks between; none of a page that stands still.
    pub(super) bell: &'static str,
}

/// Who looks, as the shell names them.
#[derive(Clone, Debug)]
pub struct ShellVisitor {
    /// The name.
    pub name: String,
    /// The tenant.
    pub workspace: String,
    /// What they may do.
    pub role: Role,
}

/// What just happened.
#[derive(Clone, Debug)]
pub struct PageNotice {
    /// How it is marked.
    pub mark: StateMark,
    /// One sentence.
    pub text: String,
    /// What one may do about it.
    pub act: Option<NoticeAct>,
}

/// A form of one button beside a notice.
#[derive(Clone, Debug)]
pub struct NoticeAct {
    /// Where it is sent.
    pub action: String,
    /// What the button says.
    pub word: String,
    /// What is sent, beside the form token.
    pub fields: Vec<(&'static str, String)>,
}

impl ShellVisitor {
    /// Whether they see what can be looked for.
    pub fn finds(&self) -> bool {
        self.role >= Role::Viewer
    }
}

impl Shell {
    /// The same with a notice more.
    pub fn with_notice(mut self, mark: StateMark, text: impl Into<String>) -> Self {
        self.notices.push(PageNotice { mark, text: text.into(), act: None });
        self
    }

    /// The same with a notice more that one can do something about.
    pub fn with_act(mut self, mark: StateMark, text: impl Into<String>, act: NoticeAct) -> Self {
        self.notices.push(PageNotice { mark, text: text.into(), act: Some(act) });
        self
    }

    /// The same, with what was looked for in its field.
    pub fn with_sought(mut self, text: String) -> Self {
        self.sought = text;
        self
    }

    /// The same, standing still: what is in its forms is what was seen.
    pub const fn still(mut self) -> Self {
        self.bell = "";
        self
    }

    /// The same, saying how many things need a person, in the navigation and in the window's title.
    pub fn with_needs(mut self, count: usize) -> Self {
        if count > 0 {
            let count = grouped(count as u64);
            self.title = format!("({count}) {}", self.title);
            for link in self.links.iter_mut().filter(|link| link.path.is_empty()) {
                link.count = Some(count.clone());
            }
        }
        self
    }
}
