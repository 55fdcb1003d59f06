//! Questions about the proofs of the event log.

use async_graphql::{Context, Object, Result};
use gage_application::event::StreamName;

use crate::graphql::{
    context::Asked as _,
    errors::{ApiError, BadArgument},
    scalars::Long,
    sight::Sight,
    types::{Anchor, Checkpoint, ProofDocument},
};

/// Anchors that are listed.
const ANCHORS_MAX: u32 = 100;

/// Questions about the proofs of the event log.
#[derive(Default)]
pub struct ProofQuery;

/// Questions about the proofs of the event log.
#[Object]
impl ProofQuery {
    /// The newest signed checkpoint of the event log, or the one of a size. Null when there is none.
    async fn checkpoint(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Events.")] size: Option<Long>,
    ) -> Result<Option<Checkpoint>> {
        let issued = &ctx.services()?.receipts.issued;
        let found = match size {
            Some(size) => issued.of_size(size.0).await,
            None => issued.latest().await,
        };
        let found = found.map_err(|error| ctx.error(error.into()))?;
        Ok(found.map(Checkpoint))
    }

    /// The proof that one checkpoint's log begins with another's: nothing of it was changed. Null
    /// when one of them was never issued.
    #[graphql(complexity = "50 + child_complexity")]
    async fn consistency_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Size of the earlier checkpoint.")] from: Long,
        #[graphql(desc = "Size of the later one; the newest when it is left out.")] to: Option<
            Long,
        >,
    ) -> Result<Option<ProofDocument>> {
        if to.is_some_and(|to| to.0 < from.0) {
            return Err(ctx.error(BadArgument::Growth.into()));
        }
        let receipts = &ctx.services()?.receipts;
        let found = receipts.consistency(from.0, to.map(|to| to.0)).await;
        let Some(document) = found.map_err(|error| ctx.error(error.into()))? else {
            return Ok(None);
        };
        let name = format!("consistency-{}.json", from.0);
        let document = ProofDocument::new(name, &document);
        Ok(Some(document.map_err(|error| ctx.error(error))?))
    }

    /// An event as it is stored, with the proof that it is in the log under the newest checkpoint.
    /// Of an order and its payment for those who may see the order; of a shop, its products and
    /// their stock for its owner; of everything for auditors and operators. Null when there is no
    /// such event for this wallet, or no checkpoint above it yet.
    #[graphql(complexity = "50 + child_complexity")]
    async fn event_proof(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "TYPE:ID, for example `Order:018f3c5e-7b5a-7000-8000-000000000001`.")]
        stream: String,
        #[graphql(desc = "The event's number in the stream, from 1.")] sequence: Long,
    ) -> Result<Option<ProofDocument>> {
        let sight = Sight::of(ctx)?;
        let Some((aggregate_type, aggregate_id)) = stream.split_once(':') else {
            return Ok(None);
        };
        let stream = StreamName {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
        };
        let may = sight.may_see(&stream).await;
        if !may.map_err(|error| ctx.error(error))? {
            return Ok(None);
        }
        let found = ctx.services()?.receipts.event(&stream, sequence.0).await;
        let Some(document) = found.map_err(|error| ctx.error(error.into()))? else {
            return Ok(None);
        };
        let name = format!("event-{aggregate_id}-{}.json", sequence.0);
        let document = ProofDocument::new(name, &document);
        Ok(Some(document.map_err(|error| ctx.error(error))?))
    }

    /// What was written to chains of the event log, the newest first.
    #[graphql(complexity = "20 * child_complexity")]
    async fn anchors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 100.", default = 20)] first: i32,
    ) -> Result<Vec<Anchor>> {
        let given = i64::from(first);
        let limit = u32::try_from(first).ok();
        let limit = limit.filter(|limit| (1..=ANCHORS_MAX).contains(limit));
        let limit = limit
            .ok_or_else(|| ctx.error(ApiError::BadArgument(BadArgument::PageSize { given })))?;
        let found = ctx.services()?.receipts.anchors.newest(limit).await;
        let found = found.map_err(|error| ctx.error(error.into()))?;
        Ok(found.into_iter().map(Anchor).collect())
    }
}
