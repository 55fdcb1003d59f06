//! The chain's part of an append: the cursor's move, the ring, the sightings.

use std::collections::BTreeMap;

use gage_application::ports::{
    chain::{CursorMove, Sighting},
    event_log::LogError,
};
use uuid::Uuid;

use super::{
    super::chain_store::{RING_BLOCKS, stored_status},
    AppendQuery, corrupt,
};

/// The cursor's move, column by column.
#[derive(Default)]
pub(super) struct ChainColumns {
    chain_id: Option<i64>,
    escrow: Option<Vec<u8>>,
    from_number: Option<i64>,
    from_hash: Option<Vec<u8>>,
    to_number: Option<i64>,
    to_hash: Option<Vec<u8>>,
    ring_numbers: Vec<i64>,
    ring_hashes: Vec<Vec<u8>>,
    sightings: SightingColumns,
}

#[derive(Default)]
struct SightingColumns {
    block_hashes: Vec<Vec<u8>>,
    log_indexes: Vec<i64>,
    block_numbers: Vec<i64>,
    tx_hashes: Vec<Vec<u8>>,
    payments: Vec<Option<Uuid>>,
    statuses: Vec<&'static str>,
    reasons: Vec<Option<String>>,
    observations: Vec<String>,
}

impl ChainColumns {
    pub(super) fn of(cursor: &CursorMove) -> Result<Self, LogError> {
        let number = |number: u64| {
            i64::try_from(number)
                .map_err(|_| corrupt("chain_cursor", 0, format!("{number} does not fit a column")))
        };
        let mut columns = Self {
            chain_id: Some(number(cursor.chain_id)?),
            escrow: Some(cursor.escrow.to_vec()),
            from_number: Some(number(cursor.from.number)?),
            from_hash: Some(cursor.from.hash.to_vec()),
            to_number: Some(number(cursor.to.number)?),
            to_hash: Some(cursor.to.hash.to_vec()),
            ..Self::default()
        };
        // A row may be written once in a statement: the last of equals counts. The cursor's
        // own block is part of the ring, whoever forgot to name it.
        let blocks = cursor.blocks.iter().chain([&cursor.to]);
        for block in last_of_equals(blocks, |block| block.number) {
            columns.ring_numbers.push(number(block.number)?);
            columns.ring_hashes.push(block.hash.to_vec());
        }
        let key = |sighting: &&Sighting| {
            (
                sighting.observation.log.block_hash,
                sighting.observation.log.log_index,
            )
        };
        for sighting in last_of_equals(&cursor.sightings, key) {
            columns.sightings.push(sighting, number)?;
        }
        Ok(columns)
    }
}

impl SightingColumns {
    fn push(
        &mut self,
        sighting: &Sighting,
        number: impl Fn(u64) -> Result<i64, LogError>,
    ) -> Result<(), LogError> {
        let observation = &sighting.observation;
        let stored = serde_json::to_string(observation)
            .map_err(|error| corrupt("chain_sightings", 0, error.to_string()))?;
        self.block_hashes.push(observation.log.block_hash.to_vec());
        self.log_indexes.push(number(observation.log.log_index)?);
        self.block_numbers
            .push(number(observation.log.block_number)?);
        self.tx_hashes.push(observation.log.tx_hash.to_vec());
        self.payments
            .push(observation.payment.map(|payment| payment.0));
        self.statuses.push(stored_status(sighting.status));
        self.reasons.push(sighting.reason.clone());
        self.observations.push(stored);
        Ok(())
    }
}

pub(super) fn bind_chain(query: AppendQuery<'_>, chain: ChainColumns) -> AppendQuery<'_> {
    let sightings = chain.sightings;
    query
        .bind(chain.chain_id)
        .bind(chain.escrow)
        .bind(chain.from_number)
        .bind(chain.from_hash)
        .bind(chain.to_number)
        .bind(chain.to_hash)
        .bind(chain.ring_numbers)
        .bind(chain.ring_hashes)
        .bind(RING_BLOCKS)
        .bind(sightings.block_hashes)
        .bind(sightings.log_indexes)
        .bind(sightings.block_numbers)
        .bind(sightings.tx_hashes)
        .bind(sightings.payments)
        .bind(sightings.statuses)
        .bind(sightings.reasons)
        .bind(sightings.observations)
}

fn last_of_equals<T, K: Ord>(
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> impl Iterator<Item = T> {
    let last: BTreeMap<K, T> = items.into_iter().map(|item| (key(&item), item)).collect();
    last.into_values()
}
