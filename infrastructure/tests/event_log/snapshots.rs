//! Snapshot and tail are the full fold; snapshots are written only if they are newer.

use cqrs_es::DomainEvent;
use futures::{StreamExt, stream as tasks};
use gage_application::{
    event::{Decoder, StoredEvent, StreamName},
    ports::{
        event_log::{EventLog, NewEvent, StreamAppend},
        snapshot::{Snapshot, Snapshots},
    },
    position::LogPosition,
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, ProductId, ShopId, SkuId},
    inventory::{Inventory, InventoryCommand},
    order::{Order, OrderCommand, OrderLine, Tracking},
    text::LocalizedText,
    value::{Address, BaseUnits, Fiat, Price, Quantity},
};
use gage_infrastructure::postgres::{PostgresEventLog, PostgresSnapshots};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{json, to_value};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::{TestDb, append, latest, raw, stream};

fn quantity(random: &mut StdRng, most: u32) -> Quantity {
    Quantity::try_from(random.random_range(1..=most)).expect("a quantity")
}

fn stock_command(random: &mut StdRng) -> InventoryCommand {
    let order = OrderId(Uuid::from_u128(random.random_range(1..=6)));
    match random.random_range(0..8) {
        0 | 1 => InventoryCommand::Receive {
            quantity: quantity(random, 40),
        },
        2 => InventoryCommand::Adjust {
            delta: random.random_range(-9..=9),
            reason: "counted".to_owned(),
        },
        3..=5 => InventoryCommand::Reserve {
            order,
            quantity: quantity(random, 15),
        },
        6 => InventoryCommand::Release { order },
        _ => InventoryCommand::Commit { order },
    }
}

fn order_command(random: &mut StdRng) -> OrderCommand {
    let line = |number: u128| OrderLine {
        product: ProductId(Uuid::from_u128(number)),
        sku: SkuId(Uuid::from_u128(number)),
        name: LocalizedText::new(Some("커피".to_owned()), None),
        unit_price: Price::fiat(Fiat::Krw, BaseUnits::from(u64::MAX)),
        quantity: Quantity::try_from(3_u32).expect("a quantity"),
    };
    match random.random_range(0..12) {
        0..=3 => OrderCommand::Place {
            buyer: Address::repeat_byte(1),
            shop: ShopId(Uuid::from_u128(5)),
            lines: (1..=random.random_range(1..4)).map(line).collect(),
            pay_by: OffsetDateTime::UNIX_EPOCH + Duration::hours(1),
            delivery: None,
        },
        4 => OrderCommand::MarkPaid,
        5 => OrderCommand::Approve,
        6 => OrderCommand::Reject {
            reason: "sold out".to_owned(),
        },
        7 => OrderCommand::Cancel,
        8 => OrderCommand::Expire,
        9 => OrderCommand::Ship {
            tracking: random.random_bool(0.5).then(|| Tracking {
                carrier: "CJ".to_owned(),
                number: "1".to_owned(),
            }),
        },
        10 => OrderCommand::ConfirmDelivery,
        _ => OrderCommand::Complete,
    }
}

/// A random history, decided in memory: the events, and the state after each.
fn history<D: Decider>(
    random: &mut StdRng,
    command: fn(&mut StdRng) -> D::Command,
) -> (Vec<D::Event>, Vec<D>) {
    let (mut events, mut states) = (Vec::new(), vec![D::default()]);
    for _ in 0..random.random_range(1..60) {
        let state = states.last().expect("the first state").clone();
        let Ok(new) = state.decide(&command(random), OffsetDateTime::UNIX_EPOCH) else {
            continue;
        };
        for event in new {
            let before = states.last().expect("the first state").clone();
            states.push(before.evolve(&event));
            events.push(event);
        }
    }
    (events, states)
}

fn decoded<D: Decider>(stored: &[StoredEvent]) -> Vec<D::Event> {
    stored
        .iter()
        .map(|event| Decoder::current().event::<D>(event).expect("decodes"))
        .collect()
}

