//! One run: part by part through the log, each followed by what is compared with it.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{Hash, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use futures::{StreamExt, TryStreamExt};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    Progress, Stage,
    appends::Appends,
    catalogue::Catalogue,
    compare::{Folds, compare},
    entry::{Snapshots, StreamKey},
    finding::{Fault, Findings, Place},
    moments::{Checkpoints, Model},
    report::{Phase, Report},
    sightings,
    witness::Accounts,
    worker::{Shared, Worker},
};
use crate::{
    event::{Decoder, Fact, JsonText, Recorded, StoredEvent, StreamName},
    metadata::{Actor, Metadata},
    ports::replay::{EventRow, Extent, Part, ReadFailure, ReadModel, Stored},
    position::LogPosition,
};

/// Batches that wait for a worker.
const WAITING: usize = 4;

/// How a replay is made.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Orders that are folded at once; each costs about 2 kB of memory.
    pub orders: u64,
    /// Folds in parallel, and as many decode.
    pub workers: usize,
}

impl Default for Plan {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            orders: 200_000,
            workers,
        }
    }
}

impl Plan {
    fn parts(&self, extent: &Extent) -> u32 {
        let parts = extent.orders.div_ceil(self.orders.max(1)).max(1);
        u32::try_from(parts.next_power_of_two())
            .unwrap_or(1 << 16)
            .min(1 << 16)
    }
}

/// Replays everything. `progress` is told again and again how far it is.
///
/// # Errors
/// [`ReadFailure`] when it cannot be read; whatever is wrong with what was read is in the report.
pub async fn replay(
    stored: &dyn Stored,
    plan: Plan,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ReadFailure> {
    let extent = stored.extent().await?;
    let parts = plan.parts(&extent);
    let read_models = newest(stored.read_models().await?);
    let mut run = Run {
        stored,
        plan,
        progress,
        extent,
        parts,
        checkpoints: checkpoints(&read_models),
        read_models,
        reacted: LogPosition::START,
        findings: Findings::default(),
        accounts: Accounts::new(),
        followed: HashSet::new(),
        streams: 0,
        folding: Phase::default(),
        comparing: Phase::default(),
        appends: Appends::default(),
    };
    run.look_around().await?;
    for index in 0..parts {
        run.part(Part { index, of: parts }).await?;
    }
    Ok(run.finish())
}

struct Run<'r> {
    stored: &'r dyn Stored,
    plan: Plan,
    progress: &'r (dyn Fn(Progress) + Send + Sync),
    extent: Extent,
    parts: u32,
    read_models: BTreeMap<&'static str, ReadModel>,
    checkpoints: Checkpoints,
    /// How far reactions were carried out.
    reacted: LogPosition,
    findings: Findings,
    accounts: Accounts,
    /// The chains that a listener followed here.
    followed: HashSet<u64>,
    streams: u64,
    folding: Phase,
    comparing: Phase,
    appends: Appends,
}

/// The newest version of each read model that this program knows.
fn newest(all: Vec<ReadModel>) -> BTreeMap<&'static str, ReadModel> {
    let mut newest: BTreeMap<&'static str, ReadModel> = BTreeMap::new();
    for model in all {
        let known = Model::ALL.iter().find(|known| known.name() == model.name);
        if let Some(known) = known {
            let held = newest.entry(known.name()).or_insert_with(|| model.clone());
            if held.version < model.version {
                *held = model;
            }
        }
    }
    newest
}

fn checkpoints(read_models: &BTreeMap<&'static str, ReadModel>) -> Checkpoints {
    let of = |model: Model| read_models.get(model.name()).map(|held| held.checkpoint);
    Checkpoints(Model::ALL.map(of))
}

