//! Where GitHub is.

use url::Url;

use super::{Reader, notice::safe_url};

/// `GH_HOST`, `GITHUB_API_URL`.
#[derive(Debug)]
pub struct GithubSettings {
    /// Base of the REST API.
    pub api_url: Url,
}

impl GithubSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let host = reader.text("GH_HOST").unwrap_or_else(|| String::from("github.com"));
        let default = if host == "github.com" {
            String::from("https://api.github.com")
        } else {
            format!("https://{host}/api/v3")
        };
        let fallback = || Url::parse("https://api.github.com").expect("this is a URL");
        let default =
            Url::parse(&default).ok().filter(|url| url.host_str() == Some(&*host) || host == "github.com");
        let default = default.unwrap_or_else(|| {
            reader.fault("GH_HOST", "expected a host name such as github.example.com");
            fallback()
        });
        let api_url = match reader.text("GITHUB_API_URL") {
            Some(text) => safe_url(reader, "GITHUB_API_URL", &text).unwrap_or_else(fallback),
            None => default,
        };
        Self { api_url }
    }
}
