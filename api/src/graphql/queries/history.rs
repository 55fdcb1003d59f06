//! Who may look at which part of the history, and what is answered.

use async_graphql::{Context, Result};
use gage_application::{
    event::StreamName,
    gateway::What,
    history::moment::{Moment, difference},
    metadata::Actor,
    ports::chronicle::{Of, Wanted, Way},
};
use gage_domain::ids::ShopId;

use crate::{
    graphql::{
        context::Asked as _,
        errors::{ApiError, BadArgument},
        node_id::GlobalId as _,
        scalars::Cursor,
        sight::{Sight, Whose},
        types::{
            CausedEvent, HistoryFilter, HistoryOrder, HistoryPage, MomentInput, PastState,
            StateChange,
        },
    },
    streams,
};

/// The most types that are asked for at once: more than there are.
const TYPES: usize = 100;
/// The most events of a page.
const MOST: i32 = 100;
/// The most events that are folded for one answer.
const FOLDED: u64 = 20_000;
/// Events of a page when nothing is said.
const USUAL: i32 = 20;

/// What is asked for: whose history, and which events of it.
pub(in crate::graphql) fn asked(
    ctx: &Context<'_>,
    sight: &Sight,
    filter: Option<HistoryFilter>,
) -> Result<(Whose, Wanted)> {
    let filter = filter.unwrap_or_default();
    let whose = match (filter.stream, filter.shop, filter.customer) {
        (None, None, None) => sight.own(),
        (Some(stream), None, None) if filter.related == Some(true) => {
            Whose::Thing(named(ctx, &stream)?)
        }
        (Some(stream), None, None) => Whose::Stream(named(ctx, &stream)?),
        (None, Some(shop), None) => {
            let shop = ShopId::from_global(&shop);
            Whose::Shop(shop.ok_or_else(|| ctx.error(ApiError::NotFound(What::Shop)))?)
        }
        (None, None, Some(customer)) => Whose::Customer(customer.0),
        _ => return Err(ctx.error(BadArgument::OneScope.into())),
    };
    let types = filter.types.unwrap_or_default();
    if types.len() > TYPES {
        let (most, given) = (TYPES, types.len());
        return Err(ctx.error(BadArgument::Length { most, given }.into()));
    }
    let wanted = Wanted {
        of: Of::Everything,
        types,
        // As it is printed, however its address is written.
        actor: filter.actor.map(|actor| match actor.parse::<Actor>() {
            Ok(known) => known.to_string(),
            Err(_) => actor,
        }),
        correlation_id: filter.correlation_id,
        from: filter.from.map(|time| time.0),
        until: filter.until.map(|time| time.0),
        up_to: None,
    };
    Ok((whose, wanted))
}

fn named(ctx: &Context<'_>, name: &str) -> Result<StreamName> {
    streams::parse(name).map_err(|_| ctx.error(BadArgument::Stream.into()))
}

/// The stream of a name that the viewer may see.
async fn may_look(ctx: &Context<'_>, name: &str) -> Result<StreamName> {
    let sight = Sight::of(ctx)?;
    let stream = named(ctx, name)?;
    let looked = sight.check(&Whose::Stream(stream.clone())).await;
    looked.map_err(|error| ctx.error(error))?;
    Ok(stream)
}

pub(super) async fn page(
    ctx: &Context<'_>,
    filter: Option<HistoryFilter>,
    order: Option<HistoryOrder>,
    first: Option<i32>,
    from: Option<Cursor>,
) -> Result<HistoryPage> {
    let sight = Sight::of(ctx)?;
    let (whose, wanted) = asked(ctx, &sight, filter)?;
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
    let history = &ctx.services()?.history;
    let leaf = sight.page(history, &whose, &wanted, way, limit).await;
    Ok(leaf.map_err(|error| ctx.error(error))?.into())
}

/// Events that a page may have, for the complexity of what asks for it.
pub(super) fn weight(first: Option<i32>) -> usize {
    usize::try_from(first.unwrap_or(USUAL).clamp(1, MOST)).unwrap_or(1)
}

pub(super) async fn causes(ctx: &Context<'_>, of: Cursor) -> Result<Vec<CausedEvent>> {
    let sight = Sight::of(ctx)?;
    let history = &ctx.services()?.history;
    let missing = || ctx.error(ApiError::NotFound(What::Order));
    let asked = history.event(of.0).await;
    let asked = asked.map_err(|error| ctx.error(error.into()))?;
    let stream = asked.ok_or_else(missing)?.stream;
    // As if it were not there: who may not see it does not learn of what it is.
    let may = sight.may_see(&stream).await;
    if !may.map_err(|error| ctx.error(error))? {
        return Err(missing());
    }
    if is_of_an_order(&stream) {
        readable(ctx, &stream).await?;
    }
    let found = history.causes(of.0).await;
    let tree = found.map_err(|error| ctx.error(error.into()))?;
    let tree = tree.ok_or_else(missing)?;
    // What led to it may belong to others.
    let streams = tree.iter().map(|caused| caused.event.stream.clone());
    let visible = sight.visible(&streams.collect()).await;
    let visible = visible.map_err(|error| ctx.error(error))?;
    let seen = tree.into_iter().filter_map(|caused| {
        let own = visible.contains(&caused.event.stream);
        // What an order did to stock is its buyer's to see; its tree has no other events of stock.
        let about = caused.event.stream.aggregate_type == "Inventory" && is_of_an_order(&stream);
        (own || about).then(|| CausedEvent::new(caused, own))
    });
    Ok(seen.collect())
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
    let stream = may_look(ctx, stream).await?;
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
    let stream = may_look(ctx, stream).await?;
    readable(ctx, &stream).await?;
    let past = ctx.services()?.history.past(&stream).await;
    let Some(past) = past.map_err(|error| ctx.error(error.into()))? else {
        return Ok(Vec::new());
    };
    let at = |moment| {
        past.standing(moment)
            .map_err(|error| ctx.error(error.into()))
    };
    let before = at(from.into())?;
    let after = at(to.map_or(Moment::Now, Moment::from))?;
    let changed = difference(&before, &after);
    Ok(changed.into_iter().map(StateChange::from).collect())
}
