//! What a page of a build for development is told: where the test chain's nodes are, so that its
//! test wallets can send, and a real wallet can be given the chain.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use serde_json::json;
use url::{Host, Url};

/// Where it is told.
pub(super) const PATH: &str = "/development.json";

/// A node of a test chain.
#[derive(Debug, Clone)]
pub struct TestNode {
    /// Its chain.
    pub chain_id: u64,
    /// Its HTTP JSON-RPC.
    pub url: Url,
}

/// Those on this very machine. Another's address may hold a key, which is not for pages.
pub(super) fn own(nodes: &[TestNode]) -> Vec<TestNode> {
    let is_own = |node: &&TestNode| match node.url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    nodes.iter().filter(is_own).cloned().collect()
}

/// As JSON; none without a node.
pub(super) fn told(nodes: &[TestNode]) -> Option<String> {
    let chain =
        |node: &TestNode| json!({ "chainId": node.chain_id.to_string(), "rpcUrl": node.url });
    let chains: Vec<_> = nodes.iter().map(chain).collect();
    (!chains.is_empty()).then(|| json!({ "chains": chains }).to_string())
}

pub(super) fn answer(told: String) -> Response {
    let head = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (head, told).into_response()
}
