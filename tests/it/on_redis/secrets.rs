//! Secrets go through gateways on one Redis: none is in what it is told, nor in what it keeps.

use std::{
    fs::{read, read_dir},
    io::{ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    sync::Arc,
    time::Duration,
};

use serde_json::json;

use super::server::RedisServer;
use crate::{
    administration::secrets_everywhere::{SETTINGS, STATIC, USER, know_all, live_through_a_day},
    support::{Browser, Gateway, known},
};

/// Reads until nothing comes for that long.
const QUIET: Duration = Duration::from_millis(500);

/// What the server is told from now on, as it shows it itself.
fn monitor(redis: &RedisServer) -> UnixStream {
    let mut stream = UnixStream::connect(redis.socket()).unwrap();
    stream.write_all(b"MONITOR\r\n").unwrap();
    stream.read_exact(&mut [0; 5]).unwrap();
    stream.set_read_timeout(Some(QUIET)).unwrap();
    stream
}

fn heard(mut stream: UnixStream) -> Vec<u8> {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        ended => panic!("it was cut off: {ended:?}"),
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_told_no_secret_and_keeps_none() {
    know_all();
    let redis = RedisServer::start(&["--appendonly", "yes", "--client-output-buffer-limit", "normal 0 0 0"]);
    let url = redis.url();
    let told = monitor(&redis);
    let settings = [&SETTINGS[..], &[("GITHUB_API_URL", "http://127.0.0.1:1"), ("REDIS_URL", &url)]].concat();
    let gateway = Gateway::on(Arc::new(tempfile::tempdir().unwrap()), &settings);
    live_through_a_day(&gateway).await;
    let mut session = gateway.caller_with(STATIC);
    session.initialize("2025-11-25", json!({})).await;
    known::know(session.session.as_deref().unwrap());
    let mut browser = Browser::new(&gateway);
    browser.open("/dashboard/sign-in").await;
    assert_eq!(browser.sign_in(STATIC).await.status, 200);
    browser.cookies.values().for_each(|cookie| known::know(cookie));
    drop(gateway);
    let told = heard(told);
    let folder = redis.socket().with_file_name("appendonlydir");
    let files = read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let kept = files.flat_map(|file| read(file).unwrap()).collect::<Vec<_>>();
    for (place, bytes) in [("what Redis is told", told), ("what Redis keeps", kept)] {
        let is_there = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(is_there(USER), "{place} has what the day left");
        known::assert_none_in(place, &bytes);
    }
}
