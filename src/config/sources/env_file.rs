//! `.env`: one `NAME=value` a line, blank lines and comments beside. Nothing is expanded and nothing is
//! skipped in silence: what cannot be read is a fault with its line. Our own reader, because those there are
//! expand `$`, and go on after what they cannot read, or stop there.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::ErrorKind,
    path::Path,
};

use super::file_access::{MOST_BYTES, is_exposed, read_bounded};
use crate::{
    config::{fault::SettingFault, names::setting},
    model::without_mark,
};

/// What the file says, by name, and what is wrong with it. Not `Debug`: it holds secrets in clear.
#[derive(Default)]
pub struct EnvFile {
    /// Values by name.
    pub(in crate::config) values: BTreeMap<String, String>,
    /// What cannot be read.
    pub(in crate::config) faults: Vec<SettingFault>,
    /// What is odd.
    pub(in crate::config) warnings: Vec<SettingFault>,
}

impl EnvFile {
    /// Reads `.env` of that folder, and of no other. None is as good as an empty one.
    pub fn read(folder: &Path) -> Self {
        let path = folder.join(".env");
        if path.is_dir() {
            let warning = SettingFault::new(".env", "is a folder: not read");
            return Self { warnings: vec![warning], ..Self::default() };
        }
        match read_bounded(&path, MOST_BYTES) {
            Ok(bytes) => Self::parse(&bytes).look_who_reads(&path),
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => Self::default(),
            Err(error) => {
                Self { faults: vec![fault(None, format!("cannot be read: {error}"))], ..Self::default() }
            }
        }
    }

    /// Editors and `cp` make files that everybody may read, so this is no fault.
    fn look_who_reads(mut self, path: &Path) -> Self {
        let is_secret = |name: &str| setting(name).is_some_and(|setting| setting.secret);
        let holds_secrets = self.values.iter().any(|(name, value)| !value.is_empty() && is_secret(name));
        if holds_secrets && std::fs::metadata(path).is_ok_and(|file| is_exposed(path, &file)) {
            let message = "holds secrets and can be read by others: chmod 600 it";
            self.warnings.push(SettingFault::new(".env", message));
        }
        self
    }

    fn parse(bytes: &[u8]) -> Self {
        let mut file = Self::default();
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            file.faults.push(fault(None, String::from("is UTF-16: save it as UTF-8")));
            return file;
        }
        let mut lines = BTreeMap::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            match std::str::from_utf8(line).map_err(|_| "is not UTF-8").and_then(assignment) {
                Ok(None) => {}
                Ok(Some((name, value))) => match lines.entry(name.clone()) {
                    Entry::Vacant(place) => {
                        place.insert(number);
                        file.values.insert(name, value);
                    }
                    Entry::Occupied(first) => {
                        let message = format!("gives {name} again, as line {} did: remove one", first.get());
                        file.faults.push(fault(Some(number), message));
                    }
                },
                Err(problem) => file.faults.push(fault(Some(number), problem.to_owned())),
            }
        }
        file
    }
}

fn fault(line: Option<usize>, message: String) -> SettingFault {
    SettingFault::new(line.map_or_else(|| String::from(".env"), |line| format!(".env:{line}")), message)
}

/// The name and the value of a line; `None` for a blank one or a comment.
fn assignment(line: &str) -> Result<Option<(String, String)>, &'static str> {
    let line = without_mark(line).trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected NAME=value, or # before a comment")?;
    let name = name.trim();
    let is_name = !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if name.is_empty() || !is_name {
        return Err("expected a name of letters, digits and _ before the `=`");
    }
    if value.contains('\0') {
        return Err("holds a NUL character");
    }
    Ok(Some((name.to_owned(), value_of(value)?)))
}

