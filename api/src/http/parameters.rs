//! The parameters of a GraphQL-over-HTTP request (GraphQL over HTTP, "Request Parameters").

use std::time::Duration;

use axum::{body::Body, http::HeaderMap};
use futures::StreamExt as _;
use serde_json::{Map, Value};
use thiserror::Error;
use tokio::time::timeout;

use crate::{graphql::engine::Parameters, http::media};

/// Bytes of a request's body.
pub(super) const BODY_BYTES: usize = 256 * 1024;
/// So much of a larger body is still received, and thrown away: a client that is cut off while
/// it sends never reads the answer that tells why.
pub(super) const HEARD_OUT_BYTES: usize = 15 * BODY_BYTES;

/// How long a body may take: a client that sends a byte a minute holds a connection for nothing.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// Why parameters cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ParameterFault {
    #[error("send the request as application/json in UTF-8")]
    MediaType,
    #[error("the body has more than {BODY_BYTES} bytes")]
    TooLarge,
    #[error("the body ended too early")]
    BodyLost,
    #[error("the body took longer than {} s", BODY_PATIENCE.as_secs())]
    TooSlow,
    #[error("the body is no JSON: line {line}, column {column}")]
    NoJson { line: usize, column: usize },
    #[error("send one request: batches are not accepted")]
    Batch,
    #[error("the body must be a JSON object")]
    NoObject,
    #[error("the parameter `query` is missing")]
    QueryMissing,
    #[error("the parameter `{name}` must be {expected}")]
    WrongType {
        name: &'static str,
        expected: &'static str,
    },
    #[error("the parameter `{name}` stands twice")]
    Twice { name: &'static str },
}

/// Reads the body of a POST.
pub(super) async fn of_body(headers: &HeaderMap, body: Body) -> Result<Parameters, ParameterFault> {
    if !media::is_json(headers) {
        return Err(ParameterFault::MediaType);
    }
    let bytes = timeout(BODY_PATIENCE, read_up_to(body, BODY_BYTES))
        .await
        .unwrap_or(Err(ParameterFault::TooSlow))?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(parameters)) => of_object(parameters),
        Ok(Value::Array(_)) => Err(ParameterFault::Batch),
        Ok(_) => Err(ParameterFault::NoObject),
        Err(error) => Err(ParameterFault::NoJson {
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// The whole body, if it is within a limit of bytes.
pub(super) async fn read_up_to(body: Body, most: usize) -> Result<Vec<u8>, ParameterFault> {
    let (mut bytes, mut sent) = (Vec::new(), 0_usize);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ParameterFault::BodyLost)?;
        sent = sent.saturating_add(chunk.len());
        if sent <= most {
            bytes.extend_from_slice(&chunk);
        } else if sent > most.saturating_add(HEARD_OUT_BYTES) {
            break;
        }
    }
    if sent > most {
        Err(ParameterFault::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// Reads parameters that came as JSON, in a body or in a WebSocket's message.
pub(super) fn of_object(mut parameters: Map<String, Value>) -> Result<Parameters, ParameterFault> {
    let query = match parameters.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) => return Err(wrong("query", "a string")),
        None => return Err(ParameterFault::QueryMissing),
    };
    let operation_name = match parameters.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(wrong("operationName", "a string or null")),
    };
    let variables = object("variables", parameters.remove("variables"))?;
    object("extensions", parameters.remove("extensions"))?;
    Ok(Parameters {
        query,
        operation_name,
        variables,
    })
}

/// Reads the query string of a GET.
pub(super) fn of_query(query: &str) -> Result<Parameters, ParameterFault> {
    let mut found: Map<String, Value> = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let name = match &*name {
            "query" => "query",
            "operationName" => "operationName",
            "variables" => "variables",
            "extensions" => "extensions",
            _ => continue,
        };
        let value = match name {
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => {
                serde_json::from_str(&value).map_err(|_| wrong(name, "a JSON object or null"))?
            }
            _ => Value::String(value.into_owned()),
        };
        if found.insert(name.to_owned(), value).is_some() {
            return Err(ParameterFault::Twice { name });
        }
    }
    of_object(found)
}

fn object(name: &'static str, given: Option<Value>) -> Result<Map<String, Value>, ParameterFault> {
    match given {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(wrong(name, "a JSON object or null")),
    }
}

fn wrong(name: &'static str, expected: &'static str) -> ParameterFault {
    ParameterFault::WrongType { name, expected }
}
