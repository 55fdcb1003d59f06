//! What surrounds every request: a correlation id in and out, a span, metrics, and a net under
//! panics.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt as _;
use metrics::{counter, histogram};
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::http::{
    ROUTES,
    state::{Circumstances, HttpState},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Surrounds a request.
pub(super) async fn observe(
    State(state): State<HttpState>,
    mut request: Request,
    next: Next,
) -> Response {
    let circumstances = Circumstances {
        ip: ip_of(&request),
        correlation_id: given_id(&request).unwrap_or_else(|| state.entropy.id()),
    };
    request.extensions_mut().insert(circumstances);
    let method = method_of(&request);
    let path = path_of(&request);
    let correlation_id = circumstances.correlation_id;
    let span = tracing::info_span!("request", %correlation_id, %method, %path);
    let started = Instant::now();
    let mut response = caught(next.run(request)).instrument(span.clone()).await;
    let took = started.elapsed();
    let status = response.status();
    let status_label: Cow<'static, str> = match status {
        StatusCode::OK => "200".into(),
        other => other.as_str().to_owned().into(),
    };
    counter!("gage_http_requests_total", "method" => method, "path" => path, "status" => status_label)
        .increment(1);
    histogram!("gage_http_request_seconds", "path" => path).record(took);
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match path {
        "/healthz" | "/readyz" | "/metrics" => tracing::trace!(%status, took_ms, "answered"),
        _ => tracing::debug!(%status, took_ms, "answered"),
    });
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&correlation_id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// An answer also when a handler panics: the hook has logged where.
async fn caught(response: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(response)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            let body = "{\"errors\":[{\"message\":\"something went wrong on our side\",\
                    \"extensions\":{\"code\":\"INTERNAL\"}}]}";
            let json = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
            (StatusCode::INTERNAL_SERVER_ERROR, json, body).into_response()
        })
}

/// The id that a caller gave, if it is a UUID: nothing else goes into logs and events.
fn given_id(request: &Request) -> Option<Uuid> {
    request
        .headers()
        .get(REQUEST_ID)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The methods and paths that there are, as labels; what a client makes up is no label.
fn method_of(request: &Request) -> &'static str {
    match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        _ => "other",
    }
}

fn path_of(request: &Request) -> &'static str {
    let matched = request.extensions().get::<MatchedPath>();
    let known = |matched: &MatchedPath| ROUTES.into_iter().find(|route| *route == matched.as_str());
    matched.and_then(known).unwrap_or("other")
}

fn ip_of(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    // A connection over a server of ours always has a peer.
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| {
        peer.ip().to_canonical()
    })
}
