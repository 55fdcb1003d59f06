//! Looking things up in the log: by its order or by a stream's, with an index for each, and a
//! bounded look at each event for everything else.
//!
//! Type, actor, correlation and time have no index of their own: one more costs every append, and
//! these are questions of an audit. A page looks at no more than some thousands of events, and at
//! none after the last that it answers with but the next.

mod statement;
mod times;

use async_trait::async_trait;
use gage_application::{
    event::{StoredEvent, StreamName},
    ports::{
        chronicle::{Chronicle, Leaf, Of, Stretch, Wanted, Way},
        event_log::LogError,
    },
    position::LogPosition,
};
use gage_domain::ids::OrderId;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder, Row, postgres::PgRow};
use time::Duration;
use uuid::Uuid;

use self::statement::Range;
use super::{
    failure,
    rows::{self, RowFailure},
};

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

#[async_trait]
impl Chronicle for PostgresChronicle {
    async fn page(&self, wanted: &Wanted, way: Way, limit: u32) -> Result<Leaf, LogError> {
        let range = self.range(wanted, way).await?;
        // One more than is wanted says whether there are more.
        let most = limit.saturating_add(1);
        let (rows, edge) = self
            .look(wanted, &range, statement::page(wanted, &range, most), most)
            .await?;
        let events = rows.iter().map(|row| rows::event(row, 0));
        let events: Result<Vec<StoredEvent>, RowFailure> = events.collect();
        let mut events = events.map_err(|failure| failure.about("a page"))?;
        let mut at_end = true;
        let mut looked_to = match edge {
            Edge::Beyond => None,
            Edge::At(edge) => {
                at_end = false;
                events.retain(|event| range.reaches(edge, event.position));
                Some(edge)
            }
            Edge::End(last) => last,
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if events.len() > limit {
            events.truncate(limit);
            looked_to = events.last().map(|event| event.position);
            at_end = false;
        }
        if let Way::Back(_) = way {
            events.reverse();
        }
        Ok(Leaf {
            events,
            looked_to,
            at_end,
        })
    }

    async fn places(&self, wanted: &Wanted, way: Way) -> Result<Stretch, LogError> {
        let range = self.range(wanted, way).await?;
        let statement = statement::places(wanted, &range);
        let (rows, edge) = self.look(wanted, &range, statement, u32::MAX).await?;
        let place = |row: &PgRow| -> Result<(LogPosition, StreamName), RowFailure> {
            let stream = StreamName {
                aggregate_type: row.try_get(2)?,
                aggregate_id: row.try_get(3)?,
            };
            Ok((rows::position(row, 0)?, stream))
        };
        let places: Result<Vec<_>, RowFailure> = rows.iter().map(place).collect();
        let (looked_to, at_end) = match edge {
            Edge::At(edge) => (Some(edge), false),
            Edge::End(last) => (last, true),
            Edge::Beyond => (None, true),
        };
        Ok(Stretch {
            places: places.map_err(|failure| failure.about("a stretch"))?,
            looked_to,
            at_end,
        })
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
        about: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let appends: Vec<i64> = decisions.iter().map(|(append, _)| *append).collect();
        let correlations: Vec<String> = decisions.iter().map(|(_, id)| id.to_string()).collect();
        let rows = sqlx::query(
            "SELECT e.xact_id, e.position, e.aggregate_type, e.aggregate_id, e.sequence, \
             e.event_type, e.event_version, e.payload, e.metadata, e.recorded_at \
             FROM unnest($1::bigint[], $2::text[]) AS asked (xact_id, correlation) \
             CROSS JOIN LATERAL (SELECT * FROM events WHERE xact_id = asked.xact_id \
               AND metadata ->> 'correlation_id' = asked.correlation \
               AND ($4::text IS NULL OR (aggregate_type = 'Inventory' \
                 AND payload -> event_type ->> 'order' = $4)) OFFSET 0) AS e \
             ORDER BY e.xact_id, e.position LIMIT $3",
        )
        .bind(appends)
        .bind(correlations)
        .bind(i64::from(limit))
        .bind(about.map(|order| order.to_string()))
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

/// How far a page looked.
enum Edge {
    /// As far as its last event.
    Beyond,
    /// To this event.
    At(LogPosition),
    /// To the end of the range: its last event, if it has any.
    End(Option<LogPosition>),
}

impl PostgresChronicle {
    /// How a page would be read, for tests that pin it.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn plan(&self, wanted: &Wanted, way: Way, limit: u32) -> Result<String, LogError> {
        let range = self.range(wanted, way).await?;
        let mut explained = statement::page(wanted, &range, limit);
        let sql = format!("EXPLAIN (ANALYZE, TIMING off) {}", explained.sql());
        let mut built = explained.build();
        let arguments = sqlx::Execute::take_arguments(&mut built);
        let arguments = arguments.map_err(|error| failure::of_read(&sqlx::Error::Encode(error)))?;
        let read = async {
            let mut db = self.pool.begin().await?;
            hold(&mut db).await?;
            sqlx::query_with(&sql, arguments.unwrap_or_default())
                .fetch_all(&mut *db)
                .await
        };
        let lines = read.await.map_err(|error| failure::of_read(&error))?;
        let lines: Result<Vec<String>, sqlx::Error> =
            lines.iter().map(|line| line.try_get(0)).collect();
        let lines = lines.map_err(|error| failure::of_read(&error))?;
        Ok(lines.join("\n"))
    }

    /// The rows of a statement, and how far it looked, as of one moment. Where every event that
    /// was looked at is wanted, and there are as many as there may be, there is no edge.
    async fn look(
        &self,
        wanted: &Wanted,
        range: &Range,
        mut statement: QueryBuilder<'static, Postgres>,
        most: u32,
    ) -> Result<(Vec<PgRow>, Edge), LogError> {
        let read = async {
            let mut db = self.pool.begin().await?;
            hold(&mut db).await?;
            let rows = statement.build().fetch_all(&mut *db).await?;
            let full = rows.len() >= usize::try_from(most).unwrap_or(usize::MAX);
            let of_log = matches!(wanted.of, Of::Everything);
            let edge = if full && (of_log || !wanted.sifts()) {
                Edge::Beyond
            } else {
                match position(&mut db, statement::edge(wanted, range)).await? {
                    Some(edge) => Edge::At(edge),
                    None => Edge::End(position(&mut db, statement::last(range)).await?),
                }
            };
            db.commit().await?;
            Ok::<_, sqlx::Error>((rows, edge))
        };
        read.await.map_err(|error| failure::of_read(&error))
    }

    /// The stretch of the log that a page can be about.
    async fn range(&self, wanted: &Wanted, way: Way) -> Result<Range, LogError> {
        let end = LogPosition {
            xact_id: i64::MAX,
            position: i64::MAX,
        };
        let next = |last: LogPosition| LogPosition {
            position: last.position.saturating_add(1),
            ..last
        };
        let mut range = Range {
            after: LogPosition::START,
            before: wanted.up_to.map_or(end, next),
            way,
        };
        match way {
            Way::Onwards(after) => range.after = after.unwrap_or(LogPosition::START),
            Way::Back(before) => range.before = range.before.min(before.unwrap_or(end)),
        }
        if let Some(from) = wanted.from {
            let earlier = times::before(&self.pool, from.saturating_sub(SLACK)).await?;
            range.after = range.after.max(earlier);
        }
        if let Some(until) = wanted.until {
            let last = times::before(&self.pool, until.saturating_add(SLACK)).await?;
            range.before = range.before.min(next(last));
        }
        Ok(range)
    }
}

/// One moment for several statements. A planner that does not know how many events are looked at
/// would sort them all instead of reading them in the order of an index.
async fn hold(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    let once = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
    sqlx::query(once).execute(&mut *db).await?;
    sqlx::query("SET LOCAL enable_sort = off")
        .execute(&mut *db)
        .await?;
    Ok(())
}

async fn position(
    db: &mut PgConnection,
    mut statement: QueryBuilder<'static, Postgres>,
) -> Result<Option<LogPosition>, sqlx::Error> {
    let row = statement.build().fetch_optional(db).await?;
    row.map(|row| rows::position(&row, 0)).transpose()
}
