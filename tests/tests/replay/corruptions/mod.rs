//! What somebody who can write to the database may do behind the server's back, and how a replay
//! names it.

use std::fmt::Write as _;

use gage_application::replay::{Fault, Plan};
use sqlx::PgPool;

use crate::world::{World, administer, copy, id, open, replayed};

/// A change behind the server's back.
struct Corruption {
    what: &'static str,
    sql: String,
    /// One of what has to be found.
    fault: Fault,
    /// What the finding has to name.
    names: String,
}

/// `Order:…` of an order by number, as a condition on the table of events.
fn of_order(number: u128) -> String {
    let id = World::order(number);
    format!("aggregate_type = 'Order' AND aggregate_id = '{id}'")
}

fn of_payment(number: u128) -> String {
    let id = World::order(number);
    format!("aggregate_type = 'Payment' AND aggregate_id = '{id}'")
}

fn of_stock(number: u128) -> String {
    let id = id(10 + number);
    format!("aggregate_type = 'Inventory' AND aggregate_id = '{id}'")
}

fn order(number: u128) -> String {
    format!("Order:{}", World::order(number))
}

fn payment(number: u128) -> String {
    format!("Payment:{}", World::order(number))
}

fn corruption(
    what: &'static str,
    fault: Fault,
    names: impl Into<String>,
    sql: impl Into<String>,
) -> Corruption {
    Corruption {
        what,
        sql: sql.into(),
        fault,
        names: names.into(),
    }
}

