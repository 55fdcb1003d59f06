//! What can go wrong with a node, without the address it is reached by: that may hold a key.

use alloy::{
    primitives::Bytes,
    transports::{HttpError, RpcError, TransportError, TransportErrorKind, http::reqwest},
};
use serde::Deserialize;
use thiserror::Error;

/// The longest part of a node's own words that is kept.
const MESSAGE_CHARS: usize = 300;

/// Why a node gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NodeError {
    /// It is away, slow, or does not take requests now.
    #[error("the node is not reachable: {reason}")]
    Unreachable {
        /// Why, for the log.
        reason: String,
    },
    /// It answered with an error.
    #[error("the node refuses {method}: {message} (code {code})")]
    Refused {
        /// The JSON-RPC method.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
        /// The node's word.
        message: String,
        /// The data with which a contract reverted.
        revert: Option<Bytes>,
    },
    /// It answered what cannot be understood.
    #[error("the node answers {method} with what cannot be understood: {reason}")]
    Unintelligible {
        /// The JSON-RPC method.
        method: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Two answers do not fit together: the chain changed in between, or the node has not
    /// caught up with itself. Asking again helps.
    #[error("the node's answers do not fit together: {reason}")]
    Inconsistent {
        /// What does not fit.
        reason: String,
    },
}

impl NodeError {
    /// Whether the node is to blame, whatever it was asked.
    pub(super) fn is_the_nodes(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Unintelligible { .. } => true,
            Self::Refused { .. } | Self::Inconsistent { .. } => false,
        }
    }

    /// Whether another node may do better. What one refuses is often its own affair: a key that ran
    /// out, a method that is not sold, state that was thrown away. Not so where the chain itself
    /// refuses, by a contract or by its rules for transactions.
    pub(super) fn another_may_answer(&self) -> bool {
        const OF_THE_CHAIN: [&str; 2] = ["eth_sendRawTransaction", "eth_estimateGas"];
        match self {
            Self::Refused { method, .. } => !OF_THE_CHAIN.contains(method) && !self.is_revert(),
            other => other.is_the_nodes(),
        }
    }

    /// Whether it is the contract that refuses. Not every node gives the data of a revert, and
    /// there may be none; so their words count too.
    pub(in crate::chain) fn is_revert(&self) -> bool {
        // What geth and its like answer.
        const REVERTED: i64 = 3;
        const WORDS: [&str; 3] = ["revert", "opcode", "vm exception"];
        match self {
            Self::Refused {
                revert: Some(_), ..
            }
            | Self::Refused { code: REVERTED, .. } => true,
            Self::Refused { message, .. } => {
                let message = message.to_lowercase();
                WORDS.iter().any(|word| message.contains(word))
            }
            Self::Unreachable { .. } | Self::Unintelligible { .. } | Self::Inconsistent { .. } => {
                false
            }
        }
    }

    pub(super) fn of(method: &'static str, error: TransportError) -> Self {
        match error {
            RpcError::ErrorResp(payload)
                if payload.is_retry_err()
                    && !too_many_logs(method, payload.code, &payload.message) =>
            {
                Self::Unreachable {
                    reason: format!("{method}: {}", short(&payload.message)),
                }
            }
            RpcError::ErrorResp(payload) => Self::Refused {
                method,
                code: payload.code,
                revert: payload.as_revert_data(),
                message: short(&payload.message),
            },
            RpcError::Transport(TransportErrorKind::HttpError(http)) => of_http(method, &http),
            RpcError::Transport(kind) => Self::Unreachable {
                reason: transport_reason(kind),
            },
            RpcError::NullResp => Self::Unintelligible {
                method,
                reason: "nothing".to_owned(),
            },
            RpcError::DeserError { err, .. } => Self::Unintelligible {
                method,
                reason: err.to_string(),
            },
            other => Self::Unintelligible {
                method,
                reason: short(&other.to_string()),
            },
        }
    }

    pub(super) fn inconsistent(reason: impl Into<String>) -> Self {
        Self::Inconsistent {
            reason: reason.into(),
        }
    }
}

/// An error status. Some nodes give their JSON-RPC errors one; then the error counts.
fn of_http(method: &'static str, http: &HttpError) -> NodeError {
    const TOO_MANY_REQUESTS: u16 = 429;
    match serde_json::from_str::<Answer>(&http.body) {
        Ok(Answer { error }) if http.status != TOO_MANY_REQUESTS => NodeError::Refused {
            method,
            code: error.code,
            message: short(&error.message),
            revert: None,
        },
        _ => NodeError::Unreachable {
            reason: format!("HTTP status {}", http.status),
        },
    }
}

#[derive(Deserialize)]
struct Answer {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

/// Some nodes say "too many requests" with a code that others use for "too many logs", which
/// asks for a shorter range instead of patience.
fn too_many_logs(method: &str, code: i64, message: &str) -> bool {
    const LIMIT_EXCEEDED: i64 = -32005;
    method == "eth_getLogs" && code == LIMIT_EXCEEDED && !message.contains("rate")
}

/// Why the transport failed. The client's own words name the URL, so it is taken off.
fn transport_reason(kind: TransportErrorKind) -> String {
    match kind {
        TransportErrorKind::Custom(error) => match error.downcast::<reqwest::Error>() {
            Ok(error) => with_sources(&error.without_url()),
            Err(_) => "the transport failed".to_owned(),
        },
        TransportErrorKind::HttpErrorWithRetryAfter { error, .. } => {
            format!("HTTP status {}", error.status)
        }
        TransportErrorKind::MissingBatchResponse(_) => "an answer is missing".to_owned(),
        TransportErrorKind::BackendGone => "the connection ended".to_owned(),
        _ => "the transport failed".to_owned(),
    }
}

/// The error with what is behind it: "error sending request" alone says nothing.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    short(&text)
}

fn short(text: &str) -> String {
    text.chars().take(MESSAGE_CHARS).collect()
}