impl Run<'_> {
    /// What needs no fold.
    async fn look_around(&mut self) -> Result<(), ReadFailure> {
        let mut named: Vec<(String, LogPosition)> = self.stored.checkpoints().await?;
        if let Some((_, reacted)) = named.iter().find(|(name, _)| name == "reactions") {
            self.reacted = *reacted;
        }
        let models = self.read_models.values();
        named.extend(models.map(|model| (model.name.clone(), model.checkpoint)));
        let positions: Vec<LogPosition> = named.iter().map(|(_, at)| *at).collect();
        let there = self.stored.are_events(&positions).await?;
        for ((name, at), there) in named.iter().zip(there) {
            if there || *at == LogPosition::START {
                continue;
            }
            let head = self.extent.head;
            let place = Place {
                position: Some(*at),
                ..Place::row("checkpoint of", name)
            };
            let (found, expected) = if *at > head {
                let beyond = "a checkpoint beyond the end of the log".to_owned();
                (beyond, format!("at most {head}, where the log ends"))
            } else {
                let nowhere = "a position at which there is no event".to_owned();
                (nowhere, "the position of an event".to_owned())
            };
            self.findings.add(Fault::Checkpoint, place, found, expected);
        }
        for lost in self.stored.lost_keys().await? {
            let place = Place {
                position: Some(lost.position),
                ..Place::row(
                    "idempotency_keys",
                    &format!("{} {}", lost.principal, lost.key),
                )
            };
            let found = "an answer that names a position without an event".to_owned();
            let expected = "an event at this position".to_owned();
            self.findings.add(Fault::Key, place, found, expected);
        }
        self.followed = self.stored.followed_chains().await?.into_iter().collect();
        Ok(())
    }

    /// Folds a part of the orders, and compares what is about them.
    async fn part(&mut self, part: Part) -> Result<(), ReadFailure> {
        let began = Instant::now();
        let folds = self.fold(part).await?;
        self.folding.took += began.elapsed();
        let began = Instant::now();
        for worker in &folds.workers {
            for (_, life) in worker.lives.iter() {
                self.streams += u64::from(life.order.sequence() > 0);
                self.streams += u64::from(life.payment.sequence() > 0);
            }
        }
        self.owed(&folds);
        let read = sightings::compare(
            self.stored,
            part,
            &folds,
            &self.followed,
            &mut self.findings,
        )
        .await?;
        let tell = |done| {
            (self.progress)(Progress {
                stage: Stage::Rows,
                done,
                total: 0,
            });
        };
        let compared = compare(
            self.stored,
            &self.read_models,
            part,
            &folds,
            &mut self.accounts,
            &mut self.findings,
            &tell,
        )
        .await?;
        self.comparing.read += read + compared;
        self.comparing.took += began.elapsed();
        for worker in folds.workers {
            self.findings.merge(worker.findings);
        }
        Ok(())
    }

    /// What reactions should have done.
    fn owed(&mut self, folds: &Folds) {
        for worker in &folds.workers {
            for (id, life) in worker.lives.iter() {
                if let Some(event) = life.owed(self.reacted) {
                    let stream = StreamKey::Order(id.0).to_string();
                    let place = Place::event(stream, life.order.sequence(), life.last);
                    let found = "an order that was not told of its payment".to_owned();
                    let expected = format!("{event} after this");
                    self.findings
                        .add(Fault::NotCarriedOut, place, found, expected);
                }
            }
        }
    }

    /// Events that are read, over all parts.
    fn total(&self) -> u64 {
        let Extent {
            events, of_orders, ..
        } = self.extent;
        let again = u64::from(self.parts - 1) * events.saturating_sub(of_orders);
        events + again
    }

    async fn fold(&mut self, part: Part) -> Result<Folds, ReadFailure> {
        let hasher = RandomState::new();
        let shared = Arc::new(Shared {
            catalogue: RwLock::new(Catalogue::with(self.checkpoints)),
            appends: Mutex::new(std::mem::take(&mut self.appends)),
            hasher: hasher.clone(),
        });
        let (mut own, mut by_worker) = self.snapshots(part).await?;
        let crew = Crew::start(self.plan.workers, |index| {
            let snapshots = by_worker.get_mut(index).map(std::mem::take);
            let snapshots = snapshots.unwrap_or_default();
            Worker::new(part, self.checkpoints, snapshots, shared.clone())
        });
        let mut findings = Findings::default();
        let mut workers = self
            .hand_out(part, &shared, crew, &mut own, &mut findings)
            .await?;
        let mut appends = std::mem::take(&mut *held(&shared.appends));
        appends.close(&mut findings);
        self.appends = appends;
        let catalogue = std::mem::take(&mut *written(&shared.catalogue));
        for worker in &mut workers {
            own.extend(std::mem::take(&mut worker.snapshots));
        }
        beyond(&own, &mut findings);
        self.findings.merge(findings);
        if part.index == 0 {
            let streams =
                |worker: &Worker| worker.stock.ids().count() + worker.payouts.ids().count();
            let counted = catalogue.shops.ids().count()
                + catalogue.products.ids().count()
                + workers.iter().map(streams).sum::<usize>();
            self.streams += u64::try_from(counted).unwrap_or(0);
        }
        Ok(Folds {
            workers,
            catalogue,
            hasher,
        })
    }

    /// Reads the events of a part, and hands each to the worker whose stream it is of.
    async fn hand_out(
        &mut self,
        part: Part,
        shared: &Shared,
        mut crew: Crew,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) -> Result<Vec<Worker>, ReadFailure> {
        let first = part.index == 0;
        let (mut repeated, mut done) = (Findings::default(), 0);
        let decoded = self.stored.events(part).map(|rows| async {
            let rows = rows?;
            let decoding = tokio::task::spawn_blocking(move || decode(&rows));
            decoding.await.map_err(|_| ended())
        });
        let mut decoded = decoded.buffered(self.plan.workers.max(1));
        while let Some(entries) = decoded.try_next().await? {
            done += u64::try_from(entries.len()).unwrap_or(0);
            // Shops and products, and what else every part reads, are told of with the first.
            if entries.iter().any(Entry::of_catalogue) {
                let told = if first { &mut *findings } else { &mut repeated };
                let mut catalogue = written(&shared.catalogue);
                for entry in &entries {
                    entry.tell_catalogue(&mut catalogue, snapshots, told);
                }
            }
            for entry in entries {
                let tell = first || entry.is_of_orders();
                let told = if tell { &mut *findings } else { &mut repeated };
                entry.sort_out(&mut crew, told);
            }
            crew.send().await?;
            (self.progress)(Progress {
                stage: Stage::Events,
                done: self.folding.read + done,
                total: self.total(),
            });
        }
        drop(decoded);
        self.folding.read += done;
        crew.finish().await
    }

    /// The snapshots of the present layout, of shops and products, and for each worker.
    async fn snapshots(&self, part: Part) -> Result<(Snapshots, Vec<Snapshots>), ReadFailure> {
        let workers = self.plan.workers.max(1);
        let mut own = Snapshots::new();
        let mut by_worker = vec![Snapshots::new(); workers];
        for kept in self.stored.snapshots().await? {
            let Some(key) = StreamKey::named(&kept.aggregate_type, &kept.aggregate_id) else {
                continue;
            };
            if key.state_version() != kept.state_version {
                continue;
            }
            match key {
                StreamKey::Order(id) | StreamKey::Payment(id) if !part.holds(id) => {}
                StreamKey::Shop(_) | StreamKey::Product(_) => _ = own.insert(key, kept),
                StreamKey::Inventory(_) | StreamKey::Payout(_) if part.index > 0 => {}
                _ => {
                    if let Some(share) = by_worker.get_mut(worker_of(key, workers)) {
                        share.insert(key, kept);
                    }
                }
            }
        }
        Ok((own, by_worker))
    }

    fn finish(self) -> Report {
        let models = self.read_models.iter();
        Report {
            events: self.extent.events,
            head: self.extent.head,
            streams: self.streams,
            parts: self.parts,
            folding: self.folding,
            comparing: self.comparing,
            read_models: models
                .map(|(name, model)| ((*name).to_owned(), model.checkpoint.to_string()))
                .collect(),
            counts: self.findings.counts().clone(),
            findings: self.findings.in_order().into_iter().cloned().collect(),
        }
    }
}

