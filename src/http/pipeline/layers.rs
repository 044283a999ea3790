//! The layers of tower-http before the pages, from the outside in: the mark on credentials, so that nothing prints them; the
//! answer of a page that panicked. POST of `/mcp` and `/sse/messages` passes no router: its credential is marked and its panics
//! are caught here as well, without boxing its body once more.

use std::any::Any;

use axum::{
    Router,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use tower_http::{catch_panic::CatchPanicLayer, sensitive_headers::SetSensitiveRequestHeadersLayer};

use crate::{http::error::Refusal, model::Code};

/// The pages with what stands before all of them.
pub(super) fn before_pages(pages: Router) -> Router {
    pages
        .layer(CatchPanicLayer::custom(panicked))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]))
}

/// Marks the credential of a request that passes no layer.
pub(super) fn mark_credential(headers: &mut HeaderMap) {
    if let Some(credential) = headers.get_mut(header::AUTHORIZATION) {
        credential.set_sensitive(true);
    }
}

/// The answer of a handler that panicked. What the panic said may hold anything, and goes to the log alone.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Refusal::new(Code::Internal, "this is a fault of the gateway: its log says more").into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn boom() -> &'static str {
        panic!("a secret")
    }

    #[tokio::test]
    async fn a_panic_is_a_json_500_that_tells_nothing_of_it() {
        let pages = before_pages(Router::new().route("/", get(boom)));
        let response = pages.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal");
        assert!(!body.to_string().contains("secret"), "{body}");
    }

    #[tokio::test]
    async fn a_credential_is_not_printed_with_its_request() {
        let seen = |request: Request<Body>| async move { format!("{:?}", request.headers()) };
        let pages = before_pages(Router::new().route("/", get(seen)));
        let request = Request::builder().header("Authorization", "Bearer mcp_secret").body(Body::empty());
        let response = pages.oneshot(request.unwrap()).await.unwrap();
        let text = response.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&text).contains("mcp_secret"), "{text:?}");
    }
}
