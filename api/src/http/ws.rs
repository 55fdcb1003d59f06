//! GraphQL over WebSocket: the sub-protocol graphql-transport-ws, with its close codes
//! (github.com/enisdenjo/graphql-ws, PROTOCOL.md).

use std::time::Duration;

use async_graphql::ServerError;
use axum::{
    Extension,
    body::Bytes,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
    },
    http::{HeaderMap, Method},
    response::{IntoResponse as _, Response},
};
use futures::{StreamExt as _, stream::BoxStream};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::{
    select,
    time::{Instant, sleep_until, timeout},
};
use tokio_stream::StreamMap;

use crate::{
    graphql::{answer::Answer, context::RequestContext},
    http::{
        auth, parameters,
        state::{Circumstances, HttpState, context},
    },
    identity::viewer::Viewer,
};

/// The sub-protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// Bytes of a message.
const MESSAGE_BYTES: usize = 64 * 1024;
/// Operations that may run on one connection.
const OPERATIONS: usize = 50;
/// Characters of an operation's id.
const ID_CHARS: usize = 128;
/// How long a client may take to say who it is.
const INIT_PATIENCE: Duration = Duration::from_secs(5);
/// How often an idle client is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a closing connection waits for the client's goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
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

/// Why the server closes a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Close {
    Invalid(&'static str),
    Unauthorized,
    Forbidden,
    SubprotocolUnknown,
    InitTimeout,
    SubscriberExists(String),
    TooManyInits,
    TooManyOperations,
    TooManyRequests,
    Silent,
    GoingAway,
}

impl Close {
    fn frame(self) -> CloseFrame {
        let (code, reason) = match self {
            Self::Invalid(reason) => (4400, reason.to_owned()),
            Self::Unauthorized => (4401, "Unauthorized".to_owned()),
            Self::Forbidden => (4403, "Forbidden".to_owned()),
            Self::SubprotocolUnknown => (4406, "Subprotocol not acceptable".to_owned()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::SubscriberExists(id) => (4409, format!("Subscriber for {id} already exists")),
            Self::TooManyInits => (4429, "Too many initialisation requests".to_owned()),
            Self::TooManyOperations => (4429, "Too many operations".to_owned()),
            Self::TooManyRequests => (4429, "Too many requests".to_owned()),
            Self::Silent => (1001, "No answer".to_owned()),
            Self::GoingAway => (1001, "The server stops".to_owned()),
        };
        // A close frame has room for 123 bytes of reason (RFC 6455, 5.5).
        let reason: String = reason.chars().filter(char::is_ascii).take(123).collect();
        CloseFrame {
            code,
            reason: reason.into(),
        }
    }
}

/// Ends a connection: says why if it is the server that ends it, and reads until the client has
/// said goodbye too, so that both closing frames arrive. A client that is gone already hears
/// nothing, which is nobody's fault.
async fn close(mut socket: WebSocket, why: Option<Close>) {
    let goodbye = async {
        if let Some(why) = why {
            socket.send(Message::Close(Some(why.frame()))).await?;
        }
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<_, axum::Error>(())
    };
    if timeout(GOODBYE, goodbye).await.is_err() {
        tracing::debug!("a client did not say goodbye");
    }
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
    opened: Instant,
    heard: Instant,
    pinged: Instant,
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
            state,
            socket,
            context,
            handshake: Handshake::Awaited,
            operations: StreamMap::new(),
            opened: now,
            heard: now,
            pinged: now,
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
        let wake_at = match self.handshake {
            Handshake::Awaited => self.opened + INIT_PATIENCE,
            Handshake::Done => self.pinged + PING_EVERY,
        };
        select! {
            () = self.state.stop.cancelled() => Happening::Stop,
            message = self.socket.recv() => Happening::Message(message),
            Some((id, answer)) = self.operations.next() => Happening::Answer(id, answer),
            () = sleep_until(wake_at) => Happening::Time,
        }
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
        self.pinged = Instant::now();
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
        self.pinged = Instant::now();
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
