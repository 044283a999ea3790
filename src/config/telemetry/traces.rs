//! Where traces are sent, and which. The names and what they mean are those that OpenTelemetry has for every program; what of that
//! is not done here is a fault or a warning, never nothing.

use std::{ops::RangeInclusive, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::ExposeSecret;
use url::Url;

use super::pairs::pairs;
use crate::config::{SettingsReader, host::is_loopback_host};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
const SERVICE: &str = "OTEL_SERVICE_NAME";
const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SHARE: &str = "OTEL_TRACES_SAMPLER_ARG";
const DISABLED: &str = "OTEL_SDK_DISABLED";
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
const MOST_WAITING: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
/// What has no effect while nothing is exported.
const OF_EXPORTS: [&str; 5] = [PROTOCOL, TIMEOUT, DELAY, MOST_WAITING, BATCH];
/// Where a collector takes spans, below its address.
const PATH: &str = "/v1/traces";
/// The port at which collectors speak gRPC.
const GRPC_PORT: u16 = 4317;
const MILLIS: RangeInclusive<u32> = 1..=60_000;
/// What the request says itself.
const OWN_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];
/// What this program says of itself.
const OWN_ATTRIBUTES: [&str; 2] = ["service.name", "service.version"];

/// Which traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceSampler {
    /// Whether a caller that has a trace decides.
    pub follows_parent: bool,
    /// The share of the others, or of all: 0 to 1.
    pub share: f64,
}

/// `OTEL_*`. Without an endpoint there are none.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Where spans are posted.
    pub endpoint: Url,
    /// What goes with each request, marked as secret.
    pub headers: HeaderMap,
    /// For a collector to have answered.
    pub timeout: Duration,
    /// What is said of this process, its name first.
    pub resource: Vec<(String, String)>,
    /// Which traces are recorded.
    pub sampler: TraceSampler,
    /// How long a span waits for others.
    pub delay: Duration,
    /// Spans that may wait.
    pub most_waiting: usize,
    /// Spans of one request.
    pub batch: usize,
}

impl TraceSettings {
    pub(in crate::config) fn read(reader: &mut SettingsReader) -> Option<Self> {
        let is_off = reader.flag(DISABLED);
        let (endpoint, headers) = (endpoint(reader), headers(reader));
        protocol(reader);
        let millis = |millis| Duration::from_millis(u64::from(millis));
        let timeout = millis(reader.number(TIMEOUT, &MILLIS));
        let delay = millis(reader.number(DELAY, &MILLIS));
        let most_waiting = reader.number(MOST_WAITING, &(1..=65_536));
        let batch = reader.number(BATCH, &(1..=8_192));
        if batch > most_waiting {
            reader.fault(BATCH, format!("is more than {MOST_WAITING}, which is {most_waiting}"));
        }
        let (resource, sampler) = (resource(reader), sampler(reader));
        let Some(endpoint) = endpoint.filter(|_| !is_off) else {
            warn_unused(reader, is_off);
            return None;
        };
        if endpoint.scheme() == "http"
            && !headers.is_empty()
            && !endpoint.host_str().is_some_and(is_loopback_host)
        {
            reader.warn(
                HEADERS,
                "goes to the collector over plain http: whoever is on the way reads it, use https",
            );
        }
        let (most_waiting, batch) = (most_waiting as usize, batch as usize);
        Some(Self { endpoint, headers, timeout, resource, sampler, delay, most_waiting, batch })
    }
}

/// Names of OpenTelemetry stand in many environments that mean another program: without an endpoint they are no fault.
fn warn_unused(reader: &mut SettingsReader, is_off: bool) {
    let given = OF_EXPORTS.iter().filter(|name| reader.is_given(name)).copied();
    let given: Vec<_> = given.chain(reader.is_named(HEADERS).then_some(HEADERS)).collect();
    if is_off {
        return;
    }
    for name in given {
        reader.warn(name, format!("has no effect: traces are sent when {ENDPOINT} is set"));
    }
}