/// Copies an event to another place in its stream.
fn copied(of: &str, sequence: u32, to: &str) -> String {
    format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
         payload, metadata) SELECT aggregate_type, aggregate_id, {to}, event_type, event_version, \
         payload, metadata FROM events WHERE {of} AND sequence = {sequence}"
    )
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn of_events() -> Vec<Corruption> {
    let stock = format!("Inventory:{}", id(10));
    vec![
        corruption(
            "a payload is edited",
            Fault::Illegal,
            &stock,
            format!(
                "UPDATE events SET payload = jsonb_set(payload, '{{StockReserved,quantity}}', '40') \
                 WHERE {} AND sequence = 9",
                of_stock(0)
            )
            .replace("sequence = 9", "event_type = 'StockReserved'"),
        ),
        corruption(
            "a payload is edited so that nothing but its counterpart tells",
            Fault::Alone,
            &stock,
            format!(
                "UPDATE events SET payload = jsonb_set(payload, '{{StockReserved,quantity}}', '2') \
                 WHERE {} AND payload #>> '{{StockReserved,order}}' = '{}'",
                of_stock(0),
                World::order(9)
            ),
        ),
        corruption(
            "a payload is emptied",
            Fault::Unreadable,
            order(1),
            format!("UPDATE events SET payload = '{{}}' WHERE {} AND sequence = 2", of_order(1)),
        ),
        corruption(
            "an event is deleted",
            Fault::MissingEvent,
            order(1),
            format!("DELETE FROM events WHERE {} AND sequence = 3", of_order(1)),
        ),
        corruption(
            "the last event of a stream is deleted",
            Fault::Alone,
            order(4),
            format!("DELETE FROM events WHERE {} AND event_type = 'PaymentExpired'", of_payment(4)),
        ),
        corruption(
            "the last event of an order is deleted",
            Fault::NotCarriedOut,
            order(1),
            format!("DELETE FROM events WHERE {} AND event_type = 'OrderCompleted'", of_order(1)),
        ),
        corruption(
            "a whole stream is deleted",
            Fault::Alone,
            order(9),
            format!("DELETE FROM events WHERE {}", of_payment(9)),
        ),
        corruption(
            "an event is repeated",
            Fault::Illegal,
            order(1),
            copied(&of_order(1), 3, "(SELECT max(sequence) + 1 FROM events WHERE aggregate_id = 'ID' AND aggregate_type = 'Order')")
                .replace("'ID'", &format!("'{}'", World::order(1))),
        ),
        corruption(
            "an event stands twice under one number",
            Fault::RepeatedEvent,
            order(9),
            format!("ALTER TABLE events DROP CONSTRAINT events_pkey; {}", copied(&of_order(9), 1, "1")),
        ),
        corruption(
            "two events change their numbers",
            Fault::MissingEvent,
            order(1),
            format!(
                "UPDATE events SET sequence = 1000 WHERE {0} AND sequence = 2; \
                 UPDATE events SET sequence = 2 WHERE {0} AND sequence = 3; \
                 UPDATE events SET sequence = 3 WHERE {0} AND sequence = 1000",
                of_order(1)
            ),
        ),
        corruption(
            "two events change their contents",
            Fault::Illegal,
            order(1),
            format!(
                "UPDATE events e SET payload = o.payload, event_type = o.event_type FROM events o \
                 WHERE e.aggregate_id = o.aggregate_id AND e.aggregate_type = 'Order' \
                 AND o.aggregate_type = 'Order' AND e.aggregate_id = '{}' \
                 AND (e.sequence, o.sequence) IN ((2, 3), (3, 2))",
                World::order(1)
            ),
        ),
        corruption(
            "an event is inserted",
            Fault::Illegal,
            order(9),
            format!(
                "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
                 event_version, payload, metadata) SELECT 'Order', '{}', 2, event_type, \
                 event_version, payload, metadata FROM events WHERE {} AND sequence = 2",
                World::order(9),
                of_order(1)
            ),
        ),
        corruption(
            "a stream has a gap",
            Fault::MissingEvent,
            payment(1),
            format!("UPDATE events SET sequence = sequence + 5 WHERE {} AND sequence > 4", of_payment(1)),
        ),
        corruption(
            "a version is not known",
            Fault::Unreadable,
            order(9),
            format!("UPDATE events SET event_version = '9.0.0' WHERE {}", of_order(9)),
        ),
        corruption(
            "an event is called something else",
            Fault::Illegal,
            order(8),
            format!(
                "UPDATE events SET event_type = 'OrderCancelled', payload = '{{\"OrderCancelled\": {{}}}}' \
                 WHERE {} AND event_type = 'OrderPaid'",
                of_order(8)
            ),
        ),
        corruption(
            "payloads of two streams are swapped",
            Fault::NotAsOffered,
            payment(8),
            format!(
                "UPDATE events e SET payload = o.payload FROM events o WHERE e.aggregate_type = 'Payment' \
                 AND o.aggregate_type = 'Payment' AND e.sequence = 1 AND o.sequence = 1 \
                 AND (e.aggregate_id, o.aggregate_id) IN (('{0}', '{1}'), ('{1}', '{0}'))",
                World::order(8),
                World::order(9)
            ),
        ),
        corruption(
            "an event is moved to another stream",
            Fault::Alone,
            format!("Inventory:{}", id(12)),
            format!(
                "UPDATE events SET aggregate_id = '{}', sequence = 3 WHERE {} \
                 AND payload #>> '{{StockReserved,order}}' = '{}'",
                id(12),
                of_stock(0),
                World::order(9)
            ),
        ),
        corruption(
            "an event is moved to another append",
            Fault::Alone,
            payment(9),
            format!(
                "UPDATE events SET xact_id = xact_id + 1 WHERE {} AND sequence = 1",
                of_payment(9)
            ),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn of_people_and_money() -> Vec<Corruption> {
    vec![
        corruption(
            "a time of decision is changed",
            Fault::RowDiffers,
            order(1),
            format!(
                "UPDATE events SET metadata = jsonb_set(metadata, '{{decided_at}}', \
                 '\"2026-03-01T09:00:59Z\"') WHERE {} AND event_type = 'OrderShipped'",
                of_order(1)
            ),
        ),
        corruption(
            "a time of recording is changed",
            Fault::WrongTime,
            order(9),
            format!(
                "UPDATE events SET recorded_at = '2020-01-01' WHERE {}",
                of_order(9)
            ),
        ),
        corruption(
            "an actor is changed",
            Fault::WrongActor,
            order(1),
            format!(
                "UPDATE events SET metadata = jsonb_set(metadata, '{{actor}}', \
                 '\"wallet:0x0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b\"') \
                 WHERE {} AND event_type = 'OrderApproved'",
                of_order(1)
            ),
        ),
        corruption(
            "a cause is changed",
            Fault::WrongCause,
            order(1),
            format!(
                "UPDATE events SET metadata = jsonb_set(metadata, '{{causation_id}}', \
                 '\"99999999999-1\"') WHERE {} AND event_type = 'OrderPaid'",
                of_order(1)
            ),
        ),
        corruption(
            "metadata are garbled",
            Fault::Unreadable,
            order(1),
            format!(
                "UPDATE events SET metadata = metadata - 'correlation_id' WHERE {} AND sequence = 2",
                of_order(1)
            ),
        ),
        corruption(
            "a price is lowered, in the order and in the payment",
            Fault::NotAsOffered,
            order(9),
            format!(
                "UPDATE events SET payload = replace(replace(payload::text, \
                 '\"amount\": \"5\"', '\"amount\": \"1\"'), '\"amount\": \"11\"', '\"amount\": \"7\"')::jsonb \
                 WHERE aggregate_id = '{}'",
                World::order(9)
            ),
        ),
        corruption(
            "a payment is forged",
            Fault::UnseenLog,
            payment(9),
            forged(9, "1"),
        ),
        corruption(
            "a log of the chain counts for two payments",
            Fault::UnseenLog,
            payment(9),
            forged(9, "0"),
        ),
        corruption(
            "a confirmation is deleted with all that came of it",
            Fault::NotCarriedOut,
            "chain_sightings",
            format!(
                "DELETE FROM events WHERE {} AND sequence > 1; DELETE FROM events WHERE {} AND sequence > 1",
                of_order(8),
                of_payment(8)
            ),
        ),
        corruption(
            "more is given back than was paid",
            Fault::Invariant,
            payment(3),
            format!(
                "UPDATE events SET payload = jsonb_set(payload, '{{FundsRefunded,amount}}', '\"1000\"') \
                 WHERE {} AND event_type = 'FundsRefunded'",
                of_payment(3)
            ),
        ),
        corruption(
            "a withdrawal is edited",
            Fault::RowDiffers,
            format!("Payout:{}", World::payout()),
            "UPDATE events SET payload = jsonb_set(payload, '{FundsWithdrawn,amount}', '\"6\"') \
             WHERE aggregate_type = 'Payout'",
        ),
    ]
}

/// A payment of an order, confirmed by a log that another one has, or that nobody saw.
fn forged(number: u128, new_index: &str) -> String {
    let id = World::order(number);
    let (of, index) = (of_payment(8), new_index);
    format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
         payload, metadata) SELECT 'Payment', '{id}', sequence, event_type, event_version, \
         replace(replace(payload::text, '\"log_index\": 0', '\"log_index\": {index}'), \
         '\"amount\": \"44\"', '\"amount\": \"11\"')::jsonb, metadata \
         FROM events WHERE {of} AND event_type IN ('PaymentDetected', 'PaymentConfirmed') \
         ORDER BY sequence"
    )
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn of_what_is_derived() -> Vec<Corruption> {
    let (shop, first) = (id(1), id(10));
    vec![
        corruption(
            "the end of the log is cut off",
            Fault::Checkpoint,
            "checkpoint of",
            "DELETE FROM events WHERE position > (SELECT max(position) - 3 FROM events)",
        ),
        corruption(
            "the end of the log is cut off, and its keys tell",
            Fault::Key,
            "idempotency_keys",
            "DELETE FROM events WHERE position > (SELECT max(position) - 12 FROM events); \
             UPDATE checkpoints SET (xact_id, position) = (SELECT xact_id, position FROM events \
             ORDER BY xact_id DESC, position DESC LIMIT 1)",
        ),
        corruption(
            "a read model's checkpoint is put forward",
            Fault::Checkpoint,
            "orders",
            "UPDATE projections SET position = position + 1000 WHERE name = 'orders'",
        ),
        corruption(
            "a read model's checkpoint is put back",
            Fault::RowUnknown,
            "payments_v3.payments",
            "UPDATE projections SET (xact_id, position) = (SELECT xact_id, position FROM events \
             WHERE event_type = 'OrderApproved' ORDER BY position DESC LIMIT 1) WHERE name = 'payments'",
        ),
        corruption(
            "the checkpoint of reactions is no event",
            Fault::Checkpoint,
            "reactions",
            "UPDATE checkpoints SET position = position - 1, xact_id = xact_id + 5 WHERE consumer = 'reactions'",
        ),
        corruption(
            "stock is added to a read model",
            Fault::RowDiffers,
            format!("Inventory:{first}"),
            format!("UPDATE catalog_v4.stock SET on_hand = on_hand + 5 WHERE sku = '{first}'"),
        ),
        corruption(
            "the words of a search are changed",
            Fault::RowDiffers,
            format!("Product:{first}"),
            format!("UPDATE catalog_v4.products SET search_text = 'coffee' WHERE id = '{first}'"),
        ),
        corruption(
            "an order is taken out of a read model",
            Fault::RowMissing,
            order(1),
            format!(
                "DELETE FROM orders_v4.orders WHERE id = '{}'",
                World::order(1)
            ),
        ),
        corruption(
            "a line is added to a read model",
            Fault::RowUnknown,
            "orders_v4.order_lines",
            "INSERT INTO orders_v4.order_lines SELECT order_id, 7, product, sku, name_ko, name_en, \
             price_chain_id, price_token, price_fiat, price_amount, quantity FROM orders_v4.order_lines LIMIT 1",
        ),
        corruption(
            "an entry of a timeline is changed",
            Fault::RowDiffers,
            order(1),
            format!(
                "UPDATE orders_v4.timeline SET actor = 'system:expiry' WHERE order_id = '{}' \
                 AND milestone = 'OrderShipped'",
                World::order(1)
            ),
        ),
        corruption(
            "an entry of a timeline is taken out",
            Fault::RowMissing,
            payment(1),
            format!(
                "DELETE FROM orders_v4.timeline WHERE order_id = '{}' AND milestone = 'FundsReleased'",
                World::order(1)
            ),
        ),
        corruption(
            "the owner of a shop is changed in a read model",
            Fault::RowDiffers,
            format!("Shop:{shop}"),
            "UPDATE orders_v4.shops SET owner = decode(repeat('66', 20), 'hex')",
        ),
        corruption(
            "a payment is said to be released in a read model",
            Fault::RowDiffers,
            payment(8),
            format!(
                "UPDATE payments_v3.payments SET released = 1 WHERE order_id = '{}'",
                World::order(8)
            ),
        ),
        corruption(
            "an attempt is taken off the watch",
            Fault::RowDiffers,
            payment(1),
            "UPDATE payments_v3.attempts SET watched = NOT watched",
        ),
        corruption(
            "an account is credited in a read model",
            Fault::RowDiffers,
            "ledger_v1.accounts",
            "UPDATE ledger_v1.accounts SET released = released + 1",
        ),
        corruption(
            "a wallet is added to a shop",
            Fault::RowUnknown,
            "ledger_v1.shop_wallets",
            format!(
                "INSERT INTO ledger_v1.shop_wallets VALUES ('{shop}', decode(repeat('66', 20), 'hex'), 1, 1)"
            ),
        ),
        corruption(
            "a column is added to a read model",
            Fault::Layout,
            "catalog_v4.shops",
            "ALTER TABLE catalog_v4.shops ADD COLUMN discount bigint",
        ),
        corruption(
            "a snapshot is edited",
            Fault::Snapshot,
            format!("Inventory:{first}"),
            "UPDATE state_snapshots SET state = jsonb_set(state, '{on_hand}', '4000')",
        ),
        corruption(
            "a snapshot is put beyond the end of its stream",
            Fault::Snapshot,
            format!("Inventory:{first}"),
            "UPDATE state_snapshots SET sequence = 100000",
        ),
        corruption(
            "an idempotency key is edited",
            Fault::Key,
            "place_order",
            "UPDATE idempotency_keys SET position = 100000 WHERE key LIKE 'place_order%'",
        ),
    ]
}

/// Does something as a superuser may: with the log's protection off.
async fn corrupt(pool: &PgPool, sql: &str) {
    let statements = format!(
        "ALTER TABLE events DISABLE TRIGGER events_append_only; {sql}; \
         ALTER TABLE events ENABLE TRIGGER events_append_only"
    );
    sqlx::Executor::execute(pool, statements.as_str())
        .await
        .unwrap();
}

/// Looks for each of them in a copy of one history; says what was not found.
async fn undetected(corruptions: Vec<Corruption>) -> String {
    let world = World::new().await;
    world.tell_all().await;
    let template = world.name.clone();
    world.pool.close().await;
    let mut undetected = String::new();
    for Corruption {
        what,
        sql,
        fault,
        names,
    } in corruptions
    {
        let name = copy(&template).await;
        let pool = open(&name).await;
        corrupt(&pool, &sql).await;
        let report = replayed(&pool, Plan::default()).await;
        pool.close().await;
        administer(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        let named = |finding: &&gage_application::replay::Finding| {
            finding.fault == fault && finding.place.to_string().contains(&names)
        };
        if !report.findings.iter().any(|finding| named(&finding)) {
            writeln!(undetected, "{what}: no {fault:?} that names {names}, but").unwrap();
            for finding in &report.findings {
                writeln!(undetected, "    {:?} {finding}", finding.fault).unwrap();
            }
        }
    }
    world.end().await;
    undetected
}

#[tokio::test]
async fn what_is_done_to_events_is_found_and_named() {
    assert_eq!(undetected(of_events()).await, "");
}

#[tokio::test]
async fn what_is_done_to_people_and_money_is_found_and_named() {
    assert_eq!(undetected(of_people_and_money()).await, "");
}

#[tokio::test]
async fn what_is_done_to_what_is_derived_is_found_and_named() {
    assert_eq!(undetected(of_what_is_derived()).await, "");
}
