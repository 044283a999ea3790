//! Where GitHub is.

use url::Url;

use super::{SettingsReader, host::has_user, url::safe_url};

/// `GH_HOST`, `GITHUB_API_URL`.
#[derive(Debug)]
pub struct GithubSettings {
    /// Base of the REST API.
    pub api_url: Url,
}

impl GithubSettings {
    pub(super) fn read(reader: &mut SettingsReader) -> Self {
        let default = Url::parse("https://api.github.com").expect("this is a URL");
        let of_host = reader.text("GH_HOST").and_then(|host| api_of(reader, &host));
        let given = reader.text("GITHUB_API_URL").and_then(|text| safe_url(reader, "GITHUB_API_URL", &text));
        if given.as_ref().is_some_and(has_user) {
            reader.fault(
                "GITHUB_API_URL",
                "holds a user or password: each caller's own token is sent, no other",
            );
        }
        Self { api_url: given.or(of_host).unwrap_or(default) }
    }
}

/// The REST API of that host; `None` for GitHub's own.
fn api_of(reader: &mut SettingsReader, host: &str) -> Option<Url> {
    let host = host.to_ascii_lowercase();
    if host == "github.com" {
        return None;
    }
    let url = Url::parse(&format!("https://{host}/api/v3")).ok();
    // GitHub's own API is no host of an enterprise's.
    let url = url.filter(|url| url.host_str() == Some(&*host) && host != "api.github.com");
    if url.is_none() {
        reader.fault("GH_HOST", "expected a host name alone, such as github.com or github.example.com");
    }
    url
}
