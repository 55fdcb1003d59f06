//! A subscription over WebSocket (graphql-transport-ws).

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        ClientRequestBuilder, Message,
        protocol::{CloseFrame, WebSocketConfig},
    },
};

use crate::client::Client;

/// How long a message may take.
const SOON: Duration = Duration::from_secs(20);

/// What is read at once. The usual 128 kB are cleared for every message, which costs a thousand
/// subscribers more than all else.
const READ_BYTES: usize = 4 * 1024;

/// An open connection with one subscription.
#[derive(Debug)]
pub struct Subscription {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// What a server sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// A result of the subscription.
    Next(Value),
    /// The subscription was refused or broke.
    Error(Value),
    /// The subscription is over.
    Complete,
    /// The connection was closed with this code.
    Closed(u16),
}

impl Subscription {
    /// Opens a connection, greets, and subscribes.
    ///
    /// # Panics
    /// When the server does not take it.
    pub async fn open(client: &Client, document: &str, variables: Value) -> Self {
        let mut subscription = Self::connect(client).await;
        subscription.greet(client).await;
        let payload = json!({ "query": document, "variables": variables });
        subscription
            .send(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        subscription
    }

    /// Opens a connection and says nothing.
    ///
    /// # Panics
    /// When the server does not take it.
    pub async fn connect(client: &Client) -> Self {
        let url = format!("{}/graphql/ws", client.url().replacen("http", "ws", 1));
        let request = ClientRequestBuilder::new(url.parse().unwrap())
            .with_sub_protocol("graphql-transport-ws");
        let config = WebSocketConfig::default().read_buffer_size(READ_BYTES);
        let connecting = connect_async_with_config(request, Some(config), true);
        let (socket, _) = connecting.await.unwrap();
        Self { socket }
    }

    async fn greet(&mut self, client: &Client) {
        let payload = client.token().map_or_else(
            || json!({}),
            |token| json!({ "authorization": format!("Bearer {token}") }),
        );
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        let ack = self.receive_message().await.unwrap();
        assert_eq!(ack["type"], "connection_ack", "{ack}");
    }

    /// Sends a message, whatever it is.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next thing that the server sends.
    ///
    /// # Panics
    /// When nothing comes soon.
    pub async fn next(&mut self) -> Sent {
        match self.receive_message().await {
            Err(code) => Sent::Closed(code),
            Ok(message) => match message["type"].as_str() {
                Some("next") => Sent::Next(message["payload"].clone()),
                Some("error") => Sent::Error(message["payload"].clone()),
                Some("complete") => Sent::Complete,
                _ => panic!("not expected: {message}"),
            },
        }
    }

    /// The next result's data.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn next_data(&mut self) -> Value {
        match self.next().await {
            Sent::Next(result) if result["errors"].is_null() => result["data"].clone(),
            other => panic!("no data: {other:?}"),
        }
    }

    /// The next text as it came, whenever that is, pings left out; nothing when the connection
    /// is gone. For those who have no time to read.
    pub async fn next_text(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) if text.contains("\"type\":\"ping\"") => {
                    self.send(json!({ "type": "pong" })).await;
                }
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// A message other than a ping; or the code with which the server closed.
    async fn receive_message(&mut self) -> Result<Value, u16> {
        loop {
            let message = timeout(SOON, self.socket.next())
                .await
                .expect("nothing came");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "ping" {
                        self.send(json!({ "type": "pong" })).await;
                    } else if message["type"] != "pong" {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |CloseFrame { code, .. }| code.into()));
                }
                Some(Ok(_)) => {}
                // Lost without a word.
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }
}
