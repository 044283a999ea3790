//! A GitHub App: its key in every form, its proof, and its token, which one asks for and all use.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};
use taskgate::{
    config::{GithubAppSettings, Settings, SettingsReader},
    github::{Credential, GithubApp, GithubError},
};

use crate::stand_in::{Heard, Said, StandIn, ask, said};

const ASKED: &str = "/app/installations/7/access_tokens";

fn load(key: &str) -> Result<GithubAppSettings, Vec<String>> {
    let given =
        [("GITHUB_APP_ID", "123"), ("GITHUB_APP_INSTALLATION_ID", "7"), ("GITHUB_APP_PRIVATE_KEY", key)];
    let given: BTreeMap<_, _> = given.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let loaded = Settings::load(SettingsReader::new(BTreeMap::new(), given), false);
    let faults: Vec<_> = loaded.faults.into_iter().map(|fault| fault.key).collect();
    loaded.settings.github.app.ok_or(faults)
}

fn credential(key: &KeyPair) -> Credential {
    let app = GithubApp::new(load(&key.serialize_pem()).unwrap(), "github.com".into());
    Credential::app(Arc::new(app))
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap()
}

/// What a proof says, if that key signed it.
fn claims(proof: &str, key: &KeyPair) -> Value {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    let public = DecodingKey::from_rsa_pem(key.public_key_pem().as_bytes()).unwrap();
    let proof = proof.strip_prefix("Bearer ").unwrap();
    jsonwebtoken::decode::<Value>(proof, &public, &validation).unwrap().claims
}

fn unix_now() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64
}

/// The n-th token, which ends in so many seconds.
fn given(number: usize, seconds: i64) -> Said {
    let ends = time::OffsetDateTime::from_unix_timestamp(unix_now() + seconds).unwrap();
    let ends = ends.format(&time::format_description::well_known::Rfc3339).unwrap();
    said(201, &[], json!({"token": format!("ghs_{number}"), "expires_at": ends}).to_string())
}

#[test]
fn a_key_is_taken_in_every_form_it_is_given_in() {
    let pkcs8 = key().serialize_pem();
    let der =
        STANDARD.decode(pkcs8.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
    // Of a key of 2048 bits, what PKCS#8 puts around PKCS#1.
    let body = STANDARD.encode(&der[26..]);
    let pkcs1 = format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n");
    for pem in [pkcs8, pkcs1] {
        let escaped = pem.replace('\n', "\\n");
        let in_base64 = STANDARD.encode(&pem);
        for form in [pem.clone(), pem.replace('\n', "\r\n"), escaped, in_base64] {
            load(&form).unwrap_or_else(|faults| panic!("{faults:?}: {}", &form[..40]));
        }
    }
    for wrong in ["x", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "QUJD"] {
        assert_eq!(load(wrong).unwrap_err(), ["GITHUB_APP_PRIVATE_KEY"], "{wrong}");
    }
}

#[tokio::test]
async fn sixty_four_who_wait_ask_for_one_token_and_again_before_it_ends() {
    for (life, asked_for) in [(3600, 1), (200, 2)] {
        let stand_in = StandIn::new(move |number, heard: &Heard| match heard.path.as_str() {
            ASKED => Said { after: Duration::from_millis(50), ..given(number, life) },
            _ => said(200, &[], format!("\"{}\"", heard.authorization)),
        })
        .await;
        let (github, key) = (stand_in.github(), key());
        let app = credential(&key);
        let wave = async || {
            let calls =
                (0..64).map(async |_| github.get::<String>(&ask(&app, 10), &["x"], &[]).await.unwrap());
            join_all(calls).await
        };
        let said = wave().await;
        if asked_for == 1 {
            assert!(said.iter().all(|said| said == "Bearer ghs_1"), "{said:?}");
            wave().await;
        }
        let proofs: Vec<_> = stand_in.heard().into_iter().filter(|heard| heard.path == ASKED).collect();
        // One that ends within minutes is renewed by each who needs it.
        assert!(if asked_for == 1 { proofs.len() == 1 } else { proofs.len() > 1 }, "{}", proofs.len());
        let (claims, now) = (claims(&proofs[0].authorization, &key), unix_now());
        assert_eq!(claims["iss"], "123");
        let (from, to) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert!((now - 70..=now - 60).contains(&from) && to <= now + 600, "{claims}");
    }
}

#[tokio::test]
async fn a_proof_that_is_ahead_of_githubs_clock_is_made_again_by_that_clock() {
    let behind = unix_now() - 3600;
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(behind as u64));
    let stand_in = StandIn::new(move |number, heard: &Heard| match (heard.path.as_str(), number) {
        (ASKED, 1) => said(401, &[("date", &date)], r#"{"message": "'iat' is in the future"}"#),
        (ASKED, _) => Said { headers: vec![(String::from("date"), date.clone())], ..given(number, 0) },
        _ => said(200, &[], "1"),
    })
    .await;
    let key = key();
    stand_in.github().get::<Value>(&ask(&credential(&key), 10), &["x"], &[]).await.unwrap();
    let heard = stand_in.heard();
    assert_eq!(heard.len(), 3);
    let claims = claims(&heard[1].authorization, &key);
    assert!((behind - 70..=behind - 50).contains(&claims["iat"].as_i64().unwrap()), "{claims}");
}

#[tokio::test]
async fn an_app_that_gets_no_token_says_so_to_all_after_one_request() {
    let stand_in = StandIn::new(|_, _| said(404, &[], r#"{"message": "Integration not found"}"#)).await;
    let (github, key) = (stand_in.github(), key());
    let app = credential(&key);
    let calls = (0..64).map(async |_| github.get::<Value>(&ask(&app, 10), &["x"], &[]).await);
    for outcome in join_all(calls).await {
        assert!(matches!(outcome, Err(GithubError::App(_))), "{outcome:?}");
    }
    assert_eq!(stand_in.count(), 1);
}
