//! Orders while the log goes by: so many in memory, and of the others a digest.

use std::{
    collections::{HashMap, HashSet},
    hash::RandomState,
    sync::Arc,
};

use gage_domain::ids::OrderId;
use tokio::runtime::Handle;

use super::{
    digest::{Against, Digest},
    life::Life,
    moments::{Checkpoints, Model},
    reading,
    witness::{Account, Accounts},
};
use crate::{
    ports::replay::{ReadFailure, Stored},
    position::LogPosition,
};

/// What orders are compared with, and where they are read again.
#[derive(Clone)]
pub(super) struct Archive {
    pub(super) stored: Arc<dyn Stored>,
    /// Workers are no tasks: they wait for what they read.
    pub(super) runtime: Handle,
    pub(super) checkpoints: Checkpoints,
    /// How far reactions were carried out.
    pub(super) reacted: LogPosition,
    /// The chains that a listener followed.
    pub(super) followed: Arc<HashSet<u64>>,
    pub(super) hasher: RandomState,
}

/// The orders of one worker. Those that nothing happened to for longest are put away.
pub(super) struct Lives {
    /// Touched since the older ones were put away; half of what there may be.
    recent: HashMap<OrderId, Life>,
    older: HashMap<OrderId, Life>,
    digests: HashMap<OrderId, Digest>,
    /// Sums over the orders that were put away.
    accounts: Accounts,
    most: usize,
    archive: Archive,
    /// Orders that were put away, and read again.
    again: u64,
}

/// What is left of all orders.
pub(super) struct PutAway {
    pub(super) digests: HashMap<OrderId, Digest>,
    pub(super) accounts: Accounts,
    pub(super) again: u64,
}

impl Lives {
    pub(super) fn new(most: usize, archive: Archive) -> Self {
        Self {
            recent: HashMap::new(),
            older: HashMap::new(),
            digests: HashMap::new(),
            accounts: Accounts::new(),
            most,
            archive,
            again: 0,
        }
    }

    /// An order, to apply the event at a position.
    ///
    /// # Errors
    /// [`ReadFailure`] when it was put away, and could not be read again.
    pub(super) fn at(
        &mut self,
        id: OrderId,
        position: LogPosition,
    ) -> Result<&mut Life, ReadFailure> {
        if !self.recent.contains_key(&id) {
            let life = match self.older.remove(&id) {
                Some(life) => life,
                None if self.digests.contains_key(&id) => self.read_again(id, position)?,
                None => Life::default(),
            };
            if self.recent.len() >= self.most.div_ceil(2) {
                self.put_older_away();
            }
            self.recent.insert(id, life);
        }
        let life = self.recent.entry(id).or_default();
        for model in Model::ALL {
            let checkpoint = self.archive.checkpoints.0[model as usize];
            if checkpoint.is_none_or(|checkpoint| position <= checkpoint) {
                continue;
            }
            let digest = self.digests.entry(id).or_default();
            if !digest.is_settled(model) {
                digest.settle(model, id, life, &self.archive.hasher);
                if model == Model::Ledger {
                    Account::add_payment(&mut self.accounts, life);
                }
            }
        }
        Ok(life)
    }

    fn put_older_away(&mut self) {
        let newer = std::mem::take(&mut self.recent);
        let older = std::mem::replace(&mut self.older, newer);
        let against = Against {
            reacted: self.archive.reacted,
            followed: &self.archive.followed,
            hasher: &self.archive.hasher,
        };
        for (id, life) in older {
            let digest = self.digests.entry(id).or_default();
            if !digest.is_settled(Model::Ledger) {
                Account::add_payment(&mut self.accounts, &life);
            }
            digest.put_away(id, &life, &against);
        }
    }

    /// Nothing more comes.
    pub(super) fn put_all_away(&mut self) {
        self.put_older_away();
        self.put_older_away();
    }

    /// What is left when all were put away.
    pub(super) fn take(&mut self) -> PutAway {
        PutAway {
            digests: std::mem::take(&mut self.digests),
            accounts: std::mem::take(&mut self.accounts),
            again: self.again,
        }
    }

    /// The order as it was when it was put away, from its own events.
    fn read_again(&mut self, id: OrderId, before: LogPosition) -> Result<Life, ReadFailure> {
        let Archive {
            stored,
            runtime,
            hasher,
            ..
        } = &self.archive;
        let rows = runtime.block_on(stored.events_of(&[id.0], before))?;
        let mut life = Life::default();
        for entry in reading::decode(rows) {
            entry.tell_again(&mut life, hasher);
        }
        let settled = |digest: &Digest| digest.is_settled(Model::Ledger);
        if !self.digests.get(&id).is_some_and(settled) {
            Account::take_payment_back(&mut self.accounts, &life);
        }
        self.again += 1;
        Ok(life)
    }
}

impl std::fmt::Debug for Lives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lives")
            .field("recent", &self.recent.len())
            .field("older", &self.older.len())
            .field("digests", &self.digests.len())
            .finish_non_exhaustive()
    }
}
