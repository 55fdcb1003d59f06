//! Looking things up in the log: by its order or by a stream's, with an index for each, and a
//! bounded look at each event for everything else.
//!
//! Type, actor, correlation and time have no index of their own: one more costs every append, and
//! these are questions of an audit. A page looks at no more than some thousands of events.

use async_trait::async_trait;
use gage_application::{
    event::{StoredEvent, StreamName},
    ports::{
        chronicle::{Chronicle, Leaf, Wanted, Way},
        event_log::LogError,
    },
    position::LogPosition,
};
use sqlx::{
    PgPool, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    failure,
    rows::{self, RowFailure},
};

/// Events that one page looks at.
const LOOKED_AT: i64 = 10_000;
/// How far times of recording may stand out of the order of the log: clocks are put right.
const SLACK: Duration = Duration::minutes(5);

/// The log of the pool's database, which must be migrated, to look things up in.
#[derive(Debug, Clone)]
pub struct PostgresChronicle {
    pool: PgPool,
}

impl PostgresChronicle {
    /// The log in the pool's database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

/// What is looked at, in the order of an index, below the horizon. `$1`, `$2` is the event where
/// the page begins, `$3` how many are looked at, `$4`, `$5` the stream. A stream is gone through by its numbers, from
/// the number of the event where the page begins: its own, or its neighbour's.
fn looked_at(wanted: &Wanted, way: Way) -> String {
    let (after, order, nearest) = match way {
        Way::Onwards(_) => (">", "", "max"),
        Way::Back(_) => ("<", "DESC", "min"),
    };
    let (cursor, beyond) = match way {
        Way::Onwards(_) => ("<=", "0"),
        Way::Back(_) => (">=", "9223372036854775807"),
    };
    let part = if wanted.stream.is_some() {
        format!(
            "e.aggregate_type = $4 AND e.aggregate_id = $5 AND e.sequence {after} coalesce( \
               (SELECT sequence FROM events WHERE xact_id = $1 AND position = $2 \
                 AND aggregate_type = $4 AND aggregate_id = $5), \
               (SELECT {nearest}(sequence) FROM events WHERE aggregate_type = $4 \
                 AND aggregate_id = $5 AND (xact_id, position) {cursor} ($1, $2)), {beyond}) \
             ORDER BY e.sequence {order}"
        )
    } else {
        format!(
            "(e.xact_id, e.position) {after} ($1, $2) AND ($4::text IS NULL OR $5::text IS NULL) \
             ORDER BY e.xact_id {order}, e.position {order}"
        )
    };
    format!(
        "SELECT e.* FROM events e WHERE e.xact_id < (SELECT value \
         + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM log_offset) AND {part} LIMIT $3"
    )
}

/// The statement of a page: of what is not wanted only the place travels.
fn statement(wanted: &Wanted, way: Way) -> String {
    let looked_at = looked_at(wanted, way);
    format!(
        "SELECT l.wanted, l.xact_id, l.position, l.aggregate_type, l.aggregate_id, l.sequence, \
         l.event_type, l.event_version, CASE WHEN l.wanted THEN l.payload END, \
         CASE WHEN l.wanted THEN l.metadata END, l.recorded_at \
         FROM (SELECT e.*, (cardinality($6::text[]) = 0 OR e.event_type = ANY ($6)) \
               AND ($7::text IS NULL OR e.metadata ->> 'actor' = $7) \
               AND ($8::text IS NULL OR e.metadata ->> 'correlation_id' = $8) \
               AND ($9::timestamptz IS NULL OR e.recorded_at >= $9) \
               AND ($10::timestamptz IS NULL OR e.recorded_at < $10) AS wanted \
          FROM ({looked_at}) AS e OFFSET 0) AS l"
    )
}

fn bound<'q>(
    sql: &'q str,
    wanted: &'q Wanted,
    begin: LogPosition,
) -> Query<'q, Postgres, PgArguments> {
    let stream = wanted.stream.as_ref();
    sqlx::query(sql)
        .bind(begin.xact_id)
        .bind(begin.position)
        .bind(LOOKED_AT)
        .bind(stream.map(|stream| &stream.aggregate_type))
        .bind(stream.map(|stream| &stream.aggregate_id))
        .bind(&wanted.types)
        .bind(&wanted.actor)
        .bind(wanted.correlation_id.map(|id| id.to_string()))
        .bind(wanted.from)
        .bind(wanted.until)
}

