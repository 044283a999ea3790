//! The store's clock, moved forward in place of waiting for leases to end.

use std::time::Duration;

use super::{Caller, Gateway};

/// Lets `seconds` pass in the store's time: leases and retries go by it, and nothing else does. As if a process of another
/// machine had kept a later time, which a gateway follows when it has stored something.
pub async fn pass_seconds(gateway: &Gateway, caller: &Caller, seconds: i64) {
    let rows = rusqlite::Connection::open(gateway.database()).unwrap();
    rows.busy_timeout(Duration::from_secs(5)).unwrap();
    let offset = || -> i64 { rows.query_row("SELECT offset FROM clock", [], |row| row.get(0)).unwrap() };
    let before = offset();
    rows.execute("UPDATE clock SET store_at = store_at + ?1", [seconds * 1000]).unwrap();
    caller.agent(&format!("clock-{before}")).await;
    for _ in 0..250 {
        if offset() - before >= (seconds - 10) * 1000 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the gateway does not follow the store's clock");
}
