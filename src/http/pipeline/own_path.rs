//! The path of a request as the route table has it: with or without the prefix of the public URL, with or without a slash at
//! the end.

use crate::http::{dashboard::is_page, router::ROUTES};

/// The path as the route table has it: a slash at the end means the same, and so does the `prefix` of the public URL, which
/// some proxies take away and some do not.
pub(super) fn own_path<'a>(path: &'a str, prefix: &str) -> &'a str {
    let bare = without_slash(path);
    let Some(rest) = path.strip_prefix(prefix).filter(|_| !prefix.is_empty()) else { return bare };
    let under = if rest.is_empty() { "/" } else { without_slash(rest) };
    // A prefix may be the name of a route.
    let is_under = under.starts_with('/') && (is_page(under) || ROUTES.iter().any(|route| route.has(under)));
    if is_under && ROUTES.iter().all(|route| route.path != bare) { under } else { bare }
}

/// The documentation's page loads its files from where it is, so there a slash counts.
fn without_slash(path: &str) -> &str {
    let bare = path.strip_suffix('/').filter(|bare| !bare.is_empty() && !bare.ends_with('/'));
    bare.filter(|_| !path.starts_with("/docs/")).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_means_the_same() {
        for (path, own) in [
            ("/mcp", "/mcp"),
            ("/mcp/", "/mcp"),
            ("/", "/"),
            ("/sse/messages/", "/sse/messages"),
            ("/admin/tokens/x/", "/admin/tokens/x"),
            ("/docs/", "/docs/"),
            ("/docs/index.css", "/docs/index.css"),
            ("/nothing/", "/nothing"),
            ("/mcp//", "/mcp//"),
            ("//", "//"),
            ("", ""),
        ] {
            assert_eq!(own_path(path, ""), own, "{path}");
        }
    }

    #[test]
    fn a_prefix_means_the_same_with_and_without() {
        for (prefix, path, own) in [
            ("/gate", "/gate/mcp", "/mcp"),
            ("/gate", "/mcp", "/mcp"),
            ("/gate", "/gate", "/"),
            ("/gate", "/gate/", "/"),
            ("/gate", "/gate/docs/", "/docs/"),
            ("/gate", "/gate/docs/a.css", "/docs/a.css"),
            ("/gate", "/gate/admin/tokens/x/", "/admin/tokens/x"),
            ("/gate", "/gatehouse", "/gatehouse"),
            ("/gate", "/gate/nothing", "/gate/nothing"),
            ("/gate", "/gate/dashboard/nothing/", "/dashboard/nothing"),
            ("/dashboard", "/dashboard/board", "/dashboard/board"),
            ("/dashboard", "/dashboard/dashboard/nothing", "/dashboard/nothing"),
            ("/gate", "/gate/gate/mcp", "/gate/gate/mcp"),
            ("/a/b", "/a/b/sse/messages", "/sse/messages"),
            ("/:team", "/:team/mcp", "/mcp"),
            ("/:team", "/other/mcp", "/other/mcp"),
            ("/*", "/*/mcp", "/mcp"),
            // Names of routes.
            ("/mcp", "/mcp", "/mcp"),
            ("/mcp", "/mcp/mcp", "/mcp"),
            ("/sse", "/sse/messages", "/sse/messages"),
            ("/sse", "/sse/sse/messages", "/sse/messages"),
            ("/docs", "/docs/mcp", "/mcp"),
            ("/docs", "/docs/docs/", "/docs/"),
            ("/docs", "/docs/index.css", "/docs/index.css"),
            ("/sessions", "/sessions/sessions/x", "/sessions/x"),
        ] {
            assert_eq!(own_path(path, prefix), own, "{prefix} {path}");
        }
    }
}
