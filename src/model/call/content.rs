//! What tools, prompts and resources answer with, in MCP's shapes (schema 2025-11-25, `ContentBlock`).

use serde::Serialize;

/// A block of content.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// Base64.
        data: String,
        /// Such as `image/png`.
        #[serde(rename = "mimeType")]
        mime_type: &'static str,
    },
    /// A sound.
    Audio {
        /// Base64.
        data: String,
        /// Such as `audio/wav`.
        #[serde(rename = "mimeType")]
        mime_type: &'static str,
    },
    /// A resource's contents in place.
    Resource {
        /// The contents.
        resource: ResourceContents,
    },
}

impl Content {
    /// A block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// The contents of a resource: text or a base64 blob.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceContents {
    /// Its URI.
    pub uri: String,
    /// Such as `text/markdown`.
    #[serde(rename = "mimeType")]
    pub mime_type: &'static str,
    /// Text, if it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Base64, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
}
