//! Folds as they are at the end of the log, and as they were where a read model stands: read
//! models may be behind.

use std::{collections::HashMap, hash::Hash};

use crate::position::LogPosition;

/// Which read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Model {
    Catalog,
    Orders,
    Payments,
    Ledger,
}

impl Model {
    pub(super) const ALL: [Self; 4] = [Self::Catalog, Self::Orders, Self::Payments, Self::Ledger];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Ledger => "ledger",
        }
    }
}

/// Where each read model stands; one that is not there needs no memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Checkpoints(pub(super) [Option<LogPosition>; 4]);

/// Folds by id.
#[derive(Debug)]
pub(super) struct Moments<I, F> {
    now: HashMap<I, F>,
    checkpoints: Checkpoints,
    /// What the events after a checkpoint changed, as it was at the checkpoint.
    then: [HashMap<I, F>; 4],
}

impl<I, F> Default for Moments<I, F> {
    fn default() -> Self {
        Self::with(Checkpoints::default())
    }
}

impl<I, F> Moments<I, F> {
    pub(super) fn with(checkpoints: Checkpoints) -> Self {
        Self {
            now: HashMap::new(),
            checkpoints,
            then: std::array::from_fn(|_| HashMap::new()),
        }
    }
}

impl<I: Eq + Hash + Copy, F: Clone + Default> Moments<I, F> {
    /// The fold of an id, to apply the event at a position.
    pub(super) fn at(&mut self, id: I, position: LogPosition) -> &mut F {
        let now = self.now.entry(id).or_default();
        for (checkpoint, then) in self.checkpoints.0.iter().zip(&mut self.then) {
            if checkpoint.is_some_and(|checkpoint| position > checkpoint) {
                then.entry(id).or_insert_with(|| now.clone());
            }
        }
        now
    }

    /// The fold of an id, at the end.
    pub(super) fn get(&self, id: &I) -> Option<&F> {
        self.now.get(id)
    }

    /// The fold of an id where a read model stands; an empty one if it began after that.
    pub(super) fn seen_by(&self, model: Model, id: &I) -> Option<&F> {
        self.then[model as usize]
            .get(id)
            .or_else(|| self.now.get(id))
    }

    /// Every id.
    pub(super) fn ids(&self) -> impl Iterator<Item = &I> {
        self.now.keys()
    }

    /// Everything, at the end.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&I, &F)> {
        self.now.iter()
    }
}
