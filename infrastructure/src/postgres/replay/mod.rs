//! Everything that is stored, as of one moment: one transaction keeps its snapshot, and every
//! other connection reads as of that (`pg_export_snapshot`). Nothing is written, no transaction
//! id is taken, and no reader or writer waits.

mod copy;

use async_trait::async_trait;
use futures::stream::BoxStream;
use gage_application::{
    ports::replay::{
        EventRow, Extent, KeptState, LostKey, ReadFailure, ReadModel, Row, Rows, SeenLog, Stored,
    },
    position::LogPosition,
};
use sqlx::{FromRow, PgConnection, PgPool, Row as _, postgres::PgRow};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use uuid::Uuid;

use self::copy::{Fields, Moment, failed};
use super::rows::{self, JsonbText};

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// What is stored in a database, as of the moment at which this was made.
pub struct PostgresStored {
    moment: Moment,
    /// Keeps the snapshot.
    keeper: Mutex<PgConnection>,
}

impl PostgresStored {
    /// As of now. The pool needs two more connections while it is used.
    ///
    /// # Errors
    /// [`ReadFailure`] when the database is away.
    pub async fn now(pool: &PgPool) -> Result<Self, ReadFailure> {
        let mut keeper = pool.acquire().await.map_err(failed)?.detach();
        // It waits while others read as of its snapshot, for as long as that takes.
        for statement in [
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            "SET LOCAL idle_in_transaction_session_timeout = 0",
            "SET LOCAL statement_timeout = 0",
        ] {
            sqlx::query(statement)
                .execute(&mut keeper)
                .await
                .map_err(failed)?;
        }
        let snapshot = sqlx::query_scalar("SELECT pg_export_snapshot()")
            .fetch_one(&mut keeper)
            .await
            .map_err(failed)?;
        let moment = Moment {
            pool: pool.clone(),
            snapshot,
        };
        Ok(Self {
            moment,
            keeper: Mutex::new(keeper),
        })
    }
}

#[derive(FromRow)]
struct Named {
    name: String,
    version: i32,
    schema: String,
    xact_id: i64,
    position: i64,
}

#[async_trait]
impl Stored for PostgresStored {
    async fn extent(&self) -> Result<Extent, ReadFailure> {
        let mut db = self.keeper.lock().await;
        let events: i64 = sqlx::query_scalar("SELECT count(*) FROM events")
            .fetch_one(&mut *db)
            .await
            .map_err(failed)?;
        let head: Option<(i64, i64)> = sqlx::query_as(
            "SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1",
        )
        .fetch_optional(&mut *db)
        .await
        .map_err(failed)?;
        Ok(Extent {
            events: events.unsigned_abs(),
            head: head.map_or(LogPosition::START, at),
        })
    }