#[async_trait]
impl Chronicle for PostgresChronicle {
    async fn page(&self, wanted: &Wanted, way: Way, limit: u32) -> Result<Leaf, LogError> {
        let begin = self.beginning(wanted, way).await?;
        let sql = statement(wanted, way);
        let rows = self.rows(bound(&sql, wanted, begin)).await?;
        let leaf = leaf(&rows, limit).map_err(|failure| failure.about("a page"))?;
        Ok(turned(leaf, wanted, way))
    }

    async fn at(&self, positions: &[LogPosition]) -> Result<Vec<Option<StoredEvent>>, LogError> {
        let xact_ids: Vec<i64> = positions.iter().map(|at| at.xact_id).collect();
        let numbers: Vec<i64> = positions.iter().map(|at| at.position).collect();
        let rows = sqlx::query(
            "SELECT asked.number, e.xact_id, e.position, e.aggregate_type, e.aggregate_id, \
             e.sequence, e.event_type, e.event_version, e.payload, e.metadata, e.recorded_at \
             FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY \
             AS asked (xact_id, position, number) \
             JOIN events e ON e.xact_id = asked.xact_id AND e.position = asked.position",
        )
        .bind(xact_ids)
        .bind(numbers)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
        let mut found = vec![None; positions.len()];
        for row in &rows {
            let place = |row: &PgRow| -> Result<(i64, StoredEvent), RowFailure> {
                Ok((row.try_get(0)?, rows::event(row, 1)?))
            };
            let (number, event) = place(row).map_err(|failure| failure.about("a position"))?;
            let number = usize::try_from(number - 1).unwrap_or(usize::MAX);
            if let Some(found) = found.get_mut(number) {
                *found = Some(event);
            }
        }
        Ok(found)
    }

    async fn of_decisions(
        &self,
        decisions: &[(i64, Uuid)],
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let appends: Vec<i64> = decisions.iter().map(|(append, _)| *append).collect();
        let correlations: Vec<String> = decisions.iter().map(|(_, id)| id.to_string()).collect();
        let rows = sqlx::query(
            "SELECT e.xact_id, e.position, e.aggregate_type, e.aggregate_id, e.sequence, \
             e.event_type, e.event_version, e.payload, e.metadata, e.recorded_at \
             FROM unnest($1::bigint[], $2::text[]) AS asked (xact_id, correlation) \
             CROSS JOIN LATERAL (SELECT * FROM events WHERE xact_id = asked.xact_id \
               AND metadata ->> 'correlation_id' = asked.correlation OFFSET 0) AS e \
             ORDER BY e.xact_id, e.position LIMIT $3",
        )
        .bind(appends)
        .bind(correlations)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
        let events = rows.iter().map(|row| rows::event(row, 0));
        let events: Result<Vec<StoredEvent>, RowFailure> = events.collect();
        events.map_err(|failure| failure.about("an append"))
    }

    async fn length(&self, stream: &StreamName) -> Result<u64, LogError> {
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT sequence FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 \
             ORDER BY sequence DESC LIMIT 1",
        )
        .bind(&stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
        Ok(last.unwrap_or(0).unsigned_abs())
    }
}

