//! GraphQL over WebSocket: the sub-protocol graphql-transport-ws, with its close codes
//! (github.com/enisdenjo/graphql-ws, PROTOCOL.md).

use std::{pin::Pin, time::Duration};

use async_graphql::ServerError;
use axum::{
    Extension,
    body::Bytes,
    extract::{
        State, WebSocketUpgrade,
        ws::{Message, Utf8Bytes, WebSocket},
    },
    http::{HeaderMap, Method},
    response::{IntoResponse as _, Response},
};
use futures::{StreamExt as _, stream::BoxStream};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::{
    select,
    time::{Instant, Sleep, sleep_until, timeout},
};
use tokio_stream::StreamMap;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::{
    graphql::{answer::Answer, context::RequestContext},
    http::{
        auth,
        close::{Close, close},
        parameters,
        state::{Circumstances, HttpState, context},
    },
    identity::viewer::Viewer,
};

/// The sub-protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of a message.
const MESSAGE_BYTES: usize = 64 * 1024;
/// Bytes that are read at once. tungstenite holds a buffer of this size for each connection and
/// clears it whenever it looks whether something came: its usual 128 KiB were a third of the
/// time of a message, and 128 MiB for a thousand connections.
const READ_BYTES: usize = 4 * 1024;
/// Operations that may run on one connection.
const OPERATIONS: usize = 50;
/// Characters of an operation's id.
const ID_CHARS: usize = 128;
/// How long a client may take to say who it is.
const INIT_PATIENCE: Duration = Duration::from_secs(5);
/// How often an idle client is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Silence after which a client is taken for gone.
const SILENCE: Duration = Duration::from_mins(1);

/// Opens a WebSocket.
pub(super) async fn handle(
    State(state): State<HttpState>,
    Extension(circumstances): Extension<Circumstances>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BYTES)
        .max_message_size(MESSAGE_BYTES)
        .max_frame_size(MESSAGE_BYTES);
    // Who the cookie says it is; a page of another site is nobody until it shows a token.
    let viewer = auth::viewer(&headers, &Method::GET, &state.origin, state.engine.desk()).await;
    let speaks = upgrade.selected_protocol().is_some();
    let open = move |socket: WebSocket| async move {
        if speaks {
            let viewer = viewer.unwrap_or(Viewer::Unknown);
            Connection::new(state, socket, context(viewer, circumstances))
                .run()
                .await;
        } else {
            close(socket, Some(Close::SubprotocolUnknown)).await;
        }
    };
    upgrade.on_upgrade(open).into_response()
}

/// Why a connection ended.
enum End {
    /// The server closes it.
    Close(Close),
    /// The client is gone.
    Gone,
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

/// How far the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handshake {
    Awaited,
    Done,
}

struct Connection {
    state: HttpState,
    socket: WebSocket,
    context: RequestContext,
    handshake: Handshake,
    /// Operations that run, by the client's ids.
    operations: StreamMap<String, BoxStream<'static, Option<Answer>>>,
    heard: Instant,
    /// When the handshake must be done, or the client is asked whether it lives.
    alarm: Pin<Box<Sleep>>,
    /// The server stops.
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// What happens next on a connection.
enum Happening {
    Message(Option<Result<Message, axum::Error>>),
    Answer(String, Option<Answer>),
    Time,
    Stop,
}

impl Connection {
    fn new(state: HttpState, socket: WebSocket, context: RequestContext) -> Self {
        let now = Instant::now();
        Self {
            stop: Box::pin(state.stop.clone().cancelled_owned()),
            state,
            socket,
            context,
            handshake: Handshake::Awaited,
            operations: StreamMap::new(),
            heard: now,
            alarm: Box::pin(sleep_until(now + INIT_PATIENCE)),
        }
    }

    async fn run(mut self) {
        loop {
            let happening = self.happening().await;
            match self.handle(happening).await {
                Ok(()) => {}
                Err(End::Close(why)) => return close(self.socket, Some(why)).await,
                Err(End::Gone) => return close(self.socket, None).await,
            }
        }
    }

    async fn happening(&mut self) -> Happening {
        select! {
            () = &mut self.stop => Happening::Stop,
            message = self.socket.recv() => Happening::Message(message),
            Some((id, answer)) = self.operations.next() => Happening::Answer(id, answer),
            () = &mut self.alarm => Happening::Time,
        }
    }

    fn ping_later(&mut self) {
        self.alarm.as_mut().reset(Instant::now() + PING_EVERY);
    }

    async fn handle(&mut self, happening: Happening) -> Result<(), End> {
        match happening {
            Happening::Stop => Err(End::Close(Close::GoingAway)),
            Happening::Time => self.on_time().await,
            Happening::Answer(id, answer) => self.on_answer(id, answer).await,
            Happening::Message(message) => {
                self.heard = Instant::now();
                match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => Err(End::Gone),
                    Some(Ok(Message::Text(text))) => self.on_message(text.as_str()).await,
                    Some(Ok(Message::Binary(_))) => {
                        Err(End::Close(Close::Invalid("Messages are text")))
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                }
            }
        }
    }

    async fn on_time(&mut self) -> Result<(), End> {
        if self.handshake == Handshake::Awaited {
            return Err(End::Close(Close::InitTimeout));
        }
        if self.heard.elapsed() >= SILENCE {
            return Err(End::Close(Close::Silent));
        }
        self.ping_later();
        self.send(&json!({ "type": "ping" })).await
    }

