//! What was given and has no effect, or not the one that was meant: names nobody reads, quotes and comments
//! that became part of a value, a port that is a URL. Seen in the texts as they were written, before they are
//! laid over each other.

use crate::config::{
    fault::SettingFault,
    names::{is_meant, is_read, problem},
    sources::Layer,
};

const COMMENT: &str =
    "is a comment, which docker's --env-file takes for the value: put it on a line of its own";
const MAYBE_COMMENT: &str =
    "goes on after a `#`, which docker's --env-file does not take for a comment: it is part of the value";
const QUOTED: &str = "is given in quotes, which are part of the value (docker's --env-file keeps them): \
    take them away if they are not meant";

/// Comments that became values: those that are nothing else, which are faults, and those that may be part of
/// one.
pub(super) fn comments(environment: &Layer) -> (Vec<SettingFault>, Vec<SettingFault>) {
    let given = environment.iter().filter(|(name, _)| is_read(name));
    let found = given.filter_map(|(name, text)| Some((name, comment_in(text)?)));
    let (all, part): (Vec<_>, Vec<_>) = found.partition(|(_, is_all)| *is_all);
    let told = |found: Vec<(&str, bool)>, message: &str| {
        found.into_iter().map(|(name, _)| of_layer(environment, name, message)).collect()
    };
    (told(all, COMMENT), told(part, MAYBE_COMMENT))
}

/// What is odd about the names and the texts of a layer; `has_host`: some layer says `MCP_HOST`, so `HOST` is
/// not asked.
pub(super) fn oddities(layer: &Layer, has_host: bool) -> Vec<SettingFault> {
    let of_text = |(name, text): (&str, &str)| {
        let foreign = !text.is_empty() && !is_meant(name, text) && (name != "HOST" || !has_host);
        let messages = [
            problem(name, text),
            (is_read(name) && is_quoted(text)).then(|| QUOTED.to_owned()),
            foreign.then(|| format!("ignored, as it is no {}", meant_for(name))),
        ];
        messages.into_iter().flatten().map(|message| of_layer(layer, name, message)).collect::<Vec<_>>()
    };
    layer.iter().flat_map(of_text).collect()
}

fn of_layer(layer: &Layer, name: &str, message: impl Into<String>) -> SettingFault {
    SettingFault { place: layer.place().map(str::to_owned), ..SettingFault::new(name, message) }
}

/// Whether a value from the environment is all comment (`true`) or may end with one (`false`).
fn comment_in(value: &str) -> Option<bool> {
    let is_all = value.strip_prefix('#').is_some_and(|rest| rest.starts_with([' ', '\t']));
    (is_all || value.contains(" #") || value.contains("\t#")).then_some(is_all)
}

fn is_quoted(value: &str) -> bool {
    let inside = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    ['"', '\''].into_iter().filter_map(inside).any(|inside| !inside.is_empty())
}

fn meant_for(name: &str) -> &'static str {
    match name {
        "HOST" => "address: set MCP_HOST to choose one",
        "MCP_PORT" | "PORT" => "port but a URL, as Kubernetes sets it",
        _ => "name of a host: set TASKGATE_PUBLIC_URL",
    }
}
