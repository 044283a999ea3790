//! `docs/operations.md` says what each error means: every code and every error line of the log, and none that there is not.

use std::{collections::BTreeSet, fs, path::Path};

use taskgate::model::Code;

fn section() -> String {
    let page = fs::read_to_string("docs/operations.md").unwrap();
    let rest = page.split("## What each error means\n").nth(1).unwrap();
    rest.split("\n## ").next().unwrap().to_owned()
}

/// The first cells of the table whose first row is `head`.
fn first_cells(section: &str, head: &str) -> Vec<String> {
    let rows = section.split(head).nth(1).unwrap().trim_start().lines().skip(1);
    rows.map_while(|row| row.strip_prefix("| ")?.split(" | ").next()).map(str::to_owned).collect()
}

/// What stands between backticks.
fn quoted(cells: &[String]) -> BTreeSet<&str> {
    cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

pub fn sources(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// The texts of the lines that are logged by a macro of `tracing`.
fn logged<'a>(source: &'a str, level: &str) -> BTreeSet<&'a str> {
    let calls = source.split(level).skip(1).map(|rest| rest.split(");").next().unwrap());
    calls.filter_map(|call| call.rsplit('"').nth(1)).collect()
}

#[test]
fn every_code_stands_in_the_operators_page_and_no_other() {
    let section = section();
    let cells = first_cells(&section, "| code | whose | what it is, and what to do |\n");
    let codes: Vec<_> = Code::WORDS.iter().map(|code| format!("`{code}`")).collect();
    assert_eq!(cells, codes, "docs/operations.md has other rows than there are codes, or in another order");
}

#[test]
fn every_error_line_of_the_log_stands_in_the_operators_page_and_no_line_is_invented() {
    let (section, mut source) = (section(), String::new());
    sources(Path::new("src"), &mut source);
    let cells = first_cells(&section, "| line | what it is, and what to do |\n");
    let documented = quoted(&cells);
    let errors = logged(&source, "tracing::error!(");
    assert!(errors.len() > 10, "the search has gone blind: {errors:?}");
    let missing: Vec<_> = errors.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/operations.md says nothing of {missing:#?}");
    let known: BTreeSet<_> = errors.union(&logged(&source, "tracing::warn!(")).copied().collect();
    let invented: Vec<_> = documented.difference(&known).collect();
    assert!(invented.is_empty(), "nobody logs {invented:#?}");
}

#[test]
fn the_exit_statuses_are_those_of_the_program() {
    let cells = first_cells(&section(), "| exit status | what it is |\n");
    assert_eq!(cells, ["0", "1", "2", "78", "137, or signal 9"]);
    let status = |arguments: &[&str], port: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_taskgate"));
        let command = command.args(arguments).env_clear().env("MCP_PORT", port).current_dir(folder.path());
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(status(&["--version"], "1"), 0);
    assert_eq!(status(&["healthcheck"], "1"), 1, "nobody answers there");
    assert_eq!(status(&["nonsense"], "1"), 2);
    assert_eq!(status(&["healthcheck"], "none"), 78);
}
