//! The consumers of a replica take the end of the log from one reader.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use gage_application::{
    catch_up::{CatchUp, Consumed, Consumer, ConsumerCondition, ConsumerError, HealthHandle},
    event::{Recorded, StoredEvent},
    log_reader::{LogReader, Stretch},
    ports::event_log::{
        Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, Incarnation, LogError,
        LogState, Page, StreamVersion,
    },
    position::LogPosition,
    tail::Tail,
};
use gage_domain::{decider::Decider, order::Order, payout::Payout, product::Product};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    story::Story,
    support::{NoWakeUps, World},
};

/// Remembers everything that it is given, and takes its time.
struct Scribe {
    ignores: &'static [&'static str],
    pause: Duration,
    seen: Mutex<(LogPosition, Vec<Recorded>)>,
}

impl Scribe {
    fn new(ignores: &'static [&'static str], pause: Duration) -> Arc<Self> {
        let seen = Mutex::new((LogPosition::START, vec![]));
        Arc::new(Self {
            ignores,
            pause,
            seen,
        })
    }

    fn at(&self) -> LogPosition {
        self.seen.lock().unwrap().0
    }
}

#[async_trait]
impl Consumer for Scribe {
    fn name(&self) -> &'static str {
        "scribe"
    }

    async fn checkpoint(&self) -> Result<LogPosition, ConsumerError> {
        Ok(self.at())
    }

    fn ignores(&self) -> &'static [&'static str] {
        self.ignores
    }

    async fn consume(&self, stretch: Stretch<'_>) -> Result<Consumed, ConsumerError> {
        sleep(self.pause).await;
        let mut seen = self.seen.lock().unwrap();
        assert_eq!(
            seen.0, stretch.from,
            "a stretch begins where the last one ended"
        );
        seen.0 = stretch.to;
        seen.1.extend_from_slice(stretch.events);
        Ok(Consumed::Advanced { notices: vec![] })
    }
}

/// The real log, which counts who reads it and can be away.
struct WatchedLog {
    real: Arc<dyn EventLog>,
    away: AtomicBool,
    /// Reads of everything: the tail's.
    by_tail: AtomicUsize,
    /// Reads without what a consumer ignores.
    by_consumers: AtomicUsize,
}

#[async_trait]
impl EventLog for WatchedLog {
    async fn load_many(
        &self,
        wanted: &[StreamVersion],
    ) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError> {
        self.real.load_many(wanted).await
    }

    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError> {
        self.real.append(append).await
    }

    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError> {
        if self.away.load(Ordering::SeqCst) {
            let reason = "the test says so".to_owned();
            return Err(LogError::Unavailable { reason });
        }
        let reader = if without.is_empty() {
            &self.by_tail
        } else {
            &self.by_consumers
        };
        reader.fetch_add(1, Ordering::SeqCst);
        self.real.read_after(after, limit, without).await
    }

    async fn earlier_requests(
        &self,
        keys: &[IdempotencyKey],
    ) -> Result<Vec<Option<EarlierRequest>>, LogError> {
        self.real.earlier_requests(keys).await
    }

    async fn incarnation(&self) -> Result<Incarnation, LogError> {
        self.real.incarnation().await
    }

    async fn state(&self) -> Result<LogState, LogError> {
        self.real.state().await
    }
}

