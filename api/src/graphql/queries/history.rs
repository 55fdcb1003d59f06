//! Who may look at which part of the history, and what is answered.

use std::collections::HashMap;

use async_graphql::{Context, Result};
use gage_application::{
    event::StreamName,
    gateway::What,
    history::moment::{Moment, difference},
    ports::chronicle::{Wanted, Way},
};
use gage_domain::ids::{OrderId, PayoutId, ProductId, ShopId};
use uuid::Uuid;

use crate::{
    graphql::{
        context::Asked as _,
        errors::{ApiError, BadArgument},
        lookup::load,
        scalars::Cursor,
        types::{
            CausedEvent, HistoryFilter, HistoryOrder, HistoryPage, MomentInput, PastState,
            StateChange, may_see_order,
        },
    },
    streams,
};

/// The most events of a page.
const MOST: i32 = 100;
/// The most events that are folded for one answer.
const FOLDED: u64 = 20_000;
/// Events of a page when nothing is said.
const USUAL: i32 = 20;

/// What is wanted, if the viewer may see it: auditors and operators everything, others what is
/// theirs, which they have to name.
pub(in crate::graphql) async fn wanted(
    ctx: &Context<'_>,
    filter: Option<HistoryFilter>,
) -> Result<Wanted> {
    let filter = filter.unwrap_or_default();
    let stream = filter.stream.as_deref().map(|name| named(ctx, name));
    let stream = stream.transpose()?;
    may_look(ctx, stream.as_ref()).await?;
    Ok(Wanted {
        stream,
        types: filter.types.unwrap_or_default(),
        actor: filter.actor,
        correlation_id: filter.correlation_id,
        from: filter.from.map(|time| time.0),
        until: filter.until.map(|time| time.0),
    })
}

fn named(ctx: &Context<'_>, name: &str) -> Result<StreamName> {
    streams::parse(name).map_err(|_| ctx.error(BadArgument::Stream.into()))
}

/// Whether the viewer may see a stream; everything, when none is named.
async fn may_look(ctx: &Context<'_>, stream: Option<&StreamName>) -> Result<()> {
    let viewer = ctx.signed_in()?;
    if viewer.oversees() {
        return Ok(());
    }
    let Some(stream) = stream else {
        return Err(ctx.error(ApiError::Forbidden(What::Shop)));
    };
    let id = Uuid::parse_str(&stream.aggregate_id).ok();
    let (may, what) = match (stream.aggregate_type.as_str(), id) {
        ("Order" | "Payment", Some(id)) => {
            let order = load(ctx, OrderId(id)).await?;
            let may = order.is_some_and(|order| may_see_order(&order, viewer));
            (may, What::Order)
        }
        ("Product" | "Inventory", Some(id)) => {
            let product = load(ctx, ProductId(id)).await?;
            let may = product.is_some_and(|product| viewer.is(product.owner));
            (may, What::Product)
        }
        ("Shop", Some(id)) => {
            let shop = load(ctx, ShopId(id)).await?;
            (shop.is_some_and(|shop| viewer.is(shop.owner)), What::Shop)
        }
        // What an account took out is its own business.
        _ => {
            let payout: Option<PayoutId> = stream.aggregate_id.parse().ok();
            (payout.is_some_and(|id| viewer.is(id.account)), What::Shop)
        }
    };
    if may {
        Ok(())
    } else {
        Err(ctx.error(ApiError::NotFound(what)))
    }
}

pub(super) async fn page(
    ctx: &Context<'_>,
    filter: Option<HistoryFilter>,
    order: Option<HistoryOrder>,
    first: Option<i32>,
    from: Option<Cursor>,
) -> Result<HistoryPage> {
    let wanted = wanted(ctx, filter).await?;
    let first = first.unwrap_or(USUAL);
    let limit = u32::try_from(first)
        .ok()
        .filter(|_| (1..=MOST).contains(&first));
    let given = i64::from(first);
    let limit = limit.ok_or_else(|| ctx.error(BadArgument::PageSize { given }.into()))?;
    let from = from.map(|cursor| cursor.0);
    let way = match order {
        None | Some(HistoryOrder::OldestFirst) => Way::Onwards(from),
        Some(HistoryOrder::NewestFirst) => Way::Back(from),
    };
    let leaf = ctx.services()?.history.page(&wanted, way, limit).await;
    Ok(leaf.map_err(|error| ctx.error(error.into()))?.into())
}

