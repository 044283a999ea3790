//! Archives of the audit log, and its chain across a rotation of the secret key.

use std::path::Path;

use crate::support::{ADMIN, Gateway, admin, command, create_key, person, send, within_two_seconds};
use reqwest::Method;
use rusqlite::{Connection, params};
use taskgate::{
    model::{AuditRecord, UnixMillis, hex},
    secrets::SecretKey,
};

const OLD: &str = "fD0wq7Zk3pXn9vRb2mLs8tYc5hJg1eUa";
const NEW: &str = "Qa4xN8sLw2Vt6KzRj0yPc7GhMb3uEf9d";

/// Runs a command on the data folder; whether it succeeded, and what it said.
fn run(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> (bool, String) {
    let output = command(folder).args(arguments).envs(settings.iter().copied()).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn good(folder: &Path, arguments: &[&str]) -> String {
    let (good, said) = run(folder, arguments, &[]);
    assert!(good, "{arguments:?}: {said}");
    said
}

fn bad(folder: &Path, arguments: &[&str], says: &str) {
    let (good, said) = run(folder, arguments, &[]);
    assert!(!good && said.contains(says), "{arguments:?}: {said}");
}

fn change(folder: &Path, sql: &str) {
    let database = Connection::open(folder.join("taskgate.db")).unwrap();
    database.execute_batch(sql).unwrap();
}

fn places(folder: &Path) -> (i64, i64) {
    let database = Connection::open(folder.join("taskgate.db")).unwrap();
    let sql = "SELECT MIN(sequence), MAX(sequence) FROM audit";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

async fn make_keys(gateway: &Gateway, count: usize) {
    for _ in 0..count {
        assert_eq!(send(admin(gateway).request(Method::POST, "/admin/tokens")).await.status, 200);
    }
}

#[tokio::test]
async fn the_oldest_records_move_into_a_file_and_the_log_goes_on_from_there() {
    use std::os::unix::fs::PermissionsExt;
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN)]);
    let folder = gateway.folder.path();
    make_keys(&gateway, 9).await;
    good(folder, &["audit", "archive", "none.jsonl"]);
    assert!(!folder.join("none.jsonl").exists(), "nothing is 90 days old");
    let said = good(folder, &["audit", "archive", "one.jsonl", "--keep", "4"]);
    assert!(said.contains("records 1 to 5"), "{said}");
    assert_eq!(std::fs::metadata(folder.join("one.jsonl")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(places(folder), (6, 10), "and what was archived is recorded");
    make_keys(&gateway, 2).await;
    good(folder, &["audit", "archive", "two.jsonl", "--keep", "3"]);
    assert_eq!(places(folder), (10, 13));
    good(folder, &["audit", "verify"]);
    let said = good(folder, &["audit", "verify", "one.jsonl", "two.jsonl"]);
    assert!(
        said.contains("one.jsonl: records 1 to 5") && said.contains("two.jsonl: records 6 to 9"),
        "{said}"
    );
    let two = std::fs::read_to_string(folder.join("two.jsonl")).unwrap();
    assert_eq!(two.lines().count(), 6);
    for (damage, found) in [
        (two.replacen("key.create", "key.revoke", 1), "not what was archived"),
        (two.replacen("\"sequence\":7", "\"sequence\":8", 1), "records before this one are missing"),
        (two.lines().take(5).collect::<Vec<_>>().join("\n"), "end is missing"),
        (two.lines().skip(1).collect::<Vec<_>>().join("\n"), "line 1"),
        (two.clone() + "{}\n", "line 7"),
        (two.clone() + &two, "line 7"),
        (two.replacen("actor", "acted", 1), "not one of an archive"),
        (String::new(), "line 1"),
    ] {
        std::fs::write(folder.join("damaged.jsonl"), damage).unwrap();
        bad(folder, &["audit", "verify", "damaged.jsonl"], found);
    }
    bad(folder, &["audit", "verify", "nowhere.jsonl"], "nowhere.jsonl: ");
    good(folder, &["audit", "verify", "two.jsonl"]);
}

#[tokio::test]
async fn what_is_done_to_a_log_with_an_archive_is_found() {
    let gateway = Gateway::with(&[("MCP_ADMIN_TOKEN", ADMIN)]);
    let folder = gateway.folder.path();
    make_keys(&gateway, 9).await;
    good(folder, &["audit", "archive", "one.jsonl", "--keep", "4"]);
    let kept = std::fs::read(folder.join("one.jsonl")).unwrap();
    bad(folder, &["audit", "archive", "one.jsonl", "--keep", "2"], "is there already: name another file");
    assert_eq!(std::fs::read(folder.join("one.jsonl")).unwrap(), kept);
    bad(folder, &["audit", "archive", "no/such/folder.jsonl", "--keep", "2"], "cannot be written");
    bad(
        folder,
        &["audit", "archive", "x.jsonl", "--older-than", "soon"],
        "expected a number with s, m, h or d",
    );
    bad(folder, &["audit", "archive", "x.jsonl", "--older-than", "1d", "--keep", "2"], "cannot be used with");
    for (damage, undo) in [
        ("UPDATE audit SET target = 'x' WHERE sequence = 7", None),
        ("DELETE FROM audit WHERE sequence = 6", None),
        ("UPDATE audit_start SET sequence = 4", None),
        ("UPDATE audit_start SET seal = zeroblob(32)", None),
        ("UPDATE audit_start SET digest = zeroblob(32)", None),
        ("DELETE FROM audit_start", None),
        (
            "INSERT INTO audit SELECT 5, workspace, 'forged', action, target, request_id, at, link FROM audit WHERE sequence = 6",
            Some("DELETE FROM audit WHERE sequence = 5"),
        ),
    ] {
        let copy = tempfile::tempdir().unwrap();
        change(folder, &format!("VACUUM INTO '{}'", copy.path().join("taskgate.db").display()));
        for file in ["secret.key", "audit-head", "one.jsonl"] {
            std::fs::copy(folder.join(file), copy.path().join(file)).unwrap();
        }
        good(copy.path(), &["audit", "verify", "one.jsonl"]);
        change(copy.path(), damage);
        let (whole, said) = run(copy.path(), &["audit", "verify"], &[]);
        assert!(!whole, "{damage}: {said}");
        let (whole, said) = run(copy.path(), &["audit", "archive", "two.jsonl", "--keep", "1"], &[]);
        assert!(!whole && said.contains("nothing was archived"), "{damage}: {said}");
        let left: Vec<_> =
            std::fs::read_dir(copy.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("two")), "{left:?}");
        if let Some(undo) = undo {
            change(copy.path(), undo);
            good(copy.path(), &["audit", "verify"]);
        }
    }
}

#[tokio::test]
async fn a_head_of_a_record_that_was_archived_is_found_in_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for user in ["a", "b", "c"] {
        create_key(folder, &["--user", user]);
    }
    let head = std::fs::read(folder.join("audit-head")).unwrap();
    for user in ["d", "e"] {
        create_key(folder, &["--user", user]);
    }
    good(folder, &["audit", "archive", "one.jsonl", "--keep", "1"]);
    std::fs::write(folder.join("audit-head"), head).unwrap();
    bad(folder, &["audit", "verify"], "name that file too");
    good(folder, &["audit", "verify", "one.jsonl"]);
    create_key(folder, &["--user", "f"]);
    good(folder, &["audit", "verify"]);
}

