//! A log with read models on it, and what runs beside a rebuild.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gage_application::{
    catch_up::{CatchUp, Consumer, ConsumerError},
    event::StoredEvent,
    ports::{
        event_log::{
            Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, Incarnation, LogError,
            LogState, Page, StreamVersion,
        },
        wake::{Notice, WakeUps},
    },
    position::LogPosition,
    tail::Tail,
};
use gage_infrastructure::postgres::{PoolOptions, PostgresEventLog, connect, migrate};
use gage_projections::{
    consumer,
    name::ProjectionName,
    rebuild::{RebuildError, Report, rebuild},
    setup,
};
use gage_tests::database::Database;
use sqlx::PgPool;
use tokio::{sync::broadcast, time::sleep};

/// A migrated database with empty read models.
pub(crate) struct World {
    pub(crate) pool: PgPool,
    pub(crate) log: Arc<PostgresEventLog>,
    database: Database,
}

/// Nobody is woken: the tests poll.
pub(crate) struct NoWakeUps(broadcast::Sender<Notice>);

impl Default for NoWakeUps {
    fn default() -> Self {
        Self(broadcast::channel(1).0)
    }
}

impl WakeUps for NoWakeUps {
    fn notify(&self, _: Notice) {}

    fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let options = PoolOptions {
            max_connections: 24,
            ..PoolOptions::default()
        };
        let pool = connect(database.url.as_str(), options)
            .await
            .expect("connects");
        migrate(&pool).await.expect("migrates");
        setup::ensure(&pool).await.expect("makes the tables");
        let log = Arc::new(PostgresEventLog::new(pool.clone()));
        Self {
            pool,
            log,
            database,
        }
    }

    pub(crate) async fn end(self) {
        self.pool.close().await;
        self.database.end().await;
    }

    /// A read model on a loop of its own.
    pub(crate) fn loop_of(&self, consumer: Arc<dyn Consumer>) -> CatchUp {
        CatchUp::new(consumer, self.tail())
    }

    /// What the loops of a replica share.
    pub(crate) fn tail(&self) -> Arc<Tail> {
        Tail::new(self.log.clone(), Arc::new(NoWakeUps::default()))
    }

    /// Waits until everything that was written can be read; returns the last event. Other
    /// tests' transactions on the same server hold the readers back for a moment.
    pub(crate) async fn settle(&self) -> LogPosition {
        loop {
            let written = sqlx::query_as(
                "SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1",
            );
            let written: (i64, i64) = written.fetch_one(&self.pool).await.unwrap();
            let written = LogPosition {
                xact_id: written.0,
                position: written.1,
            };
            if self.log.state().await.unwrap().head == written {
                return written;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Brings every read model to the end of the log.
    pub(crate) async fn catch_up(&self) -> Result<(), ConsumerError> {
        self.settle().await;
        for consumer in consumer::all(&self.pool) {
            self.loop_of(consumer).run_to_end().await?;
        }
        Ok(())
    }

    pub(crate) async fn rebuild(&self, name: ProjectionName) -> Result<Report, RebuildError> {
        rebuild(&self.pool, self.log.clone(), name, &|_| {}).await
    }

    /// Every row of the live tables, printed.
    pub(crate) async fn dump(&self, name: ProjectionName) -> Vec<String> {
        let schema = format!("{name}_v{}", name.version());
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
        )
        .bind(&schema)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut dump = vec![];
        for table in tables {
            let sql = format!("SELECT '{table} ' || t::text FROM {schema}.{table} t ORDER BY 1");
            let rows: Vec<String> = sqlx::query_scalar(&sql)
                .fetch_all(&self.pool)
                .await
                .unwrap();
            dump.extend(rows);
        }
        dump
    }

    /// Schemas of read models, of whatever kind.
    pub(crate) async fn schemas(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '_v[0-9]' ORDER BY 1",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    pub(crate) async fn run(&self, sql: &str) {
        sqlx::query(sql).execute(&self.pool).await.unwrap();
    }
}

/// A log as it was when it ended at an earlier event.
pub(crate) struct EarlierLog {
    pub(crate) log: Arc<PostgresEventLog>,
    pub(crate) end: LogPosition,
}

#[async_trait]
impl EventLog for EarlierLog {
    async fn load_many(
        &self,
        wanted: &[StreamVersion],
    ) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError> {
        self.log.load_many(wanted).await
    }

    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError> {
        self.log.append(append).await
    }

    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError> {
        let mut page = self.log.read_after(after, limit, without).await?;
        if page.end > self.end {
            page.at_end = true;
            page.end = self.end;
            page.events.retain(|event| event.position <= self.end);
        }
        Ok(page)
    }

    async fn earlier_requests(
        &self,
        keys: &[IdempotencyKey],
    ) -> Result<Vec<Option<EarlierRequest>>, LogError> {
        self.log.earlier_requests(keys).await
    }

    async fn incarnation(&self) -> Result<Incarnation, LogError> {
        self.log.incarnation().await
    }

    async fn state(&self) -> Result<LogState, LogError> {
        let state = self.log.state().await?;
        Ok(LogState {
            head: self.end,
            ..state
        })
    }
}
