//! `COPY … TO STDOUT (FORMAT binary)`: four times as fast as rows, and never more than a batch in
//! memory. [File format](https://www.postgresql.org/docs/15/sql-copy.html).

use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream::BoxStream};
use gage_application::ports::replay::ReadFailure;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use tokio::sync::mpsc;

/// Rows of a batch.
const BATCH: usize = 2_000;
/// Batches that wait to be taken.
const WAITING: usize = 4;
/// Signature, flags and the length of a header extension, which is empty.
const HEADER_BYTES: usize = 19;

/// One row: its fields, in the order of the statement.
pub(super) struct Fields<'b> {
    rest: &'b [u8],
    left: i16,
}

impl<'b> Fields<'b> {
    /// The next field; none for null.
    pub(super) fn next(&mut self) -> Result<Option<&'b [u8]>, ReadFailure> {
        if self.left == 0 {
            return Err(malformed("a row with too few columns"));
        }
        self.left -= 1;
        let length = i32::from_be_bytes(self.take()?);
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        let (field, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| malformed("a row that is cut short"))?;
        self.rest = rest;
        Ok(Some(field))
    }

    /// The next field, which is not null.
    pub(super) fn required(&mut self) -> Result<&'b [u8], ReadFailure> {
        self.next()?
            .ok_or_else(|| malformed("a null where there can be none"))
    }

    /// The next field as a number.
    pub(super) fn bigint(&mut self) -> Result<i64, ReadFailure> {
        let field = self.required()?;
        let bytes = field
            .try_into()
            .map_err(|_| malformed("a number of another length"))?;
        Ok(i64::from_be_bytes(bytes))
    }

    /// The next field as a text.
    pub(super) fn text(&mut self) -> Result<String, ReadFailure> {
        text(self.required()?)
    }

    /// The next field, a `jsonb`, as its text.
    pub(super) fn document(&mut self) -> Result<String, ReadFailure> {
        // jsonb_send: a byte for its version, which is 1, and the text.
        match self.required()?.split_first() {
            Some((1, document)) => text(document),
            _ => Err(malformed("a jsonb of an unknown version")),
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ReadFailure> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| malformed("a row that is cut short"))?;
        self.rest = rest;
        Ok(*bytes)
    }
}

pub(super) fn text(bytes: &[u8]) -> Result<String, ReadFailure> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("a text that is no UTF-8"))?;
    Ok(text.to_owned())
}

/// A snapshot that another transaction keeps, and how to get to its database.
#[derive(Clone)]
pub(super) struct Moment {
    pub(super) pool: PgPool,
    pub(super) snapshot: String,
}

/// Makes something of a row.
pub(super) type ReadRow<T> = Box<dyn Fn(&mut Fields<'_>) -> Result<T, ReadFailure> + Send + Sync>;

impl Moment {
    /// The rows of a query as of the moment, batch by batch, in the query's order. A task of its
    /// own reads, so that the reader's work and the server's overlap.
    pub(super) fn rows<T: Send + 'static>(
        &self,
        query: String,
        row: ReadRow<T>,
    ) -> BoxStream<'static, Result<Vec<T>, ReadFailure>> {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(tell(self.clone(), query, row, sender));
        futures::stream::unfold(receiver, |mut receiver| async {
            let batch = receiver.recv().await?;
            Some((batch, receiver))
        })
        .boxed()
    }
}

type Batches<T> = mpsc::Sender<Result<Vec<T>, ReadFailure>>;

async fn tell<T: Send>(moment: Moment, query: String, row: ReadRow<T>, sender: Batches<T>) {
    if let Err(failure) = copy(moment, query, row, sender.clone()).await {
        // Nobody waits any more: then nobody needs to know.
        let _ = sender.send(Err(failure)).await;
    }
}

