//! GraphQL over HTTP (the specification's draft of 2025): one request, one answer.

use async_graphql::{ServerError, parser::types::OperationType};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    graphql::{answer::Answer, context::RequestContext, engine::Parameters, errors::ErrorCode},
    http::{
        auth::CredentialFault,
        media::{self, ResponseType},
        parameters::{self, ParameterFault},
        state::{Circumstances, HttpState, TurnedAway},
    },
};

/// Answers a GraphQL request.
pub(super) async fn handle(
    State(state): State<HttpState>,
    Extension(circumstances): Extension<Circumstances>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = media::accepted(&parts.headers) else {
        return respond(
            ResponseType::Json,
            StatusCode::NOT_ACCEPTABLE,
            not_acceptable(),
        );
    };
    match exchange(&state, circumstances, &parts, body).await {
        Ok((answer, context)) => {
            let status = status_of(&answer, media);
            with_cookies(respond(media, status, answer), context).await
        }
        Err(refusal) => refusal.respond(media),
    }
}

/// Why a request gets no GraphQL answer.
enum Refusal {
    Method { allow: &'static str },
    Parameters(ParameterFault),
    TurnedAway(TurnedAway),
}

async fn exchange(
    state: &HttpState,
    circumstances: Circumstances,
    parts: &Parts,
    body: Body,
) -> Result<(Answer, RequestContext), Refusal> {
    let parameters = read(parts, body).await?;
    let context = state
        .admit(&parts.headers, &parts.method, circumstances)
        .await;
    let context = context.map_err(Refusal::TurnedAway)?;
    let prepared = match state.engine.prepare(parameters, context.clone()) {
        Ok(prepared) => prepared,
        Err(answer) => return Ok((answer, context)),
    };
    match (prepared.operation(), &parts.method) {
        (OperationType::Subscription, _) => Ok((no_subscriptions(), context)),
        // A GET may be repeated, prefetched and cached by anyone in between.
        (OperationType::Mutation, &Method::GET) => Err(Refusal::Method { allow: "POST" }),
        _ => Ok((state.engine.execute(&prepared).await, context)),
    }
}

async fn read(parts: &Parts, body: Body) -> Result<Parameters, Refusal> {
    let read = match parts.method {
        Method::GET => parameters::of_query(parts.uri.query().unwrap_or_default()),
        Method::POST => parameters::of_body(&parts.headers, body).await,
        _ => return Err(Refusal::Method { allow: "GET, POST" }),
    };
    read.map_err(Refusal::Parameters)
}

/// The status of an answer. In JSON a well-formed request is answered with 200 whatever comes
/// of it, for clients that take other statuses for broken connections.
fn status_of(answer: &Answer, media: ResponseType) -> StatusCode {
    match (answer, media) {
        (Answer::Executed(_), _) | (Answer::Refused(_), ResponseType::Json) => StatusCode::OK,
        (Answer::Refused(_), ResponseType::GraphQl) => StatusCode::BAD_REQUEST,
        (Answer::Failed(_), _) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn not_acceptable() -> Answer {
    let message = "accept application/graphql-response+json or application/json";
    Answer::refused(ErrorCode::BadRequest, ServerError::new(message, None))
}

fn no_subscriptions() -> Answer {
    let message =
        "subscribe over WebSocket at /graphql/ws or server-sent events at /graphql/stream";
    Answer::refused(ErrorCode::BadRequest, ServerError::new(message, None))
}

impl Refusal {
    fn respond(self, media: ResponseType) -> Response {
        match self {
            Self::Method { allow } => {
                let message = format!("use {allow}");
                let answer =
                    Answer::refused(ErrorCode::BadRequest, ServerError::new(message, None));
                let mut response = respond(media, StatusCode::METHOD_NOT_ALLOWED, answer);
                response
                    .headers_mut()
                    .insert(header::ALLOW, HeaderValue::from_static(allow));
                response
            }
            Self::Parameters(fault) => parameter_fault(&fault, media),
            Self::TurnedAway(reason) => turned_away(reason, media),
        }
    }
}

pub(super) fn parameter_fault(fault: &ParameterFault, media: ResponseType) -> Response {
    let status = match fault {
        ParameterFault::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ParameterFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ParameterFault::TooSlow => StatusCode::REQUEST_TIMEOUT,
        ParameterFault::BodyLost
        | ParameterFault::NoJson { .. }
        | ParameterFault::Batch
        | ParameterFault::NoObject
        | ParameterFault::QueryMissing
        | ParameterFault::WrongType { .. }
        | ParameterFault::Twice { .. } => StatusCode::BAD_REQUEST,
    };
    let error = ServerError::new(fault.to_string(), None);
    respond(media, status, Answer::refused(ErrorCode::BadRequest, error))
}

pub(super) fn turned_away(reason: TurnedAway, media: ResponseType) -> Response {
    match reason {
        TurnedAway::Credential(fault) => {
            let (status, code) = match fault {
                CredentialFault::TokenInvalid => {
                    (StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated)
                }
                CredentialFault::CrossSite => (StatusCode::FORBIDDEN, ErrorCode::Forbidden),
            };
            let answer = Answer::refused(code, ServerError::new(fault.to_string(), None));
            let mut response = respond(media, status, answer);
            if status == StatusCode::UNAUTHORIZED {
                let scheme = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, scheme);
            }
            response
        }
        TurnedAway::TooMany { retry_after } => {
            let seconds = retry_after.as_secs().max(1);
            let message = format!("too many requests, try again in {seconds} s");
            let answer = Answer::refused(ErrorCode::RateLimited, ServerError::new(message, None));
            let mut response = respond(media, StatusCode::TOO_MANY_REQUESTS, answer);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
    }
}

fn respond(media: ResponseType, status: StatusCode, answer: Answer) -> Response {
    let mut response = (status, answer.into_body()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.header());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let vary = HeaderValue::from_static("accept, authorization, cookie, origin");
    headers.insert(header::VARY, vary);
    response
}

async fn with_cookies(mut response: Response, context: RequestContext) -> Response {
    for cookie in context.cookies.take().await {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
