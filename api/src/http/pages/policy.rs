//! What a page may do.

use axum::http::HeaderValue;

use super::{development::TestNode, inline::Inline};
use crate::config::Origin;

/// How pages stand to other sites. A wallet may open a window of its own.
pub(super) const MANNERS: [(&str, &str); 3] = [
    ("cross-origin-opener-policy", "same-origin-allow-popups"),
    ("referrer-policy", "no-referrer"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
];

/// The Content-Security-Policy: what is ours and nothing else. Pictures may be `data:` URLs, since
/// wallets show their icons so (EIP-6963).
#[derive(Debug, Clone)]
pub(super) struct Policy {
    connect: String,
    /// Of what has nothing inline.
    bare: HeaderValue,
}

impl Policy {
    pub(super) fn new(origin: &Origin, nodes: &[TestNode]) -> Self {
        // Older browsers do not take `'self'` for a socket of the same host.
        let socket = if origin.is_secure() { "wss" } else { "ws" };
        let mut connect = format!("'self' {socket}://{}", origin.authority());
        for node in nodes {
            connect.push(' ');
            connect.push_str(&node.url.origin().ascii_serialization());
        }
        let bare = written(&connect, &Inline::default());
        Self { connect, bare }
    }

    /// For what has nothing inline.
    pub(super) fn bare(&self) -> HeaderValue {
        self.bare.clone()
    }

    /// For the document: what stands in it is let in by its hash, and nothing else that is inline.
    pub(super) fn of_document(&self, inline: &Inline) -> HeaderValue {
        written(&self.connect, inline)
    }
}

fn written(connect: &str, inline: &Inline) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'{}; style-src 'self'{}; img-src 'self' data:; \
         font-src 'self'; manifest-src 'self'; connect-src {connect}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        inline.scripts(),
        inline.styles(),
    );
    // An origin is printable ASCII; without it, a page may do nothing.
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}
