//! What is done to what follows from events.

use gage_application::replay::Fault;

use super::{Corruption, corruption, order, payment};
use crate::world::{World, id};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn of_what_is_derived() -> Vec<Corruption> {
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
