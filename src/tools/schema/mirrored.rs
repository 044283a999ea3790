//! Arguments that headers mirror (2026-07-28, transports/streamable-http, "Custom headers from tool parameters").

use serde_json::Value;

/// A header that mirrors an argument (`x-mcp-header`, 2026-07-28).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirroredArgument {
    /// The member of `arguments`.
    pub argument: String,
    /// The header's name after `Mcp-Param-`.
    pub header: String,
}

impl MirroredArgument {
    /// Those that an input schema names.
    pub(in crate::tools) fn of(input_schema: &Value) -> Vec<Self> {
        let properties = input_schema["properties"].as_object();
        let mirrored = |(name, schema): (&String, &Value)| {
            let header = schema.get("x-mcp-header")?.as_str()?.to_owned();
            Some(Self { argument: name.clone(), header })
        };
        properties.into_iter().flatten().filter_map(mirrored).collect()
    }
}
