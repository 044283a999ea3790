//! A browser without a script: it keeps cookies, sends forms as a page of ours does, and follows nothing by itself.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder, header::SET_COOKIE};

use super::{Answer, Gateway, http};

/// A browser that looks at one gateway.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    base: String,
    pub cookies: BTreeMap<String, String>,
    /// The token of the last page that had one.
    pub token: String,
}

impl Browser {
    pub fn new(gateway: &Gateway) -> Self {
        Self::at(&gateway.base)
    }

    pub fn at(base: &str) -> Self {
        let redirect = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().tls_certs_only([]).redirect(redirect).build().unwrap();
        Self { http, base: base.to_owned(), cookies: BTreeMap::new(), token: String::new() }
    }

    /// A request with the cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) }
    }

    /// Sends it, and keeps the cookies of the answer and the token of its page.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let answer = Answer::of(response).await;
        let token =
            answer.text.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(token) = token {
            token.clone_into(&mut self.token);
        }
        answer
    }

    /// Goes to a page.
    pub async fn open(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("Sec-Fetch-Mode", "navigate");
        self.send(request).await
    }

    /// Sends a form as a page of ours does, with the token of the last page.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        let token = self.token.clone();
        fields.push(("token", &token));
        let request = self.form(path, &fields);
        self.send(request).await
    }

    /// A form of those fields alone.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.request(Method::POST, path)
            .header("Origin", &self.base)
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(urlencoded(fields))
    }

    /// Signs in with that, and looks at the first page.
    pub async fn sign_in(&mut self, credential: &str) -> Answer {
        let answer = self.submit("/dashboard/sign-in", &[("credential", credential)]).await;
        if answer.status == 303 {
            return self.open("/dashboard").await;
        }
        answer
    }

    /// Whether the session is open: a guest's too.
    pub async fn is_signed_in(&mut self) -> bool {
        self.open("/dashboard/sign-in").await.text.contains("You are signed in as")
    }
}

/// Fields as a form sends them.
pub fn urlencoded(fields: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

/// Asks without any cookie.
pub async fn anonymous(gateway: &Gateway, path: &str) -> Answer {
    Answer::of(http().get(format!("{}{path}", gateway.base)).send().await.unwrap()).await
}
