//! The history: events as they are stored and in plain words, why they happened, and how things
//! stood at any moment.

use async_graphql::{
    Context, Enum, ID, InputObject, Json, Object, OneofObject, Result, SimpleObject,
};
use gage_application::{
    event::{Decoder, StoredEvent},
    history::{
        causes::Caused,
        moment::{self, Moment, Standing},
        words,
    },
    metadata::Actor,
    ports::chronicle::Leaf,
};
use serde_json::Value;
use uuid::Uuid;

use super::LocalizedText;
use crate::graphql::{
    lookup::load,
    scalars::{Address, Cursor, DateTime, Long},
};

/// An event of the history, as somebody may see it.
pub struct HistoryEvent {
    event: StoredEvent,
    /// Whether its number says nothing about others: that of a product's stock tells how much they
    /// order.
    numbered: bool,
}

impl HistoryEvent {
    /// One of a stream that the viewer may see.
    pub fn whole(event: StoredEvent) -> Self {
        Self {
            event,
            numbered: true,
        }
    }

    /// One that the viewer may see, of a stream that is others' too.
    pub fn alone(event: StoredEvent) -> Self {
        Self {
            event,
            numbered: false,
        }
    }
}

/// An event of the history, as it is stored for ever.
#[Object]
impl HistoryEvent {
    /// Its place in the history.
    async fn cursor(&self) -> Cursor {
        Cursor(self.event.position)
    }

    /// Its place in the history as an audit prints it: transaction and number.
    async fn position(&self) -> String {
        self.event.position.to_string()
    }

    /// What it happened to: `Type:id`.
    async fn stream(&self) -> String {
        self.event.stream.to_string()
    }

    /// Its number in its stream, from 1, without gaps; null for what an order did to stock, when
    /// the stock is not the viewer's own.
    async fn sequence(&self) -> Option<Long> {
        self.numbered.then_some(Long(self.event.sequence))
    }

    /// What happened.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.event.event_type
    }

    /// The version of the payload's layout.
    async fn version(&self) -> &str {
        &self.event.event_version
    }

    /// Exactly what is stored, as JSON text.
    async fn payload(&self) -> &str {
        self.event.payload.as_str()
    }

    /// What happened, in plain words; null for an event that this server cannot read.
    async fn words(&self, ctx: &Context<'_>) -> Result<Option<LocalizedText>> {
        let Ok(read) = Decoder::current().decode(self.event.clone()) else {
            return Ok(None);
        };
        let key = match read.fact.sealed() {
            Some(sealed) => load(ctx, sealed.key()).await?,
            None => None,
        };
        let words::Words { ko, en } = words::of(&read.fact, key);
        Ok(Some(LocalizedText {
            ko: Some(ko),
            en: Some(en),
        }))
    }

    /// Who caused it: `wallet:0x…`, or a part of the server as `system:NAME`.
    async fn actor(&self) -> String {
        self.event.metadata.actor.to_string()
    }

    /// The wallet that caused it; null when it was the server, on what it saw or on a deadline.
    async fn by(&self) -> Option<Address> {
        match self.event.metadata.actor {
            Actor::Wallet(address) => Some(Address(address)),
            Actor::System(_) | Actor::StoredSystem(_) => None,
        }
    }

    /// One id for everything that follows from one outside request.
    async fn correlation_id(&self) -> Uuid {
        self.event.metadata.correlation_id
    }

    /// What led to it: the position of an event, a request, or a block.
    async fn causation_id(&self) -> &str {
        &self.event.metadata.causation_id
    }

    /// When it was decided.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.event.metadata.decided_at)
    }

    /// When it was written, by the database's clock.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.event.recorded_at)
    }
}

/// Events of the history. A page may be short, and even empty, before the end: a server looks at
/// a bounded number of events for each. Go on from `lookedTo` while there is more.
#[derive(SimpleObject)]
pub struct HistoryPage {
    /// The events, in the order of the history.
    events: Vec<HistoryEvent>,
    /// Where to go on: as `after`, or as `before` when it was asked for backwards.
    looked_to: Option<Cursor>,
    /// Whether there may be more.
    has_more: bool,
}

