//! GraphQL over server-sent events.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;

use crate::support::{Answer, Redis, Server};

async fn stream(query: &str, accept: &str) -> Answer {
    let request = Request::post("/graphql/stream")
        .header("content-type", "application/json")
        .header("accept", accept)
        .body(Body::from(json!({ "query": query }).to_string()))
        .unwrap();
    Server::new(Redis::Away).send(request).await
}

#[tokio::test]
async fn an_answer_is_one_event_and_then_the_end() {
    let answer = stream("{ __typename }", "text/event-stream").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let expected = "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\n\
                    event: complete\ndata: \n\n";
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn a_refused_document_travels_as_an_event() {
    let answer = stream("{ nothing }", "text/event-stream").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.text.starts_with("event: next\ndata: {\"errors\":"),
        "{}",
        answer.text
    );
    assert!(answer.text.ends_with("event: complete\ndata: \n\n"));
}

#[tokio::test]
async fn who_takes_no_events_is_told_so() {
    let answer = stream("{ __typename }", "application/json").await;
    assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn a_get_subscribes_and_changes_nothing() {
    let get = async |query: &str| {
        let request = Request::get(format!("/graphql/stream?query={query}"))
            .header("accept", "text/event-stream");
        Server::new(Redis::Away)
            .send(request.body(Body::empty()).unwrap())
            .await
            .status
    };
    assert_eq!(get("%7B__typename%7D").await, StatusCode::OK);
    assert_eq!(
        get("mutation%7BsignOut%7BsignedOut%7D%7D").await,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
