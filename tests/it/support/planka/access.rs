//! Who asks, how one signs in, and answers that are refusals.

use hyper::HeaderMap;
use serde_json::{Value, json};

use super::world::{Edition, World};

/// An answer: status, the exit's name and the body. `None`: the page for people.
pub struct Answered {
    pub status: u16,
    pub exit: &'static str,
    pub body: Option<Value>,
}

impl Answered {
    pub fn new(status: u16, exit: &'static str, body: Value) -> Self {
        Self { status, exit, body: Some(body) }
    }

    pub fn item(item: &Value) -> Self {
        Self::new(200, "success", json!({"item": item}))
    }

    /// What Planka answers wherever it has nothing.
    pub fn page() -> Self {
        Self { status: 200, exit: "success", body: None }
    }
}

pub fn refusal(status: u16, exit: &'static str, message: &str) -> Answered {
    let code = match status {
        400 => "E_MISSING_OR_INVALID_PARAMS",
        401 => "E_UNAUTHORIZED",
        403 => "E_FORBIDDEN",
        404 => "E_NOT_FOUND",
        409 => "E_CONFLICT",
        _ => "E_UNPROCESSABLE_ENTITY",
    };
    Answered::new(status, exit, json!({"code": code, "message": message}))
}

pub fn invalid(problem: &str) -> Answered {
    let message = "The server could not fulfill this request (`X`) due to 1 missing or invalid parameter.";
    let body = json!({"code": "E_MISSING_OR_INVALID_PARAMS", "problems": [problem], "message": message});
    Answered::new(400, "error", body)
}

/// The id of the user that a request is of.
pub fn viewer(world: &World, headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        return world.tokens.get(token).cloned();
    }
    let key = text("x-api-key").filter(|_| world.edition == Edition::Two)?;
    let is_it = |secrets: &super::world::Secrets| secrets.api_key.as_deref() == Some(key);
    world.secrets.iter().find(|(_, secrets)| is_it(secrets)).map(|(id, _)| id.clone())
}

/// What needs nobody: signing in, terms, and what Planka says of itself.
pub fn open_to_all(world: &mut World, method: &str, path: &[&str], body: &Value) -> Option<Answered> {
    match (method, path) {
        ("GET", ["bootstrap"]) => Some(match world.edition {
            Edition::Two => Answered::item(
                &json!({"oidc": null, "termsLanguages": ["de-DE", "en-US"], "version": "2.1.1"}),
            ),
            _ => Answered::page(),
        }),
        ("GET", ["config"]) if world.edition == Edition::One => {
            Some(Answered::item(&json!({"oidc": null, "allowAllToCreateProjects": true})))
        }
        ("GET", ["terms"]) => {
            let terms = json!({"language": "en-US", "content": "…", "signature": signature()});
            Some(Answered::item(&terms))
        }
        ("POST", ["access-tokens"]) => Some(sign_in(world, body)),
        ("POST", ["access-tokens", "accept-terms"]) => Some(accept(world, body)),
        _ => None,
    }
}

fn signature() -> String {
    "03f07fa4887405919f0a569871c5bed69e5fc2e7045b186145dbd8ca09c2351a".to_owned()
}

fn sign_in(world: &mut World, body: &Value) -> Answered {
    let (Some(name), Some(password)) = (body["emailOrUsername"].as_str(), body["password"].as_str()) else {
        return invalid("\"emailOrUsername\" is required, but it was not defined.");
    };
    let user = world.all("users").iter().find(|user| user["email"] == name || user["username"] == name);
    let id = user.and_then(|user| user["id"].as_str()).map(str::to_owned);
    let secrets =
        id.as_ref().and_then(|id| world.secrets.get(id)).filter(|secrets| secrets.password == password);
    let (Some(id), Some(secrets)) = (id, secrets.cloned()) else {
        return refusal(401, "invalidCredentials", "Invalid credentials");
    };
    let number = world.count();
    if world.asks_terms && !secrets.has_accepted {
        let pending = format!("pending.{number}.0123456789");
        world.pending.insert(pending.clone(), id);
        let body = json!({"code": "E_FORBIDDEN", "pendingToken": pending, "message": "Terms acceptance required", "step": "accept-terms"});
        return Answered::new(403, "termsAcceptanceRequired", body);
    }
    if body["withHttpOnlyToken"] == true {
        // Such a token is good for nothing without the cookie that came with it.
        return Answered::item(&json!("a token for browsers"));
    }
    give_token(world, number, id)
}

fn give_token(world: &mut World, number: u64, id: String) -> Answered {
    let token = format!("eyJhbGciOi.{number}.0123456789");
    crate::support::known::know(&token);
    world.tokens.insert(token.clone(), id);
    Answered::item(&json!(token))
}

fn accept(world: &mut World, body: &Value) -> Answered {
    let pending = body["pendingToken"].as_str().unwrap_or_default();
    let Some(id) = world.pending.remove(pending) else {
        return refusal(401, "invalidPendingToken", "Invalid pending token");
    };
    if body["signature"] != signature() {
        return refusal(403, "invalidSignature", "Invalid signature");
    }
    world.secrets.get_mut(&id).unwrap().has_accepted = true;
    let number = world.count();
    give_token(world, number, id)
}
