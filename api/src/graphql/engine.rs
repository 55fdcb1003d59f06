//! From parameters to answers: limits, the kind of operation, execution. Every transport comes
//! through here.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use async_graphql::{
    Request, ServerError, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationType},
    },
};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::{Map, Value};
use tokio::{select, time::timeout};
use tracing::Instrument as _;

use crate::{
    graphql::{
        answer::Answer,
        context::RequestContext,
        errors::ErrorCode,
        limits::{DocumentLimits, TooLarge},
        order::Asked,
        schema::GageSchema,
    },
    identity::{desk::Desk, viewer::Viewer},
};

/// How often an open subscription's session is looked up again.
const SESSION_CHECK: Duration = Duration::from_secs(5);

/// A GraphQL request as every transport carries it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// The document.
    pub query: String,
    /// Which of its operations.
    pub operation_name: Option<String>,
    /// Its variables.
    pub variables: Map<String, Value>,
}

/// A request whose document was parsed and is within the limits.
pub struct Prepared {
    request: Request,
    operation: OperationType,
    asked: Asked,
    viewer: Viewer,
}

impl Prepared {
    /// Query, mutation or subscription.
    pub fn operation(&self) -> OperationType {
        self.operation
    }
}

/// Executes requests.
#[derive(Clone)]
pub struct Engine {
    schema: GageSchema,
    limits: DocumentLimits,
    desk: Arc<Desk>,
    patience: Duration,
}

impl Engine {
    /// An engine that gives each query and mutation so long.
    pub fn new(
        schema: GageSchema,
        limits: DocumentLimits,
        desk: Arc<Desk>,
        patience: Duration,
    ) -> Self {
        Self {
            schema,
            limits,
            desk,
            patience,
        }
    }

    /// The desk that knows the sessions.
    pub fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Parses a document and holds it against the limits.
    ///
    /// # Errors
    /// An answer without `data`.
    pub fn prepare(
        &self,
        parameters: Parameters,
        context: RequestContext,
    ) -> Result<Prepared, Answer> {
        self.limits
            .check_text(&parameters.query)
            .map_err(too_large)?;
        let document = parse_query(&parameters.query)
            .map_err(|error| Answer::refused(ErrorCode::BadRequest, error.into()))?;
        self.limits.check(&document).map_err(too_large)?;
        let operation = operation_type(&document, parameters.operation_name.as_deref())?;
        let viewer = context.viewer.clone();
        let variables = Variables::from_json(Value::Object(parameters.variables));
        let mut request = Request::new(parameters.query)
            .variables(variables)
            .data(context);
        let asked = Asked::new(document.clone(), parameters.operation_name.clone());
        request.operation_name = parameters.operation_name;
        request.set_parsed_query(document);
        Ok(Prepared {
            request,
            operation,
            asked,
            viewer,
        })
    }

    /// Executes a query or a mutation.
    ///
    /// A mutation that takes too long goes on: its idempotency key tells what came of it.
    pub async fn execute(&self, prepared: Prepared) -> Answer {
        let schema = self.schema.clone();
        let running = async move { schema.execute(prepared.request).await };
        let finished = match prepared.operation {
            OperationType::Mutation => {
                timeout(self.patience, tokio::spawn(running.in_current_span())).await
            }
            OperationType::Query | OperationType::Subscription => {
                timeout(self.patience, running).await.map(Ok)
            }
        };
        match finished {
            Ok(Ok(response)) => Answer::of(response).sorted(&prepared.asked),
            Ok(Err(panicked)) => {
                tracing::error!(error = %panicked, "a resolver panicked");
                let error = ServerError::new("something went wrong on our side", None);
                Answer::failed(ErrorCode::Internal, error)
            }
            Err(_) => {
                let error = ServerError::new("the request took too long", None);
                Answer::failed(ErrorCode::Timeout, error)
            }
        }
    }

    /// Executes an operation of any kind as a stream of answers. A subscription ends when its
    /// viewer's session does, with an error that says so.
    pub fn stream(&self, prepared: Prepared) -> BoxStream<'static, Answer> {
        if prepared.operation != OperationType::Subscription {
            let engine = self.clone();
            return stream::once(async move { engine.execute(prepared).await }).boxed();
        }
        let asked = prepared.asked;
        let answers = self
            .schema
            .execute_stream(prepared.request)
            .map(move |response| Answer::of(response).sorted(&asked))
            .boxed();
        let (desk, viewer) = (self.desk.clone(), prepared.viewer);
        let session_end = Box::pin(async move { desk.ended(&viewer, SESSION_CHECK).await });
        stream::unfold(
            Subscription::Open {
                answers,
                session_end,
            },
            Subscription::next,
        )
        .boxed()
    }
}

/// An open subscription, or one whose session has ended.
enum Subscription {
    Open {
        answers: BoxStream<'static, Answer>,
        session_end: Pin<Box<dyn Future<Output = ()> + Send>>,
    },
    Over,
}

impl Subscription {
    async fn next(self) -> Option<(Answer, Self)> {
        let Self::Open {
            mut answers,
            mut session_end,
        } = self
        else {
            return None;
        };
        select! {
            biased;
            () = &mut session_end => {
                let error = ServerError::new("the session has ended, sign in again", None);
                Some((Answer::refused(ErrorCode::Unauthenticated, error), Self::Over))
            }
            answer = answers.next() => {
                answer.map(|answer| (answer, Self::Open { answers, session_end }))
            }
        }
    }
}

fn too_large(error: TooLarge) -> Answer {
    Answer::refused(
        ErrorCode::TooComplex,
        ServerError::new(error.to_string(), None),
    )
}

fn operation_type(
    document: &ExecutableDocument,
    name: Option<&str>,
) -> Result<OperationType, Answer> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next()
        }
        (DocumentOperations::Single(_), Some(_)) | (DocumentOperations::Multiple(_), None) => None,
    };
    found.map(|operation| operation.node.ty).ok_or_else(|| {
        let error = ServerError::new("name one of the document's operations", None);
        Answer::refused(ErrorCode::BadRequest, error)
    })
}
