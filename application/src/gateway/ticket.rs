//! An operation on its way through the gateway, whatever its type.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};

use super::{Operation, Refusal, Request, Unit, UnitError, group::GROUP_MAX};
use crate::{
    ports::event_log::{IdempotencyKey, LogError},
    position::LogPosition,
};

/// Attempts of an operation before the gateway says that it is busy.
const ATTEMPTS: u32 = 12;
/// How long an operation may be on its way before the gateway says that it is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of an operation: where it is written, or why it is not.
pub(super) type Outcome = Result<LogPosition, Failure>;

/// What a caller is told.
pub(super) type Reply<O> = Result<(<O as Operation>::Output, LogPosition), Failure>;

/// Why nothing came of an operation.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    Refused(Refusal),
    Busy,
    KeyUsed,
    CursorMoved,
    Log(LogError),
    OutcomeUnknown { reason: String },
    Output { reason: String },
}

/// An operation with the place that it takes in the queue, until it is answered.
pub(super) struct Ticket {
    pub(super) request: Request,
    pub(super) request_hash: [u8; 32],
    /// Commands at most in a group with this one: fewer after it was in a group that the
    /// database refused, so that in the end the one to blame is alone.
    pub(super) group_limit: usize,
    work: Box<dyn Work>,
    attempts: u32,
    since: Instant,
    _place: OwnedSemaphorePermit,
}

impl Ticket {
    pub(super) fn new<O: Operation>(
        operation: O,
        request: Request,
        request_hash: [u8; 32],
        place: OwnedSemaphorePermit,
    ) -> (Self, oneshot::Receiver<Reply<O>>) {
        let (reply, receiver) = oneshot::channel();
        let ticket = Self {
            request,
            request_hash,
            group_limit: if O::ALONE { 1 } else { GROUP_MAX },
            work: Box::new(Asked {
                operation,
                output: None,
                reply,
            }),
            attempts: 0,
            since: Instant::now(),
            _place: place,
        };
        (ticket, receiver)
    }

    /// The request's idempotency key.
    pub(super) fn key(&self) -> Option<IdempotencyKey> {
        self.request.idempotency_key.clone()
    }

    /// Whether this is the first attempt.
    pub(super) fn is_new(&self) -> bool {
        self.attempts == 0
    }

    /// Whether it is on its way for too long.
    pub(super) fn is_late(&self) -> bool {
        self.since.elapsed() > PATIENCE
    }

    /// Whether nobody waits for the answer any more, so that it need not be begun.
    pub(super) fn is_abandoned(&self) -> bool {
        self.work.is_abandoned()
    }

    /// Counts an attempt; whether there may be one more.
    pub(super) fn may_try_again(&mut self) -> bool {
        self.attempts += 1;
        self.attempts < ATTEMPTS
    }

    /// How many attempts there were.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Runs the operation. One that panics is a mistake of its own, and touches no other.
    pub(super) fn run(&mut self, unit: &mut Unit<'_>) -> Result<(), UnitError> {
        catch_unwind(AssertUnwindSafe(|| self.work.run(unit))).unwrap_or_else(|_| {
            let reason = format!("the decision of {} panicked", self.work.name());
            Err(LogError::Unavailable { reason }.into())
        })
    }

    /// The operation's answer as JSON.
    pub(super) fn output(&self) -> Result<Value, serde_json::Error> {
        self.work.output()
    }

    /// The operation's name.
    pub(super) fn name(&self) -> &'static str {
        self.work.name()
    }

    /// Tells the caller.
    pub(super) fn answer(self, outcome: Outcome) {
        self.work.answer(outcome);
    }
}

/// An operation of some type, and who waits for it.
trait Work: Send {
    fn name(&self) -> &'static str;
    fn is_abandoned(&self) -> bool;
    fn run(&mut self, unit: &mut Unit<'_>) -> Result<(), UnitError>;
    fn output(&self) -> Result<Value, serde_json::Error>;
    fn answer(self: Box<Self>, outcome: Outcome);
}

struct Asked<O: Operation> {
    operation: O,
    output: Option<O::Output>,
    reply: oneshot::Sender<Reply<O>>,
}

impl<O: Operation> Work for Asked<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, unit: &mut Unit<'_>) -> Result<(), UnitError> {
        self.output = Some(self.operation.run(unit)?);
        Ok(())
    }

    fn output(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(&self.output)
    }

    fn answer(self: Box<Self>, outcome: Outcome) {
        let Self { output, reply, .. } = *self;
        let told = outcome.and_then(|position| match output {
            Some(output) => Ok((output, position)),
            None => Err(Failure::Output {
                reason: "the operation was not run".to_owned(),
            }),
        });
        // A caller that has gone misses nothing: the log has it.
        let _ = reply.send(told);
    }
}
