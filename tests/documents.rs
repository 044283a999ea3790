//! Documents say what the code does: settings, tools and the size of what every model has to read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "documents/dashboard.rs"]
mod dashboard;
#[path = "documents/errors.rs"]
mod errors;
#[path = "documents/monitoring.rs"]
mod monitoring;
#[path = "documents/security.rs"]
mod security;

use std::{fs, path::PathBuf};

use serde_json::Value;
use taskgate::{
    app::{Services, features},
    config::{COMPOSE_NAMES, SETTINGS, Setting, Settings, SettingsReader},
    model::Code,
    shutdown::Lifecycle,
    telemetry::metrics::{Declaration, Label, MetricKind, TABLE},
};

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap()
}

async fn listed_tools() -> Vec<Value> {
    let environment = [("TASKGATE_STORE", "memory")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let loaded = Settings::load(SettingsReader::new([].into(), environment.into()), true);
    let services = Services::open(&loaded.settings, Lifecycle::default()).await.unwrap();
    features(&services).tools.listed()
}

/// The row of a setting in a table of settings.
fn row(setting: &Setting) -> String {
    let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
    format!("| `{}` | {default} | {} |", setting.name, setting.about.replace('|', "\\|"))
}

#[test]
fn every_setting_stands_in_its_page_and_in_the_example_with_its_default() {
    let (page, example) = (read("docs/settings.md"), read(".env.example"));
    for setting in SETTINGS {
        let row = row(setting);
        assert!(page.contains(&row), "docs/settings.md lacks: {row}");
        let line = format!("# {}\n#{}={}\n", setting.about, setting.name, setting.default);
        assert!(example.contains(&line), ".env.example lacks: {line}");
    }
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.count(), SETTINGS.len(), "docs/settings.md names a setting that is none");
    let lines =
        example.lines().filter(|line| line.starts_with('#') && line.contains('=') && !line.starts_with("# "));
    // One more is Compose's own: COMPOSE_PROFILES.
    let expected = SETTINGS.len() + COMPOSE_NAMES.len() + 1;
    assert_eq!(lines.count(), expected, ".env.example names a setting that is none");
}

#[test]
fn the_compose_file_passes_every_setting_on_and_says_the_defaults_of_its_own() {
    // What the container decides, and what names a folder or file of it.
    const OF_THE_CONTAINER: [&str; 3] = ["MCP_MODE", "MCP_HOST", "TASKGATE_DATA_DIR"];
    let (compose, example) = (read("docker-compose.yml"), read(".env.example"));
    for setting in SETTINGS.iter().filter(|setting| !OF_THE_CONTAINER.contains(&setting.name)) {
        let is_passed = |line: &str| {
            let rest = line.trim_start().strip_prefix("- ").and_then(|item| item.strip_prefix(setting.name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        assert!(compose.lines().any(is_passed), "docker-compose.yml lacks {}", setting.name);
    }
    for name in COMPOSE_NAMES {
        let said = compose.split(&format!("${{{name}:-")).nth(1).and_then(|rest| rest.split('}').next());
        let default = said.unwrap_or_else(|| panic!("docker-compose.yml does not read {name}"));
        assert!(example.contains(&format!("#{name}={default}\n")), ".env.example lacks {name}={default}");
    }
}

#[test]
fn the_image_is_of_this_version_built_by_the_pinned_rust() {
    let (image, toolchain) = (read("Dockerfile"), read("rust-toolchain.toml"));
    assert!(image.contains(&format!("image.version=\"{}\"", env!("CARGO_PKG_VERSION"))));
    let pinned = toolchain.split('"').nth(1).unwrap();
    assert!(image.contains(&format!("FROM rust:{pinned}-slim-bookworm AS build")), "{pinned}");
    for workflow in ["ci.yml", "release.yml"] {
        let text = read(&format!(".github/workflows/{workflow}"));
        assert!(text.contains(&format!("image: rust:{pinned}-bookworm\n")), "{workflow}: {pinned}");
    }
    let released = format!("ghcr.io/taskgate/taskgate:{}", env!("CARGO_PKG_VERSION"));
    for file in ["deploy/kubernetes.yaml", "deploy/kubernetes-redis.yaml", "docs/platforms.md"] {
        assert!(read(file).contains(&released), "{file} names another image than {released}");
    }
}

#[test]
fn the_readme_shows_the_ten_settings_to_know_first() {
    let readme = read("README.md");
    let section = readme.split("## Settings").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<_> = section.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), 10);
    for shown in rows {
        assert!(SETTINGS.iter().any(|setting| row(setting) == shown), "README.md says otherwise: {shown}");
    }
}

/// The pages for people, by path.
fn pages() -> Vec<PathBuf> {
    let listed =
        ["docs", ".github"].map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let pages = listed.into_iter().flatten().filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.chain([PathBuf::from("README.md")]).collect()
}

/// The lines outside of blocks of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("\n```").step_by(2);
    parts.flat_map(|part| part.lines().skip(usize::from(part.as_ptr() != text.as_ptr())))
}

