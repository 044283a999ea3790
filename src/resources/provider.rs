//! The seam behind `resources/*`.

use std::error::Error;

use async_trait::async_trait;
use serde::Serialize;

use crate::model::{CallContext, Code, Principal, ResourceContents, Scope};

/// A resource as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceListing {
    /// Its URI.
    pub uri: String,
    /// A short name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Such as `text/markdown`.
    #[serde(rename = "mimeType")]
    pub mime_type: &'static str,
}

/// A template as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct TemplateListing {
    /// An RFC 6570 template.
    #[serde(rename = "uriTemplate")]
    pub uri_template: &'static str,
    /// A short name.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Such as `text/markdown`.
    #[serde(rename = "mimeType")]
    pub mime_type: &'static str,
}

/// Why a resource cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// There is none at that URI.
    #[error("Resource not found")]
    NotFound,
    /// The key may not read it.
    #[error("this key lacks the scope `{}`", .0.as_str())]
    Scope(Scope),
    /// Whom it is read of refuses this caller: for which reason, and what to do.
    #[error("{text}")]
    Refused {
        /// The reason.
        code: Code,
        /// What to do, in a sentence.
        text: String,
    },
    /// Whom it is read of cannot say now: for which reason, and when to try again.
    #[error("{text}")]
    Delayed {
        /// The reason.
        code: Code,
        /// What to do, in a sentence.
        text: String,
        /// When to try again.
        retry_after_seconds: Option<u64>,
    },
    /// What it is made from failed.
    #[error("the resource cannot be read")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// Where resources come from.
#[async_trait]
pub trait ResourceProvider: Send + Sync {
    /// Resources with a fixed URI, in order.
    fn list(&self) -> Vec<ResourceListing>;

    /// Templates, in order.
    fn templates(&self) -> Vec<TemplateListing>;

    /// Whether the principal may watch that URI, whether or not something is there now. It may take as long as asking others.
    async fn may_watch(&self, principal: &Principal, uri: &str) -> Result<(), ResourceError>;

    /// Whether who may watch that URI today may be refused tomorrow under the same key, because others decide.
    fn right_may_end(&self, _uri: &str) -> bool {
        false
    }

    /// The contents at `uri`.
    async fn read(&self, context: &CallContext, uri: &str) -> Result<Vec<ResourceContents>, ResourceError>;

    /// Values of a template's variable that start with `typed`; `None` when there is no such template or variable.
    async fn complete(
        &self,
        principal: &Principal,
        template: &str,
        variable: &str,
        typed: &str,
    ) -> Result<Option<Vec<String>>, ResourceError>;
}