/// A lock whose holder ended is as good as any: what it guarded is a report's.
fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn written<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Snapshots whose event was never read.
fn beyond(snapshots: &Snapshots, findings: &mut Findings) {
    for (key, kept) in snapshots {
        let place = Place {
            row: Some("state_snapshots".to_owned()),
            ..Place::event(key.to_string(), kept.sequence, kept.position)
        };
        let found = format!("a state at sequence {}", kept.sequence);
        let expected = "a state of an event that is in the log".to_owned();
        findings.add(Fault::Snapshot, place, found, expected);
    }
}

/// An event as far as it can be read.
enum Entry {
    Read(Box<Recorded>),
    Unreadable {
        key: Option<StreamKey>,
        stream: String,
        sequence: u64,
        position: LogPosition,
        reason: String,
    },
}

fn decode(rows: &[EventRow]) -> Vec<Entry> {
    let decoder = Decoder::current();
    rows.iter().map(|row| decoded(&decoder, row)).collect()
}

fn decoded(decoder: &Decoder, row: &EventRow) -> Entry {
    let unreadable = |reason: String| Entry::Unreadable {
        key: StreamKey::named(&row.aggregate_type, &row.aggregate_id),
        stream: format!("{}:{}", row.aggregate_type, row.aggregate_id),
        sequence: row.sequence,
        position: row.position,
        reason,
    };
    let metadata = match Metadata::parse(&row.metadata) {
        Ok(Some(metadata)) => metadata,
        Ok(None) => Metadata {
            actor: Actor::StoredSystem("unknown".to_owned()),
            correlation_id: uuid::Uuid::nil(),
            causation_id: String::new(),
            decided_at: row.recorded_at,
        },
        Err(error) => return unreadable(error.to_string()),
    };
    let stored = StoredEvent {
        position: row.position,
        stream: StreamName {
            aggregate_type: row.aggregate_type.clone(),
            aggregate_id: row.aggregate_id.clone(),
        },
        sequence: row.sequence,
        event_type: row.event_type.clone(),
        event_version: row.event_version.clone(),
        payload: JsonText::new(row.payload.clone()),
        metadata,
        recorded_at: row.recorded_at,
    };
    match decoder.decode(stored) {
        Ok(recorded) => Entry::Read(Box::new(recorded)),
        Err(error) => unreadable(error.to_string()),
    }
}

