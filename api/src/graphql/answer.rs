//! A response with what it is, so that transports can tell by status.

use async_graphql::{Response, ServerError, Value};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::graphql::{errors::ErrorCode, order::Asked};

/// What a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Executed, perhaps with errors of fields: the response has `data`.
    Executed,
    /// Refused before execution, for the request's own fault: no `data`.
    Refused,
    /// Not executed, or not to the end, for the server's fault: no `data`.
    Failed,
}

/// A response and what it is.
#[derive(Debug)]
pub struct Answer {
    response: Response,
    outcome: Outcome,
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
            let extensions = error.extensions.get_or_insert_default();
            if extensions.get("code").is_none() {
                extensions.set("code", code.name());
            }
        }
        let outcome = if refused {
            Outcome::Refused
        } else {
            Outcome::Executed
        };
        Self { response, outcome }
    }

    /// An answer to a request that is at fault.
    pub fn refused(code: ErrorCode, error: ServerError) -> Self {
        Self::with_code(code, error, Outcome::Refused)
    }

    /// An answer to a request that met a fault of the server.
    pub fn failed(code: ErrorCode, error: ServerError) -> Self {
        Self::with_code(code, error, Outcome::Failed)
    }

    fn with_code(code: ErrorCode, mut error: ServerError, outcome: Outcome) -> Self {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", code.name());
        }
        Self {
            response: Response::from_errors(vec![error]),
            outcome,
        }
    }

    /// What it is.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Puts its fields in the order in which they were asked for.
    #[must_use]
    pub fn sorted(mut self, asked: &Asked) -> Self {
        asked.sort(&mut self.response.data);
        self
    }

    /// Its errors.
    pub fn errors(&self) -> &[ServerError] {
        &self.response.errors
    }
}

impl Serialize for Answer {
    /// `{ data, errors, extensions }`, without `data` when nothing was executed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.outcome == Outcome::Executed {
            return self.response.serialize(serializer);
        }
        let mut answer = serializer.serialize_struct("Answer", 1)?;
        answer.serialize_field("errors", &self.response.errors)?;
        answer.end()
    }
}