#[test]
fn what_a_person_does_to_the_board_cannot_be_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    create_key(folder, &["--user", "a"]);
    drop(Gateway::on(std::sync::Arc::new(tempfile::tempdir().unwrap()), &[]));
    let seeded = command(folder).arg("stdio").stdin(std::process::Stdio::null()).output().unwrap();
    assert!(seeded.status.success());
    for status in ["done", "todo", "blocked"] {
        person(folder, &["move", "T-1", status]);
    }
    good(folder, &["audit", "verify"]);
    change(folder, "DELETE FROM audit WHERE action = 'task.move'");
    bad(folder, &["audit", "verify"], "the end of the log is missing");
}

/// Makes the links from a record on anew, as who has that secret key can.
fn forge(folder: &Path, from: i64, secret: &str) {
    let key = SecretKey::new(secret.to_owned().into(), None).audit_key();
    let database = Connection::open(folder.join("taskgate.db")).unwrap();
    let before = "SELECT link FROM audit WHERE sequence = ?1";
    let mut link: Vec<u8> = database.query_row(before, [from - 1], |row| row.get(0)).unwrap_or_default();
    let rows = "SELECT sequence, workspace, actor, action, target, request_id, at FROM audit WHERE sequence >= ?1 ORDER BY sequence";
    let mut statement = database.prepare(rows).unwrap();
    let mut rows = statement.query([from]).unwrap();
    let mut made = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let text = |at: usize| row.get::<_, String>(at).unwrap();
        let record = AuditRecord {
            actor: text(2),
            action: text(3).into(),
            target: text(4),
            request_id: text(5),
            at: UnixMillis(row.get(6).unwrap()),
        };
        let sequence: i64 = row.get(0).unwrap();
        link = key.link(&link, sequence, &text(1), &record).to_vec();
        made.push((sequence, link.clone()));
    }
    for (sequence, link) in &made {
        database.execute("UPDATE audit SET link = ?2 WHERE sequence = ?1", params![sequence, link]).unwrap();
    }
    let (sequence, link) = made.last().unwrap();
    std::fs::write(folder.join("audit-head"), format!("{sequence} {}\n", hex(link))).unwrap();
}

