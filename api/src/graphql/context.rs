//! What every resolver can ask for: the services behind the schema, and the request.

use std::{net::IpAddr, sync::Arc};

use async_graphql::{Context, Error};
use axum::http::HeaderValue;
use gage_application::{
    gateway::{Gateway, Request},
    metadata::Actor,
    ports::{
        chain::{ChainView, PaymentRail},
        clock::Entropy,
        event_log::IdempotencyKey,
        wake::WakeUps,
    },
};
use gage_projections::{catalog::CatalogQueries, orders::OrderQueries, payments::PaymentQueries};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    graphql::errors::ApiError,
    identity::{
        desk::Desk,
        viewer::{SignedIn, Viewer},
    },
};

/// The services behind the schema.
#[derive(Clone)]
pub struct Services {
    /// The one door for writes.
    pub gateway: Arc<Gateway>,
    /// Questions to the catalog.
    pub catalog: CatalogQueries,
    /// Questions to orders.
    pub orders: OrderQueries,
    /// Questions to payments.
    pub payments: PaymentQueries,
    /// How payments are asked for.
    pub rail: Arc<dyn PaymentRail>,
    /// How far the chain was read.
    pub chain: Arc<dyn ChainView>,
    /// Nonces and sessions.
    pub desk: Arc<Desk>,
    /// Tells subscriptions that something may have changed.
    pub wake: Arc<dyn WakeUps>,
    /// Ids.
    pub entropy: Arc<dyn Entropy>,
}

/// One request, or one subscription.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Who asks.
    pub viewer: Viewer,
    /// From where.
    pub ip: IpAddr,
    /// One id for everything that follows from the request.
    pub correlation_id: Uuid,
    /// Cookies that the response must set; the transports that can, do.
    pub cookies: Cookies,
}

/// Cookies that a resolver wants set.
#[derive(Debug, Clone, Default)]
pub struct Cookies(Arc<Mutex<Vec<HeaderValue>>>);

impl Cookies {
    /// Sets a cookie with the response.
    pub async fn set(&self, cookie: HeaderValue) {
        self.0.lock().await.push(cookie);
    }

    /// Takes all that are to be set.
    pub async fn take(&self) -> Vec<HeaderValue> {
        std::mem::take(&mut *self.0.lock().await)
    }
}

/// What resolvers get out of GraphQL's context.
pub trait Asked<'a> {
    /// The services.
    ///
    /// # Errors
    /// When the schema was made without; the schema's own tests do so.
    fn services(&self) -> Result<&'a Services, Error>;

    /// The request.
    ///
    /// # Errors
    /// When the transport gave none: a mistake in the program.
    fn request(&self) -> Result<&'a RequestContext, Error>;

    /// The wallet that asks.
    ///
    /// # Errors
    /// When nobody is signed in.
    fn wallet(&self) -> Result<&'a SignedIn, Error> {
        let request = self.request()?;
        request
            .viewer
            .wallet()
            .map_err(|error| ApiError::from(error).into_graphql(request.correlation_id))
    }

    /// An error for the client.
    fn error(&self, error: ApiError) -> Error {
        let correlation_id = self
            .request()
            .map_or(Uuid::nil(), |request| request.correlation_id);
        error.into_graphql(correlation_id)
    }
}

impl<'a> Asked<'a> for Context<'a> {
    fn services(&self) -> Result<&'a Services, Error> {
        self.data::<Services>()
    }

    fn request(&self) -> Result<&'a RequestContext, Error> {
        self.data::<RequestContext>()
    }
}

impl RequestContext {
    /// A request to the gateway, made by a wallet.
    pub fn to_gateway(&self, wallet: &SignedIn, key: Option<IdempotencyKey>) -> Request {
        Request {
            actor: Actor::Wallet(wallet.address),
            correlation_id: self.correlation_id,
            causation_id: format!("request:{}", self.correlation_id),
            idempotency_key: key,
        }
    }
}