/// Where spans are posted: an address as it is given for them, or that of a collector with the path behind it.
fn endpoint(reader: &mut SettingsReader) -> Option<Url> {
    let base = address(reader, ENDPOINT);
    if reader.is_given(TRACES_ENDPOINT) {
        return address(reader, TRACES_ENDPOINT);
    }
    let mut base = base?;
    let path = base.path().trim_end_matches('/').to_owned();
    if path.ends_with(PATH) {
        let cure = format!(
            "ends with {PATH}, which is put behind it: take that away, or give it as {TRACES_ENDPOINT}"
        );
        reader.fault(ENDPOINT, cure);
    }
    if base.query().is_some() {
        reader.fault(
            ENDPOINT,
            format!("has a `?`, behind which no path goes: give the whole address as {TRACES_ENDPOINT}"),
        );
    }
    base.set_path(&format!("{path}{PATH}"));
    Some(base)
}

fn address(reader: &mut SettingsReader, name: &str) -> Option<Url> {
    let text = reader.text(name)?;
    let url = Url::parse(&text).ok().filter(|url| {
        let is_http = matches!(url.scheme(), "http" | "https");
        is_http && url.host_str().is_some_and(|host| !host.is_empty()) && url.port() != Some(0)
    });
    let Some(url) = url else {
        reader.fault(
            name,
            format!("expected the address of a collector, such as http://127.0.0.1:4318, got `{text}`"),
        );
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader.fault(
            name,
            format!("holds a user or password: give it in {HEADERS}, such as Authorization=Basic%20..."),
        );
    }
    if url.fragment().is_some() {
        reader.fault(name, "has a `#`, which is never sent: take it away");
    }
    if url.port() == Some(GRPC_PORT) {
        reader.warn(name, "has port 4317, at which collectors speak gRPC: HTTP is at 4318");
    }
    Some(url)
}

fn protocol(reader: &mut SettingsReader) {
    let Some(text) = reader.text(PROTOCOL) else { return };
    if text != "http/protobuf" {
        reader.fault(
            PROTOCOL,
            format!("expected http/protobuf, got `{text}`: collectors take that at port 4318"),
        );
    }
}

/// The headers, of which a fault says no more than which it is.
fn headers(reader: &mut SettingsReader) -> HeaderMap {
    let Some(secret) = reader.secret(HEADERS) else { return HeaderMap::new() };
    let given = pairs(secret.expose_secret());
    if given.is_none() {
        reader.fault(
            HEADERS,
            "expected name=value, with a comma between two; what is none of that is written %2C",
        );
    }
    let mut headers = HeaderMap::new();
    for (place, (name, value)) in (1..).zip(given.unwrap_or_default()) {
        let (name, value) = (name.parse::<HeaderName>(), HeaderValue::try_from(value));
        match (name, value) {
            (Ok(name), Ok(_)) if OWN_HEADERS.contains(&name) => {
                reader.fault(HEADERS, format!("names {name}, which each request has by itself"));
            }
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            _ => {
                reader
                    .fault(HEADERS, format!("header {place} has a name or a value that no header can have"));
            }
        }
    }
    headers
}

fn resource(reader: &mut SettingsReader) -> Vec<(String, String)> {
    let given = reader.text(ATTRIBUTES).map(|text| pairs(&text));
    if let Some(None) = given {
        reader.fault(
            ATTRIBUTES,
            "expected key=value, with a comma between two; what is none of that is written %2C",
        );
    }
    let given = given.flatten().unwrap_or_default();
    let named = given.iter().find(|(key, _)| key == OWN_ATTRIBUTES[0]).map(|(_, name)| name.clone());
    let name = if reader.is_given(SERVICE) { None } else { named };
    let name = name.or_else(|| reader.text(SERVICE)).unwrap_or_default();
    let version = given.iter().find(|(key, _)| key == OWN_ATTRIBUTES[1]).map(|(_, version)| version.clone());
    let version = version.unwrap_or_else(|| env!("CARGO_PKG_VERSION").to_owned());
    let own = OWN_ATTRIBUTES.map(str::to_owned).into_iter().zip([name, version]);
    own.chain(given.into_iter().filter(|(key, _)| !OWN_ATTRIBUTES.contains(&key.as_str()))).collect()
}

