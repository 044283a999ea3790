//! The gateway's own listener while there is no store yet: it says how that stands, and refuses everything else.

use std::sync::Arc;

use axum::{body::Body, http::Method, response::IntoResponse};
use hyper::Response;

use super::serve::Bound;
use crate::{
    http::{
        error::Refusal,
        service::health::{health_page, ready_page},
        state::{Readiness, ServiceInfo},
    },
    model::Code,
    shutdown::Lifecycle,
};

/// Requests at once.
const MOST: usize = 64;
/// When to come back.
const RETRY_SECONDS: u64 = 1;

impl Bound {
    /// Answers until it is dropped; the listener can be served on afterwards.
    pub async fn answer_without_store(
        &self,
        lifecycle: &Lifecycle,
        service: ServiceInfo,
        readiness: Arc<dyn Readiness>,
    ) {
        let page = move |method, path: String| {
            let readiness = Arc::clone(&readiness);
            async move { page(&method, &path, (service, &*readiness)).await }
        };
        self.answer_few(lifecycle, MOST, page).await;
    }
}

async fn page(
    method: &Method,
    path: &str,
    (service, readiness): (ServiceInfo, &dyn Readiness),
) -> Response<Body> {
    match path {
        "/health" if matches!(*method, Method::GET | Method::HEAD) => health_page(service),
        "/ready" if matches!(*method, Method::GET | Method::HEAD) => ready_page(readiness.look().await),
        "/health" | "/ready" => Refusal::method("GET, HEAD", "this path takes GET, HEAD").into_response(),
        _ => {
            let told = format!(
                "the gateway waits for its store (GET /ready says why): try again in {RETRY_SECONDS} s"
            );
            Refusal::later(Code::StoreUnavailable, told, RETRY_SECONDS).into_response()
        }
    }
}