    fn events(&self) -> BoxStream<'_, Result<Vec<EventRow>, ReadFailure>> {
        let query = "SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, \
                     event_version, payload, metadata, recorded_at FROM events \
                     ORDER BY xact_id, position";
        self.moment.rows(query.to_owned(), Box::new(event))
    }

    async fn events_of(
        &self,
        orders: &[Uuid],
        before: LogPosition,
    ) -> Result<Vec<EventRow>, ReadFailure> {
        let ids: Vec<String> = orders.iter().map(ToString::to_string).collect();
        let rows = sqlx::query(
            "SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload, metadata, recorded_at FROM events \
             WHERE aggregate_type IN ('Order', 'Payment') AND aggregate_id = ANY($1) \
             AND (xact_id, position) < ($2, $3) ORDER BY xact_id, position",
        )
        .bind(ids)
        .bind(before.xact_id)
        .bind(before.position)
        .fetch_all(&mut *self.keeper.lock().await)
        .await
        .map_err(failed)?;
        rows.iter().map(row_of_event).collect()
    }

    fn events_after(
        &self,
        after: LogPosition,
    ) -> BoxStream<'_, Result<Vec<EventRow>, ReadFailure>> {
        let LogPosition { xact_id, position } = after;
        let query = format!(
            "SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload, metadata, recorded_at FROM events \
             WHERE (xact_id, position) > ({xact_id}, {position}) AND xact_id < (SELECT value \
             + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM log_offset) \
             ORDER BY xact_id, position"
        );
        self.moment.rows(query, Box::new(event))
    }

    async fn read_models(&self) -> Result<Vec<ReadModel>, ReadFailure> {
        let named: Vec<Named> = sqlx::query_as(
            "SELECT name, version, schema_name AS schema, xact_id, position FROM projections \
             WHERE live",
        )
        .fetch_all(&mut *self.keeper.lock().await)
        .await
        .map_err(failed)?;
        Ok(named
            .into_iter()
            .map(|named| ReadModel {
                name: named.name,
                version: named.version,
                schema: named.schema,
                checkpoint: at((named.xact_id, named.position)),
            })
            .collect())
    }

    async fn columns(&self, schema: &str, table: &str) -> Result<Vec<String>, ReadFailure> {
        let types = self.types(schema, table).await?;
        Ok(types.into_iter().map(|(name, _)| name).collect())
    }

    fn rows<'a>(&'a self, rows: Rows<'a>) -> BoxStream<'a, Result<Vec<Row>, ReadFailure>> {
        let typed = async move {
            let types = self.types(rows.schema, rows.table).await?;
            let forms: Vec<Form> = rows
                .columns
                .iter()
                .map(|column| Form::of(&types, column))
                .collect();
            let columns: Vec<String> = rows
                .columns
                .iter()
                .zip(&forms)
                .map(|(column, form)| form.asked_for(column))
                .collect();
            let filter = rows.of.map(|(column, ids)| among(&identifier(column), ids));
            let filter = filter.unwrap_or_default();
            let (columns, schema) = (columns.join(", "), identifier(rows.schema));
            let table = identifier(rows.table);
            let query = format!("SELECT {columns} FROM {schema}.{table} {filter}");
            let row = move |fields: &mut Fields<'_>| {
                let columns = forms.iter().map(|form| form.read(fields));
                columns.collect()
            };
            Ok(self.moment.rows(query, Box::new(row)))
        };
        Box::pin(futures::TryStreamExt::try_flatten(futures::stream::once(
            typed,
        )))
    }

    async fn checkpoints(&self) -> Result<Vec<(String, LogPosition)>, ReadFailure> {
        let all: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT consumer, xact_id, position FROM checkpoints")
                .fetch_all(&mut *self.keeper.lock().await)
                .await
                .map_err(failed)?;
        let named = |(name, xact_id, position)| (name, at((xact_id, position)));
        Ok(all.into_iter().map(named).collect())
    }

    async fn are_events(&self, positions: &[LogPosition]) -> Result<Vec<bool>, ReadFailure> {
        let xact_ids: Vec<i64> = positions.iter().map(|at| at.xact_id).collect();
        let numbers: Vec<i64> = positions.iter().map(|at| at.position).collect();
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM events e \
             WHERE e.xact_id = asked.xact_id AND e.position = asked.position) \
             FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY \
             AS asked (xact_id, position, number) ORDER BY number",
        )
        .bind(xact_ids)
        .bind(numbers)
        .fetch_all(&mut *self.keeper.lock().await)
        .await
        .map_err(failed)
    }

    async fn snapshots(&self) -> Result<Vec<KeptState>, ReadFailure> {
        #[derive(FromRow)]
        struct Kept {
            aggregate_type: String,
            aggregate_id: String,
            state_version: i32,
            sequence: i64,
            xact_id: i64,
            position: i64,
            state: serde_json::Value,
        }
        let all: Vec<Kept> = sqlx::query_as(
            "SELECT aggregate_type, aggregate_id, state_version, sequence, xact_id, position, \
             state FROM state_snapshots ORDER BY aggregate_type, aggregate_id",
        )
        .fetch_all(&mut *self.keeper.lock().await)
        .await
        .map_err(failed)?;
        Ok(all
            .into_iter()
            .map(|kept| KeptState {
                aggregate_type: kept.aggregate_type,
                aggregate_id: kept.aggregate_id,
                state_version: kept.state_version,
                sequence: kept.sequence.unsigned_abs(),
                position: at((kept.xact_id, kept.position)),
                state: kept.state,
            })
            .collect())
    }

    fn seen_logs(&self, of: Option<&[Uuid]>) -> BoxStream<'_, Result<Vec<SeenLog>, ReadFailure>> {
        let filter = of.map(|payments| among("payment_id", payments));
        let filter = filter.unwrap_or_default();
        let query = format!(
            "SELECT chain_id, encode(block_hash, 'hex'), log_index, payment_id, status \
             FROM chain_sightings {filter}"
        );
        let log = |fields: &mut Fields<'_>| {
            Ok(SeenLog {
                chain_id: fields.bigint()?.unsigned_abs(),
                block_hash: fields.text()?,
                log_index: fields.bigint()?.unsigned_abs(),
                payment: match fields.next()? {
                    Some(id) => Uuid::from_slice(id).ok(),
                    None => None,
                },
                status: fields.text()?,
            })
        };
        self.moment.rows(query, Box::new(log))
    }

    async fn followed_chains(&self) -> Result<Vec<u64>, ReadFailure> {
        let chains: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT chain_id FROM chain_cursor")
            .fetch_all(&mut *self.keeper.lock().await)
            .await
            .map_err(failed)?;
        Ok(chains.into_iter().map(i64::unsigned_abs).collect())
    }

    async fn lost_keys(&self) -> Result<Vec<LostKey>, ReadFailure> {
        let lost: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "SELECT k.principal, k.key, k.xact_id, k.position FROM idempotency_keys k \
             LEFT JOIN events e ON e.xact_id = k.xact_id AND e.position = k.position \
             WHERE e.position IS NULL AND (k.xact_id, k.position) <> (0, 0) \
             ORDER BY k.xact_id, k.position LIMIT 1000",
        )
        .fetch_all(&mut *self.keeper.lock().await)
        .await
        .map_err(failed)?;
        Ok(lost
            .into_iter()
            .map(|(principal, key, xact_id, position)| LostKey {
                principal,
                key,
                position: at((xact_id, position)),
            })
            .collect())
    }
}

