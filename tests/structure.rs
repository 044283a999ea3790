//! The house rules that a program can hold: arrows between rooms run only down, no circles, no giant files, frameworks
//! stay in their rooms.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "structure/floors.rs"]
mod floors;
#[path = "structure/templates.rs"]
mod templates;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use floors::{ROOMS, SUB_ROOMS};

const MOST_LINES: usize = 400;
const MOST_FACE_LINES: usize = 60;
/// Files in a folder beside its face.
const MOST_SIDE_BY_SIDE: usize = 16;

fn sources(folder: &Path) -> Vec<PathBuf> {
    files(folder, "rs")
}

/// The files below a folder whose names end so.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path(), ending));
        } else if entry.path().extension().is_some_and(|extension| extension == ending) {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap().iter().next().unwrap().to_string_lossy().into_owned();
    inside.trim_end_matches(".rs").to_owned()
}

/// The code above the unit tests, comments left out.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Names after `crate::` (or `taskgate::` in main), in paths and in `use` lists.
fn named(code: &str, root: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(&format!("{root}::")) {
        let rest = &code[at + root.len() + 2..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for character in list.chars() {
                match character {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(character),
                    _ => {}
                }
            }
            names.push(word);
        } else {
            names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
        .iter()
        .filter_map(|name| name.trim().split("::").next())
        .map(str::to_owned)
        .filter(|n| !n.is_empty())
        .collect()
}

/// Every path that begins with `root`, lists in braces written out.
fn paths(code: &str, root: &str) -> Vec<Vec<String>> {
    fn tree(text: &str, before: &[String], found: &mut Vec<Vec<String>>) {
        let text = text.trim_start();
        if let Some(list) = text.strip_prefix('{') {
            let (mut depth, mut start) = (0, 0);
            for (at, character) in list.char_indices() {
                match character {
                    '{' => depth += 1,
                    '}' if depth > 0 => depth -= 1,
                    '}' | ',' if depth == 0 => {
                        tree(&list[start..at], before, found);
                        start = at + 1;
                        if character == '}' {
                            return;
                        }
                    }
                    _ => {}
                }
            }
            return;
        }
        let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if word.is_empty() {
            return;
        }
        let rest = &text[word.len()..];
        let path = [before, &[word]].concat();
        match rest.strip_prefix("::") {
            Some(rest) => tree(rest, &path, found),
            None => found.push(path),
        }
    }
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&format!("{root}::")) {
        tree(&code[at + root.len() + 2..], &[], &mut found);
    }
    found
}

/// The file a face takes `name` from.
fn shown_by(face: &str, name: &str) -> Option<String> {
    face.split("pub use ").skip(1).find_map(|part| {
        let (file, items) = part.split(';').next()?.split_once("::")?;
        let words = items.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.into_iter().any(|word| word == name).then(|| file.to_owned())
    })
}

fn floor(name: &str) -> Option<usize> {
    ROOMS.iter().position(|room| *room == name)
}

#[test]
fn arrows_between_rooms_run_only_down() {
    let mut upward = Vec::new();
    for path in sources(Path::new("src")).iter().filter(|path| !path.ends_with("lib.rs")) {
        let own = room(path);
        let own_floor = floor(&own).unwrap_or_else(|| panic!("{own} is no room of the house"));
        let root = if own == "main" { "taskgate" } else { "crate" };
        for name in named(&code(path), root) {
            if floor(&name).is_some_and(|other| other < own_floor) {
                upward.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(upward.is_empty(), "{upward:#?}");
}

#[test]
fn arrows_between_sub_rooms_run_only_down() {
    for (room, floors) in SUB_ROOMS {
        let folder = Path::new("src").join(room);
        let floor = |name: &str| floors.iter().position(|floor| *floor == name);
        let mut upward = Vec::new();
        for path in sources(&folder).iter().filter(|path| **path != folder.join("mod.rs")) {
            let inside = path.strip_prefix(&folder).unwrap();
            let own = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
            let own_floor =
                floor(&own).unwrap_or_else(|| panic!("{own} has no floor in {room}: add it to SUB_ROOMS"));
            let code = code(path);
            // As a file of this depth names its room.
            let up = vec!["super"; inside.iter().count() - usize::from(path.ends_with("mod.rs"))].join("::");
            let of_room = paths(&code, "crate").into_iter().filter(|path| path[0] == room);
            let named = of_room.filter_map(|path| path.get(1).cloned());
            let named = named.chain(paths(&code, &up).into_iter().map(|path| path[0].clone()));
            let above = named.filter(|name| floor(name).is_some_and(|other| other < own_floor));
            upward.extend(above.map(|name| format!("{} names {name}", path.display())));
        }
        assert!(upward.is_empty(), "{upward:#?}");
        for name in floors {
            let exists = folder.join(name).is_dir() || folder.join(format!("{name}.rs")).exists();
            assert!(exists, "{room} has no {name}");
        }
    }
}

#[test]
fn files_of_a_room_form_no_circle() {
    let mut arrows: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in sources(Path::new("src")).into_iter().filter(|path| !path.ends_with("mod.rs")) {
        let folder = path.parent().unwrap().to_path_buf();
        let face = fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
        let targets = named(&code(&path), "super");
        let resolve = |name: &String| {
            let direct = folder.join(format!("{name}.rs"));
            if direct.exists() {
                Some(direct)
            } else {
                shown_by(&face, name).map(|file| folder.join(format!("{file}.rs")))
            }
        };
        let files = targets.iter().filter_map(resolve);
        arrows.insert(path.clone(), files.filter(|file| *file != path).collect());
    }
    for start in arrows.keys() {
        let mut reached = arrows[start].clone();
        let mut next = 0;
        while next < reached.len() {
            for file in arrows.get(&reached[next]).into_iter().flatten() {
                if !reached.contains(file) {
                    reached.push(file.clone());
                }
            }
            next += 1;
        }
        assert!(!reached.contains(start), "{} is part of a circle: {reached:?}", start.display());
    }
}

#[test]
fn no_file_is_too_long_and_faces_hold_no_logic() {
    let folders = ["src", "tests", "benches"];
    for path in folders.iter().flat_map(|folder| sources(Path::new(folder))) {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", path.display());
        assert!(text.starts_with("//!"), "{} does not say what it is", path.display());
        if path.starts_with("src") && path.ends_with("mod.rs") {
            assert!(lines <= MOST_FACE_LINES, "{} is a face with {lines} lines", path.display());
            for word in ["fn ", "struct ", "enum ", "trait ", "impl ", "macro_rules!"] {
                let holds = code(&path).lines().any(|line| line.contains(word));
                assert!(!holds, "{} is a face and holds `{word}`", path.display());
            }
        }
    }
}

#[test]
fn frameworks_stay_in_their_rooms() {
    for path in sources(Path::new("src")) {
        let (code, room) = (code(&path), room(&path));
        let names = |crate_name: &str| code.contains(&format!("{crate_name}::"));
        assert!(!names("axum") || room == "http", "{} names axum", path.display());
        assert!(!names("hyper") || room == "http", "{} names hyper", path.display());
        assert!(!names("reqwest") || room == "net", "{} names reqwest", path.display());
        assert!(
            !names("rusqlite") || path.starts_with("src/stores/sqlite"),
            "{} names rusqlite",
            path.display()
        );
        assert!(!names("clap") || room == "cli", "{} names clap", path.display());
        for cryptography in ["hmac", "sha2", "chacha20poly1305"] {
            let may = !names(cryptography) || room == "secrets";
            assert!(may, "{} names {cryptography}", path.display());
        }
        let makes_principals = code.contains("Principal {") && !code.contains("struct Principal {");
        assert!(!makes_principals || room == "auth", "{} makes a principal", path.display());
    }
}

#[test]
fn log_lines_keep_the_cause_of_an_error() {
    for path in sources(Path::new("src")) {
        let code = code(&path);
        assert!(!code.contains("%error"), "{}: an error is logged as %Causes(&error)", path.display());
    }
}

/// What failed is logged where its answer is made: a `?` writes nothing.
#[test]
fn conversions_log_nothing() {
    let mut seen = 0;
    for path in sources(Path::new("src")) {
        let code = code(&path);
        let is_conversion = |block: &&str| block.lines().next().is_some_and(|head| head.contains("From<"));
        for conversion in code.split("\nimpl").skip(1).filter(is_conversion) {
            let body = conversion.split("\n}").next().unwrap();
            assert!(!body.contains("tracing::"), "{}: impl{body}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} conversions");
}

#[test]
fn a_type_name_has_one_meaning() {
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for path in sources(Path::new("src")) {
        for line in code(&path).lines() {
            let declared =
                line.trim_start().trim_start_matches("pub(super) ").trim_start_matches("pub(crate) ");
            let declared = declared.trim_start_matches("pub ");
            let kinds = ["struct ", "enum ", "trait ", "type "];
            let Some(rest) = kinds.iter().find_map(|kind| declared.strip_prefix(kind)) else { continue };
            // A type within an implementation belongs to its trait.
            if line.starts_with(' ') {
                continue;
            }
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
            places.entry(name).or_default().push(path.clone());
        }
    }
    assert!(places.len() > 300, "{} types", places.len());
    let shared: BTreeMap<_, _> = places.into_iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:#?}");
}

#[test]
fn no_folder_is_flat() {
    let mut counts: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for path in ["src", "tests", "benches"].iter().flat_map(|folder| sources(Path::new(folder))) {
        if !path.ends_with("mod.rs") {
            *counts.entry(path.parent().unwrap().to_path_buf()).or_default() += 1;
        }
    }
    let flat: Vec<_> = counts.iter().filter(|(_, count)| **count > MOST_SIDE_BY_SIDE).collect();
    assert!(flat.is_empty(), "{flat:?}");
}
