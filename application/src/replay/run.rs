//! One run: through the log, and then everything that is compared with it.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    hash::RandomState,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use futures::TryStreamExt;
use gage_domain::ids::{OrderId, SkuId};
use thiserror::Error;
use tokio::runtime::Handle;

use super::{
    Plan, Progress, Stage,
    appends::Appends,
    catalogue::Catalogue,
    crew::{Crew, ended, worker_of},
    digest::Digest,
    entry::{Snapshots, StreamKey},
    finding::{Fault, Findings, Place},
    lives::{Archive, Lives},
    moments::{Checkpoints, Model, Moments},
    reading::{Entry, decode},
    report::{Phase, Report},
    stock::StockFold,
    witness::{Account, Accounts},
    worker::{Shared, Worker},
};
use crate::{
    ports::{
        history_tree::TreeError,
        replay::{Extent, ReadFailure, ReadModel, Stored},
    },
    position::LogPosition,
    tree::check::TreeCheck,
};

/// Why a replay came to no end. What is wrong with what was read is in the report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// The database is away.
    #[error(transparent)]
    Read(#[from] ReadFailure),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Replays everything, and shows the log to the check of the tree as it goes by. `progress` is
/// told again and again how far it is.
///
/// # Errors
/// [`ReplayError`] when something cannot be read; whatever is wrong with what was read is in the
/// report.
pub async fn replay(
    stored: Arc<dyn Stored>,
    plan: Plan,
    tree: Option<&mut TreeCheck<'_>>,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ReplayError> {
    let mut run = Run::begin(stored, plan, progress).await?;
    let began = Instant::now();
    let folded = run.fold(tree).await?;
    run.folding.took = began.elapsed();
    let began = Instant::now();
    run.compare(folded).await?;
    run.comparing.took = began.elapsed();
    Ok(run.finish())
}

pub(super) struct Run<'r> {
    pub(super) stored: Arc<dyn Stored>,
    plan: Plan,
    progress: &'r (dyn Fn(Progress) + Send + Sync),
    extent: Extent,
    pub(super) read_models: BTreeMap<&'static str, ReadModel>,
    pub(super) checkpoints: Checkpoints,
    /// How far reactions were carried out.
    pub(super) reacted: LogPosition,
    pub(super) findings: Findings,
    /// The chains that a listener followed here.
    pub(super) followed: HashSet<u64>,
    /// The key of all hashes.
    pub(super) hasher: RandomState,
    pub(super) streams: u64,
    again: u64,
    folding: Phase,
    pub(super) comparing: Phase,
}

/// What the log was folded to.
pub(super) struct FoldedLog {
    pub(super) digests: HashMap<OrderId, Digest>,
    pub(super) accounts: Accounts,
    pub(super) stock: Vec<Moments<SkuId, StockFold>>,
    pub(super) catalogue: Catalogue,
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

impl<'r> Run<'r> {
    async fn begin(
        stored: Arc<dyn Stored>,
        plan: Plan,
        progress: &'r (dyn Fn(Progress) + Send + Sync),
    ) -> Result<Self, ReadFailure> {
        let extent = stored.extent().await?;
        let read_models = newest(stored.read_models().await?);
        let mut run = Self {
            plan,
            progress,
            extent,
            checkpoints: checkpoints(&read_models),
            read_models,
            reacted: LogPosition::START,
            findings: Findings::default(),
            followed: stored.followed_chains().await?.into_iter().collect(),
            hasher: RandomState::new(),
            streams: 0,
            again: 0,
            folding: Phase::default(),
            comparing: Phase::default(),
            stored,
        };
        run.look_around().await?;
        Ok(run)
    }

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
        Ok(())
    }

