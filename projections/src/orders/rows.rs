//! What the queries on orders return.

use gage_application::{metadata::Actor, position::LogPosition};
use gage_domain::{
    ids::{OrderId, ProductId, ShopId, SkuId},
    order::{Phase, Tracking},
    text::LocalizedText,
    value::{Address, Price, Quantity},
};
use serde_json::Value;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::milestone::Milestone;
use crate::{columns::Columns, failure::QueryError, page::Listed, price::PriceNames};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order.
    pub id: OrderId,
    /// The buyer's wallet.
    pub buyer: Address,
    /// The shop that sells.
    pub shop: ShopId,
    /// The shop's owner: who else may see the order.
    pub shop_owner: Address,
    /// How far it is.
    pub phase: Phase,
    /// What all lines cost together.
    pub total: Price,
    /// When it expires if it is not paid.
    pub pay_by: OffsetDateTime,
    /// When it was placed.
    pub placed_at: OffsetDateTime,
    /// Whether the chain showed a payment that stands.
    pub payment_seen: bool,
    /// From when on it may expire, unpaid: its deadline, or later when a payment was taken back.
    pub expires_at: OffsetDateTime,
    /// The chain (EIP-155) on which it is to be paid, once a payment was asked for.
    pub chain_id: Option<u64>,
    /// Who decides disputes of its payment, if anyone does.
    pub arbiter: Option<Address>,
    /// Whether its payment is or was in dispute: then the arbiter may see the order too.
    pub disputed: bool,
    /// Where to follow the shipment.
    pub tracking: Option<Tracking>,
    /// Why the owner refused it.
    pub rejection_reason: Option<String>,
    /// Where it was placed in the log: its place in lists.
    pub placed: LogPosition,
    /// The last event of the order or of its payment: the cursor of its changes.
    pub position: LogPosition,
}

/// A line of an order, as it was at placing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// The order.
    pub order: OrderId,
    /// Its number in the order, from 0.
    pub line: u32,
    /// The product.
    pub product: ProductId,
    /// Whose stock it took from.
    pub sku: SkuId,
    /// The product's name.
    pub name: LocalizedText,
    /// What one piece cost.
    pub unit_price: Price,
    /// How many pieces.
    pub quantity: Quantity,
}

/// Something that happened to an order or to its payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineRow {
    /// The order.
    pub order: OrderId,
    /// The event: the cursor of a timeline.
    pub position: LogPosition,
    /// What happened.
    pub milestone: Milestone,
    /// When it was decided.
    pub at: OffsetDateTime,
    /// Who caused it.
    pub actor: Actor,
    /// A JSON object with what belongs to it; amounts and 64-bit numbers as decimal strings.
    pub details: Value,
}

impl Listed for OrderRow {
    fn cursor(&self) -> LogPosition {
        self.placed
    }
}

const ORDER_COLUMNS: &str = "o.id, o.buyer, o.shop, o.phase, \
    o.total_chain_id::text AS total_chain_id, o.total_token, o.total_fiat, \
    o.total::text AS total, o.pay_by, o.placed_at, o.payment_seen, o.expires_at, \
    o.chain_id::text AS chain_id, o.arbiter, o.disputed, o.tracking_carrier, o.tracking_number, \
    o.rejection_reason, o.placed_xact_id, o.placed_position, o.xact_id, o.position";

/// The rows of orders, `o`, whose tables are in `schema`, or where the search path leads.
///
/// The owner comes by a subquery. From a join, PostgreSQL without fresh statistics starts at the
/// shop and goes through all of its orders: 5 ms for fifty new orders beside 48,000, not 0.1.
pub(super) fn select_orders(schema: Option<&str>) -> String {
    let tables = schema
        .map(|schema| format!("{schema}."))
        .unwrap_or_default();
    format!(
        "SELECT {ORDER_COLUMNS}, (SELECT s.owner FROM {tables}shops s WHERE s.id = o.shop) AS owner \
         FROM {tables}orders o"
    )
}

