//! What a page may do.

use axum::http::HeaderValue;

use super::development::TestNode;
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

/// The Content-Security-Policy: what is ours and nothing else; nothing inline. Pictures may be
/// `data:` URLs, since wallets show their icons so (EIP-6963).
pub(super) fn policy(origin: &Origin, nodes: &[TestNode]) -> HeaderValue {
    // Older browsers do not take `'self'` for a socket of the same host.
    let socket = if origin.is_secure() { "wss" } else { "ws" };
    let mut connect = format!("'self' {socket}://{}", origin.authority());
    for node in nodes {
        connect.push(' ');
        connect.push_str(&node.url.origin().ascii_serialization());
    }
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; manifest-src 'self'; connect-src {connect}; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    // An origin is printable ASCII; without it, a page may do nothing.
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
}