    async fn fold(&mut self, tree: Option<&mut TreeCheck<'_>>) -> Result<FoldedLog, ReplayError> {
        let shared = Arc::new(Shared {
            catalogue: RwLock::new(Catalogue::with(self.checkpoints)),
            appends: Mutex::new(Appends::default()),
            hasher: self.hasher.clone(),
        });
        let archive = Archive {
            stored: self.stored.clone(),
            runtime: Handle::current(),
            checkpoints: self.checkpoints,
            reacted: self.reacted,
            followed: Arc::new(self.followed.clone()),
            hasher: self.hasher.clone(),
        };
        let (mut own, mut by_worker) = self.snapshots().await?;
        let most = self.plan.orders / self.plan.workers.max(1);
        let crew = Crew::start(self.plan.workers, |index| {
            let snapshots = by_worker.get_mut(index).map(std::mem::take);
            let lives = Lives::new(most, archive.clone());
            let snapshots = snapshots.unwrap_or_default();
            Worker::new(lives, self.checkpoints, snapshots, shared.clone())
        });
        let workers = self.hand_out(&shared, crew, &mut own, tree).await?;
        let mut appends = std::mem::take(&mut *held(&shared.appends));
        appends.close(&mut self.findings);
        let catalogue = std::mem::take(&mut *written(&shared.catalogue));
        let mut folded = FoldedLog {
            digests: HashMap::new(),
            accounts: Accounts::new(),
            stock: Vec::new(),
            catalogue,
        };
        for worker in workers {
            self.put_together(worker, &mut own, &mut folded);
        }
        beyond(&own, &mut self.findings);
        let of_orders: u64 = folded.digests.values().map(Digest::streams).sum();
        let others = folded.catalogue.shops.ids().count()
            + folded.catalogue.products.ids().count()
            + folded.stock.iter().flat_map(Moments::ids).count();
        self.streams += of_orders + u64::try_from(others).unwrap_or(0);
        Ok(folded)
    }

    /// Reads the log, and hands each event to the worker whose stream it is of.
    async fn hand_out(
        &mut self,
        shared: &Shared,
        mut crew: Crew,
        snapshots: &mut Snapshots,
        mut tree: Option<&mut TreeCheck<'_>>,
    ) -> Result<Vec<Worker>, ReplayError> {
        let stored = self.stored.clone();
        let mut batches = stored.events();
        let mut decoding = VecDeque::new();
        loop {
            let batch = batches.try_next().await?;
            let ended_here = batch.is_none();
            if let Some(rows) = batch {
                if let Some(tree) = &mut tree {
                    tree.take(&rows).await?;
                }
                decoding.push_back(tokio::task::spawn_blocking(move || decode(rows)));
            }
            while decoding.len() > self.plan.workers.max(1) || ended_here {
                let Some(decoded) = decoding.pop_front() else {
                    break;
                };
                let entries = decoded.await.map_err(|_| ended())?;
                self.sort_out(entries, shared, &mut crew, snapshots);
                crew.send().await?;
            }
            if ended_here {
                break;
            }
        }
        Ok(crew.finish().await?)
    }

    fn sort_out(
        &mut self,
        entries: Vec<Entry>,
        shared: &Shared,
        crew: &mut Crew,
        snapshots: &mut Snapshots,
    ) {
        self.folding.read += u64::try_from(entries.len()).unwrap_or(0);
        if entries.iter().any(Entry::of_catalogue) {
            let mut catalogue = written(&shared.catalogue);
            for entry in &entries {
                entry.tell_catalogue(&mut catalogue, snapshots, &mut self.findings);
            }
        }
        for entry in entries {
            entry.sort_out(crew, &mut self.findings);
        }
        (self.progress)(Progress {
            stage: Stage::Events,
            done: self.folding.read,
            total: self.extent.events,
        });
    }

    /// What one worker came to, with what the others did.
    fn put_together(&mut self, mut worker: Worker, own: &mut Snapshots, folded: &mut FoldedLog) {
        let away = worker.lives.take();
        self.again += away.again;
        if folded.digests.is_empty() {
            folded.digests = away.digests;
        } else {
            folded.digests.extend(away.digests);
        }
        for (id, account) in away.accounts {
            folded.accounts.entry(id).or_default().add(&account);
        }
        for id in worker.payouts.ids() {
            self.streams += 1;
            if let Some(payout) = worker.payouts.seen_by(Model::Ledger, id) {
                Account::add_payout(&mut folded.accounts, *id, payout);
            }
        }
        folded.stock.push(worker.stock);
        own.extend(worker.snapshots);
        self.findings.merge(worker.findings);
    }

    /// The snapshots of the present layout, of shops and products, and for each worker.
    async fn snapshots(&self) -> Result<(Snapshots, Vec<Snapshots>), ReadFailure> {
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
                StreamKey::Shop(_) | StreamKey::Product(_) => _ = own.insert(key, kept),
                _ => {
                    if let Some(share) = by_worker.get_mut(worker_of(key, workers)) {
                        share.insert(key, kept);
                    }
                }
            }
        }
        Ok((own, by_worker))
    }

    /// Tells how many rows were compared.
    pub(super) fn rows(&mut self, more: usize) {
        self.comparing.read += u64::try_from(more).unwrap_or(0);
        (self.progress)(Progress {
            stage: Stage::Rows,
            done: self.comparing.read,
            total: 0,
        });
    }

    fn finish(self) -> Report {
        let models = self.read_models.iter();
        Report {
            events: self.extent.events,
            head: self.extent.head,
            streams: self.streams,
            again: self.again,
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
