//! What events make of accounts.

use std::collections::HashMap;

use gage_application::{
    event::{Fact, Recorded},
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, PaymentId, PayoutId, ShopId},
    payment::PaymentEvent,
    payout::PayoutEvent,
    shop::ShopEvent,
    value::{Address, BaseUnits},
};
use uuid::Uuid;

use super::rows::{AccountRow, PaymentRow};
use crate::{
    entities::{Entities, Entity, Outcome},
    failure::ApplyError,
};

const UNFIT: &str = "the event does not fit it";

/// The rows that a batch is about.
#[derive(Default)]
pub struct Rows {
    pub(super) payments: Entities<PaymentRow>,
    pub(super) accounts: HashMap<PayoutId, Account>,
    pub(super) wallets: HashMap<(ShopId, Address), Wallet>,
}

/// An account in memory.
pub(super) struct Account {
    pub(super) row: AccountRow,
    pub(super) changed: bool,
}

/// A wallet that a shop's money goes or went to.
pub(super) struct Wallet {
    /// The last event that named it.
    pub(super) named: LogPosition,
    pub(super) changed: bool,
}

impl Entity for PaymentRow {
    const TABLE: &'static str = "payments";

    fn key(&self) -> Uuid {
        self.order.0
    }

    fn position(&self) -> LogPosition {
        self.position
    }

    fn move_to(&mut self, position: LogPosition) {
        self.position = position;
    }
}

impl Rows {
    pub(super) fn fold(&mut self, event: &Recorded) -> Result<(), ApplyError> {
        match &event.fact {
            Fact::Shop(
                shop,
                ShopEvent::ShopOpened { payout, .. } | ShopEvent::PayoutAddressChanged { payout },
            ) => {
                self.name(*shop, *payout, event.position);
                Ok(())
            }
            Fact::Payment(payment, happened) => self.payment(event.position, *payment, happened),
            Fact::Payout(payout, happened) => self.payout(event.position, *payout, happened),
            Fact::Shop(_, ShopEvent::ShopRevised { .. })
            | Fact::Product(..)
            | Fact::Inventory(..)
            | Fact::Order(..) => Ok(()),
        }
    }

    fn name(&mut self, shop: ShopId, wallet: Address, at: LogPosition) {
        let changed = true;
        let named = Wallet { named: at, changed };
        let known = self.wallets.get(&(shop, wallet));
        if known.is_none_or(|known| known.named < at) {
            self.wallets.insert((shop, wallet), named);
        }
    }