fn with_admin(settings: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [settings, &[("MCP_ADMIN_TOKEN", ADMIN)]].concat()
}

async fn anchors(gateway: &Gateway) -> usize {
    let page = send(admin(gateway).request(Method::GET, "/admin/audit?action=audit.anchor")).await.json();
    page["records"].as_array().unwrap().len()
}

fn stop(mut gateway: Gateway) {
    gateway.signal("-TERM");
    gateway.child.wait().unwrap();
}

#[tokio::test]
async fn once_the_old_secret_key_is_given_up_it_is_not_needed_and_makes_no_record() {
    let (old, new) = ([("MCP_SECRET_KEY", OLD)], [("MCP_SECRET_KEY", NEW)]);
    let both = [("MCP_SECRET_KEY", NEW), ("MCP_SECRET_KEY_OLD", OLD)];
    let gateway = Gateway::with(&with_admin(&old));
    let shared = gateway.folder.clone();
    let folder = shared.path();
    make_keys(&gateway, 3).await;
    stop(gateway);
    let gateway = Gateway::on(shared.clone(), &with_admin(&both));
    make_keys(&gateway, 2).await;
    assert_eq!(anchors(&gateway).await, 0, "others may still use the old one");
    stop(gateway);
    let (whole, said) = run(folder, &["audit", "verify"], &both);
    assert!(whole, "{said}");
    assert!(!run(folder, &["audit", "verify"], &new).0, "there is no anchor yet");
    for _ in 0..2 {
        let gateway = Gateway::on(shared.clone(), &with_admin(&new));
        within_two_seconds("an anchor is made, once", async || anchors(&gateway).await == 1).await;
        make_keys(&gateway, 2).await;
        stop(gateway);
    }
    for settings in [&new[..], &both[..]] {
        let (whole, said) = run(folder, &["audit", "verify"], settings);
        assert!(whole, "{said}");
    }
    let copied = || {
        let copy = tempfile::tempdir().unwrap();
        for file in ["taskgate.db", "audit-head"] {
            std::fs::copy(folder.join(file), copy.path().join(file)).unwrap();
        }
        copy
    };
    for (from, damage) in [
        (9, "UPDATE audit SET actor = 'forged' WHERE sequence = 9"),
        (2, "UPDATE audit SET actor = 'forged' WHERE sequence = 2"),
        (1, "DELETE FROM audit WHERE sequence > 8"),
    ] {
        let copy = copied();
        change(copy.path(), damage);
        forge(copy.path(), from, OLD);
        let (whole, said) = run(copy.path(), &["audit", "verify"], &new);
        assert!(!whole, "with the new key alone, from {from}: {said}");
        let (whole, said) = run(copy.path(), &["audit", "verify"], &both);
        // A log without the anchor is what there was before the rotation ended: only a head kept elsewhere shows it.
        assert!(!whole || from == 1, "with both, from {from}: {said}");
    }
    let copy = copied();
    change(copy.path(), "UPDATE audit SET actor = 'forged' WHERE sequence = 2");
    for settings in [&new[..], &both[..]] {
        let (whole, said) = run(copy.path(), &["audit", "verify"], settings);
        assert!(!whole, "{said}");
    }
    let (done, said) = run(folder, &["audit", "archive", "one.jsonl", "--keep", "1"], &new);
    assert!(done, "{said}");
    let (whole, said) = run(folder, &["audit", "verify", "one.jsonl"], &new);
    assert!(whole, "{said}");
}

