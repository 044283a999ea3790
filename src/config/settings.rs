//! All sections together.

use super::{
    BoardSettings, CorsSettings, Effective, GithubSettings, LimitSettings, ListenSettings, Mode,
    NetworkSettings, NoticeSettings, ObjectiveSettings, ReviewSettings, SecretSettings, SettingFault,
    SettingsReader, StorageSettings, SubscriberSettings, TelemetrySettings, TraceSettings, secrets::Reach,
};

/// The settings of the gateway, section by section.
#[derive(Debug)]
pub struct Settings {
    /// Addresses, names and limits of the listener.
    pub listen: ListenSettings,
    /// Secrets given by whoever runs the gateway.
    pub secrets: SecretSettings,
    /// Rate limits of keys.
    pub limits: LimitSettings,
    /// Web pages that may call.
    pub cors: CorsSettings,
    /// The store and its folder.
    pub storage: StorageSettings,
    /// Logs and the log of what agents did.
    pub telemetry: TelemetrySettings,
    /// What the gateway promises, for metrics.
    pub objectives: ObjectiveSettings,
    /// Where traces are sent, if anywhere.
    pub traces: Option<TraceSettings>,
    /// The board and its leases.
    pub board: BoardSettings,
    /// How other machines are asked.
    pub network: NetworkSettings,
    /// Where GitHub is, and the workspace's credential there.
    pub github: GithubSettings,
    /// How much of a pull request is read at once.
    pub reviews: ReviewSettings,
    /// Notices that a key ends soon.
    pub notice: NoticeSettings,
    /// Who is told what happens to tasks.
    pub subscribers: SubscriberSettings,
}

/// Settings as they were read, with what is wrong with them.
#[derive(Debug)]
pub struct Loaded {
    /// The settings; meaningless for those named in `faults`.
    pub settings: Settings,
    /// Every setting as it came out.
    pub effective: Vec<Effective>,
    /// Faults: with any of them the gateway must not start.
    pub faults: Vec<SettingFault>,
    /// Oddities that are no reason to stop.
    pub warnings: Vec<SettingFault>,
}

impl Settings {
    /// Reads every section. `stdio` says that no port will be bound, whatever `MCP_HOST` says.
    pub fn load(mut reader: SettingsReader, stdio: bool) -> Loaded {
        let listen = ListenSettings::read(&mut reader);
        let binds = !stdio && listen.mode == Mode::Http;
        let reach = match (binds, listen.is_loopback()) {
            (false, _) => Reach::Nobody,
            (true, true) => Reach::Loopback,
            (true, false) => Reach::Beyond,
        };
        let subscribers = SubscriberSettings::read(&mut reader);
        let settings = Self {
            secrets: SecretSettings::read(&mut reader, reach, &subscribers),
            limits: LimitSettings::read(&mut reader),
            cors: CorsSettings::read(&mut reader),
            storage: StorageSettings::read(&mut reader),
            telemetry: TelemetrySettings::read(&mut reader, listen.address.port(), binds),
            objectives: ObjectiveSettings::read(&mut reader),
            traces: TraceSettings::read(&mut reader),
            board: BoardSettings::read(&mut reader),
            network: NetworkSettings::read(&mut reader),
            github: GithubSettings::read(&mut reader),
            reviews: ReviewSettings::read(&mut reader),
            notice: NoticeSettings::read(&mut reader),
            subscribers,
            listen,
        };
        let effective = reader.effective();
        Loaded { settings, effective, faults: reader.faults, warnings: reader.warnings }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Loaded {
        let environment: BTreeMap<_, _> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Settings::load(SettingsReader::new(BTreeMap::new(), environment), false)
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let loaded = load(&[
            ("MCP_PORT", "http"),
            ("MCP_HOST", "0.0.0.0"),
            ("RATE_LIMIT_BURST", "-1"),
            ("KANBAN_PROVIDER", "trello"),
            ("REDIS_URL", "redis://x"),
            ("TASKGATE_LEASE_SECONDS", "0"),
            ("MCP_AUTH_TOKENS", "token1"),
        ]);
        let keys: Vec<_> = loaded.faults.iter().map(|fault| fault.key.as_str()).collect();
        for key in ["MCP_PORT", "MCP_SECRET_KEY", "RATE_LIMIT_BURST", "KANBAN_PROVIDER", "REDIS_URL"] {
            assert!(keys.contains(&key), "{key} is missing in {keys:?}");
        }
        assert!(keys.contains(&"TASKGATE_LEASE_SECONDS") && keys.contains(&"MCP_AUTH_TOKENS"));
    }

    #[test]
    fn nothing_set_is_loopback_and_an_empty_value_is_none() {
        let loaded = load(&[("MCP_PORT", ""), ("HOST", "my-laptop")]);
        assert_eq!(loaded.faults, []);
        assert_eq!(loaded.settings.listen.address.to_string(), "127.0.0.1:8080");
        assert_eq!(loaded.warnings[0].key, "HOST");
    }

    #[test]
    fn secrets_are_not_shown() {
        const SECRET: &str = "9b1f7c4e2a8d6053e7c1b94f0d2a6e8c3f5b7d91";
        let loaded = load(&[("MCP_AUTH_TOKENS", "hush-hush"), ("MCP_SECRET_KEY", SECRET)]);
        assert_eq!(loaded.faults, []);
        let printed = format!("{loaded:?}");
        assert!(!printed.contains("hush-hush") && !printed.contains(SECRET));
    }
}
