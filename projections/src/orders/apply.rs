//! What events make of the orders.

use gage_application::{
    event::{Fact, Recorded},
    ports::wake::Notice,
};
use gage_domain::{
    ids::{OrderId, ShopId},
    order::{OrderEvent, OrderLine, Phase, Tracking},
    payment::PaymentEvent,
    shop::ShopEvent,
    value::{Address, BaseUnits},
};
use serde_json::Value;
use sqlx::{PgConnection, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    milestone::{self, Milestone},
    rows::phase_name,
};
use crate::{
    failure::ApplyError,
    target::{Outcome, Target},
};

pub(super) async fn apply(
    db: &mut PgConnection,
    event: &Recorded,
) -> Result<Vec<Notice>, ApplyError> {
    match &event.fact {
        Fact::Shop(id, ShopEvent::ShopOpened { owner, .. }) => {
            own(db, event, *id, *owner).await?;
            Ok(vec![])
        }
        Fact::Shop(_, ShopEvent::ShopRevised { .. } | ShopEvent::PayoutAddressChanged { .. })
        | Fact::Product(..)
        | Fact::Inventory(..) => Ok(vec![]),
        Fact::Order(id, happened) => {
            let outcome = order(db, event, *id, happened).await?;
            record(db, event, *id, milestone::of_order(happened), outcome).await
        }
        Fact::Payment(id, happened) => {
            let outcome = payment(db, target(event, OrderId::from(*id)), happened).await?;
            record(
                db,
                event,
                OrderId::from(*id),
                milestone::of_payment(happened),
                outcome,
            )
            .await
        }
    }
}

fn target(event: &Recorded, order: OrderId) -> Target {
    Target {
        table: "orders",
        key_column: "id",
        key: order.0,
        position: event.position,
    }
}

async fn own(
    db: &mut PgConnection,
    event: &Recorded,
    shop: ShopId,
    owner: Address,
) -> Result<Outcome, ApplyError> {
    let row = Target {
        table: "shops",
        key_column: "id",
        key: shop.0,
        position: event.position,
    };
    let statement = row
        .statement(
            "INSERT INTO shops (id, xact_id, position, owner) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(owner.as_slice());
    row.insert(db, statement).await
}

async fn order(
    db: &mut PgConnection,
    event: &Recorded,
    id: OrderId,
    happened: &OrderEvent,
) -> Result<Outcome, ApplyError> {
    let row = target(event, id);
    match happened {
        OrderEvent::OrderPlaced {
            buyer,
            shop,
            lines,
            token,
            total,
            pay_by,
        } => {
            let placing = Placing {
                buyer: *buyer,
                shop: *shop,
                token: *token,
                total: *total,
                pay_by: *pay_by,
                placed_at: event.metadata.decided_at,
            };
            let outcome = place(db, row, &placing).await?;
            if outcome == Outcome::Written {
                write_lines(db, id, lines).await?;
            }
            Ok(outcome)
        }
        OrderEvent::OrderPaid {} => enter(db, row, Phase::Paid).await,
        OrderEvent::OrderApproved {} => enter(db, row, Phase::Approved).await,
        OrderEvent::OrderRejected { reason } => reject(db, row, reason).await,
        OrderEvent::OrderCancelled {} => enter(db, row, Phase::Cancelled).await,
        OrderEvent::OrderExpired {} => enter(db, row, Phase::Expired).await,
        OrderEvent::OrderShipped { tracking } => ship(db, row, tracking.as_ref()).await,
        OrderEvent::DeliveryConfirmed {} => enter(db, row, Phase::Delivered).await,
        OrderEvent::OrderCompleted {} => enter(db, row, Phase::Completed).await,
    }
}

/// What `OrderPlaced` says, besides the lines.
struct Placing {
    buyer: Address,
    shop: ShopId,
    token: Address,
    total: BaseUnits,
    pay_by: OffsetDateTime,
    placed_at: OffsetDateTime,
}

async fn place(
    db: &mut PgConnection,
    row: Target,
    placing: &Placing,
) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "INSERT INTO orders (id, xact_id, position, placed_xact_id, placed_position, buyer, \
             shop, phase, token, total, pay_by, placed_at, payment_seen) \
             VALUES ($1, $2, $3, $2, $3, $4, $5, $6, $7, $8::text::numeric, $9, $10, false) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(placing.buyer.as_slice())
        .bind(placing.shop.0)
        .bind(phase_name(Phase::AwaitingPayment))
        .bind(placing.token.as_slice())
        .bind(placing.total.to_string())
        .bind(placing.pay_by)
        .bind(placing.placed_at);
    row.insert(db, statement).await
}

