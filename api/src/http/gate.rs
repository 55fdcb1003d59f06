//! The door before the server is ready: it says that the process lives, and asks for patience.

use std::sync::{Arc, OnceLock};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tower::ServiceExt as _;

/// Opens once, to the real router.
#[derive(Clone, Default)]
pub struct Gate(Arc<OnceLock<Router>>);

impl Gate {
    /// Opens to this router. A gate that is open stays as it is.
    pub fn open(&self, router: Router) {
        // Only `gage serve` opens it, once.
        let _ = self.0.set(router);
    }

    /// What is served: the real router once the gate is open.
    pub fn router(&self) -> Router {
        Router::new().fallback(pass).with_state(self.clone())
    }
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    match gate.0.get() {
        Some(router) => match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        None if request.uri().path() == "/healthz" => "ok\n".into_response(),
        None if request.uri().path() == "/readyz" => {
            let report = json!({ "ready": false, "database": "starting" });
            (StatusCode::SERVICE_UNAVAILABLE, Json(report)).into_response()
        }
        None => {
            let error = json!({ "errors": [{
                "message": "the server is starting, try again soon",
                "extensions": { "code": "UNAVAILABLE" },
            }] });
            let soon = [(header::RETRY_AFTER, "2")];
            (StatusCode::SERVICE_UNAVAILABLE, soon, Json(error)).into_response()
        }
    }
}
