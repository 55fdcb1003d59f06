//! The append: one statement (`append.sql`), its arguments and what its answer means.

use gage_application::{
    event::StreamName,
    ports::{
        chain::{CursorMove, Sighting},
        event_log::{Append, AppendError, IdempotencyEntry, LogError, NewEvent},
    },
    position::LogPosition,
};
use serde_json::Value;
use sqlx::{FromRow, PgPool, Postgres, postgres::PgArguments, query::QueryAs};
use uuid::Uuid;

use super::{
    chain_store::{RING_BLOCKS, stored_status},
    failure,
    rows::stored_metadata,
};

const APPEND: &str = include_str!("append.sql");

/// The new events of one stream, with the metadata of each.
pub(super) struct StreamEvents<'a> {
    pub(super) aggregate_type: &'a str,
    pub(super) aggregate_id: &'a str,
    pub(super) expected_sequence: u64,
    pub(super) events: Vec<(&'a NewEvent, &'a Value)>,
}

/// Writes everything of the application's append.
pub(super) async fn append(pool: &PgPool, append: &Append) -> Result<LogPosition, AppendError> {
    let metadata = stored_metadata(&append.metadata);
    let streams = append
        .streams
        .iter()
        .map(|stream| StreamEvents {
            aggregate_type: &stream.stream.aggregate_type,
            aggregate_id: &stream.stream.aggregate_id,
            expected_sequence: stream.expected_sequence,
            events: stream
                .events
                .iter()
                .map(|event| (event, &metadata))
                .collect(),
        })
        .collect();
    let (key, cursor) = (append.idempotency.as_ref(), append.cursor.as_ref());
    append_streams(pool, streams, key, cursor, append.seen).await
}

/// Writes events, key and cursor in one statement.
pub(super) async fn append_streams(
    pool: &PgPool,
    mut streams: Vec<StreamEvents<'_>>,
    key: Option<&IdempotencyEntry>,
    cursor: Option<&CursorMove>,
    seen: LogPosition,
) -> Result<LogPosition, AppendError> {
    // The order in which all appends take their locks.
    streams.sort_by_key(|stream| (stream.aggregate_type, stream.aggregate_id));
    let (events, expected) = event_columns(&streams)?;
    let chain = cursor
        .map(ChainColumns::of)
        .transpose()?
        .unwrap_or_default();
    let query = sqlx::query_as::<_, Answer>(APPEND);
    let query = bind_key(bind_events(query, events, expected, seen), key);
    let query = bind_chain(query, chain);

    // Nothing was sent while there is no connection: that failure is no unknown outcome.
    let mut connection = pool
        .acquire()
        .await
        .map_err(|error| failure::of_read(&error))?;
    let answer = query
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| failure::of_append(&error))?;
    answer.verdict(cursor.is_some())
}

/// What the statement answers.
#[derive(FromRow)]
struct Answer {
    xact_id: i64,
    position: i64,
    displaced: bool,
    moved: bool,
    // The stream whose expected event is not there.
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    expected: Option<i64>,
}

impl Answer {
    fn verdict(self, moves_cursor: bool) -> Result<LogPosition, AppendError> {
        if self.displaced {
            return Err(failure::displaced().into());
        }
        if let (Some(aggregate_type), Some(aggregate_id)) = (self.aggregate_type, self.aggregate_id)
        {
            let stream = StreamName {
                aggregate_type,
                aggregate_id,
            };
            let sequence = self.expected.unwrap_or_default().unsigned_abs();
            let reason = "the decision is based on an event that is not in the log".to_owned();
            return Err(corrupt(&stream.to_string(), sequence, reason).into());
        }
        if moves_cursor && !self.moved {
            return Err(AppendError::CursorMoved);
        }
        Ok(LogPosition {
            xact_id: self.xact_id,
            position: self.position,
        })
    }
}

type AppendQuery<'q> = QueryAs<'q, Postgres, Answer, PgArguments>;

/// Columns of the new events.
#[derive(Default)]
struct EventColumns<'a> {
    aggregate_types: Vec<&'a str>,
    aggregate_ids: Vec<&'a str>,
    sequences: Vec<i64>,
    event_types: Vec<&'a str>,
    versions: Vec<&'a str>,
    payloads: Vec<&'a Value>,
    metadata: Vec<&'a Value>,
}

/// Columns of the streams with the sequences that the decision is based on.
#[derive(Default)]
struct ExpectedColumns<'a> {
    aggregate_types: Vec<&'a str>,
    aggregate_ids: Vec<&'a str>,
    sequences: Vec<i64>,
}

fn event_columns<'a>(
    streams: &[StreamEvents<'a>],
) -> Result<(EventColumns<'a>, ExpectedColumns<'a>), LogError> {
    let (mut rows, mut expected) = (EventColumns::default(), ExpectedColumns::default());
    for stream in streams {
        let name = (stream.aggregate_type, stream.aggregate_id);
        let too_long = || {
            let reason = "the stream is too long".to_owned();
            corrupt(
                &format!("{}:{}", name.0, name.1),
                stream.expected_sequence,
                reason,
            )
        };
        let mut sequence = i64::try_from(stream.expected_sequence).map_err(|_| too_long())?;
        expected.aggregate_types.push(name.0);
        expected.aggregate_ids.push(name.1);
        expected.sequences.push(sequence);
        for (event, metadata) in &stream.events {
            sequence = sequence.checked_add(1).ok_or_else(too_long)?;
            rows.aggregate_types.push(name.0);
            rows.aggregate_ids.push(name.1);
            rows.sequences.push(sequence);
            rows.event_types.push(&event.event_type);
            rows.versions.push(&event.event_version);
            rows.payloads.push(&event.payload);
            rows.metadata.push(metadata);
        }
    }
    Ok((rows, expected))
}

fn bind_events<'q>(
    query: AppendQuery<'q>,
    events: EventColumns<'q>,
    expected: ExpectedColumns<'q>,
    seen: LogPosition,
) -> AppendQuery<'q> {
    query
        .bind(events.aggregate_types)
        .bind(events.aggregate_ids)
        .bind(events.sequences)
        .bind(events.event_types)
        .bind(events.versions)
        .bind(events.payloads)
        .bind(events.metadata)
        .bind(expected.aggregate_types)
        .bind(expected.aggregate_ids)
        .bind(expected.sequences)
        .bind(seen.xact_id)
        .bind(seen.position)
}

fn bind_key<'q>(query: AppendQuery<'q>, entry: Option<&'q IdempotencyEntry>) -> AppendQuery<'q> {
    query
        .bind(entry.map(|entry| &*entry.key.principal))
        .bind(entry.map(|entry| &*entry.key.key))
        .bind(entry.map(|entry| &entry.request_hash[..]))
        .bind(entry.map(|entry| &entry.output))
}

/// The cursor's move, column by column.
#[derive(Default)]
struct ChainColumns {
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
    observations: Vec<Value>,
}

impl ChainColumns {
    fn of(cursor: &CursorMove) -> Result<Self, LogError> {
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
        let stored = serde_json::to_value(observation)
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

fn bind_chain(query: AppendQuery<'_>, chain: ChainColumns) -> AppendQuery<'_> {
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
    let last: std::collections::BTreeMap<K, T> =
        items.into_iter().map(|item| (key(&item), item)).collect();
    last.into_values()
}

fn corrupt(stream: &str, sequence: u64, reason: String) -> LogError {
    LogError::Corrupt {
        stream: stream.to_owned(),
        sequence,
        reason,
    }
}
