//! Rows of accounts: sums over all payments to and from a wallet, and over its withdrawals.

use std::collections::HashMap;

use gage_domain::{
    ids::{OrderId, PayoutId, ShopId},
    value::{Address, U256},
};

use super::Columns;
use crate::{
    ports::replay::Row,
    position::LogPosition,
    replay::{life::Life, paid::Sums, worker::PayoutFold},
};

/// An account by its sums. What wraps was found where the money was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::replay) struct Account {
    held: U256,
    released: U256,
    refunded: U256,
    returned: U256,
    withdrawn: U256,
    last: LogPosition,
}

/// All accounts.
pub(in crate::replay) type Accounts = HashMap<PayoutId, Account>;

pub(in crate::replay) fn ledger_payment(id: OrderId, life: &Life) -> Option<Row> {
    let terms = &life.payment.state.request().ok()?.terms;
    let Sums {
        released, refunded, ..
    } = life.paid.sums;
    let columns = Columns::default()
        .id(id.0)
        .text(terms.chain_id)
        .bytes(terms.escrow)
        .bytes(terms.token)
        .bytes(terms.buyer)
        .bytes(terms.seller)
        .text(terms.amount)
        .text(life.payment.state.escrow().is_some())
        .text(released)
        .text(refunded)
        .position(life.paid.money);
    Some(columns.done())
}

impl Account {
    /// Adds what a payment did to the accounts of its parties.
    pub(in crate::replay) fn add_payment(accounts: &mut Accounts, life: &Life) {
        let Ok(request) = life.payment.state.request() else {
            return;
        };
        let terms = &request.terms;
        let id = |account| PayoutId {
            chain_id: terms.chain_id,
            escrow: terms.escrow,
            account,
            token: terms.token,
        };
        let sums = life.paid.sums;
        if let Some(at) = life.paid.moved_seller {
            let account = accounts.entry(id(terms.seller)).or_default();
            let left = sums.released.0.wrapping_add(sums.refunded.0);
            account.held = account.held.wrapping_add(sums.funded.0.wrapping_sub(left));
            account.released = account.released.wrapping_add(sums.released.0);
            account.refunded = account.refunded.wrapping_add(sums.refunded.0);
            account.last = account.last.max(at);
        }
        if let Some(at) = life.paid.moved_buyer {
            let account = accounts.entry(id(terms.buyer)).or_default();
            account.returned = account.returned.wrapping_add(sums.refunded.0);
            account.last = account.last.max(at);
        }
    }

    /// Takes what a payment added off again; the last event that changed an account stays.
    pub(in crate::replay) fn take_payment_back(accounts: &mut Accounts, life: &Life) {
        let Ok(request) = life.payment.state.request() else {
            return;
        };
        let terms = &request.terms;
        let id = |account| PayoutId {
            chain_id: terms.chain_id,
            escrow: terms.escrow,
            account,
            token: terms.token,
        };
        let sums = life.paid.sums;
        if life.paid.moved_seller.is_some() {
            let account = accounts.entry(id(terms.seller)).or_default();
            let left = sums.released.0.wrapping_add(sums.refunded.0);
            account.held = account.held.wrapping_sub(sums.funded.0.wrapping_sub(left));
            account.released = account.released.wrapping_sub(sums.released.0);
            account.refunded = account.refunded.wrapping_sub(sums.refunded.0);
        }
        if life.paid.moved_buyer.is_some() {
            let account = accounts.entry(id(terms.buyer)).or_default();
            account.returned = account.returned.wrapping_sub(sums.refunded.0);
        }
    }

    /// Adds what was summed up elsewhere.
    pub(in crate::replay) fn add(&mut self, other: &Self) {
        self.held = self.held.wrapping_add(other.held);
        self.released = self.released.wrapping_add(other.released);
        self.refunded = self.refunded.wrapping_add(other.refunded);
        self.returned = self.returned.wrapping_add(other.returned);
        self.withdrawn = self.withdrawn.wrapping_add(other.withdrawn);
        self.last = self.last.max(other.last);
    }

    /// Adds what an account took out.
    pub(in crate::replay) fn add_payout(
        accounts: &mut Accounts,
        id: PayoutId,
        payout: &PayoutFold,
    ) {
        if payout.folded.sequence() == 0 {
            return;
        }
        let account = accounts.entry(id).or_default();
        let withdrawals = payout.folded.state.withdrawals().iter();
        account.withdrawn =
            withdrawals.fold(account.withdrawn, |sum, one| sum.wrapping_add(one.amount.0));
        account.last = account.last.max(payout.position);
    }

    pub(in crate::replay) fn row(&self, id: &PayoutId) -> Row {
        let columns = Columns::default()
            .bytes(id.account)
            .bytes(id.token)
            .text(id.chain_id)
            .bytes(id.escrow)
            .text(self.held)
            .text(self.released)
            .text(self.refunded)
            .text(self.returned)
            .text(self.withdrawn)
            .position(self.last);
        columns.done()
    }
}

pub(in crate::replay) fn wallet(shop: ShopId, wallet: Address, at: LogPosition) -> Row {
    let columns = Columns::default().id(shop.0).bytes(wallet).position(at);
    columns.done()
}
