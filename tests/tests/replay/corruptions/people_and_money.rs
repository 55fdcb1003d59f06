//! What is done to who, when and how much.

use gage_application::replay::Fault;

use super::{Corruption, corruption, of_order, of_payment, order, payment};
use crate::world::World;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn of_people_and_money() -> Vec<Corruption> {
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
