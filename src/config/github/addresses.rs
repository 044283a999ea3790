//! Where the APIs of each GitHub are: its own, those of its servers at companies, and of `*.ghe.com`.
//! <https://docs.github.com/en/enterprise-server/rest/quickstart>, <https://docs.github.com/en/graphql/guides/managing-enterprise-accounts>

use url::Url;

use crate::config::{
    SettingsReader,
    host::{has_user, is_loopback_host},
    url::safe_url,
};

const OWN: &str = "github.com";
const OWN_API: &str = "api.github.com";
/// Of the hosts on which GitHub keeps the data of one company.
const RESIDENCY: &str = ".ghe.com";

/// One GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubAddress {
    /// Its name in the URLs of people, lower case.
    pub host: String,
    /// Base of its REST API, without a slash at the end.
    pub rest: Url,
    /// Its GraphQL API.
    pub graphql: Url,
}

/// The configured one, then github.com if that is another.
pub(super) fn addresses(reader: &mut SettingsReader) -> Vec<GithubAddress> {
    let said = reader.text("GH_HOST").and_then(|host| host_said(reader, &host));
    let rest = url_said(reader, "GITHUB_API_URL");
    let graphql = url_said(reader, "GITHUB_GRAPHQL_URL");
    let chosen = reader.is_given("GH_HOST").then(|| said.clone()).flatten();
    let host = chosen
        .or_else(|| rest.as_ref().and_then(host_of))
        .or_else(|| said.clone())
        .unwrap_or_else(|| OWN.to_owned());
    for (name, url) in [("GITHUB_API_URL", &rest), ("GITHUB_GRAPHQL_URL", &graphql)] {
        if let Some(other) = url.as_ref().and_then(host_of).filter(|other| *other != host) {
            reader.fault(name, format!("is an API of {other}, and the host is {host}: set GH_HOST={other}"));
        }
    }
    let standard = address(&host);
    let graphql = graphql.or_else(|| rest.as_ref().map(graphql_of));
    let configured = GithubAddress {
        rest: rest.unwrap_or(standard.rest),
        graphql: graphql.unwrap_or(standard.graphql),
        host,
    };
    let own = address(OWN);
    if configured.host == OWN { vec![configured] } else { vec![configured, own] }
}

/// Where the APIs of that host are unless somebody says otherwise.
fn address(host: &str) -> GithubAddress {
    let url = |text: String| Url::parse(&text).expect("the host was part of a URL before");
    let (rest, graphql) = if host == OWN || host.ends_with(RESIDENCY) {
        (format!("https://api.{host}"), format!("https://api.{host}/graphql"))
    } else {
        (format!("https://{host}/api/v3"), format!("https://{host}/api/graphql"))
    };
    GithubAddress { host: host.to_owned(), rest: url(rest), graphql: url(graphql) }
}

/// The GraphQL API beside that REST API.
fn graphql_of(rest: &Url) -> Url {
    let mut url = rest.clone();
    let path = rest.path().trim_end_matches('/');
    let path = path.strip_suffix("/v3").filter(|path| path.ends_with("/api")).unwrap_or(path);
    url.set_path(&format!("{path}/graphql"));
    url
}

/// The GitHub that an API is surely of. An address of this machine, or a path that GitHub has not, stands in for one.
fn host_of(api: &Url) -> Option<String> {
    let host = api.host_str()?;
    let path = api.path().trim_end_matches('/');
    if is_loopback_host(host) {
        return None;
    }
    match host.strip_prefix("api.") {
        Some(rest) if rest == OWN || rest.ends_with(RESIDENCY) => Some(rest.to_owned()),
        _ => matches!(path, "/api/v3" | "/api/graphql").then(|| host.to_owned()),
    }
}

fn host_said(reader: &mut SettingsReader, host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let url = Url::parse(&format!("https://{host}/")).ok();
    // An API is no host of people.
    let is_host = url.is_some_and(|url| url.host_str() == Some(&*host) && url.path() == "/")
        && host != OWN_API
        && !(host.starts_with("api.") && host.ends_with(RESIDENCY));
    if !is_host {
        reader.fault("GH_HOST", "expected a host name alone, such as github.com or github.example.com");
    }
    is_host.then_some(host)
}

