//! The client of one Planka, which is looked at before anything secret goes there: a Planka before 2.0, or what is none, is told so.

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    error::PlankaError,
    exchange::{PlankaExchange, PlankaRequest, parsed},
    sign_in::SignIn,
    wire::{BootstrapJson, PlankaItem},
};
use crate::{
    config::PlankaCredential,
    net::{HttpClient, HttpResponse},
};

/// One Planka, asked as one user.
pub(super) struct PlankaClient {
    exchange: PlankaExchange,
    sign_in: SignIn,
    /// Its version, once that was asked for.
    version: OnceCell<String>,
}

impl PlankaClient {
    /// Planka at that address. `accepts_terms`: whether a first sign-in accepts its terms.
    pub(super) fn new(
        client: HttpClient,
        base: url::Url,
        credential: PlankaCredential,
        accepts_terms: bool,
    ) -> Self {
        let sign_in = SignIn::new(credential, accepts_terms);
        Self { exchange: PlankaExchange { client, base }, sign_in, version: OnceCell::new() }
    }

    /// Its version, such as `2.1.1`.
    pub(super) async fn version(&self) -> Result<&str, PlankaError> {
        Ok(self.version.get_or_try_init(|| self.ask_version()).await?)
    }

    async fn ask_version(&self) -> Result<String, PlankaError> {
        let asked = self.exchange.send(&PlankaRequest::get(&["bootstrap"]), None).await;
        let page = match asked {
            Ok(answer) => {
                let version = parsed::<PlankaItem<BootstrapJson>>(&answer)?.item.version.unwrap_or_default();
                let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
                return if major.is_some_and(|major| major < 2) {
                    Err(PlankaError::Old)
                } else {
                    Ok(version)
                };
            }
            Err(page @ (PlankaError::Page { .. } | PlankaError::NotFound)) => page,
            Err(other) => return Err(other),
        };
        // Those before it say there what they say to everybody.
        match self.exchange.send(&PlankaRequest::get(&["config"]), None).await {
            Ok(answer) if parsed::<PlankaItem<Value>>(&answer).is_ok() => Err(PlankaError::Old),
            _ => Err(page),
        }
    }

    /// Sends a request; once more where a sign-in has ended.
    pub(super) async fn send(&self, request: &PlankaRequest<'_>) -> Result<HttpResponse, PlankaError> {
        self.version().await?;
        let (as_whom, sign_in) = self.sign_in.header(&self.exchange).await?;
        match self.exchange.send(request, Some(as_whom)).await {
            Err(PlankaError::Unauthorized) if self.sign_in.forget(sign_in).await => {
                let (as_whom, sign_in) = self.sign_in.header(&self.exchange).await?;
                let again = self.exchange.send(request, Some(as_whom)).await;
                if matches!(again, Err(PlankaError::Unauthorized)) {
                    self.sign_in.forget(sign_in).await;
                }
                again
            }
            answer => answer,
        }
    }

    /// What is at those segments.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, PlankaError> {
        parsed(&self.send(&PlankaRequest::get(path)).await?)
    }

    /// A write, which is sent once; [`PlankaError::Unsure`] when it may or may not have happened.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
    ) -> Result<T, PlankaError> {
        let answer = self.send(&PlankaRequest::write(method, path, body)).await?;
        parsed(&answer).map_err(PlankaError::of_write)
    }
}
