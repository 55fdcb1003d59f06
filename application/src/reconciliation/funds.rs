//! The money of all payments together: by token, and by who may take it out.

use std::collections::BTreeMap;

use gage_domain::{
    payment::Terms,
    value::{Address, BaseUnits},
};

use super::{
    book::{Money, sum},
    report::{Datum, Difference, Field, Subject, TokenTotals},
};
use crate::ports::escrow_view::{EscrowAccount, EscrowPayment};

/// Sums over payments. As large as there are tokens, and accounts that something went to.
#[derive(Debug, Default)]
pub(super) struct Funds {
    tokens: BTreeMap<Address, TokenTotals>,
    /// What is held as the contract says, by token.
    held_found: BTreeMap<Address, BaseUnits>,
    accounts: BTreeMap<EscrowAccount, Account>,
}

/// The money of an account.
#[derive(Debug, Default)]
struct Account {
    /// What went to it.
    credited: BaseUnits,
    /// What it took out, as the event log has it, with what waits.
    withdrawn: BaseUnits,
    /// What it took out, as the contract's logs say.
    withdrawn_found: BaseUnits,
    /// What it may take out, as the contract says.
    withdrawable_found: BaseUnits,
}

impl Funds {
    /// Adds a payment.
    pub(super) fn add(&mut self, terms: &Terms, money: &Money, contract: Option<&EscrowPayment>) {
        let totals = self.totals(terms.token);
        totals.funded = sum(totals.funded, money.funded);
        totals.held = sum(totals.held, money.held());
        totals.released = sum(totals.released, money.released);
        totals.refunded = sum(totals.refunded, money.refunded);
        let held = contract.map_or(BaseUnits::ZERO, held_in);
        let found = self.held_found.entry(terms.token).or_default();
        *found = sum(*found, held);
        self.credit(terms.token, terms.seller, money.released);
        self.credit(terms.token, terms.buyer, money.refunded);
    }

    /// Adds what went to an account.
    pub(super) fn credit(&mut self, token: Address, owner: Address, amount: BaseUnits) {
        if amount.is_zero() {
            return;
        }
        let account = self.account(EscrowAccount { token, owner });
        account.credited = sum(account.credited, amount);
    }

    /// Adds what an account took out, as the event log has it or will have it.
    pub(super) fn withdrawn(&mut self, account: EscrowAccount, amount: BaseUnits) {
        let account = self.account(account);
        account.withdrawn = sum(account.withdrawn, amount);
    }

    /// Takes back what the event log took back.
    pub(super) fn returned(&mut self, account: EscrowAccount, amount: BaseUnits) {
        let account = self.account(account);
        // Only what was added is taken back.
        account.withdrawn = account.withdrawn.checked_sub(amount).unwrap_or_default();
    }

    /// Adds what an account took out, as the chain has it.
    pub(super) fn withdrawal_found(&mut self, account: EscrowAccount, amount: BaseUnits) {
        let account = self.account(account);
        account.withdrawn_found = sum(account.withdrawn_found, amount);
    }

    /// Everyone who may have something to take out.
    pub(super) fn accounts(&self) -> impl Iterator<Item = EscrowAccount> {
        self.accounts.keys().copied()
    }

    /// Takes what the contract says of an account.
    pub(super) fn withdrawable(&mut self, account: EscrowAccount, withdrawable: BaseUnits) {
        self.account(account).withdrawable_found = withdrawable;
        let totals = self.totals(account.token);
        totals.withdrawable = sum(totals.withdrawable, withdrawable);
    }

    /// The tokens that money was paid in.
    pub(super) fn tokens(&self) -> Vec<Address> {
        self.tokens.keys().copied().collect()
    }

    /// Takes what the contract owns of a token.
    pub(super) fn balance(&mut self, token: Address, balance: BaseUnits) {
        self.totals(token).balance = balance;
    }

    /// What does not add up.
    pub(super) fn differences(&self) -> Vec<Difference> {
        let accounts = self.accounts.iter();
        let mut differences: Vec<Difference> = accounts
            .flat_map(|(account, money)| money.differences(*account))
            .collect();
        for totals in self.tokens.values() {
            let owed = sum(totals.held, totals.withdrawable);
            let difference = |field, recorded, found| Difference {
                subject: Subject::Token(totals.token),
                field,
                recorded: Datum::Amount(recorded),
                found: Datum::Amount(found),
            };
            if owed > totals.balance {
                differences.push(difference(Field::Funds, owed, totals.balance));
            }
            // What is paid and what left by the event log, what is held by the contract.
            let held = self.held_found.get(&totals.token).copied();
            let left = sum(totals.released, totals.refunded);
            let accounted = sum(held.unwrap_or_default(), left);
            if accounted != totals.funded {
                differences.push(difference(Field::Equation, totals.funded, accounted));
            }
        }
        differences
    }

    /// The sums by token.
    pub(super) fn into_totals(mut self) -> Vec<TokenTotals> {
        for (account, money) in std::mem::take(&mut self.accounts) {
            let totals = self.totals(account.token);
            totals.withdrawn = sum(totals.withdrawn, money.withdrawn);
        }
        self.tokens.into_values().collect()
    }

    fn account(&mut self, account: EscrowAccount) -> &mut Account {
        self.totals(account.token);
        self.accounts.entry(account).or_default()
    }

    fn totals(&mut self, token: Address) -> &mut TokenTotals {
        self.tokens.entry(token).or_insert_with(|| TokenTotals {
            token,
            funded: BaseUnits::ZERO,
            held: BaseUnits::ZERO,
            released: BaseUnits::ZERO,
            refunded: BaseUnits::ZERO,
            withdrawn: BaseUnits::ZERO,
            withdrawable: BaseUnits::ZERO,
            balance: BaseUnits::ZERO,
        })
    }
}

impl Account {
    fn differences(&self, account: EscrowAccount) -> Vec<Difference> {
        // Nothing when more was taken out than went there.
        let left = self.credited.checked_sub(self.withdrawn);
        let pairs = [
            (Field::Withdrawn, Some(self.withdrawn), self.withdrawn_found),
            (Field::Withdrawable, left, self.withdrawable_found),
        ];
        pairs
            .into_iter()
            .filter(|(_, recorded, found)| *recorded != Some(*found))
            .map(|(field, recorded, found)| Difference {
                subject: Subject::Account(account),
                field,
                recorded: recorded.map_or(Datum::Nothing, Datum::Amount),
                found: Datum::Amount(found),
            })
            .collect()
    }
}

/// What the contract holds for a payment.
fn held_in(payment: &EscrowPayment) -> BaseUnits {
    payment
        .funded
        .checked_sub(sum(payment.released, payment.refunded))
        .unwrap_or(BaseUnits::ZERO)
}
