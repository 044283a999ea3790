//! The extractor of who may read metrics. A handler that takes a [`Scraper`] answers holders of `TASKGATE_METRICS_TOKEN` alone:
//! no key and no admin token opens it, and that token opens nothing else.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::caller::bearer;
use crate::{
    http::{
        error::Refusal,
        state::{AppState, RequestInfo},
    },
    model::Code,
    telemetry::metrics::AuthFailure,
};

/// The holder of the metrics token.
pub struct Scraper;

impl FromRequestParts<AppState> for Scraper {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let expected = state.metrics_token.as_ref().ok_or_else(Refusal::not_found)?;
        let offered = bearer(&parts.headers)?.filter(|text| !text.is_empty()).ok_or_else(without_token)?;
        let (address, now) = (RequestInfo::of(parts).client_address, state.clock.store_now());
        if !expected.was_right(now) {
            state.authenticator.check_address(address)?;
        }
        if !expected.is(offered, now) {
            state.authenticator.check_address(address)?;
            state.authenticator.count_failure(address, AuthFailure::WrongMetricsToken);
            return Err(wrong_token());
        }
        Ok(Self)
    }
}

fn without_token() -> Refusal {
    Refusal::without_credential("send Authorization: Bearer with the token of TASKGATE_METRICS_TOKEN")
}

fn wrong_token() -> Refusal {
    Refusal::new(
        Code::Unauthenticated,
        "this is not the token of TASKGATE_METRICS_TOKEN: no other credential opens this",
    )
}
