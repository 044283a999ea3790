//! Three gateways on one Redis, all of which die.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    redis_server::{RedisServer, unused_port},
    support::{self, ADMIN, Gateway},
};

pub const MACHINES: usize = 3;
/// By then the others hear one that was started again, and it them.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// Where the gateways are.
pub struct Places(RwLock<Vec<Place>>);

struct Place {
    base: String,
    is_down: bool,
    /// When it was last down.
    down_at: Option<Instant>,
}

pub struct Machines {
    url: String,
    redis: RedisServer,
    gateways: Vec<Gateway>,
    pub places: Arc<Places>,
}

impl Places {
    pub fn base(&self, number: usize) -> String {
        self.0.read().unwrap()[number].base.clone()
    }

    /// Whether what began then at that one may have come to nothing.
    pub fn had_died(&self, number: usize, began: Instant) -> bool {
        let place = &self.0.read().unwrap()[number];
        place.is_down || place.down_at.is_some_and(|at| at + BACK_WITHIN > began)
    }
}

impl Machines {
    pub fn start() -> Self {
        // By the network, as between machines.
        let port = unused_port().to_string();
        let redis =
            RedisServer::start(&["--port", &port, "--appendonly", "yes", "--appendfsync", "everysec"]);
        let url = format!("redis://127.0.0.1:{port}");
        let gateways: Vec<_> = (0..MACHINES).map(|_| gateway(&url)).collect();
        let place = |gateway: &Gateway| Place { base: gateway.base.clone(), is_down: false, down_at: None };
        let places = Places(RwLock::new(gateways.iter().map(place).collect()));
        Self { url, redis, gateways, places: Arc::new(places) }
    }

    /// Kills one at once, and starts it again.
    pub fn kill(&mut self, number: usize) {
        self.places.0.write().unwrap()[number].is_down = true;
        self.gateways[number].child.kill().unwrap();
        self.gateways[number] = gateway(&self.url);
        let base = self.gateways[number].base.clone();
        self.places.0.write().unwrap()[number] =
            Place { base, is_down: false, down_at: Some(Instant::now()) };
    }

    /// Lets one stand still for that time.
    pub async fn pause(&self, number: usize, still: Duration) {
        self.places.0.write().unwrap()[number].is_down = true;
        self.gateways[number].stop();
        tokio::time::sleep(still).await;
        self.gateways[number].go_on();
        let place = &mut self.places.0.write().unwrap()[number];
        (place.is_down, place.down_at) = (false, Some(Instant::now()));
    }

    /// Kills Redis at once, and starts it again on what it wrote.
    pub fn kill_redis(&mut self) {
        let mark = |is_down| {
            for place in &mut *self.places.0.write().unwrap() {
                (place.is_down, place.down_at) = (is_down, Some(Instant::now()));
            }
        };
        mark(true);
        self.redis.kill();
        self.redis.start_again();
        mark(false);
    }

    /// A new user's key.
    pub async fn key(&self, user: &str) -> String {
        let request = self.gateways[0].caller_with(ADMIN).request(Method::POST, "/admin/tokens");
        let made: Value =
            request.body(json!({"user_id": user}).to_string()).send().await.unwrap().json().await.unwrap();
        let key = made["mcp_key"].as_str().unwrap().to_owned();
        support::known::know(&key);
        key
    }
}

fn gateway(url: &str) -> Gateway {
    let settings = [
        ("REDIS_URL", url),
        ("MCP_SECRET_KEY", "Vb8rT2qLx9ZkW4mN7pYc3HsD6fGj1QaE"),
        ("MCP_ADMIN_TOKEN", ADMIN),
        ("RUST_LOG", "warn,taskgate::cli=info"),
    ];
    Gateway::on(Arc::new(tempfile::tempdir().unwrap()), &settings)
}

/// Any number below that.
pub fn any(below: usize) -> usize {
    RandomState::new().build_hasher().finish() as usize % below
}

/// Any gateway but that one.
pub fn another(than: usize) -> usize {
    (than + 1 + any(MACHINES - 1)) % MACHINES
}