/// Stores a random history with snapshots taken on the way, and reads it back both ways.
async fn check_one<D: Decider>(
    log: &PostgresEventLog,
    snapshots: &PostgresSnapshots,
    id: D::Id,
    seed: u64,
    command: fn(&mut StdRng) -> D::Command,
) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let (events, states) = history::<D>(&mut random, command);
    let name = StreamName::of::<D>(id);
    let mut at = 0;
    while at < events.len() {
        let until = random.random_range(at + 1..=events.len());
        let new_events = events[at..until]
            .iter()
            .map(|event| NewEvent {
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload: raw(event),
            })
            .collect();
        let new = StreamAppend {
            stream: name.clone(),
            expected_sequence: at as u64,
            events: new_events,
        };
        let position = log.append(&append(vec![new])).await.expect("appends");
        at = until;
        // Of this moment or of an earlier one, as slow replicas take them.
        let of = if random.random_bool(0.3) {
            random.random_range(1..=at)
        } else {
            at
        };
        if random.random_bool(0.7) {
            let state = to_value(&states[of]).expect("JSON");
            let (stream, sequence, state_version) = (name.clone(), of as u64, D::STATE_VERSION);
            let snapshot = Snapshot {
                stream,
                sequence,
                position,
                state_version,
                state,
            };
            snapshots.save(&snapshot).await.expect("saves");
        }
    }
    let full = D::fold(&decoded::<D>(&log.load(&name, 0).await.expect("loads")));
    let snapshot = latest(snapshots, &name, D::STATE_VERSION).await;
    let (from, state) = match snapshot {
        Some(kept) => (
            kept.sequence,
            serde_json::from_value(kept.state).expect("a state"),
        ),
        None => (0, D::default()),
    };
    let tail = decoded::<D>(&log.load(&name, from).await.expect("loads"));
    let quick = tail.iter().fold(state, D::evolve);
    assert_eq!(quick, full, "{name}, seed {seed}, snapshot at {from}");
    assert_eq!(Some(&full), states.last(), "{name}, seed {seed}");
    usize::from(from > 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshot_and_tail_are_the_full_fold_for_thousands_of_histories() {
    const EACH: u64 = 1500;
    let db = TestDb::new().await;
    let (log, snapshots) = (&db.log(), &PostgresSnapshots::new(db.pool.clone()));
    let stock = tasks::iter(0..EACH).map(|seed| {
        let id = SkuId(Uuid::from_u128(u128::from(seed) + 1));
        check_one::<Inventory>(log, snapshots, id, seed, stock_command)
    });
    let orders = tasks::iter(0..EACH).map(|seed| {
        let id = OrderId(Uuid::from_u128(u128::from(seed) + 1));
        check_one::<Order>(log, snapshots, id, seed, order_command)
    });
    let with_stock: usize = stock
        .buffer_unordered(12)
        .fold(0, async |sum, one| sum + one)
        .await;
    let with_order: usize = orders
        .buffer_unordered(12)
        .fold(0, async |sum, one| sum + one)
        .await;
    // Otherwise the test would compare full folds with themselves.
    assert!(
        with_stock > 1000 && with_order > 700,
        "{with_stock} and {with_order} had snapshots"
    );
}

fn snapshot(sequence: u64, state_version: i32) -> Snapshot {
    Snapshot {
        stream: stream("Order", "o"),
        sequence,
        position: LogPosition {
            xact_id: 1,
            position: 2,
        },
        state_version,
        state: json!({ "of": sequence }),
    }
}

#[tokio::test]
async fn an_older_snapshot_never_replaces_a_newer_one() {
    let db = TestDb::new().await;
    let snapshots = PostgresSnapshots::new(db.pool.clone());
    let kept = async || latest(&snapshots, &stream("Order", "o"), 1).await;
    assert_eq!(kept().await, None);
    snapshots.save(&snapshot(5, 1)).await.expect("saves");
    snapshots.save(&snapshot(3, 1)).await.expect("saves");
    assert_eq!(kept().await, Some(snapshot(5, 1)));
    snapshots.save(&snapshot(8, 1)).await.expect("saves");
    assert_eq!(kept().await, Some(snapshot(8, 1)));
}

#[tokio::test]
async fn a_snapshot_of_another_layout_is_not_seen() {
    let db = TestDb::new().await;
    let snapshots = PostgresSnapshots::new(db.pool.clone());
    snapshots.save(&snapshot(5, 1)).await.expect("saves");
    snapshots.save(&snapshot(3, 2)).await.expect("saves");
    let of = async |version| latest(&snapshots, &stream("Order", "o"), version).await;
    assert_eq!(of(1).await, Some(snapshot(5, 1)));
    assert_eq!(of(2).await, Some(snapshot(3, 2)));
    assert_eq!(of(3).await, None);
}