impl PostgresStored {
    /// The columns of a table with their types, sorted by name.
    async fn types(&self, schema: &str, table: &str) -> Result<Vec<(String, String)>, ReadFailure> {
        sqlx::query_as(
            "SELECT a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a \
             JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY a.attname::text COLLATE \"C\"",
        )
        .bind(schema)
        .bind(table)
        .fetch_all(&mut *self.keeper.lock().await)
        .await
        .map_err(failed)
    }
}

/// How a column travels.
enum Form {
    Bytes,
    Time,
    Text,
}

impl Form {
    fn of(types: &[(String, String)], column: &str) -> Self {
        let found = types.iter().find(|(name, _)| name == column);
        match found.map(|(_, form)| form.as_str()) {
            Some("bytea") => Self::Bytes,
            Some("timestamp with time zone") => Self::Time,
            _ => Self::Text,
        }
    }

    fn asked_for(&self, column: &str) -> String {
        let column = identifier(column);
        match self {
            Self::Bytes | Self::Time => column,
            Self::Text => format!("{column}::text"),
        }
    }

    fn read(&self, fields: &mut Fields<'_>) -> Result<Option<String>, ReadFailure> {
        let Some(field) = fields.next()? else {
            return Ok(None);
        };
        match self {
            Self::Bytes => Ok(Some(hex::encode(field))),
            Self::Text => copy::text(field).map(Some),
            Self::Time => {
                let bytes = field
                    .try_into()
                    .map_err(|_| copy::malformed("a time of another length"))?;
                let micros = i64::from_be_bytes(bytes).saturating_add(EPOCH_MICROS);
                Ok(Some(micros.to_string()))
            }
        }
    }
}

fn event(fields: &mut Fields<'_>) -> Result<EventRow, ReadFailure> {
    let position = at((fields.bigint()?, fields.bigint()?));
    Ok(EventRow {
        position,
        aggregate_type: fields.text()?,
        aggregate_id: fields.text()?,
        sequence: fields.bigint()?.unsigned_abs(),
        event_type: fields.text()?,
        event_version: fields.text()?,
        payload: fields.document()?,
        metadata: fields.document()?,
        recorded_at: time_of(fields.bigint()?),
    })
}

fn row_of_event(row: &PgRow) -> Result<EventRow, ReadFailure> {
    let text = |column: usize| {
        let text = row.try_get::<JsonbText<'_>, _>(column);
        text.map(|JsonbText(text)| text.to_owned())
    };
    let read = || {
        Ok::<_, sqlx::Error>(EventRow {
            position: rows::position(row, 0)?,
            aggregate_type: row.try_get(2)?,
            aggregate_id: row.try_get(3)?,
            sequence: row.try_get::<i64, _>(4)?.unsigned_abs(),
            event_type: row.try_get(5)?,
            event_version: row.try_get(6)?,
            payload: text(7)?,
            metadata: text(8)?,
            recorded_at: row.try_get(9)?,
        })
    };
    read().map_err(failed)
}

/// A time from its microseconds since 2000; one that is too far away is as far as can be.
fn time_of(micros: i64) -> OffsetDateTime {
    let nanos = i128::from(micros.saturating_add(EPOCH_MICROS)) * 1_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(if micros < 0 {
        OffsetDateTime::UNIX_EPOCH
    } else {
        time::PrimitiveDateTime::MAX.assume_utc()
    })
}

fn at((xact_id, position): (i64, i64)) -> LogPosition {
    LogPosition { xact_id, position }
}

/// A condition on a column with ids.
fn among(column: &str, ids: &[Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("WHERE {column} = ANY('{{{}}}'::uuid[])", ids.join(","))
}

/// A name from the database's own tables is no more trusted than its rows.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
