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
    BoxError, Router,
    body::{Body, Bytes, HttpBody},
    http::{HeaderName, Request, Response, StatusCode, header},
    routing::post,
};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn, util::BoxService};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    timeout::TimeoutLayer,
};

const CALLS: u32 = 100_000;
const ROUNDS: usize = 50;
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

/// A service to measure, with its name.
type Measured = (&'static str, BoxService<Request<Body>, Response<Body>, Infallible>);

fn named<S, B>(name: &'static str, service: S) -> Measured
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    (name, BoxService::new(service.map_response(|response| response.map(Body::new))))
}

/// Nanoseconds of a call, in one round.
async fn measure((_, service): &mut Measured) -> f64 {
    let started = Instant::now();
    for _ in 0..CALLS {
        let _ = black_box(service.call(black_box(request())).await);
    }
    started.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let nothing = || service_fn(|_: Request<Body>| ready(Ok::<_, Infallible>(Response::new(Body::empty()))));
    let over = ServiceBuilder::new;
    let sensitive = SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION]);
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(30));
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .expose_headers(EXPOSED)
        .vary([header::ORIGIN]);
    let mut services = [
        named("nothing", nothing()),
        named("catch-panic", over().layer(CatchPanicLayer::new()).service(nothing())),
        named("sensitive-headers", over().layer(sensitive).service(nothing())),
        named("timeout", over().layer(timeout).service(nothing())),
        named("cors", over().layer(cors).service(nothing())),
        named("a router", Router::new().route("/mcp", post(|| ready(())))),
    ];
    // Each round measures all of them, so that a slow second of the machine falls on each.
    let mut best = vec![f64::MAX; services.len()];
    for _ in 0..ROUNDS {
        for (service, best) in services.iter_mut().zip(&mut best) {
            *best = best.min(measure(service).await);
        }
    }
    println!("{:<20}{:>8.0} ns, with making the request", services[0].0, best[0]);
    for ((name, _), nanos) in services.iter().zip(&best).skip(1) {
        println!("{name:<20}{:>8.0} ns over nothing", nanos - best[0]);
    }
}
