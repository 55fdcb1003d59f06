//! How a WebSocket ends: the close codes of graphql-transport-ws, and a goodbye that arrives.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::timeout;

/// How long a closing connection waits for the client's goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why the server closes a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Close {
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
pub(super) async fn close(mut socket: WebSocket, why: Option<Close>) {
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
