//! Stock cqrs-es and postgres-es, and ours, read each other's events.

use std::collections::HashMap;

use cqrs_es::{
    AggregateError, CqrsFramework, EventStore,
    persist::{PersistedEventRepository, PersistedEventStore},
};
use gage_application::{
    event::{Decoder, StreamName},
    metadata::Actor,
    ports::event_log::{EventLog, NewEvent, StreamAppend},
};
use gage_domain::{
    decider::{Cqrs, Decider, Stamped},
    ids::{OrderId, SkuId},
    inventory::{Inventory, InventoryCommand, InventoryEvent},
    value::Quantity,
};
use gage_infrastructure::postgres::{PostgresEventLog, StockSnapshotsRefused};
use postgres_es::{PostgresEventRepository, postgres_cqrs};
use serde_json::to_value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::{TestDb, append, metadata, raw, read_all};

type Stock = Cqrs<Inventory>;

fn pieces(number: u32) -> Quantity {
    Quantity::try_from(number).expect("a quantity")
}

fn receive(number: u32) -> Stamped<InventoryCommand> {
    let command = InventoryCommand::Receive {
        quantity: pieces(number),
    };
    Stamped {
        command,
        now: OffsetDateTime::UNIX_EPOCH,
    }
}

fn reserve(number: u32) -> Stamped<InventoryCommand> {
    let (order, quantity) = (OrderId(Uuid::from_u128(9)), pieces(number));
    let command = InventoryCommand::Reserve { order, quantity };
    Stamped {
        command,
        now: OffsetDateTime::UNIX_EPOCH,
    }
}

fn sku() -> SkuId {
    SkuId(Uuid::from_u128(1))
}

/// The state as our readers fold it.
async fn folded_by_ours(log: &PostgresEventLog) -> Inventory {
    let stored = log
        .load(&StreamName::of::<Inventory>(sku()), 0)
        .await
        .expect("loads");
    let events: Vec<InventoryEvent> = stored
        .iter()
        .map(|event| {
            Decoder::current()
                .event::<Inventory>(event)
                .expect("decodes")
        })
        .collect();
    Inventory::fold(&events)
}

/// The state as stock postgres-es folds it.
async fn folded_by_stock(db: &TestDb) -> Inventory {
    let repository = PostgresEventRepository::new(db.pool.clone());
    let store = PersistedEventStore::<_, Stock>::new_event_store(repository);
    store
        .load_aggregate(&sku().to_string())
        .await
        .expect("loads")
        .aggregate
        .0
}

#[tokio::test]
async fn ours_reads_what_stock_postgres_es_wrote() {
    let db = TestDb::new().await;
    let log = db.log();
    let stock = postgres_cqrs::<Stock>(db.pool.clone(), vec![], ());
    stock
        .execute(&sku().to_string(), receive(5))
        .await
        .expect("receives");
    let who: HashMap<String, String> = metadata().to_map().into_iter().collect();
    stock
        .execute_with_metadata(&sku().to_string(), reserve(2), who)
        .await
        .expect("reserves");

    assert_eq!(folded_by_ours(&log).await, folded_by_stock(&db).await);
    let read = read_all(&log, 2).await;
    assert_eq!(
        read[0].metadata.actor,
        Actor::StoredSystem("unknown".to_owned())
    );
    assert_eq!(read[0].metadata.decided_at, read[0].recorded_at);
    assert_eq!(read[1].metadata, metadata());
    assert!(read[0].position < read[1].position);
}

#[tokio::test]
async fn stock_postgres_es_reads_and_goes_on_with_what_ours_wrote() {
    let db = TestDb::new().await;
    let log = db.log();
    let first = InventoryEvent::StockReceived {
        quantity: pieces(5),
    };
    let ours = StreamAppend {
        stream: StreamName::of::<Inventory>(sku()),
        expected_sequence: 0,
        events: vec![NewEvent {
            event_type: "StockReceived".to_owned(),
            event_version: "1.0.0".to_owned(),
            payload: raw(&first),
        }],
    };
    log.append(&append(vec![ours])).await.expect("appends");
    assert_eq!(folded_by_stock(&db).await, Inventory::fold(&[first]));

    let stock = postgres_cqrs::<Stock>(db.pool.clone(), vec![], ());
    stock
        .execute(&sku().to_string(), reserve(4))
        .await
        .expect("reserves");
    let too_much = InventoryCommand::Reserve {
        order: OrderId(Uuid::from_u128(8)),
        quantity: pieces(2),
    };
    let refused = stock
        .execute(
            &sku().to_string(),
            Stamped {
                command: too_much,
                now: OffsetDateTime::UNIX_EPOCH,
            },
        )
        .await;
    assert!(
        matches!(refused, Err(AggregateError::UserError(_))),
        "{refused:?}"
    );
    assert_eq!(folded_by_ours(&log).await, folded_by_stock(&db).await);
}

#[tokio::test]
async fn the_cqrs_framework_runs_on_ours() {
    let db = TestDb::new().await;
    let store = PersistedEventStore::<_, Stock>::new_event_store(db.log());
    let ours = CqrsFramework::new(store, vec![], ());
    ours.execute(&sku().to_string(), receive(5))
        .await
        .expect("receives");
    ours.execute(&sku().to_string(), reserve(2))
        .await
        .expect("reserves");
    assert_eq!(folded_by_ours(&db.log()).await, folded_by_stock(&db).await);
    let (stock, log) = (PostgresEventRepository::new(db.pool.clone()), db.log());
    let id = sku().to_string();
    assert_eq!(
        stock.get_events::<Stock>(&id).await.expect("reads"),
        log.get_events::<Stock>(&id).await.expect("reads")
    );
    assert_eq!(
        log.get_last_events::<Stock>(&id, 1)
            .await
            .expect("reads")
            .len(),
        1
    );
}

#[tokio::test]
async fn a_late_writer_hears_of_a_conflict_through_the_framework() {
    let db = TestDb::new().await;
    let (log, id) = (db.log(), sku().to_string());
    let store = PersistedEventStore::<_, Stock>::new_event_store(db.log());
    let stale = store.load_aggregate(&id).await.expect("loads");
    let event = InventoryEvent::StockReceived {
        quantity: pieces(5),
    };
    postgres_cqrs::<Stock>(db.pool.clone(), vec![], ())
        .execute(&id, receive(5))
        .await
        .expect("receives");
    let late = store.commit(vec![event], stale, HashMap::new()).await;
    assert!(matches!(late, Err(AggregateError::AggregateConflict)));
    assert_eq!(log.get_events::<Stock>(&id).await.expect("reads").len(), 1);
}

#[tokio::test]
async fn the_stock_snapshots_are_refused_by_name() {
    let db = TestDb::new().await;
    for store in [
        PersistedEventStore::<_, Stock>::new_snapshot_store(db.log(), 2),
        PersistedEventStore::<_, Stock>::new_aggregate_store(db.log()),
    ] {
        let framework = CqrsFramework::new(store, vec![], ());
        let refused = framework.execute(&sku().to_string(), receive(5)).await;
        let Err(AggregateError::UnexpectedError(error)) = refused else {
            panic!("{refused:?}")
        };
        assert!(
            error.downcast_ref::<StockSnapshotsRefused>().is_some(),
            "{error}"
        );
    }
    let update = Some((sku().to_string(), to_value(1).expect("JSON"), 1));
    assert!(db.log().persist::<Stock>(&[], update).await.is_err());
    assert_eq!(db.number("SELECT count(*) FROM events").await, 0);
}
