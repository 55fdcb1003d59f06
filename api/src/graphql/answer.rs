//! A response with what it is, so that transports can tell by status.

use async_graphql::{Response, ServerError, Value};
use axum::body::Bytes;
use serde::Serialize;

use crate::graphql::errors::ErrorCode;

/// A response and what it is.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Executed, perhaps with errors of fields: `{ data, errors, extensions }` as JSON.
    Executed(Bytes),
    /// Refused before execution, for the request's own fault: no `data`.
    Refused(Vec<ServerError>),
    /// Not executed, or not to the end, for the server's fault: no `data`.
    Failed(Vec<ServerError>),
}

/// async-graphql's words for a document above its limit of complexity; it has no code.
const TOO_COMPLEX: &str = "Query is too complex.";

impl Answer {
    /// An executed response, or one that async-graphql refused before execution: errors of
    /// fields have paths, errors of requests have none.
    pub fn of(mut response: Response) -> Self {
        let refused = response.data == Value::Null
            && !response.errors.is_empty()
            && response.errors.iter().all(|error| error.path.is_empty());
        for error in &mut response.errors {
            let code = match error.message.as_str() {
                TOO_COMPLEX => ErrorCode::TooComplex,
                _ => ErrorCode::BadRequest,
            };
            name(code, error);
        }
        if refused {
            Self::Refused(response.errors)
        } else {
            Self::Executed(json(&response))
        }
    }

    /// An answer to a request that is at fault.
    pub fn refused(code: ErrorCode, mut error: ServerError) -> Self {
        name(code, &mut error);
        Self::Refused(vec![error])
    }

    /// An answer to a request that met a fault of the server.
    pub fn failed(code: ErrorCode, mut error: ServerError) -> Self {
        name(code, &mut error);
        Self::Failed(vec![error])
    }

    /// The whole response as JSON.
    pub fn into_body(self) -> Bytes {
        match self {
            Self::Executed(body) => body,
            Self::Refused(errors) | Self::Failed(errors) => json(&Errors { errors }),
        }
    }
}

/// What stands in a response without `data`.
#[derive(Serialize)]
struct Errors {
    errors: Vec<ServerError>,
}

fn name(code: ErrorCode, error: &mut ServerError) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code.name());
    }
}

/// Responses are made of GraphQL values: they can always be written as JSON.
fn json(response: &impl Serialize) -> Bytes {
    serde_json::to_vec(response).unwrap_or_default().into()
}