    async fn on_answer(&mut self, id: String, answer: Option<Answer>) -> Result<(), End> {
        let Some(answer) = answer else {
            self.operations.remove(&id);
            return self.send(&json!({ "type": "complete", "id": id })).await;
        };
        match answer {
            Answer::Executed(payload) => self.send_text(next(&id, &payload)).await,
            Answer::Refused(errors) | Answer::Failed(errors) => {
                // An `error` ends the operation: no `complete` follows.
                self.operations.remove(&id);
                self.send_error(&id, &errors).await
            }
        }
    }

    async fn send_error(&mut self, id: &str, errors: &[ServerError]) -> Result<(), End> {
        self.send(&json!({ "type": "error", "id": id, "payload": errors }))
            .await
    }

    async fn on_message(&mut self, text: &str) -> Result<(), End> {
        let invalid = || End::Close(Close::Invalid("Invalid message received"));
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(invalid());
        };
        let payload = message
            .remove("payload")
            .filter(|payload| !payload.is_null());
        let kind = message
            .get("type")
            .and_then(Value::as_str)
            .ok_or_else(invalid)?;
        match kind {
            "connection_init" => self.on_init(payload).await,
            "ping" => match payload {
                None => self.send(&json!({ "type": "pong" })).await,
                Some(payload) => {
                    self.send(&json!({ "type": "pong", "payload": payload }))
                        .await
                }
            },
            "pong" => Ok(()),
            "subscribe" => {
                let id = operation_id(&message).ok_or_else(invalid)?;
                let Some(Value::Object(payload)) = payload else {
                    return Err(invalid());
                };
                self.on_subscribe(id, payload).await
            }
            "complete" => {
                let id = operation_id(&message).ok_or_else(invalid)?;
                self.operations.remove(&id);
                Ok(())
            }
            _ => Err(invalid()),
        }
    }

    async fn on_init(&mut self, payload: Option<Value>) -> Result<(), End> {
        if self.handshake == Handshake::Done {
            return Err(End::Close(Close::TooManyInits));
        }
        match &payload {
            None => {}
            Some(Value::Object(payload)) => {
                if let Some(shown) = authorization(payload) {
                    let token = shown.as_str().and_then(auth::bearer);
                    let token = token.ok_or(End::Close(Close::Forbidden))?;
                    self.context.viewer = auth::look_up(self.state.engine.desk(), &token).await;
                    if self.context.viewer == Viewer::Anonymous {
                        return Err(End::Close(Close::Forbidden));
                    }
                }
            }
            Some(_) => return Err(End::Close(Close::Invalid("The payload must be an object"))),
        }
        self.handshake = Handshake::Done;
        self.ping_later();
        self.send(&json!({ "type": "connection_ack" })).await
    }

    async fn on_subscribe(&mut self, id: String, payload: Map<String, Value>) -> Result<(), End> {
        if self.handshake == Handshake::Awaited {
            return Err(End::Close(Close::Unauthorized));
        }
        if self.operations.contains_key(&id) {
            return Err(End::Close(Close::SubscriberExists(id)));
        }
        if self.operations.len() >= OPERATIONS {
            return Err(End::Close(Close::TooManyOperations));
        }
        let Ok(parameters) = parameters::of_object(payload) else {
            return Err(End::Close(Close::Invalid("Invalid request")));
        };
        let counted = self
            .state
            .count(&self.context.viewer, self.context.ip)
            .await;
        counted.map_err(|_| End::Close(Close::TooManyRequests))?;
        match self.state.engine.prepare(parameters, self.context.clone()) {
            Ok(prepared) => {
                let answers = self.state.engine.stream(prepared).map(Some);
                let end = futures::stream::once(futures::future::ready(None));
                self.operations.insert(id, answers.chain(end).boxed());
                Ok(())
            }
            Err(answer) => self.on_answer(id, Some(answer)).await,
        }
    }

    async fn send(&mut self, message: &impl Serialize) -> Result<(), End> {
        // Messages are made of strings and GraphQL values: they can always be written as JSON.
        self.send_text(serde_json::to_string(message).unwrap_or_default())
            .await
    }

    async fn send_text(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), End> {
        // A client that does not read is as good as gone; its operations wait for nobody else.
        let sent = timeout(SILENCE, self.socket.send(Message::Text(text.into())));
        Ok(sent.await.map_err(|_| End::Gone)??)
    }
}

/// An answer on its way. It is JSON already, and keeps the order of its fields.
fn next(id: &str, payload: &Bytes) -> Utf8Bytes {
    let id = serde_json::to_vec(id).unwrap_or_default();
    let parts: [&[u8]; 5] = [
        br#"{"type":"next","id":"#,
        &id,
        br#","payload":"#,
        payload,
        b"}",
    ];
    // Made of JSON, which is UTF-8.
    Utf8Bytes::try_from(parts.concat()).unwrap_or_default()
}

fn operation_id(message: &Map<String, Value>) -> Option<String> {
    let id = message.get("id").and_then(Value::as_str)?;
    (!id.is_empty() && id.len() <= ID_CHARS).then(|| id.to_owned())
}

/// The credentials in a `connection_init`, under the name that HTTP has for them.
fn authorization(payload: &Map<String, Value>) -> Option<&Value> {
    let mut entries = payload.iter();
    entries
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value)
}
