//! Loading and writing the orders' rows.

use std::collections::BTreeSet;

use gage_application::event::{Fact, Recorded};
use gage_domain::{ids::ShopId, order::OrderEvent, shop::ShopEvent};
use sqlx::{PgConnection, postgres::PgRow, types::Json};

use super::{
    fold::{Entry, Line, Rows, Shop},
    rows::{self, OrderRow, phase_name},
};
use crate::{
    columns::Columns,
    entities::column,
    failure::{ApplyError, QueryError},
    price,
    projection::Extent,
    writing::write,
};

pub(super) async fn load(
    db: &mut PgConnection,
    rows: &mut Rows,
    events: &[Recorded],
) -> Result<(), ApplyError> {
    let (mut shops, mut orders) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        match &event.fact {
            Fact::Shop(id, ShopEvent::ShopOpened { .. }) => {
                shops.insert(id.0);
            }
            Fact::Order(id, happened) => {
                orders.insert(id.0);
                if let OrderEvent::OrderPlaced { shop, .. } = happened {
                    shops.insert(shop.0);
                }
            }
            Fact::Payment(id, _) => {
                orders.insert(id.0);
            }
            Fact::Shop(..) | Fact::Product(..) | Fact::Inventory(..) | Fact::Payout(..) => {}
        }
    }
    let find_shops = "SELECT s.id, s.owner, s.xact_id, s.position FROM shops s \
                      WHERE s.id = ANY($1)";
    let find_orders = format!("{} WHERE o.id = ANY($1)", rows::select_orders(None));
    rows.shops.load(db, find_shops, shops, shop).await?;
    rows.orders
        .load(db, &find_orders, orders, rows::order)
        .await
}

fn shop(row: &PgRow) -> Result<Shop, QueryError> {
    let columns = Columns::of(row, "orders.shops", "id");
    Ok(Shop {
        id: ShopId(columns.get("id")?),
        owner: columns.address("owner")?,
        position: columns.position("xact_id", "position")?,
    })
}

pub(super) async fn write_rows(
    db: &mut PgConnection,
    rows: &mut Rows,
    extent: Extent,
) -> Result<(), ApplyError> {
    if extent == Extent::All {
        write_shops(db, &rows.shops.take_changed()).await?;
        write_orders(db, &rows.orders.take_changed()).await?;
    }
    write_lines(db, &std::mem::take(&mut rows.lines)).await?;
    write_timeline(db, &std::mem::take(&mut rows.timeline)).await
}

async fn write_shops(db: &mut PgConnection, shops: &[Shop]) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO shops (id, owner, xact_id, position) \
         SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bigint[])",
    )
    .bind(column(shops, |shop| shop.id.0))
    .bind(column(shops, |shop| shop.owner.as_slice()))
    .bind(column(shops, |shop| shop.position.xact_id))
    .bind(column(shops, |shop| shop.position.position));
    write(db, "shops", shops.len(), statement).await
}

