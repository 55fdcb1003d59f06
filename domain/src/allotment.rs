//! The kernel for everything limited: a quantity of which holders reserve parts.
//!
//! Stock is its first use; coupons and reward tiers are the same thing. Invariant, by
//! construction and for any sequence of changes: the sum of the reservations is at most what
//! is on hand, and that is at most [`Quantity::MAX`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::value::Quantity;

/// A quantity with reservations, at most one per holder.
///
/// The `check_…` functions decide, the past-tense functions apply. Applying is total: a
/// change that would break the invariant leaves the allotment as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Counted<H>", bound(deserialize = "H: Ord + Deserialize<'de>"))]
pub struct Allotment<H: Ord> {
    on_hand: u32,
    held: BTreeMap<H, Quantity>,
    /// The sum of `held`, so that a hot allotment does not add it up for every request.
    #[serde(skip)]
    reserved: u32,
}

/// The form at rest: the sum is derived.
#[derive(Deserialize)]
#[serde(bound(deserialize = "H: Ord + Deserialize<'de>"))]
struct Counted<H: Ord> {
    on_hand: u32,
    held: BTreeMap<H, Quantity>,
}

impl<H: Ord> From<Counted<H>> for Allotment<H> {
    fn from(counted: Counted<H>) -> Self {
        let reserved = counted
            .held
            .values()
            .fold(0, |sum: u32, q| sum.saturating_add(q.get()));
        Self {
            on_hand: counted.on_hand,
            held: counted.held,
            reserved,
        }
    }
}

impl<H: Ord> Default for Allotment<H> {
    fn default() -> Self {
        Self {
            on_hand: 0,
            held: BTreeMap::new(),
            reserved: 0,
        }
    }
}

/// Why a change of an allotment is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AllotmentRefusal {
    /// Less is left than was asked for.
    #[error("only {available} left, {requested} requested")]
    Exhausted {
        /// What is left.
        available: u32,
        /// What was asked for.
        requested: u32,
    },
    /// The holder has a reservation of another quantity.
    #[error("{held} are reserved already, so {requested} cannot be")]
    AlreadyHeld {
        /// What the holder has.
        held: u32,
        /// What was asked for.
        requested: u32,
    },
    /// The holder has no reservation.
    #[error("nothing is reserved")]
    NotHeld,
    /// Less than is reserved would be on hand.
    #[error("{on_hand} on hand, changed by {delta}, would be below the {reserved} reserved")]
    BelowReserved {
        /// What is on hand.
        on_hand: u32,
        /// What is reserved of it.
        reserved: u32,
        /// The change that was asked for.
        delta: i64,
    },
    /// More than [`Quantity::MAX`] would be on hand.
    #[error("{on_hand} on hand, changed by {delta}, would be above {}", Quantity::MAX.get())]
    AboveLimit {
        /// What is on hand.
        on_hand: u32,
        /// The change that was asked for.
        delta: i64,
    },
}

/// What a request to reserve comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The quantity can be reserved.
    New,
    /// The holder has just that already.
    Held,
}

impl<H: Ord> Allotment<H> {
    /// What there is, reserved or not.
    pub fn on_hand(&self) -> u32 {
        self.on_hand
    }

    /// What is reserved of it.
    pub fn reserved(&self) -> u32 {
        self.reserved
    }

    /// What can still be reserved.
    pub fn available(&self) -> u32 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// What a holder has reserved.
    pub fn held_by(&self, holder: &H) -> Option<Quantity> {
        self.held.get(holder).copied()
    }

    /// Every reservation, in the order of the holders.
    pub fn holders(&self) -> impl Iterator<Item = (&H, Quantity)> {
        self.held
            .iter()
            .map(|(holder, quantity)| (holder, *quantity))
    }

    /// Whether what is on hand can change by `delta`.
    ///
    /// # Errors
    /// [`AllotmentRefusal::BelowReserved`] or [`AllotmentRefusal::AboveLimit`].
    pub fn check_change(&self, delta: i64) -> Result<(), AllotmentRefusal> {
        self.changed_by(delta).map(drop)
    }

    /// Whether a holder can reserve a quantity.
    ///
    /// # Errors
    /// [`AllotmentRefusal::AlreadyHeld`] or [`AllotmentRefusal::Exhausted`].
    pub fn check_reserve(&self, holder: &H, quantity: Quantity) -> Result<Claim, AllotmentRefusal> {
        let requested = quantity.get();
        match self.held_by(holder) {
            Some(held) if held == quantity => Ok(Claim::Held),
            Some(held) => Err(AllotmentRefusal::AlreadyHeld {
                held: held.get(),
                requested,
            }),
            None if requested > self.available() => Err(AllotmentRefusal::Exhausted {
                available: self.available(),
                requested,
            }),
            None => Ok(Claim::New),
        }
    }

    /// What would leave with the holder's reservation.
    ///
    /// # Errors
    /// [`AllotmentRefusal::NotHeld`].
    pub fn check_commit(&self, holder: &H) -> Result<Quantity, AllotmentRefusal> {
        self.held_by(holder).ok_or(AllotmentRefusal::NotHeld)
    }

    /// What is on hand changed by `delta`.
    #[must_use]
    pub fn changed(self, delta: i64) -> Self {
        match self.changed_by(delta) {
            Ok(on_hand) => Self { on_hand, ..self },
            Err(_) => self,
        }
    }

    /// A holder reserved a quantity.
    #[must_use]
    pub fn claimed(mut self, holder: H, quantity: Quantity) -> Self {
        if self.check_reserve(&holder, quantity) == Ok(Claim::New) {
            self.reserved = self.reserved.saturating_add(quantity.get());
            self.held.insert(holder, quantity);
        }
        self
    }

    /// A holder's reservation went back to what is available.
    #[must_use]
    pub fn released(mut self, holder: &H) -> Self {
        if let Some(quantity) = self.held.remove(holder) {
            self.reserved = self.reserved.saturating_sub(quantity.get());
        }
        self
    }

    /// A holder's reservation left for good.
    #[must_use]
    pub fn committed(mut self, holder: &H) -> Self {
        if let Some(quantity) = self.held.remove(holder) {
            self.reserved = self.reserved.saturating_sub(quantity.get());
            self.on_hand = self.on_hand.saturating_sub(quantity.get());
        }
        self
    }

    fn changed_by(&self, delta: i64) -> Result<u32, AllotmentRefusal> {
        let (on_hand, reserved) = (self.on_hand, self.reserved);
        let sum = i64::from(on_hand).saturating_add(delta);
        if sum < i64::from(reserved) {
            return Err(AllotmentRefusal::BelowReserved {
                on_hand,
                reserved,
                delta,
            });
        }
        match u32::try_from(sum) {
            Ok(sum) if sum <= Quantity::MAX.get() => Ok(sum),
            _ => Err(AllotmentRefusal::AboveLimit { on_hand, delta }),
        }
    }
}