#[tokio::test]
async fn a_log_that_only_the_old_key_made_is_not_anchored_and_one_that_was_archived_under_it_is() {
    let gateway = Gateway::with(&with_admin(&[("MCP_SECRET_KEY", OLD)]));
    let shared = gateway.folder.clone();
    make_keys(&gateway, 6).await;
    stop(gateway);
    let (done, said) =
        run(shared.path(), &["audit", "archive", "one.jsonl", "--keep", "3"], &[("MCP_SECRET_KEY", OLD)]);
    assert!(done, "{said}");
    let both = [("MCP_SECRET_KEY", NEW), ("MCP_SECRET_KEY_OLD", OLD)];
    let (whole, said) = run(shared.path(), &["audit", "verify", "one.jsonl"], &both);
    assert!(whole, "{said}");
    let made = command(shared.path()).args(["keys", "create"]).envs(both).output().unwrap();
    crate::support::known::know(String::from_utf8_lossy(&made.stdout).trim());
    let gateway = Gateway::on(shared.clone(), &with_admin(&[("MCP_SECRET_KEY", NEW)]));
    within_two_seconds("a command noted the rotation", async || anchors(&gateway).await == 1).await;
    stop(gateway);
    let (whole, said) = run(shared.path(), &["audit", "verify", "one.jsonl"], &[("MCP_SECRET_KEY", NEW)]);
    assert!(whole, "the log vouches for its archive: {said}");
    let alone = tempfile::tempdir().unwrap();
    std::fs::copy(shared.path().join("one.jsonl"), alone.path().join("one.jsonl")).unwrap();
    for user in ["a", "b", "c", "d"] {
        create_key(alone.path(), &["--user", user]);
    }
    bad(alone.path(), &["audit", "verify", "one.jsonl"], "sealed under another secret key");
}

#[test]
fn an_archive_that_the_old_secret_key_sealed_is_believed_only_as_long_as_nothing_says_otherwise() {
    let (old, both) = ([("MCP_SECRET_KEY", OLD)], [("MCP_SECRET_KEY", NEW), ("MCP_SECRET_KEY_OLD", OLD)]);
    let create = |folder: &Path, count: usize, settings: &[(&str, &str)]| {
        for _ in 0..count {
            let made =
                command(folder).args(["keys", "create"]).envs(settings.iter().copied()).output().unwrap();
            crate::support::known::know(String::from_utf8_lossy(&made.stdout).trim());
        }
    };
    // A thief who has the old key makes a log, and an archive of it, of his own.
    let (folder, thief) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (folder, thief) = (folder.path(), thief.path());
    for place in [folder, thief] {
        create(place, 6, &old);
        for (file, keep) in [("one.jsonl", "4"), ("two.jsonl", "2")] {
            let (done, said) = run(place, &["audit", "archive", file, "--keep", keep], &old);
            assert!(done, "{said}");
        }
    }
    let forged = |file: &str| thief.join(file).display().to_string();
    let verify = |files: &[&str], good: bool, says: &str| {
        let (whole, said) = run(folder, &[&["audit", "verify"], files].concat(), &both);
        assert!(whole == good && said.contains(says), "{files:?}: {said}");
    };
    create(folder, 2, &both);
    verify(&["one.jsonl", "two.jsonl"], true, "one.jsonl: records 1 to 2");
    verify(&["one.jsonl"], true, "records 3 to 5 were archived into files that were not named");
    verify(&["two.jsonl"], true, "records 1 to 2 were archived into files that were not named");
    verify(&[], true, "records 1 to 5 were archived into files that were not named");
    verify(&[&forged("two.jsonl")], false, "not those the log, or a later archive, goes on from");
    verify(&[&forged("one.jsonl"), "two.jsonl"], false, "not those the log, or a later archive");
    // Then the current key vouches for what came before.
    let (done, said) = run(folder, &["audit", "archive", "three.jsonl", "--keep", "1"], &both);
    assert!(done, "{said}");
    verify(&["one.jsonl", "two.jsonl", "three.jsonl"], true, "one.jsonl: records 1 to 2");
    verify(&["one.jsonl"], false, "name the archives after it too");
    for file in ["one.jsonl", "two.jsonl"] {
        verify(&[&forged(file)], false, "sealed under another secret key");
        verify(&[&forged(file), "three.jsonl"], false, ".jsonl: ");
    }
    let begin = |place: &str| {
        let kept = std::fs::read_to_string(folder.join("one.jsonl")).unwrap();
        std::fs::write(folder.join("odd.jsonl"), kept.replacen("\"sequence\":0", place, 1)).unwrap();
    };
    for place in ["\"sequence\":9223372036854775807", "\"sequence\":-9223372036854775808"] {
        begin(place);
        verify(&["odd.jsonl"], false, "line 1");
    }
    begin("\"sequence\":9223372036854775806");
    verify(&["odd.jsonl"], false, "records before this one are missing");
}