fn url_said(reader: &mut SettingsReader, name: &str) -> Option<Url> {
    let text = reader.text(name)?;
    let mut url = safe_url(reader, name, &text)?;
    if has_user(&url) {
        reader.fault(name, "holds a user or password: each caller's own token is sent, no other");
    }
    if url.query().is_some() || url.fragment().is_some() {
        reader.fault(name, "expected an address without ? and #");
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Some(url)
}

#[cfg(test)]
mod tests {
    use crate::config::{Settings, SettingsReader};

    /// Hosts with their APIs, or the names of settings with faults.
    fn read(pairs: &[(&str, &str)]) -> Result<Vec<[String; 3]>, Vec<String>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = Settings::load(SettingsReader::new([].into(), pairs), false);
        if !loaded.faults.is_empty() {
            return Err(loaded.faults.into_iter().map(|fault| fault.key).collect());
        }
        let hosts = loaded.settings.github.hosts.into_iter();
        Ok(hosts.map(|at| [at.host, at.rest.to_string(), at.graphql.to_string()]).collect())
    }

    fn of(host: &str, rest: &str, graphql: &str) -> [String; 3] {
        [host, rest, graphql].map(str::to_owned)
    }

    fn own() -> [String; 3] {
        of("github.com", "https://api.github.com/", "https://api.github.com/graphql")
    }

    #[test]
    fn each_kind_of_github_has_its_apis_where_it_has_them() {
        let server = of("ghe.x", "https://ghe.x/api/v3", "https://ghe.x/api/graphql");
        let resident = of("acme.ghe.com", "https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql");
        for (settings, expected) in [
            (vec![], vec![own()]),
            (vec![("GH_HOST", "GitHub.com")], vec![own()]),
            (vec![("GITHUB_API_URL", "https://api.github.com/")], vec![own()]),
            (vec![("GH_HOST", "ghe.x")], vec![server.clone(), own()]),
            (vec![("GITHUB_API_URL", "https://ghe.x/api/v3/")], vec![server.clone(), own()]),
            (
                vec![("GH_HOST", "ghe.x"), ("GITHUB_GRAPHQL_URL", "https://ghe.x/api/graphql")],
                vec![server, own()],
            ),
            (vec![("GH_HOST", "acme.ghe.com")], vec![resident.clone(), own()]),
            (vec![("GITHUB_API_URL", "https://api.acme.ghe.com")], vec![resident, own()]),
        ] {
            assert_eq!(read(&settings), Ok(expected), "{settings:?}");
        }
    }

    #[test]
    fn an_api_on_this_machine_or_behind_a_path_stands_in_for_the_host() {
        let local = of("github.com", "http://127.0.0.1:9/", "http://127.0.0.1:9/graphql");
        assert_eq!(read(&[("GITHUB_API_URL", "http://127.0.0.1:9")]), Ok(vec![local]));
        let proxied = of("github.com", "https://gw.x/gh", "https://gw.x/gh/graphql");
        assert_eq!(read(&[("GITHUB_API_URL", "https://gw.x/gh")]), Ok(vec![proxied]));
        let named = of("ghe.x", "http://127.0.0.1:9/api/v3", "http://127.0.0.1:9/api/graphql");
        let settings = [("GH_HOST", "ghe.x"), ("GITHUB_API_URL", "http://127.0.0.1:9/api/v3")];
        assert_eq!(read(&settings), Ok(vec![named, own()]));
    }

    #[test]
    fn what_belongs_to_another_host_is_a_fault() {
        for (settings, key) in [
            (vec![("GH_HOST", "ghe.x"), ("GITHUB_API_URL", "https://api.github.com")], "GITHUB_API_URL"),
            (vec![("GITHUB_GRAPHQL_URL", "https://ghe.x/api/graphql")], "GITHUB_GRAPHQL_URL"),
            (vec![("GITHUB_GRAPHQL_URL", "http://ghe.x/api/graphql")], "GITHUB_GRAPHQL_URL"),
            (vec![("GITHUB_API_URL", "https://ghe.x/api/v3?a=b")], "GITHUB_API_URL"),
            (vec![("GH_HOST", "api.acme.ghe.com")], "GH_HOST"),
            (vec![("GH_HOST", "ghe.x/path")], "GH_HOST"),
        ] {
            assert_eq!(read(&settings), Err(vec![key.to_owned()]), "{settings:?}");
        }
    }
}
