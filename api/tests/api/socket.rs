//! graphql-transport-ws: the handshake, the messages, and why a connection is closed.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::support::{Redis, Server};

const PATIENCE: Duration = Duration::from_secs(20);

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What the server said.
#[derive(Debug, PartialEq)]
enum Said {
    Message(Value),
    Closed(u16),
}

impl Socket {
    async fn open(server: &Server, path: &str) -> Self {
        let address = server.listen().await;
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let (socket, response) = connect_async(request).await.unwrap();
        assert_eq!(
            response.headers()["sec-websocket-protocol"],
            "graphql-transport-ws"
        );
        Self(socket)
    }

    async fn acknowledged(server: &Server) -> Self {
        let mut socket = Self::open(server, "/graphql/ws").await;
        socket.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(
            socket.hear().await,
            message(json!({ "type": "connection_ack" }))
        );
        socket
    }

    async fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string()).await;
    }

    async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn hear(&mut self) -> Said {
        loop {
            match timeout(PATIENCE, self.0.next())
                .await
                .expect("the server is silent")
            {
                Some(Ok(Message::Text(text))) => {
                    return Said::Message(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => {
                    return Said::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                other => panic!("the connection broke: {other:?}"),
            }
        }
    }
}

fn message(message: Value) -> Said {
    Said::Message(message)
}

fn subscribe(id: &str, query: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": query } })
}

#[tokio::test]
async fn an_operation_is_answered_and_completed() {
    let server = Server::new(Redis::Away);
    for path in ["/graphql/ws", "/graphql"] {
        let mut socket = Socket::open(&server, path).await;
        socket
            .say(&json!({ "type": "connection_init", "payload": {} }))
            .await;
        assert_eq!(
            socket.hear().await,
            message(json!({ "type": "connection_ack" }))
        );
        socket.say(&subscribe("a", "{ __typename }")).await;
        let payload = json!({ "data": { "__typename": "Query" } });
        let next = json!({ "type": "next", "id": "a", "payload": payload });
        assert_eq!(socket.hear().await, message(next));
        assert_eq!(
            socket.hear().await,
            message(json!({ "type": "complete", "id": "a" }))
        );
    }
}

#[tokio::test]
async fn a_refused_document_is_an_error_of_its_operation_alone() {
    let server = Server::new(Redis::Away);
    let mut socket = Socket::acknowledged(&server).await;
    socket.say(&subscribe("a", "{ nothing }")).await;
    let Said::Message(error) = socket.hear().await else {
        panic!("closed")
    };
    assert_eq!(
        (&error["type"], &error["id"]),
        (&json!("error"), &json!("a"))
    );
    assert_eq!(error["payload"][0]["extensions"]["code"], "BAD_REQUEST");
    // The id is free again.
    socket.say(&subscribe("a", "{ __typename }")).await;
    let Said::Message(next) = socket.hear().await else {
        panic!("closed")
    };
    assert_eq!(next["type"], "next");
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_also_before_the_handshake() {
    let server = Server::new(Redis::Away);
    let mut socket = Socket::open(&server, "/graphql/ws").await;
    socket.say(&json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, message(json!({ "type": "pong" })));
    socket
        .say(&json!({ "type": "ping", "payload": { "n": 7 } }))
        .await;
    let pong = json!({ "type": "pong", "payload": { "n": 7 } });
    assert_eq!(socket.hear().await, message(pong));
}

#[tokio::test]
async fn what_is_no_message_closes_with_4400() {
    let server = Server::new(Redis::Away);
    let bad = [
        "no json",
        "[]",
        "{}",
        r#"{"type":"start"}"#,
        r#"{"type":"subscribe","payload":{"query":"{ __typename }"}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}"#,
        r#"{"type":"subscribe","id":"a"}"#,
        r#"{"type":"subscribe","id":"a","payload":{"query":7}}"#,
        r#"{"type":"connection_init","payload":7}"#,
    ];
    for text in bad {
        let mut socket = if text.contains("init") {
            Socket::open(&server, "/graphql/ws").await
        } else {
            Socket::acknowledged(&server).await
        };
        socket.say_text(text).await;
        assert_eq!(socket.hear().await, Said::Closed(4400), "{text}");
    }
}

#[tokio::test]
async fn an_operation_before_the_handshake_closes_with_4401() {
    let mut socket = Socket::open(&Server::new(Redis::Away), "/graphql/ws").await;
    socket.say(&subscribe("a", "{ __typename }")).await;
    assert_eq!(socket.hear().await, Said::Closed(4401));
}

#[tokio::test]
async fn a_bad_token_closes_with_4403() {
    let server = Server::new(Redis::Real);
    for token in ["Bearer abcdefghijklmnopqrstuvwxyz", "Basic dTpw", ""] {
        let mut socket = Socket::open(&server, "/graphql/ws").await;
        let payload = json!({ "authorization": token });
        socket
            .say(&json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.hear().await, Said::Closed(4403), "{token}");
    }
}

#[tokio::test]
async fn silence_instead_of_a_handshake_closes_with_4408() {
    let mut socket = Socket::open(&Server::new(Redis::Away), "/graphql/ws").await;
    assert_eq!(socket.hear().await, Said::Closed(4408));
}

#[tokio::test]
async fn a_second_handshake_closes_with_4429() {
    let mut socket = Socket::acknowledged(&Server::new(Redis::Away)).await;
    socket.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await, Said::Closed(4429));
}

#[tokio::test]
async fn another_protocol_closes_with_4406() {
    let address = Server::new(Redis::Away).listen().await;
    let (socket, response) = connect_async(format!("ws://{address}/graphql/ws"))
        .await
        .unwrap();
    assert!(response.headers().get("sec-websocket-protocol").is_none());
    assert_eq!(Socket(socket).hear().await, Said::Closed(4406));
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let server = Server::new(Redis::Away);
    let mut socket = Socket::acknowledged(&server).await;
    server.stop.cancel();
    assert_eq!(socket.hear().await, Said::Closed(1001));
}

#[tokio::test]
async fn a_message_has_an_end() {
    let mut socket = Socket::acknowledged(&Server::new(Redis::Away)).await;
    socket.say_text(&"x".repeat(100_000)).await;
    let ended = timeout(PATIENCE, socket.0.next()).await.unwrap();
    assert!(!matches!(ended, Some(Ok(Message::Text(_)))), "{ended:?}");
}