/// Scribes on loops of their own with one tail.
struct Replica {
    log: Arc<WatchedLog>,
    scribes: Vec<Arc<Scribe>>,
    health: Vec<HealthHandle>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Replica {
    fn start(world: &World) -> Self {
        let log = Arc::new(WatchedLog {
            real: world.log.clone(),
            away: AtomicBool::new(false),
            by_tail: AtomicUsize::new(0),
            by_consumers: AtomicUsize::new(0),
        });
        let scribes = vec![
            Scribe::new(&[Payout::TYPE], Duration::ZERO),
            Scribe::new(&[Order::TYPE, Product::TYPE], Duration::from_millis(3)),
            Scribe::new(&[Product::TYPE], Duration::from_millis(40)),
        ];
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let tail = Tail::new(log.clone(), Arc::new(NoWakeUps::default()));
        tasks.spawn(tail.clone().run(stop.clone()));
        let mut health = vec![];
        for scribe in &scribes {
            let on_loop = CatchUp::new(scribe.clone(), tail.clone());
            health.push(on_loop.health());
            tasks.spawn(on_loop.run(stop.clone()));
        }
        Self {
            log,
            scribes,
            health,
            stop,
            tasks,
        }
    }

    async fn reached(&self, scribe: usize, position: LogPosition) {
        while self.scribes[scribe].at() < position {
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn all_reached(&self, position: LogPosition) {
        for scribe in 0..self.scribes.len() {
            self.reached(scribe, position).await;
        }
    }

    /// Ends, and checks that each was given what the log holds, without what it ignores.
    async fn end(mut self, world: &World) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        for scribe in &self.scribes {
            let reader = LogReader::new(world.log.clone(), scribe.ignores);
            let expected = reader.read(LogPosition::START, 100_000).await.unwrap();
            let seen = scribe.seen.lock().unwrap();
            assert!(expected.unreadable.is_none());
            assert_eq!(seen.1, expected.events);
        }
    }
}

async fn write(world: &World, shops: std::ops::Range<u64>, steps: usize) -> LogPosition {
    let mut writers = JoinSet::new();
    for number in shops {
        let log = world.log.clone();
        writers.spawn(async move { Story::new(number).play(&*log, steps).await });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    world.settle().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_sees_everything_once_and_in_order_though_one_reads() {
    let world = World::new().await;
    write(&world, 0..2, 30).await;
    let replica = Replica::start(&world);
    replica.all_reached(world.settle().await).await;
    let alone = replica.log.by_consumers.load(Ordering::SeqCst);
    let end = write(&world, 2..8, 60).await;
    replica.all_reached(end).await;
    let (by_tail, by_consumers) = (&replica.log.by_tail, &replica.log.by_consumers);
    let alone = by_consumers.load(Ordering::SeqCst) - alone;
    let together = by_tail.load(Ordering::SeqCst);
    assert!(together > alone, "{together} reads together, {alone} alone");
    replica.end(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_that_was_away_is_followed_again() {
    let world = World::new().await;
    let replica = Replica::start(&world);
    let end = write(&world, 0..2, 10).await;
    replica.all_reached(end).await;
    replica.log.away.store(true, Ordering::SeqCst);
    let end = write(&world, 2..4, 10).await;
    for health in &replica.health {
        while !matches!(health.get().condition, ConsumerCondition::Waiting { .. }) {
            sleep(Duration::from_millis(10)).await;
        }
    }
    replica.log.away.store(false, Ordering::SeqCst);
    replica.all_reached(end).await;
    let before = replica.log.by_tail.load(Ordering::SeqCst);
    replica.all_reached(write(&world, 4..6, 10).await).await;
    assert!(replica.log.by_tail.load(Ordering::SeqCst) > before);
    replica.end(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_that_cannot_be_read_stops_only_those_who_want_it() {
    let world = World::new().await;
    let replica = Replica::start(&world);
    replica.all_reached(write(&world, 0..2, 10).await).await;
    world
        .run(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload, metadata) SELECT 'Payout', gen_random_uuid()::text, 1, \
             'FundsWithdrawn', '9.9.9', '{}', metadata FROM events LIMIT 1",
        )
        .await;
    let before = world.settle().await;
    let end = write(&world, 2..4, 10).await;
    replica.reached(0, end).await;
    for scribe in [1, 2] {
        let condition = || replica.health[scribe].get().condition;
        while !matches!(condition(), ConsumerCondition::Stopped { .. }) {
            sleep(Duration::from_millis(10)).await;
        }
        assert!(replica.scribes[scribe].at() < before);
    }
    // The operator mends it.
    for sql in [
        "ALTER TABLE events DISABLE TRIGGER USER",
        "DELETE FROM events WHERE event_version = '9.9.9'",
        "ALTER TABLE events ENABLE TRIGGER USER",
    ] {
        world.run(sql).await;
    }
    replica.all_reached(end).await;
    replica.end(&world).await;
    world.end().await;
}
