//! The storefront's files, as browsers and others ask for them. No part needs to be there for it.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use gage_api::{
    config::Origin,
    http::pages::{Coding, File, Pages, TestNode},
};

use crate::support::{Answer, ORIGIN, Redis, Server};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// Of the document's script.
const HASH: &str = "sha256-wVozZE/l+LiAVVF7yRts+TX7hEVSYA7lVBDtp9qle24=";
/// What is no hash is not let in.
const INLINE: &str = r#"{"scripts":["sha256-wVozZE/l+LiAVVF7yRts+TX7hEVSYA7lVBDtp9qle24="],"styles":["unsafe-inline","sha256-AAAA","sha256-' https:"]}"#;

/// A storefront of three files, one of which does not compress.
fn shelf(name: &str, coding: Coding) -> Option<File> {
    let text = match (name, coding) {
        ("index.html", Coding::Identity) => "the document",
        ("index.html", Coding::Gzip) => "the document, gzipped",
        ("assets/a-1f.js", Coding::Identity) => "a script",
        ("assets/a-1f.js", Coding::Gzip) => "a script, gzipped",
        ("assets/a-1f.js", Coding::Brotli) => "a script, in brotli",
        ("inline.json", Coding::Identity) => INLINE,
        ("icon.svg", Coding::Identity) => "a picture",
        _ => return None,
    };
    Some(File::new(text.as_bytes(), format!("\"{}\"", text.len())))
}

async fn asked(nodes: &[TestNode], request: Request<Body>) -> Answer {
    let mut server = Server::new(Redis::Away);
    server.state.pages = Pages::new(shelf, &Origin::parse(ORIGIN).unwrap(), nodes);
    server.send(request).await
}

async fn get(path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    asked(&[], request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_file_with_a_hash_in_its_name_is_kept_for_ever_in_its_smallest_form() {
    for (accepted, coding, text) in [
        ("gzip, deflate, br", "br", "a script, in brotli"),
        ("gzip", "gzip", "a script, gzipped"),
        ("br;q=0", "", "a script"),
    ] {
        let answer = get("/assets/a-1f.js", &[("accept-encoding", accepted)]).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-encoding"), coding);
        assert_eq!(answer.text, text);
        assert_eq!(
            answer.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            answer.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let picture = get("/icon.svg", &[("accept-encoding", "br")]).await;
    assert_eq!(picture.header("content-encoding"), "");
    assert_eq!(picture.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn the_document_is_asked_for_each_time_and_sent_only_when_it_changed() {
    let first = get("/", &[]).await;
    assert_eq!(first.text, "the document");
    assert_eq!(first.header("cache-control"), "no-cache");
    let tag = first.header("etag");
    let again = get("/", &[("if-none-match", &format!("\"other\", W/{tag}"))]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(again.text, "");
    assert_eq!(again.header("etag"), tag);
    let other_form = get("/", &[("if-none-match", tag), ("accept-encoding", "gzip")]).await;
    assert_eq!(other_form.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_of_others_runs_on_a_page_and_of_what_is_inline_what_the_build_knows_alone() {
    let answer = get("/", &[]).await;
    assert_eq!(
        answer.header("content-security-policy"),
        format!(
            "default-src 'none'; script-src 'self' '{HASH}'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; manifest-src 'self'; connect-src 'self' wss://shop.example; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
    let file = get("/icon.svg", &[]).await;
    assert!(!file.header("content-security-policy").contains("sha256"));
    let told = get("/inline.json", &[]).await;
    assert_eq!(told.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn the_address_of_a_page_gives_the_document_to_who_opens_pages() {
    for path in ["/", "/orders/T3JkZXI6", "/products/a%3D", "/cart/"] {
        let answer = get(path, &[("accept", HTML)]).await;
        assert_eq!(answer.text, "the document", "{path}");
    }
    for (path, accept) in [
        ("/orders/T3JkZXI6", "application/json"),
        ("/assets/gone-2e.js", HTML),
        ("/favicon.ico", HTML),
        ("/.env", HTML),
        ("/../Cargo.toml", HTML),
    ] {
        let answer = get(path, &[("accept", accept)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_page_never_stands_where_the_api_does() {
    for path in ["/graphql/other", "/healthz/x", "/readyz/", "/metrics/x"] {
        let answer = get(path, &[("accept", HTML)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(get("/healthz", &[("accept", HTML)]).await.text, "ok\n");
    let graphql = get("/graphql", &[("accept", HTML)]).await;
    assert_ne!(graphql.text, "the document");
}

#[tokio::test]
async fn a_page_is_only_read() {
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let request = Request::builder().method(method).uri("/");
        let answer = asked(&[], request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn only_nodes_of_this_machine_are_told_to_a_page_and_none_where_there_are_none() {
    let node = |chain_id, url: &str| TestNode {
        chain_id,
        url: url.parse().unwrap(),
    };
    let request = || {
        let request = Request::get("/development.json").header("accept", HTML);
        request.body(Body::empty()).unwrap()
    };
    let nodes = [
        node(1337, "http://127.0.0.1:8545"),
        node(1, "https://node.example/v3/KEY"),
    ];
    let answer = asked(&nodes, request()).await;
    let told = serde_json::json!({ "chains": [
        { "chainId": "1337", "rpcUrl": "http://127.0.0.1:8545/" },
    ] });
    assert_eq!(answer.json(), told);
    let page = asked(&nodes, Request::get("/").body(Body::empty()).unwrap()).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("connect-src 'self' wss://shop.example http://127.0.0.1:8545;"));
    assert!(!policy.contains("node.example"));
    assert_eq!(asked(&[], request()).await.status, StatusCode::NOT_FOUND);
}
