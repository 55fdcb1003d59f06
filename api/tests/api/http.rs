//! GraphQL over HTTP, by the specification's draft of 2025. No part needs to be there for it.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use gage_api::config::Environment;
use serde_json::{Value, json};

use crate::support::{Answer, ORIGIN, Redis, Server, post, well};

async fn answer(request: Request<Body>) -> Answer {
    Server::new(Redis::Away).send(request).await
}

fn get(query: &str) -> Request<Body> {
    let request = Request::get(format!("/graphql?{query}"));
    request
        .header("accept", "application/graphql-response+json")
        .body(Body::empty())
        .unwrap()
}

fn raw(content_type: Option<&str>, accept: &str, body: &str) -> Request<Body> {
    let mut request = Request::post("/graphql").header("accept", accept);
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_query_is_answered_in_the_type_that_is_accepted() {
    for (accept, expected) in [
        (
            "application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("application/json", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
    ] {
        let body = r#"{"query":"{ __typename }"}"#;
        let answer = answer(raw(Some("application/json"), accept, body)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), expected);
        assert_eq!(answer.json(), json!({ "data": { "__typename": "Query" } }));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_type_that_we_do_not_speak_is_refused() {
    let body = r#"{"query":"{ __typename }"}"#;
    let json = Some("application/json");
    let answer_in = async |accept| answer(raw(json, accept, body)).await.status;
    assert_eq!(answer_in("text/html").await, StatusCode::NOT_ACCEPTABLE);
    let sent_as = async |content_type| answer(raw(content_type, "*/*", body)).await.status;
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        assert_eq!(
            sent_as(content_type).await,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
    }
}

#[tokio::test]
async fn a_request_that_is_no_request_is_a_bad_one_in_either_type() {
    let bodies = [
        "",
        "{",
        "[]",
        "7",
        r#"[{"query":"{ __typename }"}]"#,
        "{}",
        r#"{"query":7}"#,
        r#"{"query":"{ __typename }","variables":[]}"#,
        r#"{"query":"{ __typename }","operationName":7}"#,
        r#"{"query":"{ __typename }","extensions":"x"}"#,
    ];
    for body in bodies {
        for accept in ["application/json", "application/graphql-response+json"] {
            let answer = answer(raw(Some("application/json"), accept, body)).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(answer.code(), "BAD_REQUEST");
            assert!(answer.json().get("data").is_none());
        }
    }
}

#[tokio::test]
async fn a_document_that_is_refused_has_no_data_and_its_status_depends_on_the_type() {
    let documents = [
        "{",
        "{ nothing }",
        "query A { __typename } query B { __typename }",
        "query($id: ID!) { shop(id: $id) { id } }",
        "subscription { stock(product: \"x\") { cursor } }",
    ];
    for document in documents {
        let body = json!({ "query": document, "variables": { "id": null } });
        let strict = answer(post(&body)).await;
        assert_eq!(
            strict.status,
            StatusCode::BAD_REQUEST,
            "{document}: {}",
            strict.text
        );
        assert!(strict.json().get("data").is_none(), "{}", strict.text);
        let lenient = answer(raw(
            Some("application/json"),
            "application/json",
            &body.to_string(),
        ));
        let lenient = lenient.await;
        assert_eq!(lenient.status, StatusCode::OK, "{document}");
        assert!(lenient.json().get("data").is_none(), "{}", lenient.text);
        assert_eq!(lenient.code(), "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_field_that_fails_is_no_refused_document() {
    let answer = answer(post(
        &json!({ "query": "{ order(id: \"x\") { id } __typename }" }),
    ))
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    let json = answer.json();
    assert_eq!(
        json["data"],
        json!({ "order": null, "__typename": "Query" })
    );
    assert_eq!(json["errors"][0]["path"], json!(["order"]));
}

#[tokio::test]
async fn a_get_asks_and_never_changes_anything() {
    let asked = answer(get("query=%7B__typename%7D&variables=%7B%7D")).await;
    assert_eq!(asked.status, StatusCode::OK);
    let changing = answer(get("query=mutation%7BsignOut%7BsignedOut%7D%7D")).await;
    assert_eq!(changing.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(changing.header("allow"), "POST");
    for query in [
        "",
        "query=%7B",
        "query=%7B__typename%7D&variables=7",
        "query=a&query=b",
    ] {
        assert_eq!(
            answer(get(query)).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}

#[tokio::test]
async fn other_methods_are_told_which_to_use() {
    for method in ["PUT", "DELETE", "PATCH"] {
        let request = Request::builder()
            .method(method)
            .uri("/graphql")
            .body(Body::empty());
        let answer = answer(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "GET, POST");
    }
}

#[tokio::test]
async fn a_body_has_an_end() {
    let long = json!({ "query": "{ __typename }", "extensions": { "x": "y".repeat(300_000) } });
    let answer = answer(post(&long)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let silence = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .body(Body::from_stream(silence))
        .unwrap();
    assert_eq!(answer(request).await.status, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn documents_that_would_keep_the_server_busy_are_refused() {
    let aliases: Vec<String> = (0..31).map(|n| format!("a{n}: __typename")).collect();
    let down = "{ products { nodes { shop ";
    let deep = format!(
        "{{ shop(id: 1) {} {{ id }} {} }}",
        down.repeat(5),
        "} } }".repeat(5)
    );
    let pages = "{ shops(first: 100) { nodes { products(first: 100) { nodes { id } } } } }";
    let brackets = format!("{{ a(x: {}) }}", "[".repeat(1000));
    let fields = format!("{{ me {{ {} }} }}", "address ".repeat(501));
    let long = format!("{{ __typename }} #{}", "x".repeat(40_000));
    let roots = format!("{{ {} }}", "__typename ".repeat(21));
    // Each may ask a node about twenty wallets.
    let withdrawals =
        "ledgers { a: withdrawal { amount } b: withdrawal { amount } c: withdrawal { amount } }";
    let ledgers = format!("{{ shop(id: 1) {{ {withdrawals} }} }}");
    let documents = [
        format!("{{ {} }}", aliases.join(" ")),
        pages.to_owned(),
        brackets,
        fields,
        long,
        roots,
        deep,
        ledgers,
    ];
    for document in &documents {
        let answer = answer(post(&json!({ "query": document }))).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{document:.80}");
        assert_eq!(
            answer.code(),
            "TOO_COMPLEX",
            "{document:.80}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn the_schema_shows_itself_in_development_only() {
    let asked = json!({ "query": "{ __schema { queryType { name } } }" });
    let open = answer(post(&asked)).await;
    assert_eq!(
        open.json()["data"]["__schema"]["queryType"]["name"],
        "Query"
    );
    let closed = Server::with(Redis::Away, Environment::Production, 1000, well());
    let closed = closed.send(post(&asked)).await;
    assert!(!closed.text.contains("queryType\":{"), "{}", closed.text);
    let close = json!({ "query": "{ shopp { id } }" });
    let production = Server::with(Redis::Away, Environment::Production, 1000, well());
    let told = production.send(post(&close)).await.text;
    assert!(!told.contains("Did you mean"), "{told}");
}

#[tokio::test]
async fn a_request_keeps_its_id_and_gets_one_if_it_has_none() {
    let id = "018f3c5e-7b5a-7000-8000-000000000001";
    let mut request = post(&json!({ "query": "{ __typename }" }));
    request
        .headers_mut()
        .insert("x-request-id", id.parse().unwrap());
    assert_eq!(answer(request).await.header("x-request-id"), id);
    for given in ["", "no uuid", "\"><script>"] {
        let mut request = post(&json!({ "query": "{ __typename }" }));
        request
            .headers_mut()
            .insert("x-request-id", given.parse().unwrap());
        let answered = answer(request).await;
        let fresh = answered.header("x-request-id");
        assert!(fresh.len() == 36 && fresh != given, "{fresh}");
    }
}

#[tokio::test]
async fn while_redis_is_away_one_can_read_and_is_told_why_one_is_not_known() {
    let server = Server::new(Redis::Away);
    let open = server
        .send(post(&json!({ "query": "{ me { address } }" })))
        .await;
    assert_eq!(open.json(), json!({ "data": { "me": null } }));
    let mut request = post(&json!({ "query": "{ me { address } __typename }" }));
    let bearer = "Bearer abcdefghijklmnopqrstuvwxyz".parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let known = server.send(request).await;
    assert_eq!(known.status, StatusCode::OK);
    assert_eq!(known.code(), "UNAVAILABLE");
    assert_eq!(known.json()["data"]["__typename"], "Query");
}

#[tokio::test]
async fn a_bad_token_is_refused_and_a_cookie_of_another_sites_page_too() {
    let with = |name: &'static str, value: &str| {
        let mut request = post(&json!({ "query": "{ __typename }" }));
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let basic = answer(with("authorization", "Basic dTpw")).await;
    assert_eq!(
        (basic.status, &*basic.code()),
        (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED")
    );
    assert_eq!(
        basic.header("www-authenticate"),
        "Bearer error=\"invalid_token\""
    );
    let cookie = "gage_session=abcdefghijklmnopqrstuvwxyz";
    let foreign = answer(with("cookie", cookie)).await;
    assert_eq!(
        (foreign.status, &*foreign.code()),
        (StatusCode::FORBIDDEN, "FORBIDDEN")
    );
    let mut ours = with("cookie", cookie);
    ours.headers_mut().insert("origin", ORIGIN.parse().unwrap());
    assert_eq!(answer(ours).await.status, StatusCode::OK);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let server = Server::with(Redis::Real, Environment::Production, 3, well());
    let mut statuses = Vec::new();
    let mut last = None;
    for _ in 0..4 {
        let answer = server
            .send(post(&json!({ "query": "{ __typename }" })))
            .await;
        statuses.push(answer.status.as_u16());
        last = Some(answer);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    let last = last.unwrap();
    assert_eq!(last.code(), "RATE_LIMITED");
    assert!(last.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn of_a_limit_that_replicas_share_no_more_is_granted_than_there_is() {
    let here = Server::with(Redis::Real, Environment::Production, 300, well());
    let elsewhere = here.replica(300);
    let mut granted = 0;
    for _ in 0..200 {
        for server in [&here, &elsewhere] {
            let asked = server.send(post(&json!({ "query": "{ __typename }" })));
            granted += u32::from(asked.await.status == StatusCode::OK);
        }
    }
    // One comes free every 200 ms, and this may take a few seconds.
    assert!((300..400).contains(&granted), "{granted}");
}

#[tokio::test]
async fn a_missing_mutation_argument_is_a_refused_document() {
    let query = "mutation { placeOrder(input: { shop: \"x\" }) { orderId } }";
    let answer = answer(post(&json!({ "query": query }))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let missing: Value = answer.json();
    assert!(
        missing["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("idempotencyKey"),
        "{missing}"
    );
}

#[tokio::test]
async fn nothing_else_is_here() {
    let nothing = answer(Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(nothing.header("x-content-type-options"), "nosniff");
}