async fn copy<T: Send>(
    moment: Moment,
    query: String,
    row: ReadRow<T>,
    sender: Batches<T>,
) -> Result<(), ReadFailure> {
    // Detached: a copy that is given up leaves no connection behind that others would get.
    let mut db = moment.pool.acquire().await.map_err(failed)?.detach();
    begin(&mut db, &moment.snapshot).await?;
    let statement = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
    let mut reading = Reading::default();
    {
        let mut chunks = db.copy_out_raw(&statement).await.map_err(failed)?;
        while let Some(chunk) = chunks.try_next().await.map_err(failed)? {
            reading.take(&chunk, &row)?;
            if reading.rows.len() >= BATCH {
                let batch = std::mem::take(&mut reading.rows);
                if sender.send(Ok(batch)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    if !reading.ended {
        return Err(malformed("an answer without its end"));
    }
    if !reading.rows.is_empty() {
        let _ = sender.send(Ok(reading.rows)).await;
    }
    db.close().await.map_err(failed)
}

/// Begins a transaction that sees what another one sees. A log is read from its index, and never
/// sorted: that would need as much space again.
fn begin<'d>(db: &'d mut PgConnection, snapshot: &str) -> BoxFuture<'d, Result<(), ReadFailure>> {
    // Made by the server: hexadecimal digits and hyphens.
    let statements = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
         SET TRANSACTION SNAPSHOT '{snapshot}'; SET LOCAL enable_sort = off; \
         SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
    );
    async move {
        db.execute(statements.as_str()).await.map_err(failed)?;
        Ok(())
    }
    .boxed()
}

/// What came so far.
struct Reading<T> {
    /// The beginning of a row that is not whole yet.
    rest: Vec<u8>,
    header: bool,
    ended: bool,
    rows: Vec<T>,
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self {
            rest: Vec::new(),
            header: false,
            ended: false,
            rows: Vec::new(),
        }
    }
}

impl<T> Reading<T> {
    fn take(&mut self, chunk: &[u8], row: &ReadRow<T>) -> Result<(), ReadFailure> {
        // The server sends a row a message, so that there is mostly no rest.
        if self.rest.is_empty() {
            let used = self.rows_of(chunk, row)?;
            self.rest.extend_from_slice(&chunk[used..]);
        } else {
            let mut bytes = std::mem::take(&mut self.rest);
            bytes.extend_from_slice(chunk);
            let used = self.rows_of(&bytes, row)?;
            bytes.drain(..used);
            self.rest = bytes;
        }
        Ok(())
    }

    /// Reads all rows that are whole; returns how many bytes they had.
    fn rows_of(&mut self, bytes: &[u8], row: &ReadRow<T>) -> Result<usize, ReadFailure> {
        let mut at = 0;
        if !self.header {
            if bytes.len() < HEADER_BYTES {
                return Ok(0);
            }
            self.header = true;
            at = HEADER_BYTES;
        }
        while let Some(length) = whole(&bytes[at..])? {
            match length {
                Whole::End => {
                    self.ended = true;
                    return Ok(bytes.len());
                }
                Whole::Row { columns, length } => {
                    let mut fields = Fields {
                        rest: &bytes[at + 2..at + length],
                        left: columns,
                    };
                    self.rows.push(row(&mut fields)?);
                    at += length;
                }
            }
        }
        Ok(at)
    }
}

enum Whole {
    Row { columns: i16, length: usize },
    End,
}

/// What begins here, if it is there to its end.
fn whole(bytes: &[u8]) -> Result<Option<Whole>, ReadFailure> {
    let Some(columns) = bytes.first_chunk() else {
        return Ok(None);
    };
    let columns = i16::from_be_bytes(*columns);
    if columns < 0 {
        return Ok(Some(Whole::End));
    }
    let mut length = 2;
    for _ in 0..columns {
        let Some(field) = bytes.get(length..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        let field = i32::from_be_bytes(*field).max(0);
        let field = usize::try_from(field).map_err(|_| malformed("a column of no length"))?;
        length += 4 + field;
    }
    if bytes.len() < length {
        return Ok(None);
    }
    Ok(Some(Whole::Row { columns, length }))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "an error is handed over by `map_err`"
)]
pub(super) fn failed(error: sqlx::Error) -> ReadFailure {
    ReadFailure {
        reason: error.to_string(),
    }
}

pub(super) fn malformed(what: &str) -> ReadFailure {
    ReadFailure {
        reason: format!("the server's copy has {what}"),
    }
}
