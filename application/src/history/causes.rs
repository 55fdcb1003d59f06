//! Why something happened: a tree from what began it.
//!
//! An event's metadata name the event that led to it, where one did (a reaction), or the request
//! or block. Beside that: a confirmation follows the sighting of the same log, what one decision
//! wrote in other streams follows the order's event, and a movement of money the confirmation of
//! the payment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gage_domain::{
    ids::OrderId,
    inventory::InventoryEvent,
    order::Order,
    payment::{Payment, PaymentEvent},
};
use uuid::Uuid;

use crate::{
    event::{Decoder, Fact, StoredEvent, StreamName},
    ports::{
        chronicle::Chronicle,
        event_log::{EventLog, LogError, StreamVersion},
    },
    position::LogPosition,
};

/// Decisions about an order whose events in other streams are looked for.
const DECISIONS: usize = 100;
/// Events of them that are looked at: an order has at most 100 lines.
const WITH_THEM: u32 = 1_000;
/// How far a chain of causes is followed.
const CAUSES: usize = 64;

/// An event with the one that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caused {
    /// The event.
    pub event: StoredEvent,
    /// The event that led to it; none for one that a request, a block or a deadline began.
    pub by: Option<LogPosition>,
}

/// All that led to an event and followed from it, in the order of the log: of an order and its
/// payment both streams, with what they did to stock; of anything else what led to it, and what
/// was decided with it. None when there is no such event.
///
/// # Errors
/// [`LogError`].
pub async fn tree(
    log: &Arc<dyn EventLog>,
    chronicle: &dyn Chronicle,
    at: LogPosition,
) -> Result<Option<Vec<Caused>>, LogError> {
    let Some(event) = chronicle.at(&[at]).await?.pop().flatten() else {
        return Ok(None);
    };
    let decoder = Decoder::current();
    let mut events = BTreeMap::from([(event.position, event.clone())]);
    if let Some(order) = order_of(&decoder, &event) {
        let wanted = [
            StreamName::of::<Order>(order),
            StreamName::of::<Payment>(order.into()),
        ];
        let wanted = wanted.map(|stream| StreamVersion {
            stream,
            sequence: 0,
        });
        for history in log.load_many(&wanted).await? {
            add(&mut events, history?);
        }
        let decisions: BTreeSet<(i64, Uuid)> = events.values().map(decision_of).collect();
        let decisions: Vec<(i64, Uuid)> = decisions.into_iter().take(DECISIONS).collect();
        let with = chronicle.of_decisions(&decisions, Some(order), WITH_THEM);
        add(&mut events, with.await?);
    } else {
        let decision = [decision_of(&event)];
        let with = chronicle.of_decisions(&decision, None, WITH_THEM);
        add(&mut events, with.await?);
    }
    lead_back(chronicle, &mut events).await?;
    let all: Vec<StoredEvent> = events.into_values().collect();
    Ok(Some(joined(&decoder, all)))
}

fn add(events: &mut BTreeMap<LogPosition, StoredEvent>, more: Vec<StoredEvent>) {
    events.extend(more.into_iter().map(|event| (event.position, event)));
}

/// Adds what the events name as their causes, up to where it began.
async fn lead_back(
    chronicle: &dyn Chronicle,
    events: &mut BTreeMap<LogPosition, StoredEvent>,
) -> Result<(), LogError> {
    // Causes lie before their effects, so this ends; the bound is against a log that lies.
    for _ in 0..CAUSES {
        let named = events.values().filter_map(named_cause);
        let missing: BTreeSet<LogPosition> = named.filter(|at| !events.contains_key(at)).collect();
        let missing: Vec<LogPosition> = missing.into_iter().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let found = chronicle.at(&missing).await?;
        let found: Vec<StoredEvent> = found.into_iter().flatten().collect();
        if found.is_empty() {
            return Ok(());
        }
        add(events, found);
    }
    Ok(())
}

/// What tells a decision from others in the log.
fn decision_of(event: &StoredEvent) -> (i64, Uuid) {
    (event.position.xact_id, event.metadata.correlation_id)
}

fn named_cause(event: &StoredEvent) -> Option<LogPosition> {
    let cause: LogPosition = event.metadata.causation_id.parse().ok()?;
    (cause < event.position).then_some(cause)
}

/// The order that an event is about.
fn order_of(decoder: &Decoder, event: &StoredEvent) -> Option<OrderId> {
    match decoder.decode(event.clone()).ok()?.fact {
        Fact::Payment(payment, _) => Some(payment.into()),
        Fact::Order(order, _)
        | Fact::Inventory(
            _,
            InventoryEvent::StockReserved { order, .. }
            | InventoryEvent::ReservationReleased { order, .. }
            | InventoryEvent::ReservationCommitted { order, .. },
        ) => Some(order),
        Fact::Inventory(..) | Fact::Shop(..) | Fact::Product(..) | Fact::Payout(..) => None,
    }
}

fn joined(decoder: &Decoder, events: Vec<StoredEvent>) -> Vec<Caused> {
    let (mut detected, mut confirmed) = (BTreeMap::new(), None);
    // The order's event of each decision; positions within one append follow the decisions.
    let mut of_order = BTreeMap::new();
    for event in &events {
        if event.stream.aggregate_type == "Order" {
            of_order.insert(decision_of(event), event.position);
        }
    }
    let positions: BTreeSet<LogPosition> = events.iter().map(|event| event.position).collect();
    let caused = events.into_iter().map(|event| {
        let fact = decoder.decode(event.clone()).ok().map(|read| read.fact);
        let happened = match &fact {
            Some(Fact::Payment(_, happened)) => Some(happened),
            _ => None,
        };
        let follows = match happened {
            Some(PaymentEvent::PaymentDetected { log, .. }) => {
                detected.insert(log.id(), event.position);
                None
            }
            Some(PaymentEvent::PaymentConfirmed { log, .. }) => {
                confirmed = Some(event.position);
                detected.get(&log.id()).copied()
            }
            Some(PaymentEvent::PaymentReverted { log }) => detected.get(&log.id()).copied(),
            Some(
                PaymentEvent::FundsReleased { .. }
                | PaymentEvent::FundsRefunded { .. }
                | PaymentEvent::DisputeOpened { .. }
                | PaymentEvent::ReleaseReverted { .. }
                | PaymentEvent::RefundReverted { .. }
                | PaymentEvent::DisputeReverted { .. },
            ) => confirmed,
            _ => None,
        };
        let with = of_order.get(&decision_of(&event)).copied();
        let with = with.filter(|_| event.stream.aggregate_type != "Order");
        let named = named_cause(&event).filter(|at| positions.contains(at));
        let by = if event.stream.aggregate_type == "Order" {
            named
        } else {
            with.or(follows).or(named)
        };
        Caused { event, by }
    });
    caused.collect()
}
