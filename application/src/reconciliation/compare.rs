//! One payment, as the event log and the chain have it. Pure.

use gage_domain::{
    ids::PaymentId,
    payment::{LogId, LogRef, Terms},
    value::{Address, BaseUnits},
};

use super::{
    book::{Entry, Money, Seen, Standing, Told},
    report::{Datum, Difference, Field, Pending, Subject},
};
use crate::ports::{chain::Observed, escrow_view::EscrowPayment};

/// The logs of a payment, sorted by what both sides say.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Both have it, and say the same.
    agreed: Vec<Observed>,
    /// Both have it, and it waits for confirmations in the event log.
    waiting: Vec<Told>,
    /// Both have it, and say something else.
    differing: Vec<(Told, Seen)>,
    /// It waits for confirmations, in a later block.
    ahead: Vec<LogRef>,
    /// Only the event log has it.
    pub(super) only_told: Vec<Told>,
    /// Only the chain has it.
    pub(super) only_seen: Vec<Seen>,
}

/// What is on record of a log that the event log does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnRecord {
    /// It was seen, and waits for confirmations.
    Waits,
    /// It fits nothing of ours, and is listed as such.
    Unmatched,
    /// Nothing that explains it.
    Nothing,
}

/// What came of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) differences: Vec<Difference>,
    pub(super) pending: Vec<Pending>,
    /// The money as the event log has it, with what waits.
    pub(super) money: Money,
}

impl Sorted {
    /// Sorts the logs up to a block. What the event log has of later ones is not looked at: they
    /// were not deep enough when this began.
    pub(super) fn of(entry: Entry, until: u64) -> Self {
        let mut sorted = Self::default();
        let mut seen = entry.seen;
        for (log, told) in entry.told {
            if told.log.block_number > until {
                let waits = told.standing == Standing::Waits;
                sorted.ahead.extend(waits.then_some(told.log));
                continue;
            }
            match seen.remove(&log) {
                None => sorted.only_told.push(told),
                Some(seen) => sorted.both(told, seen),
            }
        }
        sorted.only_seen = seen.into_values().collect();
        sorted
    }

    fn both(&mut self, told: Told, seen: Seen) {
        if told.what != seen.what {
            self.differing.push((told, seen));
        } else if told.standing == Standing::Waits {
            self.waiting.push(told);
        } else {
            self.agreed.push(told.what);
        }
    }

    /// Notes that the chain has a log after all: the node's index had left it out.
    pub(super) fn found(&mut self, seen: Seen) {
        let log = seen.log.id();
        let place = self.only_told.iter().position(|told| told.log.id() == log);
        if let Some(place) = place {
            let told = self.only_told.swap_remove(place);
            self.both(told, seen);
        }
    }

    /// Compares with the contract. `on_record`: what is known of each log that only the chain has.
    pub(super) fn compare(
        self,
        payment: PaymentId,
        terms: &Terms,
        contract: Option<&EscrowPayment>,
        on_record: impl Fn(LogId) -> OnRecord,
    ) -> Compared {
        let subject = Subject::Payment(payment);
        let mut compared = Compared::default();
        let mut expected = self.agreed;
        let payment = Some(payment);
        for log in self.ahead {
            compared.pending.push(Pending { payment, log });
        }
        for told in self.waiting {
            let log = told.log;
            compared.pending.push(Pending { payment, log });
            expected.push(told.what);
        }
        for (told, seen) in self.differing {
            compared
                .differences
                .push(differing_log(&told, &seen, subject));
            expected.push(told.what);
        }
        for told in self.only_told {
            let (log, what) = (told.log, told.what);
            expected.push(what.clone());
            compared.differences.push(Difference {
                subject,
                field: Field::Log,
                recorded: Datum::Log { log, what },
                found: Datum::Nothing,
            });
        }
        for Seen { log, what } in self.only_seen {
            match on_record(log.id()) {
                OnRecord::Waits => {
                    compared.pending.push(Pending { payment, log });
                    expected.push(what);
                }
                OnRecord::Unmatched => {}
                OnRecord::Nothing => compared.differences.push(Difference {
                    subject,
                    field: Field::Log,
                    recorded: Datum::Nothing,
                    found: Datum::Log { log, what },
                }),
            }
        }
        compared.money = Money::of(expected.iter());
        compare_state(
            subject,
            terms,
            &compared.money,
            contract,
            &mut compared.differences,
        );
        compared
    }
}

/// A log of which the two sides say something else: the payer, if it is that alone.
fn differing_log(told: &Told, seen: &Seen, subject: Subject) -> Difference {
    let difference = |field, recorded, found| Difference {
        subject,
        field,
        recorded,
        found,
    };
    match (&told.what, &seen.what) {
        (Observed::Paid { payer, .. }, Observed::Paid { payer: other, .. }) if payer != other => {
            difference(Field::Payer, Datum::Address(*payer), Datum::Address(*other))
        }
        _ => difference(
            Field::Log,
            Datum::Log {
                log: told.log,
                what: told.what.clone(),
            },
            Datum::Log {
                log: seen.log,
                what: seen.what.clone(),
            },
        ),
    }
}

/// The contract's own numbers.
fn compare_state(
    subject: Subject,
    terms: &Terms,
    money: &Money,
    contract: Option<&EscrowPayment>,
    differences: &mut Vec<Difference>,
) {
    let mut compare = |field, recorded: Datum, found: Datum| {
        if recorded != found {
            differences.push(Difference {
                subject,
                field,
                recorded,
                found,
            });
        }
    };
    let Some(contract) = contract else {
        compare(Field::Payment, paid(money.funded), Datum::Nothing);
        return;
    };
    if money.funded.is_zero() {
        compare(Field::Payment, Datum::Nothing, paid(contract.funded));
        return;
    }
    let order = PaymentId::from(terms.order);
    compare(
        Field::Order,
        Datum::Payment(order),
        Datum::Payment(contract.order),
    );
    let address = |address: Address| Datum::Address(address);
    compare(Field::Buyer, address(terms.buyer), address(contract.buyer));
    compare(
        Field::Seller,
        address(terms.seller),
        address(contract.seller),
    );
    compare(
        Field::Arbiter,
        address(terms.arbiter),
        address(contract.arbiter),
    );
    compare(Field::Token, address(terms.token), address(contract.token));
    let seconds = Datum::Seconds;
    compare(
        Field::HoldSecs,
        seconds(terms.hold_secs),
        seconds(contract.hold_secs),
    );
    let (ours, theirs) = (terms.dispute_secs, contract.dispute_secs);
    compare(Field::DisputeSecs, seconds(ours), seconds(theirs));
    let amount = Datum::Amount;
    compare(Field::Funded, amount(money.funded), amount(contract.funded));
    compare(
        Field::Released,
        amount(money.released),
        amount(contract.released),
    );
    compare(
        Field::Refunded,
        amount(money.refunded),
        amount(contract.refunded),
    );
    let truth = Datum::Truth;
    compare(
        Field::Disputed,
        truth(money.disputed),
        truth(contract.disputed),
    );
}

fn paid(amount: BaseUnits) -> Datum {
    if amount.is_zero() {
        Datum::Nothing
    } else {
        Datum::Amount(amount)
    }
}