async fn write_lines(
    db: &mut PgConnection,
    order: OrderId,
    lines: &[OrderLine],
) -> Result<(), ApplyError> {
    let mut query = QueryBuilder::new(
        "INSERT INTO order_lines (order_id, line, product, sku, name_ko, name_en, price_token, \
         price_amount, quantity) ",
    );
    query.push_values((0_i32..).zip(lines), |mut values, (number, line)| {
        values
            .push_bind(order.0)
            .push_bind(number)
            .push_bind(line.product.0)
            .push_bind(line.sku.0)
            .push_bind(line.name.ko())
            .push_bind(line.name.en())
            .push_bind(line.unit_price.token.as_slice())
            .push_bind(line.unit_price.amount.to_string())
            .push_unseparated("::text::numeric")
            .push_bind(i64::from(line.quantity.get()));
    });
    let failed = |source| ApplyError::Database {
        table: "order_lines",
        key: order.to_string(),
        source,
    };
    query.build().execute(db).await.map_err(failed)?;
    Ok(())
}

async fn enter(db: &mut PgConnection, row: Target, phase: Phase) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE orders SET xact_id = $2, position = $3, phase = $4 \
             WHERE id = $1 AND (xact_id, position) < ($2, $3)",
        )
        .bind(phase_name(phase));
    row.update(db, statement).await
}

async fn reject(db: &mut PgConnection, row: Target, reason: &str) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE orders SET xact_id = $2, position = $3, phase = $4, rejection_reason = $5 \
             WHERE id = $1 AND (xact_id, position) < ($2, $3)",
        )
        .bind(phase_name(Phase::Rejected))
        .bind(reason);
    row.update(db, statement).await
}

async fn ship(
    db: &mut PgConnection,
    row: Target,
    tracking: Option<&Tracking>,
) -> Result<Outcome, ApplyError> {
    let statement = row
        .statement(
            "UPDATE orders SET xact_id = $2, position = $3, phase = $4, tracking_carrier = $5, \
             tracking_number = $6 WHERE id = $1 AND (xact_id, position) < ($2, $3)",
        )
        .bind(phase_name(Phase::Shipped))
        .bind(tracking.map(|tracking| tracking.carrier.as_str()))
        .bind(tracking.map(|tracking| tracking.number.as_str()));
    row.update(db, statement).await
}

/// What a payment's event means for the order's row: whether the order may expire, and that
/// there is something new to see.
async fn payment(
    db: &mut PgConnection,
    row: Target,
    happened: &PaymentEvent,
) -> Result<Outcome, ApplyError> {
    let payment_seen = match happened {
        PaymentEvent::PaymentDetected { .. } | PaymentEvent::PaymentConfirmed { .. } => Some(true),
        PaymentEvent::PaymentReverted { .. } => Some(false),
        PaymentEvent::PaymentRequested(_)
        | PaymentEvent::AttemptReported { .. }
        | PaymentEvent::AttemptFailed { .. }
        | PaymentEvent::PaymentExpired { .. }
        | PaymentEvent::FundsReleased { .. }
        | PaymentEvent::FundsRefunded { .. }
        | PaymentEvent::DisputeOpened { .. } => None,
    };
    let statement = row
        .statement(
            "UPDATE orders SET xact_id = $2, position = $3, \
             payment_seen = coalesce($4, payment_seen) \
             WHERE id = $1 AND (xact_id, position) < ($2, $3)",
        )
        .bind(payment_seen);
    row.update(db, statement).await
}

/// Adds the event to the timeline, and says who may want to look.
async fn record(
    db: &mut PgConnection,
    event: &Recorded,
    order: OrderId,
    (milestone, details): (Milestone, Value),
    outcome: Outcome,
) -> Result<Vec<Notice>, ApplyError> {
    if outcome == Outcome::Seen {
        return Ok(vec![]);
    }
    let failed = |source| ApplyError::Database {
        table: "timeline",
        key: order.to_string(),
        source,
    };
    let shop: Uuid = sqlx::query_scalar(
        "WITH entry AS (INSERT INTO timeline (order_id, xact_id, position, milestone, at, actor, \
         details) VALUES ($1, $2, $3, $4, $5, $6, $7)) SELECT shop FROM orders WHERE id = $1",
    )
    .bind(order.0)
    .bind(event.position.xact_id)
    .bind(event.position.position)
    .bind(milestone.as_str())
    .bind(event.metadata.decided_at)
    .bind(event.metadata.actor.to_string())
    .bind(details)
    .fetch_one(db)
    .await
    .map_err(failed)?;
    Ok(vec![Notice::Order(order), Notice::ShopOrders(ShopId(shop))])
}