#[test]
fn what_a_page_names_is_there() {
    const FOLDERS: [&str; 7] = ["src/", "tests/", "docs/", "benches/", ".ci/", ".github/", ".config/"];
    let mut missing = Vec::new();
    for page in pages() {
        let text = read(page.to_str().unwrap());
        for line in prose(&text) {
            let links = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
            let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
            let linked = links.map(|link| page.parent().unwrap().join(link));
            let codes = line.split('`').skip(1).step_by(2);
            let codes = codes.filter(|code| FOLDERS.iter().any(|folder| code.starts_with(folder)));
            let named = codes.filter(|code| !code.contains([' ', '*', '<'])).map(PathBuf::from);
            let gone = linked.chain(named).filter(|path| !path.exists());
            missing.extend(gone.map(|path| format!("{} names {}", page.display(), path.display())));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_room_is_on_the_map_and_in_the_architecture() {
    let (map, architecture) = (read("src/lib.rs"), read("docs/architecture.md"));
    let rooms = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for room in rooms {
        assert!(map.contains(&format!("//! - [`{room}`]: ")), "src/lib.rs says nothing of {room}");
        assert!(architecture.contains(&format!("| `src/{room}")), "docs/architecture.md lacks {room}");
    }
}

#[test]
fn pages_are_read_without_a_wide_screen() {
    for page in pages() {
        let text = read(page.to_str().unwrap());
        for line in prose(&text).filter(|line| !line.starts_with('|')) {
            let width = line.chars().count();
            assert!(width <= 120, "{} has a line of {width} characters: {line}", page.display());
        }
    }
}

#[test]
fn the_defaults_in_the_table_are_those_in_effect() {
    let environment = SETTINGS.iter().filter(|setting| !setting.default.is_empty() && !setting.secret);
    let given = environment.map(|setting| (setting.name.to_owned(), setting.default.to_owned())).collect();
    let (given, none) = (
        Settings::load(SettingsReader::new([].into(), given), false),
        Settings::load(SettingsReader::new([].into(), [].into()), false),
    );
    assert_eq!(given.faults, []);
    assert_eq!(format!("{:?}", given.settings), format!("{:?}", none.settings));
}

#[tokio::test]
async fn every_tool_stands_in_the_readme() {
    let readme = read("README.md");
    let tools = listed_tools().await;
    for tool in &tools {
        assert!(
            readme.contains(&format!("| `{}` |", tool["name"].as_str().unwrap())),
            "README.md lacks {}",
            tool["name"]
        );
    }
    let section = readme.split("## What agents can do").nth(1).unwrap().split("## ").next().unwrap();
    assert_eq!(section.lines().filter(|line| line.starts_with("| `")).count(), tools.len());
}

#[tokio::test]
async fn the_whole_tool_list_stays_under_5600_tokens() {
    let text = serde_json::to_string(&listed_tools().await).unwrap();
    let tokens = tiktoken_rs::o200k_base().unwrap().encode_with_special_tokens(&text).len();
    assert!(tokens < 5_600, "the tool list has {tokens} tokens");
}

#[tokio::test]
async fn schemas_are_what_the_narrowest_client_reads() {
    for tool in listed_tools().await {
        let name = tool["name"].as_str().unwrap().to_owned();
        assert!(name.len() <= 64 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        for member in ["inputSchema", "outputSchema"] {
            // A tool that answers with texts has nothing to say of their form.
            let Some(schema) = tool.get(member).or((member == "inputSchema").then_some(&Value::Null)) else {
                continue;
            };
            jsonschema::draft202012::meta::validate(schema)
                .unwrap_or_else(|error| panic!("{name}.{member}: {error}"));
            assert_eq!(schema["type"], "object", "{name}.{member}");
            narrow(schema, &format!("{name}.{member}"));
        }
        assert_eq!(tool["inputSchema"].get("description"), None, "{name}: the tool's own is enough");
        for hint in ["readOnlyHint", "destructiveHint", "idempotentHint"] {
            assert!(tool["annotations"][hint].is_boolean(), "{name} lacks {hint}");
        }
        assert!(!tool["title"].as_str().unwrap().is_empty());
    }
}

/// Fails unless the schema and each in it is made of the words every known client understands.
fn narrow(schema: &Value, place: &str) {
    const WORDS: [&str; 14] = [
        "type",
        "description",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "default",
    ];
    let members = schema.as_object().unwrap_or_else(|| panic!("{place} is {schema}"));
    for (word, member) in members {
        assert!(WORDS.contains(&word.as_str()), "{place} says {word}: {schema}");
        assert!(!member.is_null(), "{place}: {word} is null");
    }
    let is_input = place.contains("inputSchema");
    match members.get("type") {
        // Of an answer, where it may be `null`.
        None => assert!(!is_input, "{place} says no type"),
        Some(kind) => assert!(kind.is_string(), "{place} has several types: {kind}"),
    }
    if let Some(refuses) = members.get("additionalProperties") {
        assert_eq!(refuses, false, "{place}");
    }
    for word in members.get("enum").into_iter().flat_map(|words| words.as_array().unwrap()) {
        assert!(word.is_string(), "{place} lists {word}");
    }
    if schema["type"] == "object" {
        for (name, schema) in
            schema["properties"].as_object().unwrap_or_else(|| panic!("{place} has no properties"))
        {
            narrow(schema, &format!("{place}.{name}"));
        }
        assert!(!is_input || schema["additionalProperties"] == false, "{place} takes unknown members");
    }
    if schema["type"] == "array" {
        narrow(&schema["items"], &format!("{place}[]"));
        assert!(!is_input || schema["maxItems"].is_u64(), "{place} has no bound");
    }
    if is_input && schema["type"] == "string" && schema["enum"].is_null() {
        assert!(schema["maxLength"].is_u64(), "{place} has no bound");
    }
    if is_input && schema["type"] == "integer" {
        assert!(schema["minimum"].is_i64() && schema["maximum"].is_i64(), "{place} has no bounds");
    }
}

/// The row of a metric in the table of metrics.
fn metric_row(metric: &Declaration) -> String {
    let label = |label: &Label| match label.fixed().filter(|words| (2..=MOST_WORDS).contains(&words.len())) {
        Some(words) => format!("`{}`: {}", label.name, words.join(" ")),
        None => format!("`{}`", label.name),
    };
    let labels = metric.labels.iter().map(label).collect::<Vec<_>>().join("; ");
    let Declaration { name, kind, unit, help, .. } = metric;
    format!("| `{name}` | {} | {unit} | {labels} | {help} |", kind.as_str())
}

/// Values of a label that are listed at its metric; more have a row of their own.
const MOST_WORDS: usize = 12;

#[test]
fn every_metric_stands_in_its_page_as_it_is_declared_and_no_other() {
    let page = read("docs/operations.md");
    let declared: Vec<_> = TABLE.iter().map(|metric| metric_row(&metric.declaration())).collect();
    let documented = page.lines().filter(|line| {
        line.starts_with("| `")
            && ["counter", "gauge", "histogram"].iter().any(|kind| line.contains(&format!("` | {kind} |")))
    });
    let documented: Vec<_> = documented.collect();
    assert_eq!(documented, declared, "docs/operations.md has other rows than:\n{}", declared.join("\n"));
    for label in TABLE.iter().flat_map(|metric| metric.declaration().labels) {
        let is_long = label.fixed().is_none_or(|words| words.len() > MOST_WORDS);
        assert!(!is_long || page.contains(&format!("\n| `{}`", label.name)), "no values of {}", label.name);
    }
}

#[test]
fn what_pages_say_of_a_metric_is_of_one_that_there_is() {
    const VOLUME: &str = "taskgate_data";
    let names: Vec<_> = TABLE.iter().map(|metric| metric.declaration().name).collect();
    for page in pages() {
        let text = read(page.to_str().unwrap());
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("taskgate_") && *word != VOLUME) {
            let bare =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
            assert!(names.contains(&word) || names.contains(&bare), "{} names {word}", page.display());
        }
    }
}

#[test]
fn the_page_names_what_is_held_against_the_gateway_and_nothing_else() {
    let page = read("docs/operations.md");
    let row = page.lines().find(|line| line.starts_with("| `availability`")).unwrap();
    let bad = row.split('|').nth(3).unwrap();
    let mut named: Vec<_> = bad.split('`').skip(1).step_by(2).collect();
    named.sort_unstable();
    let mut held: Vec<_> = Code::WORDS
        .iter()
        .copied()
        .filter(|word| Code::from_word(word).unwrap().is_fault_of_gateway())
        .collect();
    held.sort_unstable();
    assert_eq!(named, held);
}

/// <https://prometheus.io/docs/practices/naming/>
#[test]
fn metrics_are_named_as_prometheus_wants_them() {
    for metric in TABLE {
        let Declaration { name, kind, unit, help, labels } = metric.declaration();
        assert!(name.starts_with("taskgate_") || name.starts_with("process_"), "{name}");
        assert_eq!(kind == MetricKind::Counter, name.ends_with("_total"), "{name}");
        let bare = name.trim_end_matches("_total");
        for measured in ["seconds", "bytes"] {
            assert_eq!(unit == measured, bare.ends_with(measured), "{name} in {unit}");
        }
        assert!(help.ends_with('.') && !help.contains(['\n', '\\']), "{name}: {help}");
        let mut seen: Vec<_> = labels.iter().map(|label| label.name).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), labels.len(), "{name}");
    }
}
