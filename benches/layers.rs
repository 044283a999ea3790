//! What each layer of tower-http costs by itself, over a service that does nothing: `cargo bench --bench layers`.
//!
//! A layer that costs a call of `/mcp` more than 200 ns stays ours (`http::pipeline`); these are the figures beside it.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::{
    convert::Infallible,
    future::ready,
    hint::black_box,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, Request, Response, StatusCode, header},
    routing::post,
};
use tower::{Service, ServiceBuilder, service_fn};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    timeout::TimeoutLayer,
};

const CALLS: u32 = 1_000_000;
const ROUNDS: usize = 5;
const EXPOSED: [HeaderName; 2] =
    [HeaderName::from_static("mcp-session-id"), HeaderName::from_static("x-request-id")];

fn request() -> Request<Body> {
    let request = Request::post("/mcp")
        .header(header::AUTHORIZATION, "Bearer mcp_0123456789abcdefghijklmnopqrstuvwxyzABCD")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, "https://app.example");
    request.body(Body::empty()).expect("the parts are right")
}

/// Nanoseconds of a call, in the best round.
async fn measure<S, B>(mut service: S) -> f64
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for _ in 0..CALLS {
            let _ = black_box(service.call(black_box(request())).await);
        }
        best = best.min(started.elapsed());
    }
    best.as_nanos() as f64 / f64::from(CALLS)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let nothing = || service_fn(|_: Request<Body>| ready(Ok::<_, Infallible>(Response::new(Body::empty()))));
    let over = ServiceBuilder::new;
    let bare = measure(nothing()).await;
    let say = |name: &str, nanos: f64| println!("{name:<20}{:>8.0} ns over nothing", nanos - bare);
    println!("{:<20}{bare:>8.0} ns, with making the request", "nothing");
    say("catch-panic", measure(over().layer(CatchPanicLayer::new()).service(nothing())).await);
    let sensitive = SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]);
    say("sensitive-headers", measure(over().layer(sensitive).service(nothing())).await);
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(30));
    say("timeout", measure(over().layer(timeout).service(nothing())).await);
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .expose_headers(EXPOSED)
        .vary([header::ORIGIN]);
    say("cors", measure(over().layer(cors).service(nothing())).await);
    say("a router", measure(Router::new().route("/mcp", post(|| ready(())))).await);
}
