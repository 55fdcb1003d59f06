//! What is done to events.

use gage_application::replay::Fault;

use super::{Corruption, corruption, of_order, of_payment, of_stock, order, payment};
use crate::world::{World, id};

/// Copies an event to another place in its stream.
fn copied(of: &str, sequence: u32, to: &str) -> String {
    format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
         payload, metadata) SELECT aggregate_type, aggregate_id, {to}, event_type, event_version, \
         payload, metadata FROM events WHERE {of} AND sequence = {sequence}"
    )
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn of_events() -> Vec<Corruption> {
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