impl Entry {
    /// Whether it is read with one part alone.
    fn is_of_orders(&self) -> bool {
        match self {
            Self::Read(event) => matches!(event.fact, Fact::Order(..) | Fact::Payment(..)),
            Self::Unreadable { key, .. } => {
                matches!(key, Some(StreamKey::Order(_) | StreamKey::Payment(_)))
            }
        }
    }

    fn of_catalogue(&self) -> bool {
        match self {
            Self::Read(event) => matches!(event.fact, Fact::Shop(..) | Fact::Product(..)),
            Self::Unreadable { .. } => false,
        }
    }

    fn tell_catalogue(
        &self,
        catalogue: &mut Catalogue,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let Self::Read(event) = self else { return };
        match &event.fact {
            Fact::Shop(id, happened) => catalogue.shop(*id, event, happened, snapshots, findings),
            Fact::Product(id, happened) => {
                catalogue.product(*id, event, happened, snapshots, findings);
            }
            Fact::Inventory(..) | Fact::Order(..) | Fact::Payment(..) | Fact::Payout(..) => {}
        }
    }

    fn sort_out(self, crew: &mut Crew, findings: &mut Findings) {
        match self {
            Self::Read(event) => crew.give(*event),
            Self::Unreadable {
                key,
                stream,
                sequence,
                position,
                reason,
            } => {
                let place = Place::event(stream, sequence, position);
                let expected = "an event that this program knows".to_owned();
                findings.add(Fault::Unreadable, place, reason, expected);
                if let Some(key) = key {
                    crew.give_unreadable(key, sequence, position);
                }
            }
        }
    }
}

