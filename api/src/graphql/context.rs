//! What every resolver can ask for: the services behind the schema, and the request.

use std::{net::IpAddr, sync::Arc};

use async_graphql::{Context, Data, Error};
use axum::http::HeaderValue;
use gage_application::progress::Progress;
use gage_application::{
    erasure::Eraser,
    gateway::{Gateway, Request},
    history::History,
    metadata::Actor,
    ports::{
        chain::{FollowedChains, PaymentChain, PaymentRail},
        clock::{Clock, Entropy},
        event_log::IdempotencyKey,
        images::Images,
        personal_data::PersonalData,
    },
    tail::Tail,
    tree::Receipts,
};
use gage_projections::{
    catalog::CatalogQueries, ledger::LedgerQueries, orders::OrderQueries, payments::PaymentQueries,
    sales::SalesQueries,
};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{
    graphql::{
        audience::{Source, Sources},
        errors::ApiError,
        live::{Feed, Hints},
    },
    http::Admission,
    identity::{
        desk::Desk,
        viewer::{SignedIn, Standing, Viewer},
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
    /// Questions to the ledger.
    pub ledger: LedgerQueries,
    /// The history, event by event.
    pub history: History,
    /// The end of the log, for those who follow the history.
    pub tail: Arc<Tail>,
    /// Counts what is asked for beside the request itself.
    pub admission: Arc<Admission>,
    /// Questions to orders and payments about sales.
    pub sales: SalesQueries,
    /// Images of products.
    pub images: Arc<dyn Images>,
    /// Seals personal data and opens it.
    pub personal: Arc<dyn PersonalData>,
    /// Erases it.
    pub eraser: Eraser,
    /// Proofs of the event log.
    pub receipts: Receipts,
    /// How payments are asked for.
    pub rail: Arc<dyn PaymentRail>,
    /// How far each chain was read.
    pub chains: FollowedChains,
    /// Nonces and sessions.
    pub desk: Arc<Desk>,
    /// Tells subscriptions that something may have changed.
    pub hints: Arc<Hints>,
    /// The time, for what is only a question of it.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub entropy: Arc<dyn Entropy>,
    /// How far the read models have come.
    pub progress: ReadProgress,
}

/// How far this replica knows its read models to have come.
#[derive(Debug, Clone, Default)]
pub struct ReadProgress {
    /// Shops, products, stock.
    pub catalog: Progress,
    /// Orders.
    pub orders: Progress,
    /// Payments.
    pub payments: Progress,
}

/// The services as the schema holds them: resolvers reach them through [`Asked`] alone, which
/// notes what an answer is made from.
pub(super) struct Behind(pub(super) Services);

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

/// A request that is being executed, with what was looked at for its answer.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    request: Arc<RequestContext>,
    standing: Arc<Standing>,
    sources: Sources,
}

impl Asking {
    /// Puts a request before the resolvers; the marks tell afterwards for whom the answer holds.
    pub(super) fn put(request: RequestContext, data: &mut Data) -> Sources {
        let sources = Sources::default();
        data.insert(Self {
            standing: Arc::new(request.viewer.standing()),
            request: Arc::new(request),
            sources: sources.clone(),
        });
        sources
    }

    /// Who asks, without the session.
    pub(super) fn standing(&self) -> &Standing {
        self.sources.mark(Source::Standing);
        &self.standing
    }

    /// The request itself.
    pub(super) fn request(&self) -> &RequestContext {
        self.sources.mark(Source::Standing);
        self.sources.mark(Source::Request);
        &self.request
    }

    /// An error for the client. It names the request.
    pub(super) fn error(&self, error: ApiError) -> Error {
        error.into_graphql(self.request().correlation_id)
    }
}

/// What resolvers get out of GraphQL's context.
pub(super) trait Asked<'a> {
    /// The request that is being executed.
    ///
    /// # Errors
    /// When the transport gave none: a mistake in the program.
    fn asking(&self) -> Result<&'a Asking, Error>;

    /// The services, for everything that is not the catalog.
    ///
    /// # Errors
    /// When the schema was made without; the schema's own tests do so.
    fn services(&self) -> Result<&'a Services, Error>;

    /// The chains on which payments are taken. They are the same for all for as long as the
    /// server runs, so answers that are made from them hold as long as without: no mark is left.
    ///
    /// # Errors
    /// When the schema was made without.
    fn payment_chains(&self) -> Result<&'a [PaymentChain], Error>;

    /// Questions to the catalog.
    ///
    /// # Errors
    /// When the schema was made without.
    fn catalog(&self) -> Result<&'a CatalogQueries, Error>;

    /// The request.
    ///
    /// # Errors
    /// When the transport gave none.
    fn request(&self) -> Result<&'a RequestContext, Error> {
        Ok(self.asking()?.request())
    }

    /// Who asks, without the session.
    ///
    /// # Errors
    /// When the transport gave none.
    fn standing(&self) -> Result<&'a Standing, Error> {
        Ok(self.asking()?.standing())
    }

    /// How far the execution of a subscription goes.
    ///
    /// # Errors
    /// When it is executed by something else than the engine: a mistake in the program.
    fn feed(&self) -> Result<&'a Feed, Error>;

    /// Somebody must be signed in.
    ///
    /// # Errors
    /// When nobody is.
    fn signed_in(&self) -> Result<&'a Standing, Error> {
        let standing = self.standing()?;
        let refused = |error| self.error(ApiError::from(error));
        standing.signed_in().map_err(refused)?;
        Ok(standing)
    }

    /// The wallet that asks, with its session.
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
        match self.asking() {
            Ok(asking) => asking.error(error),
            Err(_) => error.into_graphql(Uuid::nil()),
        }
    }
}

impl<'a> Asked<'a> for Context<'a> {
    fn asking(&self) -> Result<&'a Asking, Error> {
        self.data::<Asking>()
    }

    fn feed(&self) -> Result<&'a Feed, Error> {
        self.data::<Feed>()
    }

    fn services(&self) -> Result<&'a Services, Error> {
        self.asking()?.sources.mark(Source::Shop);
        Ok(&self.data::<Behind>()?.0)
    }

    fn payment_chains(&self) -> Result<&'a [PaymentChain], Error> {
        Ok(self.data::<Behind>()?.0.rail.chains())
    }

    fn catalog(&self) -> Result<&'a CatalogQueries, Error> {
        self.asking()?.sources.mark(Source::Catalog);
        Ok(&self.data::<Behind>()?.0.catalog)
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
