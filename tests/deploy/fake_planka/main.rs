//! What stands in for the image of Planka where none can be pulled: the server that our own tests take for Planka, on the address given
//! as its argument, with the administrator of `DEFAULT_ADMIN_EMAIL`, who has not accepted the terms yet. It sends webhooks.

#![expect(clippy::unwrap_used, reason = "what cannot go on stops")]
#![expect(clippy::disallowed_methods, reason = "this is a program of its own")]

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use support::planka::{FakePlanka, Secrets};

/// The fakes of the tests.
#[path = "../../it/support"]
mod support {
    #[expect(dead_code, unused_imports, reason = "of the fakes one is used")]
    pub mod github;
    #[expect(dead_code, reason = "there is no gateway here")]
    pub mod known;
    #[expect(dead_code, unused_imports, reason = "nothing goes wrong here")]
    pub mod planka;
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| String::from("127.0.0.1:1337"));
    let planka = FakePlanka::start();
    planka.change(|world| {
        world.asks_terms = true;
        world.base = setting("BASE_URL");
        let password = setting("DEFAULT_ADMIN_PASSWORD");
        let secrets = Secrets { password, ..Secrets::default() };
        let id = world.add_user("admin", "admin", secrets);
        world.change("users", &id, &json!({"email": setting("DEFAULT_ADMIN_EMAIL")}));
    });
    let inside = planka.url.trim_start_matches("http://").to_owned();
    tokio::spawn(forward(TcpListener::bind(address).await.unwrap(), inside));
    loop {
        for (event, body) in planka.deliveries() {
            let webhooks = planka.change(|world| world.all("webhooks").to_vec());
            for webhook in &webhooks {
                if let Err(error) = tell(webhook, &event, &body).await {
                    eprintln!("a webhook was not taken: {error}");
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Brings what comes to the listener to that address.
async fn forward(listener: TcpListener, to: String) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let to = to.clone();
        tokio::spawn(async move {
            let mut server = TcpStream::connect(to).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
        });
    }
}

/// Sends an event to a webhook, if it is for that one.
async fn tell(webhook: &Value, event: &str, body: &Value) -> reqwest::Result<()> {
    let wanted = webhook["events"].as_array().unwrap();
    if !wanted.iter().any(|known| known == event || known == "") {
        return Ok(());
    }
    let request = reqwest::Client::new().post(webhook["url"].as_str().unwrap()).json(body);
    let answer = request.bearer_auth(webhook["accessToken"].as_str().unwrap_or_default()).send().await?;
    answer.error_for_status().map(drop)
}
