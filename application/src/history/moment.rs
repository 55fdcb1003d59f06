//! How things stood at any moment: the state of an aggregate, and what read models answered.

use std::collections::BTreeMap;

use gage_domain::{
    decider::Decider, inventory::Inventory, order::Order, payment::Payment, payout::Payout,
    product::Product, shop::Shop,
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    event::{Decoder, Recorded, StoredEvent, StreamName},
    ports::event_log::{EventLog, LogError, StreamVersion},
    position::LogPosition,
    replay::answers,
};

/// A moment in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After everything that is there.
    Now,
    /// After the event with this number of the stream; 0 is before the first.
    Sequence(u64),
    /// After all events up to a position of the log.
    Position(LogPosition),
    /// After all events that were recorded up to a time.
    Time(OffsetDateTime),
}

impl Moment {
    /// Whether an event belongs to it.
    pub fn covers(&self, event: &StoredEvent) -> bool {
        match self {
            Self::Now => true,
            Self::Sequence(last) => event.sequence <= *last,
            Self::Position(last) => event.position <= *last,
            Self::Time(until) => event.recorded_at <= *until,
        }
    }
}

/// How a stream stood at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The stream.
    pub stream: StreamName,
    /// The last event that counts; none before the first.
    pub event: Option<StoredEvent>,
    /// Its number; 0 before the first.
    pub sequence: u64,
    /// The number of the stream's last event, up to which one can step.
    pub last_sequence: u64,
    /// The aggregate's state.
    pub state: Value,
    /// What read models answered, by table: for an order (or its payment) with its payment, for a
    /// product, its stock and its shop.
    pub answers: BTreeMap<String, Vec<Value>>,
}

/// Something that is other than it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Where, for example `state.Placed.phase`.
    pub path: String,
    /// What it was; none when it was not there.
    pub before: Option<Value>,
    /// What it is; none when it is not there any more.
    pub after: Option<Value>,
}

/// The streams that say how one stood: with a product's its stock's, with an order's its
/// payment's. The stream itself is the first.
pub fn with(stream: &StreamName) -> Vec<StreamName> {
    let other = match stream.aggregate_type.as_str() {
        Product::TYPE => Some(Inventory::TYPE),
        Inventory::TYPE => Some(Product::TYPE),
        Order::TYPE => Some(Payment::TYPE),
        Payment::TYPE => Some(Order::TYPE),
        _ => None,
    };
    let other = other.map(|aggregate_type| StreamName {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: stream.aggregate_id.clone(),
    });
    std::iter::once(stream.clone()).chain(other).collect()
}

/// Everything that says how a stream stood at any moment, read once.
pub struct Past {
    stream: StreamName,
    /// The stream's own events.
    own: Vec<StoredEvent>,
    /// With those of the stream that belongs to it, in the order of the log.
    all: Vec<StoredEvent>,
    last_sequence: u64,
}

impl Past {
    /// Reads it. None when the stream has no events at all.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn load(log: &dyn EventLog, stream: &StreamName) -> Result<Option<Self>, LogError> {
        let whole = |stream| StreamVersion {
            stream,
            sequence: 0,
        };
        let wanted: Vec<StreamVersion> = with(stream).into_iter().map(whole).collect();
        let (mut own, mut all) = (Vec::new(), Vec::new());
        for (number, events) in log.load_many(&wanted).await?.into_iter().enumerate() {
            let events = events?;
            if number == 0 {
                own.clone_from(&events);
            }
            all.extend(events);
        }
        all.sort_by_key(|event| event.position);
        Ok(own
            .last()
            .map(|event| event.sequence)
            .map(|last_sequence| Self {
                stream: stream.clone(),
                own,
                all,
                last_sequence,
            }))
    }

    /// How it stood at a moment.
    ///
    /// # Errors
    /// [`LogError::Corrupt`].
    pub fn standing(&self, moment: Moment) -> Result<Standing, LogError> {
        let covered = self.own.iter().take_while(|event| moment.covers(event));
        let covered = &self.own[..covered.count()];
        let decoder = Decoder::current();
        let state = match self.stream.aggregate_type.as_str() {
            Shop::TYPE => folded::<Shop>(&decoder, covered)?,
            Product::TYPE => folded::<Product>(&decoder, covered)?,
            Inventory::TYPE => folded::<Inventory>(&decoder, covered)?,
            Order::TYPE => folded::<Order>(&decoder, covered)?,
            Payment::TYPE => folded::<Payment>(&decoder, covered)?,
            Payout::TYPE => folded::<Payout>(&decoder, covered)?,
            _ => Value::Null,
        };
        let last = covered.last().cloned();
        // With the number of an event goes everything else up to that event.
        let moment = match (moment, &last) {
            (Moment::Sequence(_), Some(last)) => Moment::Position(last.position),
            (Moment::Sequence(_), None) => Moment::Position(LogPosition::START),
            (other, _) => other,
        };
        let then = self.all.iter().filter(|event| moment.covers(event));
        let then: Result<Vec<Recorded>, LogError> =
            then.map(|event| decoder.decode(event.clone())).collect();
        Ok(Standing {
            stream: self.stream.clone(),
            sequence: last.as_ref().map_or(0, |event| event.sequence),
            event: last,
            last_sequence: self.last_sequence,
            state,
            answers: answers::of(&self.stream, &then?),
        })
    }
}

fn folded<D: Decider>(decoder: &Decoder, events: &[StoredEvent]) -> Result<Value, LogError> {
    let mut state = D::default();
    for event in events {
        state = state.evolve(&decoder.event::<D>(event)?);
    }
    Ok(serde_json::to_value(&state).unwrap_or_default())
}

/// What is other at the second moment than at the first.
pub fn difference(before: &Standing, after: &Standing) -> Vec<Changed> {
    let mut changed = Vec::new();
    compare(
        "state",
        Some(&before.state),
        Some(&after.state),
        &mut changed,
    );
    let tables: std::collections::BTreeSet<&String> =
        before.answers.keys().chain(after.answers.keys()).collect();
    for table in tables {
        let rows = |standing: &Standing| standing.answers.get(table).cloned().map(Value::Array);
        compare(
            table,
            rows(before).as_ref(),
            rows(after).as_ref(),
            &mut changed,
        );
    }
    changed
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, changed: &mut Vec<Changed>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: std::collections::BTreeSet<&String> =
                one.keys().chain(other.keys()).collect();
            for name in names {
                let path = format!("{path}.{name}");
                compare(&path, one.get(name), other.get(name), changed);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for index in 0..one.len().max(other.len()) {
                let path = format!("{path}[{index}]");
                compare(&path, one.get(index), other.get(index), changed);
            }
        }
        (before, after) => changed.push(Changed {
            path: path.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}
