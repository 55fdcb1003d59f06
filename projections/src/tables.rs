//! Writing events into a read model's tables: rows and checkpoint in one transaction.

use gage_application::{
    catch_up::{Consumed, ConsumerError},
    event::Recorded,
    log_reader::Stretch,
    position::LogPosition,
};
use sqlx::{Executor, PgConnection, PgPool, Postgres, Transaction};

use crate::{
    failure::ApplyError,
    projection::{Extent, Making, Projection},
};

/// How long a batch waits while the tables are swapped for rebuilt ones.
const SWAP_PATIENCE: &str = "10s";

/// Events that are written in one transaction while a read model is far behind. It has a
/// transaction id for as long as it writes, and the readers of the log wait for that: with this
/// many it is some 50 ms. More are hardly faster.
pub(crate) const BULK: u32 = 5_000;

/// Which tables of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Those that queries read.
    Live,
    /// A copy that is being rebuilt beside them.
    Copy,
}

/// Which rows stay in memory when a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// None: the tables are then as the events left them.
    Nothing,
    /// Those that later events may change, until there are more than this. Most rows are then
    /// written once, and not with every event.
    UpTo(usize),
}

/// Why a batch was not written.
enum Refused {
    /// Another replica moved the checkpoint.
    Superseded,
    /// This event contradicts the rows.
    Event(LogPosition, ApplyError),
    /// The rows of the batch cannot be loaded or written.
    Rows(ApplyError),
    /// The database is away.
    Database(sqlx::Error),
}