impl PostgresChronicle {
    /// How a page would be read, for tests that pin it.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn plan(&self, wanted: &Wanted, way: Way) -> Result<String, LogError> {
        let begin = self.beginning(wanted, way).await?;
        let sql = format!("EXPLAIN {}", statement(wanted, way));
        let lines = self.rows(bound(&sql, wanted, begin)).await?;
        let lines: Result<Vec<String>, sqlx::Error> =
            lines.iter().map(|line| line.try_get(0)).collect();
        let lines = lines.map_err(|error| failure::of_read(&error))?;
        Ok(lines.join("\n"))
    }

    /// The rows of a page, from an index that has them in their order: a planner that does not know
    /// how many are looked at would sort them all.
    async fn rows(&self, query: Query<'_, Postgres, PgArguments>) -> Result<Vec<PgRow>, LogError> {
        let read = async {
            let mut db = self.pool.begin().await?;
            sqlx::query("SET LOCAL enable_sort = off")
                .execute(&mut *db)
                .await?;
            let rows = query.fetch_all(&mut *db).await?;
            db.commit().await?;
            Ok::<_, sqlx::Error>(rows)
        };
        read.await.map_err(|error| failure::of_read(&error))
    }

    /// The event after which, or before which, a page begins.
    async fn beginning(&self, wanted: &Wanted, way: Way) -> Result<LogPosition, LogError> {
        let end = LogPosition {
            xact_id: i64::MAX,
            position: i64::MAX,
        };
        // A stream is short beside the log.
        let bounds = wanted.stream.is_none();
        match way {
            Way::Onwards(after) => {
                let after = after.unwrap_or(LogPosition::START);
                match wanted.from.filter(|_| bounds) {
                    Some(from) => Ok(after.max(self.before(from.saturating_sub(SLACK)).await?)),
                    None => Ok(after),
                }
            }
            Way::Back(before) => {
                let before = before.unwrap_or(end);
                match wanted.until.filter(|_| bounds) {
                    Some(until) => {
                        let last = self.before(until.saturating_add(SLACK)).await?;
                        let next = LogPosition {
                            position: last.position.saturating_add(1),
                            ..last
                        };
                        Ok(before.min(next))
                    }
                    None => Ok(before),
                }
            }
        }
    }

    /// About the last event that was recorded before a time: the log is in the order of time but
    /// for [`SLACK`], so halving finds it with some twenty looks at the index.
    async fn before(&self, time: OffsetDateTime) -> Result<LogPosition, LogError> {
        let first = self.next_from(LogPosition::START).await?;
        let last: Option<(i64, i64)> = sqlx::query_as(
            "SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
        let (Some((first, recorded_at)), Some((highest, position))) = (first, last) else {
            return Ok(LogPosition::START);
        };
        if recorded_at >= time {
            return Ok(LogPosition::START);
        }
        let (mut low, mut high) = (first, highest.saturating_add(1));
        while high - low.xact_id > 1 {
            let middle = low.xact_id + (high - low.xact_id) / 2;
            let from = LogPosition {
                xact_id: middle,
                position: 0,
            };
            match self.next_from(from).await? {
                Some((at, recorded_at)) if recorded_at < time => low = at,
                _ => high = middle,
            }
        }
        // All of the last append that began before the time.
        let whole = low.xact_id == highest;
        Ok(LogPosition {
            xact_id: low.xact_id,
            position: if whole { position } else { i64::MAX - 1 },
        })
    }

    async fn next_from(
        &self,
        from: LogPosition,
    ) -> Result<Option<(LogPosition, OffsetDateTime)>, LogError> {
        let row: Option<(i64, i64, OffsetDateTime)> = sqlx::query_as(
            "SELECT xact_id, position, recorded_at FROM events \
             WHERE (xact_id, position) >= ($1, $2) ORDER BY xact_id, position LIMIT 1",
        )
        .bind(from.xact_id)
        .bind(from.position)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
        let found = row.map(|(xact_id, position, recorded_at)| {
            (LogPosition { xact_id, position }, recorded_at)
        });
        Ok(found)
    }
}

/// What was looked at, up to as many events as are wanted.
fn leaf(rows: &[PgRow], limit: u32) -> Result<Leaf, RowFailure> {
    let mut leaf = Leaf {
        events: Vec::new(),
        looked_to: None,
        at_end: i64::try_from(rows.len()).unwrap_or(i64::MAX) < LOOKED_AT,
    };
    for row in rows {
        if leaf.events.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            leaf.at_end = false;
            break;
        }
        leaf.looked_to = Some(rows::position(row, 1)?);
        if row.try_get(0)? {
            leaf.events.push(rows::event(row, 1)?);
        }
    }
    Ok(leaf)
}

/// In the order of the log; and at the end where times say that nothing wanted is beyond.
fn turned(mut leaf: Leaf, wanted: &Wanted, way: Way) -> Leaf {
    if let Way::Back(_) = way {
        leaf.events.reverse();
    }
    let beyond = |event: &StoredEvent| match way {
        Way::Onwards(_) => wanted
            .until
            .is_some_and(|until| event.recorded_at > until.saturating_add(SLACK)),
        Way::Back(_) => wanted
            .from
            .is_some_and(|from| event.recorded_at < from.saturating_sub(SLACK)),
    };
    leaf.at_end |= leaf.events.iter().any(beyond);
    leaf
}
