//! The shape of every aggregate: `decide` and `evolve` as plain functions
//! (Chassaing, "Functional Event Sourcing Decider", 2021), and the adapter that
//! lets cqrs-es tools read them.

use std::fmt::Debug;

use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use time::OffsetDateTime;

use crate::{ids::StreamId, rejection::Rejection};

/// An aggregate: its state, and the two pure functions on it.
///
/// Neither function does I/O or asks a clock or a random source; time and ids arrive in
/// the command.
///
/// ```
/// use gage_domain::{
///     Decider,
///     inventory::{Inventory, InventoryCommand, InventoryEvent},
///     value::Quantity,
/// };
/// use time::OffsetDateTime;
///
/// let quantity = Quantity::try_from(5_u32).expect("at least 1");
/// let receive = InventoryCommand::Receive { quantity };
/// let events = Inventory::default()
///     .decide(&receive, OffsetDateTime::UNIX_EPOCH)
///     .expect("an empty shelf has room");
/// assert_eq!(events, [InventoryEvent::StockReceived { quantity }]);
/// assert_eq!(Inventory::fold(&events).stock().available(), 5);
/// ```
pub trait Decider:
    Default + Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The aggregate type in the event log, for example `Order`. Never changes.
    const TYPE: &'static str;
    /// The layout of the state. Raise it whenever the state's fields or `evolve` change:
    /// snapshots of another version are ignored.
    const STATE_VERSION: i32;
    /// What names one stream.
    type Id: StreamId;
    /// What can be asked of the aggregate.
    type Command: Clone + Debug + Send + Sync;
    /// What can have happened to it.
    type Event: DomainEvent;
    /// Why a command was refused.
    type Rejection: std::error::Error + Clone + PartialEq + Into<Rejection> + Send + Sync;

    /// Decides what a command leads to. No events means that what is asked for already holds.
    ///
    /// # Errors
    /// The named rule that forbids the command; the state is then as before.
    fn decide(
        &self,
        command: &Self::Command,
        now: OffsetDateTime,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after an event. Total: a log that was accepted once can always be folded.
    #[must_use]
    fn evolve(self, event: &Self::Event) -> Self;

    /// The state after a whole history.
    fn fold<'a>(events: impl IntoIterator<Item = &'a Self::Event>) -> Self
    where
        Self::Event: 'a,
    {
        events.into_iter().fold(Self::default(), Self::evolve)
    }
}

/// A command with the time at which it is decided.
#[derive(Debug, Clone)]
pub struct Stamped<C> {
    /// The command.
    pub command: C,
    /// The time of the decision.
    pub now: OffsetDateTime,
}

/// A decider as a cqrs-es aggregate, so that `postgres_es::postgres_cqrs` runs on our log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Cqrs<D: Decider>(pub D);

impl<D: Decider> Aggregate for Cqrs<D> {
    const TYPE: &'static str = D::TYPE;
    type Command = Stamped<D::Command>;
    type Event = D::Event;
    type Error = D::Rejection;
    type Services = ();

    async fn handle(
        &mut self,
        stamped: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        // Every check comes before the first write: a sink that was written to has
        // already changed the state when a later error is returned (cqrs-es 0.5.0).
        for event in self.0.decide(&stamped.command, stamped.now)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.0 = std::mem::take(&mut self.0).evolve(&event);
    }
}
