//! HTTP: GraphQL over three transports, images of products, health and metrics, and the pages.

mod admission;
pub mod auth;
mod close;
mod gate;
mod graphql;
pub mod health;
mod images;
mod media;
mod observe;
pub mod pages;
mod parameters;
mod sse;
mod state;
mod ws;

use axum::{
    Extension, Router,
    extract::{
        Request, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{Method, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};

use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{And, NotForContentType, Predicate as _, SizeAbove},
    },
};

pub use admission::Admission;
pub(crate) use admission::Caller;
pub use gate::Gate;
pub use images::Gallery;
pub(crate) use images::path_of as image_path;
use state::Circumstances;
pub use state::HttpState;

/// About what a packet holds.
const COMPRESSED_FROM_BYTES: u16 = 1_400;

const GRAPHQL: &str = "/graphql";
const SOCKET: &str = "/graphql/ws";
const EVENTS: &str = "/graphql/stream";
const ALIVE: &str = "/healthz";
const READY: &str = "/readyz";
const METRICS: &str = "/metrics";
const IMAGES: &str = "/images";
const IMAGE: &str = "/images/{image}/{file}";
const ROUTES: [&str; 8] = [
    GRAPHQL, SOCKET, EVENTS, ALIVE, READY, METRICS, IMAGES, IMAGE,
];

/// All routes.
pub fn router(state: HttpState) -> Router {
    Router::new()
        .route(GRAPHQL, any(graphql_or_socket).layer(compression()))
        .route(SOCKET, get(ws::handle))
        .route(EVENTS, get(sse::handle).post(sse::handle))
        .route(IMAGES, post(images::take))
        .route(IMAGE, get(images::give))
        .route(ALIVE, get(health::alive))
        .route(READY, get(health::ready))
        .route(METRICS, get(health::metrics))
        .fallback(pages::serve)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            observe::observe,
        ))
        .with_state(state)
}

/// An answer of many bytes is sent in fewer. What is read by its time alone, and what fits a packet,
/// is sent as it is. No answer has a secret beside what another site could have put there: cookies
/// are for requests of this site's pages (`SameSite=Strict`).
fn compression() -> CompressionLayer<And<SizeAbove, NotForContentType>> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_FROM_BYTES).and(NotForContentType::SSE))
}

/// `/graphql` also takes web sockets: many clients know one address only.
async fn graphql_or_socket(
    state: State<HttpState>,
    circumstances: Extension<Circumstances>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let wants_socket = request.method() == Method::GET
        && request
            .headers()
            .get(header::UPGRADE)
            .is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    match upgrade {
        Ok(upgrade) if wants_socket => {
            ws::handle(state, circumstances, request.headers().clone(), upgrade).await
        }
        Err(rejection) if wants_socket => rejection.into_response(),
        _ => graphql::handle(state, circumstances, request).await,
    }
}

async fn nothing_here() -> (StatusCode, &'static str) {
    (
        StatusCode::NOT_FOUND,
        "nothing here; GraphQL is at /graphql\n",
    )
}
