//! GraphQL over server-sent events: the "distinct connections" mode of graphql-sse. One request,
//! one stream of `next` events, then `complete`.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{
    Stream, StreamExt as _, future,
    stream::{self, BoxStream},
};
use tokio::time::timeout;

use crate::{
    graphql::answer::Answer,
    http::{
        graphql::{parameter_fault, turned_away},
        media::{self, ResponseType},
        parameters,
        state::{Circumstances, HttpState},
    },
};

/// How often an idle stream shows that it lives: proxies cut silent ones after half a minute.
const HEARTBEAT: Duration = Duration::from_secs(12);
/// A browser drops an event without a line of data, be it an empty one.
const COMPLETE: &[u8] = b"event: complete\ndata: \n\n";

/// Answers with a stream of events.
pub(super) async fn handle(
    State(state): State<HttpState>,
    Extension(circumstances): Extension<Circumstances>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if !media::accepts_events(&parts.headers) {
        return (StatusCode::NOT_ACCEPTABLE, "accept text/event-stream\n").into_response();
    }
    let read = match parts.method {
        Method::GET => parameters::of_query(parts.uri.query().unwrap_or_default()),
        _ => parameters::of_body(&parts.headers, body).await,
    };
    let parameters = match read {
        Ok(parameters) => parameters,
        Err(fault) => return parameter_fault(&fault, ResponseType::Json),
    };
    let context = match state
        .admit(&parts.headers, &parts.method, circumstances)
        .await
    {
        Ok(context) => context,
        Err(reason) => return turned_away(reason, ResponseType::Json),
    };
    let answers = match state.engine.prepare(parameters, context) {
        Ok(prepared)
            if parts.method == Method::GET
                && prepared.operation()
                    == async_graphql::parser::types::OperationType::Mutation =>
        {
            let allow = [(header::ALLOW, HeaderValue::from_static("POST"))];
            return (StatusCode::METHOD_NOT_ALLOWED, allow, "use POST\n").into_response();
        }
        Ok(prepared) => state.engine.stream(prepared),
        // An EventSource cannot read the body of a 400: the errors travel as an event.
        Err(answer) => stream::once(future::ready(answer)).boxed(),
    };
    let stop = state.stop.clone();
    let events = answers.map(next).take_until(stop.cancelled_owned());
    let complete = stream::once(future::ready(Bytes::from_static(COMPLETE)));
    let body = Body::from_stream(alive(events.chain(complete).boxed()));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

/// The event of an answer. JSON on one line needs one line of data.
fn next(answer: Answer) -> Bytes {
    let body = answer.into_body();
    let mut event = Vec::with_capacity(body.len() + 32);
    event.extend_from_slice(b"event: next\ndata: ");
    event.extend_from_slice(&body);
    event.extend_from_slice(b"\n\n");
    event.into()
}

/// Events with comments in their pauses.
fn alive(events: BoxStream<'static, Bytes>) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(events, |mut events| async move {
        match timeout(HEARTBEAT, events.next()).await {
            Ok(event) => event.map(|event| (Ok(event), events)),
            Err(_) => Some((Ok(Bytes::from_static(b":\n\n")), events)),
        }
    })
}