    fn payment(
        &mut self,
        at: LogPosition,
        id: PaymentId,
        happened: &PaymentEvent,
    ) -> Result<(), ApplyError> {
        match happened {
            PaymentEvent::PaymentRequested { terms, .. } => {
                self.payments.add(PaymentRow {
                    order: terms.order,
                    chain_id: terms.chain_id,
                    escrow: terms.escrow,
                    token: terms.token,
                    buyer: terms.buyer,
                    seller: terms.seller,
                    amount: terms.amount,
                    confirmed: false,
                    released: BaseUnits::ZERO,
                    refunded: BaseUnits::ZERO,
                    position: at,
                })?;
                Ok(())
            }
            PaymentEvent::PaymentConfirmed { .. } => self.change(at, id, |payment| {
                if std::mem::replace(&mut payment.confirmed, true) {
                    return None;
                }
                Some(Moved::in_by(payment.amount))
            }),
            PaymentEvent::PaymentReverted { .. } => self.change(at, id, PaymentRow::left_the_chain),
            PaymentEvent::FundsReleased { amount, .. } => self.change(at, id, |payment| {
                payment.released = payment.released.checked_add(*amount)?;
                payment.check_held().then_some(Moved {
                    held: Change::Less(*amount),
                    released: Change::More(*amount),
                    refunded: Change::None,
                })
            }),
            PaymentEvent::FundsRefunded { amount, .. } => self.change(at, id, |payment| {
                payment.refunded = payment.refunded.checked_add(*amount)?;
                payment.check_held().then_some(Moved {
                    held: Change::Less(*amount),
                    released: Change::None,
                    refunded: Change::More(*amount),
                })
            }),
            PaymentEvent::ReleaseReverted { amount, .. } => self.change(at, id, |payment| {
                payment.released = payment.released.checked_sub(*amount)?;
                Some(Moved {
                    held: Change::More(*amount),
                    released: Change::Less(*amount),
                    refunded: Change::None,
                })
            }),
            PaymentEvent::RefundReverted { amount, .. } => self.change(at, id, |payment| {
                payment.refunded = payment.refunded.checked_sub(*amount)?;
                Some(Moved {
                    held: Change::More(*amount),
                    released: Change::None,
                    refunded: Change::Less(*amount),
                })
            }),
            PaymentEvent::AttemptReported { .. }
            | PaymentEvent::AttemptFailed { .. }
            | PaymentEvent::PaymentDetected { .. }
            | PaymentEvent::PaymentExpired { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::DisputeReverted { .. } => Ok(()),
        }
    }

    /// Changes a payment, and the accounts of its parties with it: the payment knows which
    /// events it has seen, also for them.
    fn change(
        &mut self,
        at: LogPosition,
        id: PaymentId,
        change: impl FnOnce(&mut PaymentRow) -> Option<Moved>,
    ) -> Result<(), ApplyError> {
        let (key, mut moved) = (OrderId::from(id).0, Moved::default());
        let outcome = self.payments.change(key, at, |payment| {
            moved = change(payment).ok_or(UNFIT)?;
            Ok(())
        })?;
        if outcome == Outcome::Seen {
            return Ok(());
        }
        let payment = self.payments.existing(key)?;
        let (seller, buyer) = (payment.of_seller(), payment.of_buyer());
        self.account(seller, at, |account| {
            account.held = moved.held.apply(account.held)?;
            account.released = moved.released.apply(account.released)?;
            account.refunded = moved.refunded.apply(account.refunded)?;
            Some(())
        })?;
        self.account(buyer, at, |account| {
            account.returned = moved.refunded.apply(account.returned)?;
            Some(())
        })
    }

    fn payout(
        &mut self,
        at: LogPosition,
        id: PayoutId,
        happened: &PayoutEvent,
    ) -> Result<(), ApplyError> {
        let seen = |account: &Account| account.row.position >= at;
        if self.accounts.get(&id).is_some_and(seen) {
            return Ok(());
        }
        let change = match happened {
            PayoutEvent::FundsWithdrawn { amount, .. } => Change::More(*amount),
            PayoutEvent::WithdrawalReverted { amount, .. } => Change::Less(*amount),
        };
        self.account(id, at, |account| {
            account.withdrawn = change.apply(account.withdrawn)?;
            Some(())
        })
    }

    fn account(
        &mut self,
        id: PayoutId,
        at: LogPosition,
        change: impl FnOnce(&mut AccountRow) -> Option<()>,
    ) -> Result<(), ApplyError> {
        let account = self.accounts.entry(id).or_insert_with(|| Account {
            row: AccountRow::new(id),
            changed: false,
        });
        let before = account.row.clone();
        change(&mut account.row).ok_or_else(|| ApplyError::Impossible {
            table: "accounts",
            key: id.to_string(),
            reason: UNFIT,
        })?;
        // A party to whom nothing happened gets no row.
        if account.row != before {
            account.row.position = at;
            account.changed = true;
        }
        Ok(())
    }
}

impl PaymentRow {
    /// Nothing of it counts any more.
    fn left_the_chain(&mut self) -> Option<Moved> {
        let nothing = BaseUnits::ZERO;
        let (released, refunded) = (
            std::mem::replace(&mut self.released, nothing),
            std::mem::replace(&mut self.refunded, nothing),
        );
        if !std::mem::replace(&mut self.confirmed, false) {
            return Some(Moved::default());
        }
        let left = released.checked_add(refunded)?;
        Some(Moved {
            held: Change::Less(self.amount.checked_sub(left)?),
            released: Change::Less(released),
            refunded: Change::Less(refunded),
        })
    }

    /// Whether no more left than was there.
    fn check_held(&self) -> bool {
        let left = self.released.checked_add(self.refunded);
        self.confirmed && left.is_some_and(|left| left <= self.amount)
    }
}

/// What an event does to the money of a payment.
#[derive(Default, Clone, Copy)]
struct Moved {
    held: Change,
    released: Change,
    refunded: Change,
}

impl Moved {
    fn in_by(amount: BaseUnits) -> Self {
        Self {
            held: Change::More(amount),
            ..Self::default()
        }
    }
}

/// A change of an amount.
#[derive(Default, Clone, Copy)]
enum Change {
    #[default]
    None,
    More(BaseUnits),
    Less(BaseUnits),
}

impl Change {
    /// The amount after it; nothing when there is none.
    fn apply(self, amount: BaseUnits) -> Option<BaseUnits> {
        match self {
            Self::None => Some(amount),
            Self::More(more) => amount.checked_add(more),
            Self::Less(less) => amount.checked_sub(less),
        }
    }
}