/// The value after the `=`: up to a blank and `#`, or all that is between a pair of quotes.
fn value_of(text: &str) -> Result<String, &'static str> {
    let value = text.trim_start();
    if let Some(rest) = value.strip_prefix('\'') {
        let (inside, after) = rest.split_once('\'').ok_or("the quote ' is not closed on this line")?;
        return nothing_after(after).map(|()| inside.to_owned());
    }
    if let Some(rest) = value.strip_prefix('"') {
        return unescaped(rest);
    }
    if value.starts_with('#') {
        // With a blank before it, it is a comment; without one it may have been meant.
        let is_comment = value.len() < text.len();
        return if is_comment { Ok(String::new()) } else { Err("a value that begins with # needs quotes") };
    }
    let comment = value.match_indices('#').find(|(at, _)| value[..*at].ends_with([' ', '\t']));
    Ok(value[..comment.map_or(value.len(), |(at, _)| at)].trim_end().to_owned())
}

/// What is between double quotes, where a backslash may stand before `"`, `\` and `$`.
fn unescaped(text: &str) -> Result<String, &'static str> {
    let mut value = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => return nothing_after(rest.as_str()).map(|()| value),
            '\\' => match rest.next() {
                Some(escaped @ ('"' | '\\' | '$')) => value.push(escaped),
                _ => return Err("within \" a \\ stands before \", \\ or $ only: use ' to have it as it is"),
            },
            other => value.push(other),
        }
    }
    Err("the quote \" is not closed on this line")
}

fn nothing_after(text: &str) -> Result<(), &'static str> {
    let rest = text.trim_start();
    let is_comment = rest.starts_with('#') && rest.len() < text.len();
    if rest.is_empty() || is_comment { Ok(()) } else { Err("something follows the closing quote") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_as_it_stands() {
        for (line, value) in [
            ("A=b", "b"),
            ("A=b c", "b c"),
            ("A=a, b", "a, b"),
            ("  A = b  ", "b"),
            ("export A=b", "b"),
            ("export\tA=b", "b"),
            ("A=b\r", "b"),
            ("\u{feff}A=b", "b"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("A=b # a comment", "b"),
            ("A=b#c", "b#c"),
            ("A=pa$$word${HOME}$HOME", "pa$$word${HOME}$HOME"),
            ("A=\"pa$$word\"", "pa$$word"),
            ("A='it is $HOME # \"so\"'", "it is $HOME # \"so\""),
            ("A=\"a \\\"b\\\" \\\\ \\$c # d\" # e", "a \"b\" \\ $c # d"),
            ("A=it's", "it's"),
            ("A=C:\\data", "C:\\data"),
            ("A=a=b==", "a=b=="),
        ] {
            let (name, read) = assignment(line).unwrap().unwrap();
            assert_eq!((name.as_str(), read.as_str()), ("A", value), "{line}");
        }
        for line in ["", "   ", "# A=b", "\u{feff}", "\r"] {
            assert_eq!(assignment(line), Ok(None), "{line:?}");
        }
    }

    #[test]
    fn every_line_that_cannot_be_read_is_a_fault_and_the_others_are_read() {
        let text = "A=1\nwords\nB='open\nC=2\nD=\"open\nE=\"a\"b\n=x\n9X=x\nA B=x\nF=#x\nG=\"\\n\"\nA=3\nH=4";
        let file = EnvFile::parse(text.as_bytes());
        let lines: Vec<_> = file.faults.iter().map(|fault| fault.key.as_str()).collect();
        let expected = [2, 3, 5, 6, 7, 8, 9, 10, 11, 12].map(|line| format!(".env:{line}"));
        assert_eq!(lines, expected);
        let read: Vec<_> = file.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(read, ["A=1", "C=2", "H=4"]);
        assert!(file.faults[9].message.contains("as line 1 did"));
    }

    #[test]
    fn bytes_that_are_no_text_are_faults() {
        let file = EnvFile::parse(b"A=1\nB=\xff\nC=2\nD=\0");
        let lines: Vec<_> = file.faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!((lines, file.values.len()), (vec![".env:2", ".env:4"], 2));
        let wide: Vec<u8> = "\u{feff}A=1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(EnvFile::parse(&wide).faults[0].message.contains("UTF-16"));
    }
}