/// As the catch-up loop knows it: what an event is to blame for stops the consumer, all else is
/// tried again.
impl From<Refused> for ConsumerError {
    fn from(refused: Refused) -> Self {
        let reason = match refused {
            Refused::Event(position, error) => {
                let reason = error.to_string();
                return Self::Poison { position, reason };
            }
            Refused::Superseded => "the checkpoint moved".to_owned(),
            Refused::Rows(error) => error.to_string(),
            Refused::Database(error) => error.to_string(),
        };
        Self::Unavailable { reason }
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Tables {
    /// The schema they are in.
    pub(crate) fn schema<P: Projection>(self) -> String {
        match self {
            Self::Live => P::SCHEMA.to_owned(),
            Self::Copy => format!("{}_copy", P::SCHEMA),
        }
    }

    /// The column `live` of their row in `projections`.
    pub(crate) fn is_live(self) -> bool {
        self == Self::Live
    }

    /// Makes them, empty and with a checkpoint before the first event. A copy gets its indexes
    /// when it is filled.
    pub(crate) async fn create<P: Projection>(
        self,
        db: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let schema = self.schema::<P>();
        db.execute(&*format!("CREATE SCHEMA {schema}")).await?;
        db.execute(&*entering(&schema)).await?;
        db.execute(P::TABLES).await?;
        if self.is_live() {
            for index in P::INDEXES {
                db.execute(&*index.sql(&schema, Making::AtOnce)).await?;
            }
        }
        sqlx::query(
            "INSERT INTO projections (name, version, live, schema_name) VALUES ($1, $2, $3, $4)",
        )
        .bind(P::NAME)
        .bind(P::VERSION)
        .bind(self.is_live())
        .bind(schema)
        .execute(db)
        .await?;
        Ok(())
    }

    /// Writes a stretch of the log and moves the checkpoint from its beginning to its end, or
    /// does neither.
    pub(crate) async fn write<P: Projection>(
        self,
        pool: &PgPool,
        stretch: Stretch<'_>,
    ) -> Result<Consumed, ConsumerError> {
        let mut rows = P::Rows::default();
        let written = self.try_write::<P>(pool, &mut rows, stretch, Hold::Nothing);
        let refused = match written.await {
            Ok(()) => {
                return Ok(Consumed::Advanced {
                    notices: P::take_notices(&mut rows).into_iter().collect(),
                });
            }
            Err(Refused::Superseded) => return Ok(Consumed::Superseded),
            Err(refused) => refused,
        };
        match refused {
            Refused::Rows(error) if error.blames_an_event() => {
                Err(self.find_poison::<P>(pool, stretch.events, error).await)
            }
            other => Err(other.into()),
        }
    }

    /// The same, with rows that were held back from earlier stretches, and rows that stay held
    /// back. Only for tables that nobody reads, and that are thrown away after an error.
    pub(crate) async fn write_holding<P: Projection>(
        self,
        pool: &PgPool,
        rows: &mut P::Rows,
        stretch: Stretch<'_>,
        hold: Hold,
    ) -> Result<Consumed, ConsumerError> {
        self.try_write::<P>(pool, rows, stretch, hold).await?;
        // Nobody looks at these tables yet.
        P::take_notices(rows);
        Ok(Consumed::Advanced { notices: vec![] })
    }

    async fn try_write<P: Projection>(
        self,
        pool: &PgPool,
        rows: &mut P::Rows,
        stretch: Stretch<'_>,
        hold: Hold,
    ) -> Result<(), Refused> {
        let mut db = self.begin::<P>(pool).await?;
        fold::<P>(&mut db, rows, stretch.events).await?;
        // From here on the transaction has an id, and holds the readers of the log back. The
        // checkpoint comes first, so that of two replicas the second one waits here and then
        // stops. Had another one written between our loading and this, it would not be at
        // `from` any more.
        if !self.advance::<P>(&mut db, stretch.from, stretch.to).await? {
            return Err(Refused::Superseded);
        }
        let extent = match hold {
            Hold::UpTo(most) if P::held(rows) <= most => Extent::Added,
            Hold::UpTo(_) | Hold::Nothing => Extent::All,
        };
        P::write(&mut db, rows, extent)
            .await
            .map_err(Refused::Rows)?;
        db.commit().await?;
        Ok(())
    }

    /// The event for which the database refuses the rows of a batch: the last one of the
    /// shortest beginning that it refuses as well. The handlers look at what events may do to
    /// rows, so this is for what they missed.
    async fn find_poison<P: Projection>(
        self,
        pool: &PgPool,
        events: &[Recorded],
        error: ApplyError,
    ) -> ConsumerError {
        let (mut sound, mut refused, mut why) = (0, events.len(), error);
        while refused - sound > 1 {
            let middle = sound.midpoint(refused);
            let beginning = events.get(..middle).unwrap_or_default();
            match self.try_out::<P>(pool, beginning).await {
                Ok(()) => sound = middle,
                Err(Refused::Rows(error)) if error.blames_an_event() => {
                    (refused, why) = (middle, error);
                }
                Err(other) => return other.into(),
            }
        }
        match events.get(sound) {
            Some(poison) => Refused::Event(poison.position, why).into(),
            None => Refused::Rows(why).into(),
        }
    }

    /// Writes events, and takes that back.
    async fn try_out<P: Projection>(
        self,
        pool: &PgPool,
        events: &[Recorded],
    ) -> Result<(), Refused> {
        let mut db = self.begin::<P>(pool).await?;
        let mut rows = P::Rows::default();
        fold::<P>(&mut db, &mut rows, events).await?;
        P::write(&mut db, &mut rows, Extent::All)
            .await
            .map_err(Refused::Rows)?;
        db.rollback().await?;
        Ok(())
    }

    async fn begin<P: Projection>(
        self,
        pool: &PgPool,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        // Both in one round trip.
        let entering = entering(&self.schema::<P>());
        pool.begin_with(format!("BEGIN; {entering}")).await
    }

    /// Compare-and-swap of the checkpoint; `false` when it is not at `from`.
    async fn advance<P: Projection>(
        self,
        db: &mut PgConnection,
        from: LogPosition,
        to: LogPosition,
    ) -> Result<bool, sqlx::Error> {
        let moved = sqlx::query(
            "UPDATE projections SET xact_id = $1, position = $2 \
             WHERE name = $3 AND version = $4 AND live = $5 AND xact_id = $6 AND position = $7",
        )
        .bind(to.xact_id)
        .bind(to.position)
        .bind(P::NAME)
        .bind(P::VERSION)
        .bind(self.is_live())
        .bind(from.xact_id)
        .bind(from.position)
        .execute(db)
        .await?;
        Ok(moved.rows_affected() == 1)
    }
}

/// Loads the rows that events are about, and changes them as the events say.
async fn fold<P: Projection>(
    db: &mut PgConnection,
    rows: &mut P::Rows,
    events: &[Recorded],
) -> Result<(), Refused> {
    P::load(db, rows, events).await.map_err(Refused::Rows)?;
    for event in events {
        P::fold(rows, event).map_err(|error| Refused::Event(event.position, error))?;
    }
    Ok(())
}

/// What begins a transaction on a read model's tables: puts their schema first in its search
/// path, and keeps a rebuild from swapping the tables until it ends. Takes no transaction id: a
/// wait here holds no reader of the log back.
///
/// Rows are found by their keys. A plan that was made while a table was small would read it
/// whole, with every batch again, as long as nobody counts its rows anew.
///
/// The commit does not wait for the disk. A crash may so undo the last batches, rows and
/// checkpoint together, and they are applied again: the log has them.
fn entering(schema: &str) -> String {
    format!(
        "SELECT set_config('lock_timeout', '{SWAP_PATIENCE}', true), \
         set_config('synchronous_commit', 'off', true), \
         set_config('enable_seqscan', 'off', true), \
         set_config('search_path', '{schema}, ' || current_setting('search_path'), true), \
         pg_advisory_xact_lock_shared(hashtextextended('{schema}', 0))"
    )
}