pub(super) const LINE_COLUMNS: &str = "l.order_id, l.line, l.product, l.sku, l.name_ko, \
    l.name_en, l.price_chain_id::text AS price_chain_id, l.price_token, l.price_fiat, \
    l.price_amount::text AS price_amount, l.quantity";

pub(super) const TIMELINE_COLUMNS: &str =
    "t.order_id, t.xact_id, t.position, t.milestone, t.at, t.actor, t.details";

pub(super) fn order(row: &PgRow) -> Result<OrderRow, QueryError> {
    let columns = Columns::of(row, "orders.orders", "id");
    let phase: &str = columns.get("phase")?;
    Ok(OrderRow {
        id: OrderId(columns.get("id")?),
        buyer: columns.address("buyer")?,
        shop: ShopId(columns.get("shop")?),
        shop_owner: columns.address("owner")?,
        phase: phase_named(phase)
            .ok_or_else(|| columns.corrupt("phase", format!("{phase:?} is not known")))?,
        total: columns.price(&PriceNames::TOTAL)?,
        pay_by: columns.get("pay_by")?,
        placed_at: columns.get("placed_at")?,
        payment_seen: columns.get("payment_seen")?,
        expires_at: columns.get("expires_at")?,
        chain_id: columns.optional("chain_id")?,
        arbiter: columns.optional_address("arbiter")?,
        disputed: columns.get("disputed")?,
        tracking: tracking(columns)?,
        rejection_reason: columns.get("rejection_reason")?,
        placed: columns.position("placed_xact_id", "placed_position")?,
        position: columns.position("xact_id", "position")?,
    })
}

pub(super) fn line(row: &PgRow) -> Result<LineRow, QueryError> {
    let columns = Columns::of(row, "orders.order_lines", "order_id");
    let number: i32 = columns.get("line")?;
    let quantity: i64 = columns.get("quantity")?;
    Ok(LineRow {
        order: OrderId(columns.get("order_id")?),
        line: u32::try_from(number).map_err(|error| columns.corrupt("line", error.to_string()))?,
        product: ProductId(columns.get("product")?),
        sku: SkuId(columns.get("sku")?),
        name: columns.text("name_ko", "name_en")?,
        unit_price: columns.price(&PriceNames::price("price_amount"))?,
        quantity: Quantity::try_from(quantity)
            .map_err(|error| columns.corrupt("quantity", error.to_string()))?,
    })
}

pub(super) fn timeline(row: &PgRow) -> Result<TimelineRow, QueryError> {
    let columns = Columns::of(row, "orders.timeline", "order_id");
    Ok(TimelineRow {
        order: OrderId(columns.get("order_id")?),
        position: columns.position("xact_id", "position")?,
        milestone: columns.parse("milestone")?,
        at: columns.get("at")?,
        actor: columns.parse("actor")?,
        details: columns.get("details")?,
    })
}

fn tracking(columns: Columns<'_>) -> Result<Option<Tracking>, QueryError> {
    let Some(carrier) = columns.get("tracking_carrier")? else {
        return Ok(None);
    };
    Ok(Some(Tracking {
        carrier,
        number: columns.get("tracking_number")?,
    }))
}

pub(super) const PHASES: [Phase; 10] = [
    Phase::AwaitingPayment,
    Phase::Paid,
    Phase::Approved,
    Phase::Shipped,
    Phase::Delivered,
    Phase::Completed,
    Phase::Rejected,
    Phase::Cancelled,
    Phase::Expired,
    Phase::Refunded,
];

pub(super) const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::AwaitingPayment => "awaiting_payment",
        Phase::Paid => "paid",
        Phase::Approved => "approved",
        Phase::Shipped => "shipped",
        Phase::Delivered => "delivered",
        Phase::Completed => "completed",
        Phase::Rejected => "rejected",
        Phase::Cancelled => "cancelled",
        Phase::Expired => "expired",
        Phase::Refunded => "refunded",
    }
}

fn phase_named(name: &str) -> Option<Phase> {
    PHASES.into_iter().find(|phase| phase_name(*phase) == name)
}
