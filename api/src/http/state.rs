//! What the HTTP handlers stand on.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::{HeaderMap, Method};
use gage_application::ports::clock::Entropy;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    config::Origin,
    graphql::{
        context::{Cookies, RequestContext},
        engine::Engine,
    },
    http::{
        admission::{Admission, Caller},
        auth::{self, CredentialFault},
        health::HealthView,
        images::Gallery,
        pages::Pages,
    },
    identity::viewer::Viewer,
};

/// What the HTTP handlers stand on.
#[derive(Clone)]
pub struct HttpState {
    /// Executes GraphQL.
    pub engine: Engine,
    /// This site.
    pub origin: Origin,
    /// Counts requests.
    pub admission: Arc<Admission>,
    /// Images of products.
    pub gallery: Arc<Gallery>,
    /// Correlation ids.
    pub entropy: Arc<dyn Entropy>,
    /// How the parts fare.
    pub health: Arc<dyn HealthView>,
    /// Renders the metrics; nothing in tests that share a process.
    pub metrics: Option<PrometheusHandle>,
    /// The storefront.
    pub pages: Pages,
    /// Cancelled when the server stops: open streams end then.
    pub stop: CancellationToken,
}

/// Why a request is turned away before its document is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnedAway {
    /// Its credentials.
    Credential(CredentialFault),
    /// Too many requests.
    TooMany { retry_after: Duration },
}

/// The circumstances of a request, before it is known who sent it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    pub(super) ip: IpAddr,
    pub(super) correlation_id: Uuid,
}

impl HttpState {
    /// Finds out who sent a request, and counts it.
    pub(super) async fn admit(
        &self,
        headers: &HeaderMap,
        method: &Method,
        circumstances: Circumstances,
    ) -> Result<RequestContext, TurnedAway> {
        let viewer = auth::viewer(headers, method, &self.origin, self.engine.desk())
            .await
            .map_err(TurnedAway::Credential)?;
        self.count(&viewer, circumstances.ip).await?;
        Ok(context(viewer, circumstances))
    }

    /// Counts a request.
    pub(super) async fn count(&self, viewer: &Viewer, ip: IpAddr) -> Result<(), TurnedAway> {
        let caller = match viewer {
            Viewer::SignedIn(wallet) => Caller::Wallet(wallet.address),
            Viewer::Anonymous | Viewer::Unknown => Caller::Address(ip),
        };
        let counted = self.admission.count(caller).await;
        counted.map_err(|retry_after| TurnedAway::TooMany { retry_after })
    }
}

pub(super) fn context(viewer: Viewer, circumstances: Circumstances) -> RequestContext {
    let Circumstances { ip, correlation_id } = circumstances;
    RequestContext {
        viewer,
        ip,
        correlation_id,
        cookies: Cookies::default(),
    }
}
