//! Health: the process lives, and can or cannot serve.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use gage_api::{
    config::Environment,
    http::{
        Gate,
        health::{Condition, Report},
    },
};
use tower::ServiceExt as _;

use crate::support::{Answer, Redis, Server, well};

async fn readyz(report: Report) -> Answer {
    let server = Server::with(Redis::Away, Environment::Production, 1000, report);
    server
        .send(Request::get("/readyz").body(Body::empty()).unwrap())
        .await
}

#[tokio::test]
async fn a_server_that_fares_well_is_ready() {
    let answer = readyz(well()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let json = answer.json();
    assert_eq!(
        (&json["database"], &json["chains"][0]["head"]),
        (&"up".into(), &7.into())
    );
}

#[tokio::test]
async fn a_server_that_is_not_ready_says_so_with_the_reasons() {
    let report = Report {
        ready: false,
        database: Condition::Down,
        ..well()
    };
    let answer = readyz(report).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["database"], "down");
}

#[tokio::test]
async fn before_the_database_is_there_the_process_lives_and_asks_for_patience() {
    let gate = Gate::default();
    let status = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        gate.router().oneshot(request).await.unwrap().status()
    };
    assert_eq!(status("/healthz").await, StatusCode::OK);
    assert_eq!(status("/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status("/graphql").await, StatusCode::SERVICE_UNAVAILABLE);
    gate.open(Server::new(Redis::Away).router());
    assert_eq!(status("/readyz").await, StatusCode::OK);
}
