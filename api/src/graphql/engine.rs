//! From parameters to answers: limits, the kind of operation, execution. Every transport comes
//! through here.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use async_graphql::{
    Data, Request, Response, ServerError, Variables, parser::types::OperationType,
};
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use gage_application::progress::Progress;
use serde_json::{Map, Value};
use tokio::{select, time::timeout};
use tracing::Instrument as _;

use crate::{
    graphql::{
        answer::Answer,
        audience::Sources,
        context::{Asking, RequestContext},
        documents::{Document, Documents},
        errors::ErrorCode,
        kept::{Found, Kept},
        limits::DocumentLimits,
        live::{Answered, Channels, Execution, Feed, Subscriber},
        order,
        schema::GageSchema,
    },
    identity::desk::Desk,
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
    pub(super) document: Arc<Document>,
    operation: OperationType,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Map<String, Value>,
    pub(super) context: RequestContext,
}

impl Prepared {
    /// Query, mutation or subscription.
    pub fn operation(&self) -> OperationType {
        self.operation
    }

    /// The request for async-graphql, and what will have been looked at for its answer.
    fn request(&self) -> (Request, Sources) {
        let variables = Variables::from_json(Value::Object(self.variables.clone()));
        // Its text is not needed: it is parsed.
        let mut request = Request::new("").variables(variables);
        let mut data = Data::default();
        let sources = Asking::put(self.context.clone(), &mut data);
        request.data = data;
        request.operation_name.clone_from(&self.operation_name);
        request.set_parsed_query(self.document.parsed.clone());
        (request, sources)
    }

    fn answer(&self, mut response: Response) -> Answer {
        order::restore(
            &mut response.data,
            &self.document,
            self.operation_name.as_deref(),
        );
        Answer::of(response)
    }
}

/// Executes requests.
#[derive(Clone)]
pub struct Engine {
    schema: GageSchema,
    documents: Arc<Documents>,
    kept: Arc<Kept>,
    channels: Arc<Channels>,
    desk: Arc<Desk>,
    patience: Duration,
}

impl Engine {
    /// An engine that gives each query and mutation so long, and knows how far the catalog is.
    pub fn new(
        schema: GageSchema,
        limits: DocumentLimits,
        desk: Arc<Desk>,
        patience: Duration,
        catalog: Progress,
    ) -> Self {
        Self {
            schema,
            documents: Arc::new(Documents::new(limits)),
            kept: Arc::new(Kept::new(catalog)),
            channels: Arc::default(),
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
        let document = self.documents.read(&parameters.query)?;
        let operation = document.operation(parameters.operation_name.as_deref());
        let operation = operation.map(|operation| operation.ty).ok_or_else(|| {
            let error = ServerError::new("name one of the document's operations", None);
            Answer::refused(ErrorCode::BadRequest, error)
        })?;
        Ok(Prepared {
            document,
            operation,
            operation_name: parameters.operation_name,
            variables: parameters.variables,
            context,
        })
    }

    /// Executes a query or a mutation.
    ///
    /// A mutation that takes too long goes on: its idempotency key tells what came of it.
    pub async fn execute(&self, prepared: &Prepared) -> Answer {
        match prepared.operation {
            OperationType::Mutation => {
                let (schema, (request, _)) = (self.schema.clone(), prepared.request());
                let running = async move { schema.execute(request).await };
                let finished = tokio::spawn(running.in_current_span());
                match timeout(self.patience, finished).await {
                    Ok(Ok(response)) => prepared.answer(response),
                    Ok(Err(panicked)) => {
                        tracing::error!(error = %panicked, "a resolver panicked");
                        let error = ServerError::new("something went wrong on our side", None);
                        Answer::failed(ErrorCode::Internal, error)
                    }
                    Err(_) => too_long(),
                }
            }
            OperationType::Query | OperationType::Subscription => {
                let finished = timeout(self.patience, self.query(prepared)).await;
                finished.unwrap_or_else(|_| too_long())
            }
        }
    }

    async fn query(&self, prepared: &Prepared) -> Answer {
        let found = self.kept.find(
            &prepared.document,
            prepared.operation_name.as_deref(),
            &prepared.variables,
            &prepared.context.viewer,
        );
        let slot = match found.await {
            Found::Answer(bytes) => return Answer::Executed(bytes),
            Found::Make(slot) => Some(slot),
            Found::Private => None,
        };
        let (request, sources) = prepared.request();
        let response = self.schema.execute(request).await;
        let whole = response.errors.is_empty();
        let answer = prepared.answer(response);
        if let (Some(slot), Answer::Executed(bytes), true) = (slot, &answer, whole) {
            slot.keep(bytes, &sources);
        }
        answer
    }

    /// Executes an operation of any kind as a stream of answers. A subscription ends when its
    /// viewer's session does, with an error that says so.
    pub fn stream(&self, prepared: Prepared) -> BoxStream<'static, Answer> {
        if prepared.operation != OperationType::Subscription {
            let engine = self.clone();
            return stream::once(async move { engine.execute(&prepared).await }).boxed();
        }
        let (desk, viewer) = (self.desk.clone(), prepared.context.viewer.clone());
        let subscriber = Subscriber::new(self.clone(), prepared);
        let answers = stream::unfold(subscriber, Subscriber::next).boxed();
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

    /// Executes a subscription as a feed plans it.
    pub(super) fn follow(&self, prepared: &Arc<Prepared>, feed: Feed) -> Execution {
        let (request, sources) = prepared.request();
        let prepared = prepared.clone();
        let answered = move |response: Response| Answered {
            whole: response.errors.is_empty(),
            answer: prepared.answer(response),
        };
        let request = request.data(feed.clone());
        Execution {
            answers: self.schema.execute_stream(request).map(answered).boxed(),
            sources,
            feed,
        }
    }

    /// Executions of subscriptions that many follow.
    pub(super) fn channels(&self) -> &Arc<Channels> {
        &self.channels
    }
}

fn too_long() -> Answer {
    let error = ServerError::new("the request took too long", None);
    Answer::failed(ErrorCode::Timeout, error)
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