fn sampler(reader: &mut SettingsReader) -> TraceSampler {
    const ALL: Option<f64> = Some(1.0);
    const NONE: Option<f64> = Some(0.0);
    let choices = [
        ("parentbased_always_on", (true, ALL)),
        ("parentbased_always_off", (true, NONE)),
        ("parentbased_traceidratio", (true, None)),
        ("always_on", (false, ALL)),
        ("always_off", (false, NONE)),
        ("traceidratio", (false, None)),
    ];
    let (follows_parent, fixed) = reader.choice(SAMPLER, &choices).unwrap_or((true, ALL));
    let given = reader.text(SHARE).map(|text| (text.trim().parse::<f64>().ok(), text));
    let share = match given {
        None => 1.0,
        Some((Some(share), _)) if (0.0..=1.0).contains(&share) => {
            if fixed.is_some() {
                reader.warn(
                    SHARE,
                    format!("has no effect with that {SAMPLER}: parentbased_traceidratio asks for a share"),
                );
            }
            share
        }
        Some((_, text)) => {
            reader.fault(SHARE, format!("expected a share from 0 to 1, such as 0.01, got `{text}`"));
            1.0
        }
    };
    TraceSampler { follows_parent, share: fixed.unwrap_or(share) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Loaded, SettingFault, Settings};

    const HERE: (&str, &str) = (ENDPOINT, "http://127.0.0.1:4318");

    fn load(pairs: &[(&str, &str)]) -> Loaded {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::load(SettingsReader::new([].into(), pairs), false)
    }

    fn read(pairs: &[(&str, &str)]) -> TraceSettings {
        let loaded = load(pairs);
        assert_eq!(loaded.faults, [], "{pairs:?}");
        loaded.settings.traces.expect("there is an endpoint")
    }

    fn keys(faults: &[SettingFault]) -> Vec<&str> {
        faults.iter().map(|fault| fault.key.as_str()).collect()
    }

    #[test]
    fn spans_go_where_opentelemetry_says() {
        let endpoint = |pairs: &[(&str, &str)]| read(pairs).endpoint.to_string();
        for (base, whole) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://collector:4318/", "http://collector:4318/v1/traces"),
            ("https://otlp.example/otlp", "https://otlp.example/otlp/v1/traces"),
            ("https://otlp.example/otlp/", "https://otlp.example/otlp/v1/traces"),
        ] {
            assert_eq!(endpoint(&[(ENDPOINT, base)]), whole);
        }
        for own in
            ["https://otlp.example/", "https://otlp.example/spans/", "https://otlp.example/v1/traces?x=1"]
        {
            assert_eq!(endpoint(&[(TRACES_ENDPOINT, own)]), own);
            assert_eq!(endpoint(&[(TRACES_ENDPOINT, own), HERE]), own);
        }
    }

    #[test]
    fn headers_and_attributes_are_read_as_they_are_written_and_headers_not_shown() {
        let traces = read(&[
            HERE,
            (HEADERS, " Authorization=Basic%20dTpwYXNzd29yZA==, x-tenant = a%2Cb "),
            (ATTRIBUTES, "deployment.environment.name=test%20it,service.name=not-this,service.version=7"),
            (SERVICE, "gate"),
        ]);
        assert_eq!(traces.headers["authorization"], "Basic dTpwYXNzd29yZA==");
        assert_eq!(traces.headers["x-tenant"], "a,b");
        assert!(!format!("{traces:?}").contains("dTpw"), "{traces:?}");
        let resource: Vec<_> = traces.resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            resource,
            ["service.name=gate", "service.version=7", "deployment.environment.name=test it"]
        );
        assert_eq!(read(&[HERE]).resource[0].1, "taskgate");
        assert_eq!(read(&[HERE, (ATTRIBUTES, "service.name=mine")]).resource[0].1, "mine");
    }

    #[test]
    fn a_sampler_is_one_of_opentelemetrys() {
        let sampler = |pairs: &[(&str, &str)]| read(&[&[HERE], pairs].concat()).sampler;
        let of = |follows_parent, share| TraceSampler { follows_parent, share };
        assert_eq!(sampler(&[]), of(true, 1.0));
        assert_eq!(sampler(&[(SAMPLER, "always_off")]), of(false, 0.0));
        assert_eq!(sampler(&[(SAMPLER, "parentbased_always_off")]), of(true, 0.0));
        assert_eq!(sampler(&[(SAMPLER, "parentbased_traceidratio"), (SHARE, "0.01")]), of(true, 0.01));
        assert_eq!(sampler(&[(SAMPLER, "traceidratio")]), of(false, 1.0));
    }

    #[test]
    fn what_cannot_apply_is_a_fault_that_says_so() {
        for (name, wrong, said) in [
            (ENDPOINT, "collector:4318", "such as http://127.0.0.1:4318"),
            (ENDPOINT, "grpc://collector:4317", "such as http://"),
            (ENDPOINT, "http://u:hush-hush@collector:4318", HEADERS),
            (ENDPOINT, "http://collector:4318/v1/traces", TRACES_ENDPOINT),
            (ENDPOINT, "http://collector:4318?key=1", TRACES_ENDPOINT),
            (TRACES_ENDPOINT, "collector", "such as http://"),
            (PROTOCOL, "grpc", "http/protobuf"),
            (PROTOCOL, "http/json", "http/protobuf"),
            (HEADERS, "hush-hush", "name=value"),
            (HEADERS, "a b=hush-hush", "header 1"),
            (HEADERS, "a=1,b=hush%0Ahush", "header 2"),
            (HEADERS, "a=hush%zz", "name=value"),
            (HEADERS, "Content-Type=text/plain", "content-type"),
            (TIMEOUT, "10s", "from 1 to 60000"),
            (ATTRIBUTES, "service.name", "key=value"),
            (SAMPLER, "jaeger_remote", "traceidratio"),
            (SHARE, "1%", "0.01"),
            (SHARE, "1.5", "from 0 to 1"),
            (SHARE, "NaN", "from 0 to 1"),
            (DISABLED, "maybe", "true or false"),
            (DELAY, "0", "from 1 to 60000"),
            (MOST_WAITING, "0", "from 1 to 65536"),
            (BATCH, "4096", "2048"),
        ] {
            let loaded = load(&[HERE, (SAMPLER, "traceidratio"), (name, wrong)]);
            assert_eq!(keys(&loaded.faults), [name], "{wrong}");
            let fault = loaded.faults[0].to_string();
            assert!(fault.contains(said) && !fault.contains("hush"), "{fault}");
        }
    }

    #[test]
    fn what_has_no_effect_is_warned_of() {
        let loaded = load(&[(HEADERS, "a=1"), (TIMEOUT, "5")]);
        assert_eq!((keys(&loaded.faults), keys(&loaded.warnings)), (vec![], vec![TIMEOUT, HEADERS]));
        assert!(loaded.settings.traces.is_none());
        let off = load(&[HERE, (DISABLED, "true"), (TIMEOUT, "5")]);
        assert!(off.settings.traces.is_none() && off.warnings.is_empty());
        let http =
            |headers| load(&[(ENDPOINT, "http://collector.example:4318"), (HEADERS, headers)]).warnings;
        assert_eq!((keys(&http("")), keys(&http("a=1"))), (vec![], vec![HEADERS]));
        assert_eq!(keys(&load(&[(ENDPOINT, "http://collector:4317")]).warnings), [ENDPOINT]);
        assert_eq!(keys(&load(&[HERE, (SHARE, "0.5")]).warnings), [SHARE]);
    }
}