async fn write_orders(db: &mut PgConnection, orders: &[OrderRow]) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO orders AS held (id, buyer, shop, phase, total_token, total, pay_by, \
         placed_at, payment_seen, expires_at, arbiter, disputed, tracking_carrier, \
         tracking_number, rejection_reason, placed_xact_id, placed_position, xact_id, position, \
         chain_id, total_chain_id, total_fiat) \
         SELECT id, buyer, shop, phase, total_token, total::numeric, pay_by, placed_at, payment_seen, \
         expires_at, arbiter, disputed, tracking_carrier, tracking_number, rejection_reason, \
         placed_xact_id, placed_position, xact_id, position, chain_id::numeric, \
         total_chain_id::numeric, total_fiat \
         FROM unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::text[], $5::bytea[], $6::text[], \
         $7::timestamptz[], $8::timestamptz[], $9::boolean[], $10::timestamptz[], $11::bytea[], \
         $12::boolean[], $13::text[], $14::text[], $15::text[], $16::bigint[], $17::bigint[], \
         $18::bigint[], $19::bigint[], $20::text[], $21::text[], $22::text[]) \
         AS given (id, buyer, shop, phase, total_token, total, pay_by, placed_at, payment_seen, \
         expires_at, arbiter, disputed, tracking_carrier, tracking_number, rejection_reason, \
         placed_xact_id, placed_position, xact_id, position, chain_id, total_chain_id, \
         total_fiat) \
         ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, \
         payment_seen = excluded.payment_seen, expires_at = excluded.expires_at, \
         chain_id = excluded.chain_id, arbiter = excluded.arbiter, \
         disputed = excluded.disputed, tracking_carrier = excluded.tracking_carrier, \
         tracking_number = excluded.tracking_number, \
         rejection_reason = excluded.rejection_reason, xact_id = excluded.xact_id, \
         position = excluded.position \
         WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)",
    )
    .bind(column(orders, |order| order.id.0))
    .bind(column(orders, |order| order.buyer.as_slice()))
    .bind(column(orders, |order| order.shop.0))
    .bind(column(orders, |order| phase_name(order.phase)))
    .bind(column(orders, |order| price::token_of(&order.total)))
    .bind(column(orders, |order| order.total.amount.to_string()))
    .bind(column(orders, |order| order.pay_by))
    .bind(column(orders, |order| order.placed_at))
    .bind(column(orders, |order| order.payment_seen))
    .bind(column(orders, |order| order.expires_at))
    .bind(column(orders, |order| {
        order.arbiter.as_ref().map(|arbiter| arbiter.as_slice())
    }))
    .bind(column(orders, |order| order.disputed))
    .bind(column(orders, |order| {
        order
            .tracking
            .as_ref()
            .map(|tracking| tracking.carrier.as_str())
    }))
    .bind(column(orders, |order| {
        order
            .tracking
            .as_ref()
            .map(|tracking| tracking.number.as_str())
    }))
    .bind(column(orders, |order| order.rejection_reason.as_deref()))
    .bind(column(orders, |order| order.placed.xact_id))
    .bind(column(orders, |order| order.placed.position))
    .bind(column(orders, |order| order.position.xact_id))
    .bind(column(orders, |order| order.position.position))
    .bind(column(orders, |order| {
        order.chain_id.map(|chain_id| chain_id.to_string())
    }))
    .bind(column(orders, |order| price::chain_of(&order.total)))
    .bind(column(orders, |order| price::fiat_of(&order.total)));
    write(db, "orders", orders.len(), statement).await
}

async fn write_lines(db: &mut PgConnection, lines: &[Line]) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO order_lines (order_id, line, product, sku, name_ko, name_en, price_token, \
         price_amount, quantity, price_chain_id, price_fiat) \
         SELECT order_id, line, product, sku, name_ko, name_en, price_token, \
         price_amount::numeric, quantity, price_chain_id::numeric, price_fiat \
         FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], \
         $7::bytea[], $8::text[], $9::bigint[], $10::text[], $11::text[]) \
         AS given (order_id, line, product, sku, name_ko, name_en, price_token, price_amount, \
         quantity, price_chain_id, price_fiat)",
    )
    .bind(column(lines, |line| line.order.0))
    .bind(column(lines, |line| line.number))
    .bind(column(lines, |line| line.bought.product.0))
    .bind(column(lines, |line| line.bought.sku.0))
    .bind(column(lines, |line| line.bought.name.ko()))
    .bind(column(lines, |line| line.bought.name.en()))
    .bind(column(lines, |line| {
        price::token_of(&line.bought.unit_price)
    }))
    .bind(column(lines, |line| {
        line.bought.unit_price.amount.to_string()
    }))
    .bind(column(lines, |line| i64::from(line.bought.quantity.get())))
    .bind(column(lines, |line| {
        price::chain_of(&line.bought.unit_price)
    }))
    .bind(column(lines, |line| {
        price::fiat_of(&line.bought.unit_price)
    }));
    write(db, "order_lines", lines.len(), statement).await
}

async fn write_timeline(db: &mut PgConnection, timeline: &[Entry]) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO timeline (order_id, xact_id, position, milestone, at, actor, details) \
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], \
         $5::timestamptz[], $6::text[], $7::jsonb[])",
    )
    .bind(column(timeline, |entry| entry.order.0))
    .bind(column(timeline, |entry| entry.position.xact_id))
    .bind(column(timeline, |entry| entry.position.position))
    .bind(column(timeline, |entry| entry.milestone.as_str()))
    .bind(column(timeline, |entry| entry.at))
    .bind(column(timeline, |entry| entry.actor.as_str()))
    .bind(column(timeline, |entry| Json(&entry.details)));
    write(db, "timeline", timeline.len(), statement).await
}