impl From<Leaf> for HistoryPage {
    fn from(leaf: Leaf) -> Self {
        Self {
            events: leaf.events.into_iter().map(HistoryEvent::whole).collect(),
            looked_to: leaf.looked_to.map(Cursor),
            has_more: !leaf.at_end,
        }
    }
}

/// Which events are wanted; what is not given is not asked.
#[derive(Debug, Clone, Default, InputObject)]
pub struct HistoryFilter {
    /// Of what: an id, or `Type:id`. Without it, and without `shop` and `customer`, everything that
    /// is the viewer's: all their shops and all their orders; for auditors and operators
    /// everything.
    pub stream: Option<String>,
    /// With `stream`: also of what belongs to it, an order's payment, a product's stock, and the
    /// other way round.
    pub related: Option<bool>,
    /// Of this shop, its products, their stock, its orders and their payments: for its owner.
    pub shop: Option<ID>,
    /// Of all orders of this wallet and their payments: for that wallet.
    pub customer: Option<Address>,
    /// Of these types, for example `OrderPlaced`.
    pub types: Option<Vec<String>>,
    /// Of this actor: `wallet:0x…` or `system:NAME`.
    pub actor: Option<String>,
    /// With this correlation.
    pub correlation_id: Option<Uuid>,
    /// Written at this moment or later.
    pub from: Option<DateTime>,
    /// Written before this moment.
    pub until: Option<DateTime>,
}

/// Which way a page of the history goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum HistoryOrder {
    /// To later events.
    OldestFirst,
    /// To earlier events.
    NewestFirst,
}

/// A moment in the history.
#[derive(Debug, Clone, OneofObject)]
pub enum MomentInput {
    /// After everything up to this place.
    At(Cursor),
    /// After the event of the stream with this number; 0 is before the first.
    Sequence(Long),
    /// After everything that was written up to this time.
    Time(DateTime),
}

impl From<MomentInput> for Moment {
    fn from(given: MomentInput) -> Self {
        match given {
            MomentInput::At(cursor) => Self::Position(cursor.0),
            MomentInput::Sequence(sequence) => Self::Sequence(sequence.0),
            MomentInput::Time(time) => Self::Time(time.0),
        }
    }
}

/// An event with the one that led to it.
#[derive(SimpleObject)]
pub struct CausedEvent {
    /// The event.
    event: HistoryEvent,
    /// The event that led to it, which is in the same list; null for what a request, a block or a
    /// deadline began.
    caused_by: Option<Cursor>,
}

impl CausedEvent {
    /// One of a stream that the viewer may see, or one of a stream that is others' too.
    pub fn new(caused: Caused, own: bool) -> Self {
        let event = if own {
            HistoryEvent::whole(caused.event)
        } else {
            HistoryEvent::alone(caused.event)
        };
        Self {
            event,
            caused_by: caused.by.map(Cursor),
        }
    }
}

/// How something stood at a moment.
#[derive(SimpleObject)]
pub struct PastState {
    /// What: `Type:id`.
    stream: String,
    /// The last event that counts; null before the first.
    event: Option<HistoryEvent>,
    /// Its number; 0 before the first.
    sequence: Long,
    /// The number of the newest event, up to which one can step.
    last_sequence: Long,
    /// The aggregate's state.
    state: Json<Value>,
    /// What the read models answered, by table: for an order or its payment, for a product with
    /// its stock, for a shop.
    answers: Json<Value>,
}

impl From<Standing> for PastState {
    fn from(standing: Standing) -> Self {
        Self {
            stream: standing.stream.to_string(),
            event: standing.event.map(HistoryEvent::whole),
            sequence: Long(standing.sequence),
            last_sequence: Long(standing.last_sequence),
            state: Json(standing.state),
            answers: Json(serde_json::to_value(standing.answers).unwrap_or_default()),
        }
    }
}

/// Something that is other at one moment than at another.
#[derive(SimpleObject)]
pub struct StateChange {
    /// Where, for example `state.Placed.phase`.
    path: String,
    /// What it was; null when it was not there.
    before: Option<Json<Value>>,
    /// What it is then; null when it is not there any more.
    after: Option<Json<Value>>,
}

impl From<moment::Changed> for StateChange {
    fn from(changed: moment::Changed) -> Self {
        Self {
            path: changed.path,
            before: changed.before.map(Json),
            after: changed.after.map(Json),
        }
    }
}