/// Events that a page may have, for the complexity of what asks for it.
pub(super) fn weight(first: Option<i32>) -> usize {
    usize::try_from(first.unwrap_or(USUAL).clamp(1, MOST)).unwrap_or(1)
}

pub(super) async fn causes(ctx: &Context<'_>, of: Cursor) -> Result<Vec<CausedEvent>> {
    ctx.signed_in()?;
    let history = &ctx.services()?.history;
    let missing = || ctx.error(ApiError::NotFound(What::Order));
    let asked = history.event(of.0).await;
    let asked = asked.map_err(|error| ctx.error(error.into()))?;
    let stream = asked.ok_or_else(missing)?.stream;
    // As if it were not there: who may not see it does not learn of what it is.
    may_look(ctx, Some(&stream)).await.map_err(|_| missing())?;
    if is_of_an_order(&stream) {
        readable(ctx, &stream).await?;
    }
    let found = history.causes(of.0).await;
    let tree = found.map_err(|error| ctx.error(error.into()))?;
    let tree = tree.ok_or_else(missing)?;
    // What led to it may belong to others.
    let mut allowed: HashMap<StreamName, bool> = HashMap::new();
    let mut seen = Vec::with_capacity(tree.len());
    for caused in tree {
        let of = &caused.event.stream;
        let known = allowed.get(of).copied();
        let may = match known {
            Some(may) => may,
            None => may_look(ctx, Some(of)).await.is_ok(),
        };
        allowed.insert(of.clone(), may);
        if may || about(&caused.event, &stream) {
            seen.push(caused.into());
        }
    }
    Ok(seen)
}

/// What an order did to stock is the order's buyer's to see; the tree of an order has no other
/// events of stock.
fn about(event: &gage_application::event::StoredEvent, stream: &StreamName) -> bool {
    event.stream.aggregate_type == "Inventory" && is_of_an_order(stream)
}

fn is_of_an_order(stream: &StreamName) -> bool {
    matches!(stream.aggregate_type.as_str(), "Order" | "Payment")
}

/// Whether a stream is short enough to be folded for one answer: a hot product's is not.
async fn readable(ctx: &Context<'_>, stream: &StreamName) -> Result<()> {
    let length = ctx.services()?.history.length(stream).await;
    let given = length.map_err(|error| ctx.error(error.into()))?;
    if given <= FOLDED {
        return Ok(());
    }
    let most = FOLDED;
    Err(ctx.error(BadArgument::LongStream { given, most }.into()))
}

pub(super) async fn as_of(
    ctx: &Context<'_>,
    stream: &str,
    at: Option<MomentInput>,
) -> Result<Option<PastState>> {
    let stream = named(ctx, stream)?;
    may_look(ctx, Some(&stream)).await?;
    readable(ctx, &stream).await?;
    let moment = at.map_or(Moment::Now, Moment::from);
    let standing = ctx.services()?.history.standing(&stream, moment).await;
    let standing = standing.map_err(|error| ctx.error(error.into()))?;
    Ok(standing.map(PastState::from))
}

pub(super) async fn changes(
    ctx: &Context<'_>,
    stream: &str,
    from: MomentInput,
    to: Option<MomentInput>,
) -> Result<Vec<StateChange>> {
    let stream = named(ctx, stream)?;
    may_look(ctx, Some(&stream)).await?;
    readable(ctx, &stream).await?;
    let history = &ctx.services()?.history;
    let to = to.map_or(Moment::Now, Moment::from);
    let mut standings = Vec::new();
    for moment in [from.into(), to] {
        let standing = history.standing(&stream, moment).await;
        let standing = standing.map_err(|error| ctx.error(error.into()))?;
        standings.extend(standing);
    }
    let [before, after] = standings.as_slice() else {
        return Ok(Vec::new());
    };
    let changed = difference(before, after);
    Ok(changed.into_iter().map(StateChange::from).collect())
}
