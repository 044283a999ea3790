//! Webhooks of Linear and Planka: who has not their secret is refused, and nothing is written. The board here is the built-in one, so
//! that nothing they say matters.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use taskgate::clock::{Clock, SystemClock};

use crate::support::{Answer, Gateway, http, rows, webhook_signature};

const SIGNED_WITH: &str = "lin_wh_secret-for-tests-0123456789";
const TOKEN: &str = "planka-token-for-tests-0123456789";

fn gateway() -> Gateway {
    Gateway::with(&[("LINEAR_WEBHOOK_SECRET", SIGNED_WITH), ("PLANKA_WEBHOOK_TOKEN", TOKEN)])
}

fn now_millis() -> i64 {
    SystemClock::default().now().0
}

fn body(sent_at: i64) -> String {
    json!({"type": "Issue", "action": "update", "data": {"id": "i"}, "webhookTimestamp": sent_at}).to_string()
}

/// What Linear sends.
fn linear(gateway: &Gateway, body: &str, secret: &str) -> RequestBuilder {
    let signature = webhook_signature(secret, body);
    http()
        .post(format!("{}/webhooks/linear", gateway.base))
        .header("Linear-Delivery", "234d1a4e-b617-4388-90fe-adc3633d6b72")
        .header("Linear-Signature", signature.trim_start_matches("sha256="))
        .body(body.to_owned())
}

/// What Planka sends, with that header.
fn planka(gateway: &Gateway, authorization: &str) -> RequestBuilder {
    let request = http().post(format!("{}/webhooks/planka", gateway.base));
    request
        .header("Authorization", authorization)
        .body(json!({"event": "cardUpdate", "data": {}}).to_string())
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = Answer::of(request.send().await.unwrap()).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn what_linear_signed_within_a_minute_is_taken_and_nothing_else() {
    let gateway = gateway();
    let before = rows(&gateway.database());
    let fresh = body(now_millis());
    assert_eq!(
        answer(linear(&gateway, &fresh, SIGNED_WITH)).await,
        (200, json!({"status": "ignored"})),
        "it is about no task of this board"
    );
    let refused = async |request: RequestBuilder, hint: &str| {
        let (status, refusal) = answer(request).await;
        let told = refusal["error"].as_str().unwrap();
        assert!((status, told.contains(hint)) == (401, true), "{status}: {told}");
    };
    refused(linear(&gateway, &fresh, "another-secret-0123456789"), "LINEAR_WEBHOOK_SECRET").await;
    for late in [-61_000, 61_000] {
        let sent = body(now_millis() + late);
        refused(linear(&gateway, &sent, SIGNED_WITH), "webhookTimestamp").await;
    }
    let unsigned = http().post(format!("{}/webhooks/linear", gateway.base)).body(fresh.clone());
    refused(unsigned, "Linear-Signature").await;
    let twice = linear(&gateway, &fresh, SIGNED_WITH).header("Linear-Signature", "00".repeat(32));
    refused(twice, "Linear-Signature").await;
    for unreadable in ["not json", "{}", "{\"type\":\"Issue\"}"] {
        let (status, refusal) = answer(linear(&gateway, unreadable, SIGNED_WITH)).await;
        assert_eq!((status, &refusal["field"]), (422, &json!("body")), "{unreadable}");
    }
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn what_planka_sends_with_the_token_is_taken_and_nothing_else() {
    let gateway = gateway();
    let before = rows(&gateway.database());
    for right in [format!("Bearer {TOKEN}"), format!("bearer  {TOKEN}")] {
        assert_eq!(answer(planka(&gateway, &right)).await, (200, json!({"status": "ignored"})), "{right}");
    }
    for wrong in ["", "Bearer", "Bearer ", TOKEN, &format!("Basic {TOKEN}"), &format!("Bearer {TOKEN}x")] {
        let (status, refusal) = answer(planka(&gateway, wrong)).await;
        let told = refusal["error"].as_str().unwrap();
        assert!((status, told.contains("PLANKA_WEBHOOK_TOKEN")) == (401, true), "{wrong}: {status} {told}");
    }
    let twice = planka(&gateway, "Bearer x").header("Authorization", format!("Bearer {TOKEN}"));
    assert_eq!(answer(twice).await.0, 401);
    let unreadable = planka(&gateway, &format!("Bearer {TOKEN}")).body("[]");
    let (status, refusal) = answer(unreadable).await;
    assert_eq!((status, &refusal["field"]), (422, &json!("body")));
    for _ in 2..=10 {
        assert_eq!(answer(planka(&gateway, "Bearer wrong")).await.0, 401);
    }
    let (status, refusal) = answer(planka(&gateway, &format!("Bearer {TOKEN}"))).await;
    assert_eq!((status, &refusal["code"]), (429, &json!("rate_limited")), "the address guesses");
    assert_eq!(rows(&gateway.database()), before);
}

#[tokio::test]
async fn without_their_secrets_there_are_no_such_pages() {
    let gateway = Gateway::start();
    assert_eq!(answer(linear(&gateway, &body(now_millis()), SIGNED_WITH)).await.0, 404);
    assert_eq!(answer(planka(&gateway, &format!("Bearer {TOKEN}"))).await.0, 404);
}