/// Work for one worker, in order.
enum Work {
    Events(Vec<Recorded>),
    Unreadable(StreamKey, u64, LogPosition),
}

/// The workers, each on a thread of its own.
struct Crew {
    desks: Vec<Desk>,
}

struct Desk {
    /// What is for this worker, and was not sent yet.
    pile: Vec<Work>,
    sender: mpsc::Sender<Vec<Work>>,
    task: JoinHandle<Worker>,
}

impl Crew {
    fn start(workers: usize, mut worker: impl FnMut(usize) -> Worker) -> Self {
        let desks = (0..workers.max(1)).map(|index| {
            let (sender, mut receiver) = mpsc::channel::<Vec<Work>>(WAITING);
            let mut worker = worker(index);
            let task = tokio::task::spawn_blocking(move || {
                while let Some(pile) = receiver.blocking_recv() {
                    for work in pile {
                        match work {
                            Work::Events(events) => worker.take(&events),
                            Work::Unreadable(key, sequence, position) => {
                                worker.unreadable(key, sequence, position);
                            }
                        }
                    }
                }
                worker
            });
            Desk {
                pile: Vec::new(),
                sender,
                task,
            }
        });
        Self {
            desks: desks.collect(),
        }
    }

    fn give(&mut self, event: Recorded) {
        let key = match &event.fact {
            Fact::Shop(..) | Fact::Product(..) => return,
            Fact::Inventory(id, _) => StreamKey::Inventory(id.0),
            Fact::Order(id, _) => StreamKey::Order(id.0),
            Fact::Payment(id, _) => StreamKey::Payment(id.0),
            Fact::Payout(id, _) => StreamKey::Payout(*id),
        };
        let pile = self.pile_of(key);
        if let Some(Work::Events(events)) = pile.last_mut() {
            events.push(event);
        } else {
            pile.push(Work::Events(vec![event]));
        }
    }

    fn give_unreadable(&mut self, key: StreamKey, sequence: u64, position: LogPosition) {
        self.pile_of(key)
            .push(Work::Unreadable(key, sequence, position));
    }

    fn pile_of(&mut self, key: StreamKey) -> &mut Vec<Work> {
        let index = worker_of(key, self.desks.len());
        &mut self.desks[index].pile
    }

    async fn send(&mut self) -> Result<(), ReadFailure> {
        for desk in &mut self.desks {
            let pile = std::mem::take(&mut desk.pile);
            if !pile.is_empty() {
                desk.sender.send(pile).await.map_err(|_| ended())?;
            }
        }
        Ok(())
    }

    async fn finish(self) -> Result<Vec<Worker>, ReadFailure> {
        let mut workers = Vec::with_capacity(self.desks.len());
        for Desk { sender, task, .. } in self.desks {
            drop(sender);
            workers.push(task.await.map_err(|_| ended())?);
        }
        Ok(workers)
    }
}

fn ended() -> ReadFailure {
    ReadFailure {
        reason: "a worker of the replay ended".to_owned(),
    }
}

/// Whose stream it is: an order's and its payment's the same.
pub(super) fn worker_of(key: StreamKey, workers: usize) -> usize {
    let mut hasher = std::hash::DefaultHasher::new();
    match key {
        StreamKey::Shop(id)
        | StreamKey::Product(id)
        | StreamKey::Inventory(id)
        | StreamKey::Order(id)
        | StreamKey::Payment(id) => id.hash(&mut hasher),
        StreamKey::Payout(id) => id.hash(&mut hasher),
    }
    let hash = hasher.finish() % u64::try_from(workers.max(1)).unwrap_or(1);
    usize::try_from(hash).unwrap_or(0)
}
