//! How much is logged, how log lines look, what else is written down of what agents did, and where metrics are read.

use std::{net::SocketAddr, path::PathBuf};

use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::config::{SettingsReader, names::address};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// `RUST_LOG`, `TASKGATE_LOG_FORMAT`, `TASKGATE_EVENT_LOG`, `TASKGATE_METRICS_LISTEN`.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// Log filter.
    pub log_filter: String,
    /// How log lines look; `None`: text on a terminal, else JSON.
    pub log_format: Option<LogFormat>,
    /// Folder of the log of what agents did.
    pub event_log: Option<PathBuf>,
    /// Where metrics are read without a token, apart from everything else.
    pub metrics_listen: Option<SocketAddr>,
}

impl TelemetrySettings {
    /// How log lines look; `terminal`: somebody reads along.
    pub fn format(&self, terminal: bool) -> LogFormat {
        self.log_format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json })
    }

    pub(in crate::config) fn read(reader: &mut SettingsReader, gateway_port: u16, binds: bool) -> Self {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        Self {
            log_filter: log_filter(reader),
            log_format: reader.choice("TASKGATE_LOG_FORMAT", &formats),
            event_log: reader.text("TASKGATE_EVENT_LOG").map(PathBuf::from),
            metrics_listen: metrics_listen(reader, gateway_port, binds),
        }
    }
}

fn metrics_listen(reader: &mut SettingsReader, gateway_port: u16, binds: bool) -> Option<SocketAddr> {
    const NAME: &str = "TASKGATE_METRICS_LISTEN";
    let text = reader.text(NAME)?;
    let named = || {
        let (host, port) = text.rsplit_once(':')?;
        Some(SocketAddr::new(address(host)?, port.parse().ok()?))
    };
    let Some(own) = text.parse().ok().or_else(named) else {
        reader.fault(NAME, format!("expected an address and a port such as 127.0.0.1:9090, got `{text}`"));
        return None;
    };
    if own.port() != 0 && own.port() == gateway_port {
        reader.fault(NAME, format!("port {} is that of the gateway (MCP_PORT): choose another", own.port()));
    }
    if !binds {
        reader.warn(NAME, "is not used: no port is listened on over standard input and output");
    } else if !own.ip().is_loopback() {
        reader.warn(NAME, "asks for no token: see to it that nobody but Prometheus reaches that port");
    }
    Some(own)
}

fn log_filter(reader: &mut SettingsReader) -> String {
    const NAME: &str = "RUST_LOG";
    let filter = reader.text(NAME).unwrap_or_default();
    if let Err(error) = EnvFilter::try_new(&filter) {
        reader.fault(NAME, format!("expected a filter such as debug or taskgate=debug: {error}"));
    } else if !filter.split(',').any(|directive| logs_of_taskgate(directive.trim())) {
        reader.warn(NAME, "says nothing of taskgate, which then logs nothing: info, or taskgate=debug, does");
    }
    filter
}

/// A level alone is for everybody; any other word is the beginning of a module's name.
fn logs_of_taskgate(directive: &str) -> bool {
    let module = directive.split(['=', '[']).next().unwrap_or_default();
    let is_level = !directive.is_empty() && directive.parse::<LevelFilter>().is_ok();
    is_level
        || directive.starts_with('[')
        || module.starts_with("taskgate::")
        || (!module.is_empty() && "taskgate".starts_with(module))
}

#[cfg(test)]
mod tests {
    use crate::config::{SettingFault, Settings, SettingsReader};

    /// What is listened on for metrics, and the settings with faults and with warnings.
    fn read(pairs: &[(&str, &str)], stdio: bool) -> (Option<String>, Vec<String>, Vec<String>) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let loaded = Settings::load(SettingsReader::new([].into(), pairs), stdio);
        let names = |faults: Vec<SettingFault>| faults.into_iter().map(|fault| fault.key).collect();
        let address = loaded.settings.telemetry.metrics_listen.map(|address| address.to_string());
        (address, names(loaded.faults), names(loaded.warnings))
    }

    #[test]
    fn metrics_have_a_port_of_their_own() {
        const NAME: &str = "TASKGATE_METRICS_LISTEN";
        let only = || vec![NAME.to_owned()];
        for (given, address) in [
            ("127.0.0.1:9090", "127.0.0.1:9090"),
            ("localhost:1", "127.0.0.1:1"),
            ("[::1]:9090", "[::1]:9090"),
        ] {
            assert_eq!(read(&[(NAME, given)], false), (Some(address.to_owned()), vec![], vec![]), "{given}");
        }
        for wrong in
            ["9090", ":9090", "127.0.0.1", "gate.example:9090", "127.0.0.1:99999", "http://127.0.0.1:9090"]
        {
            assert_eq!(read(&[(NAME, wrong)], false), (None, only(), vec![]), "{wrong}");
        }
        assert_eq!(read(&[(NAME, "127.0.0.1:8080")], false).1, only(), "the port of the gateway");
        assert_eq!(read(&[(NAME, "127.0.0.1:0"), ("MCP_PORT", "0")], false).1, [""; 0], "any free ones");
        assert_eq!(read(&[(NAME, "0.0.0.0:9090")], false).2, only(), "others may reach it");
        assert_eq!(read(&[(NAME, "127.0.0.1:9090")], true).2, only(), "nothing is listened on");
    }
}
