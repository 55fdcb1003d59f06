//! A log credits once; funded = held + released + refunded.

use std::collections::BTreeSet;

use gage_domain::{
    payment::{
        AttemptFailure, ClosingReason, Funding, LogId, LogRef, Payment, PaymentCommand,
        PaymentEvent, Standing, Terms,
    },
    policy::MAX_ATTEMPTS,
    value::{Address, B256, BaseUnits, U256},
};
use proptest::{prelude::*, sample::select, test_runner::TestCaseResult};

use super::{Repeated, always, never_panics, sequences, wallets};
use crate::samples::{ETHER, NOON, TOKEN, hash, log, most, request_on, requested_on, terms, wei};

/// Few blocks and places, so that logs meet; now and then another chain.
fn logs() -> impl Strategy<Value = LogRef> {
    (1_u8..4, 0_u64..3, 0..12).prop_map(|(block, index, chain)| LogRef {
        chain_id: if chain == 0 { 1 } else { 1337 },
        ..log(block, index)
    })
}

fn amounts() -> impl Strategy<Value = BaseUnits> {
    let extremes: Vec<BaseUnits> = vec![wei(0), wei(999), wei(1_000), wei(1_001), most()];
    prop_oneof![4 => (1_u64..500).prop_map(wei), 1 => select(extremes)]
}

/// Mostly the payment's own, so that something happens.
fn own<T: Clone + std::fmt::Debug + 'static>(own: T, other: T) -> impl Strategy<Value = T> {
    prop_oneof![9 => Just(own), 1 => Just(other)]
}

fn hashes() -> impl Strategy<Value = B256> {
    prop_oneof![
        (0_u8..30).prop_map(hash),
        (1_u8..4).prop_map(B256::with_last_byte),
    ]
}

fn requests() -> impl Strategy<Value = Terms> {
    let other = Terms {
        amount: wei(5),
        ..terms()
    };
    let wrong = Terms {
        amount: wei(0),
        ..terms()
    };
    prop_oneof![8 => Just(terms()), 1 => Just(other), 1 => Just(wrong)]
}

const FAILURES: &[AttemptFailure] = &[
    AttemptFailure::Reverted,
    AttemptFailure::Replaced,
    AttemptFailure::Dropped,
];

const REASONS: &[ClosingReason] = &[
    ClosingReason::Lapsed,
    ClosingReason::OrderCancelled,
    ClosingReason::OrderRejected,
];

fn commands() -> impl Strategy<Value = PaymentCommand> {
    let paying = (
        own(terms().key, hash(0x78)),
        logs(),
        wallets(),
        own(ETHER, TOKEN),
        own(terms().amount, wei(5)),
    );
    prop_oneof![
        4 => requests().prop_map(request_on),
        3 => (hashes(), 0_u64..3, own(terms().buyer, Address::ZERO))
            .prop_map(|(tx_hash, nonce, by)| PaymentCommand::ReportAttempt { tx_hash, nonce, by }),
        5 => paying.prop_map(|(key, log, payer, token, amount)| PaymentCommand::Detect {
            key, log, payer, token, amount, mined_at: Some(NOON),
        }),
        5 => (logs(), 0_u64..20)
            .prop_map(|(log, confirmations)| PaymentCommand::Confirm { log, confirmations }),
        2 => logs().prop_map(|log| PaymentCommand::Revert { log }),
        2 => (hashes(), select(FAILURES))
            .prop_map(|(tx_hash, reason)| PaymentCommand::FailAttempt { tx_hash, reason }),
        1 => select(REASONS).prop_map(|reason| PaymentCommand::Expire { reason }),
        5 => (logs(), amounts())
            .prop_map(|(log, amount)| PaymentCommand::RecordRelease { log, amount }),
        5 => (logs(), amounts())
            .prop_map(|(log, amount)| PaymentCommand::RecordRefund { log, amount }),
        1 => (logs(), wallets()).prop_map(|(log, by)| PaymentCommand::RecordDispute {
            log, by, mined_at: None,
        }),
    ]
}

fn events() -> impl Strategy<Value = PaymentEvent> {
    prop_oneof![
        2 => requests().prop_map(requested_on),
        1 => (hashes(), 0_u64..3, wallets())
            .prop_map(|(tx_hash, nonce, by)| PaymentEvent::AttemptReported { tx_hash, nonce, by }),
        3 => (logs(), wallets(), amounts())
            .prop_map(|(log, payer, amount)| PaymentEvent::PaymentDetected {
                log, payer, amount, mined_at: None,
            }),
        3 => (logs(), 0_u64..20)
            .prop_map(|(log, confirmations)| PaymentEvent::PaymentConfirmed { log, confirmations }),
        1 => logs().prop_map(|log| PaymentEvent::PaymentReverted { log }),
        1 => (hashes(), select(FAILURES))
            .prop_map(|(tx_hash, reason)| PaymentEvent::AttemptFailed { tx_hash, reason }),
        1 => select(REASONS).prop_map(|reason| PaymentEvent::PaymentExpired { reason }),
        3 => (logs(), amounts())
            .prop_map(|(log, amount)| PaymentEvent::FundsReleased { log, amount }),
        3 => (logs(), amounts())
            .prop_map(|(log, amount)| PaymentEvent::FundsRefunded { log, amount }),
        1 => (logs(), wallets()).prop_map(|(log, by)| PaymentEvent::DisputeOpened {
            log, by, mined_at: Some(NOON),
        }),
        1 => (logs(), amounts())
            .prop_map(|(log, amount)| PaymentEvent::ReleaseReverted { log, amount }),
        1 => (logs(), amounts())
            .prop_map(|(log, amount)| PaymentEvent::RefundReverted { log, amount }),
        1 => logs().prop_map(|log| PaymentEvent::DisputeReverted { log }),
    ]
}

/// The money and the logs, counted from the events alone.
#[derive(Default)]
struct Ledger {
    requests: usize,
    /// The log that is the payment, and its amount.
    credited: Option<(LogId, BaseUnits)>,
    confirmed: bool,
    used: BTreeSet<LogId>,
    funded: U256,
    released: U256,
    refunded: U256,
    closed: bool,
}

impl Ledger {
    fn count(history: &[PaymentEvent]) -> Result<Self, TestCaseError> {
        let mut ledger = Self::default();
        for event in history {
            ledger.enter(event)?;
            let left = ledger.released.checked_add(ledger.refunded);
            prop_assert!(left.is_some_and(|left| left <= ledger.funded));
            prop_assert_eq!(ledger.requests, 1, "asked for first, and once");
        }
        Ok(ledger)
    }

    fn enter(&mut self, event: &PaymentEvent) -> TestCaseResult {
        match event {
            PaymentEvent::PaymentRequested { .. } => self.requests += 1,
            PaymentEvent::PaymentDetected { log, amount, .. } => {
                prop_assert_eq!(self.credited, None, "a payment is credited once");
                self.credited = Some((log.id(), *amount));
                self.used = BTreeSet::from([log.id()]);
            }
            PaymentEvent::PaymentConfirmed { log, .. } => {
                let (credited, amount) = self.credited.expect("confirmed after it was detected");
                prop_assert_eq!(credited, log.id(), "only what was detected");
                prop_assert!(!self.confirmed, "confirmed once");
                self.confirmed = true;
                self.funded = amount.0;
            }
            PaymentEvent::PaymentReverted { log } => {
                let credited = self.credited.map(|(credited, _)| credited);
                prop_assert_eq!(credited, Some(log.id()), "only what counts is reverted");
                prop_assert!(self.released.is_zero() && self.refunded.is_zero());
                *self = Self {
                    requests: self.requests,
                    closed: self.closed,
                    ..Self::default()
                };
            }
            PaymentEvent::FundsReleased { log, amount } => {
                self.use_once(log)?;
                self.released += amount.0;
            }
            PaymentEvent::FundsRefunded { log, amount } => {
                self.use_once(log)?;
                self.refunded += amount.0;
            }
            PaymentEvent::DisputeOpened { log, .. } => self.use_once(log)?,
            PaymentEvent::ReleaseReverted { log, amount } => {
                prop_assert!(self.used.remove(&log.id()), "only what counts is reverted");
                self.released -= amount.0;
            }
            PaymentEvent::RefundReverted { log, amount } => {
                prop_assert!(self.used.remove(&log.id()), "only what counts is reverted");
                self.refunded -= amount.0;
            }
            PaymentEvent::DisputeReverted { log } => {
                prop_assert!(self.used.remove(&log.id()), "only what counts is reverted");
            }
            PaymentEvent::PaymentExpired { reason } => {
                prop_assert!(!self.closed, "closed once");
                let lapsed = *reason == ClosingReason::Lapsed;
                prop_assert!(!lapsed || self.credited.is_none(), "in flight");
                self.closed = true;
            }
            PaymentEvent::AttemptReported { .. } | PaymentEvent::AttemptFailed { .. } => {}
        }
        Ok(())
    }

    fn use_once(&mut self, log: &LogRef) -> TestCaseResult {
        prop_assert!(self.confirmed, "money moves only when it is confirmed");
        prop_assert!(self.used.insert(log.id()), "a log counts once");
        Ok(())
    }
}

fn the_ledger_balances(history: &[PaymentEvent], payment: &Payment) -> TestCaseResult {
    let request = payment.request().expect("a request");
    let ledger = Ledger::count(history)?;
    let held = BaseUnits(ledger.funded - ledger.released - ledger.refunded);
    match payment.escrow() {
        None => prop_assert!(!ledger.confirmed),
        Some(escrow) => {
            prop_assert_eq!(escrow.funded(), request.terms.amount);
            prop_assert_eq!(escrow.released(), BaseUnits(ledger.released));
            prop_assert_eq!(escrow.refunded(), BaseUnits(ledger.refunded));
            prop_assert_eq!(escrow.held(), held);
        }
    }
    let due = (ledger.closed && ledger.confirmed && !held.is_zero()).then_some(held);
    prop_assert_eq!(payment.refund_due(), due);
    let to_decide = payment.disputed_by().filter(|_| !held.is_zero());
    prop_assert_eq!(payment.open_dispute(), to_decide);
    let sighting = payment.sighting().map(|seen| (seen.log.id(), seen.amount));
    prop_assert_eq!(sighting, ledger.credited);
    prop_assert!(
        ledger
            .credited
            .is_none_or(|(_, amount)| amount == request.terms.amount)
    );
    prop_assert!(request.attempts.len() <= MAX_ATTEMPTS);
    prop_assert_eq!(request.standing != Standing::Awaited, ledger.closed);
    invariant(payment)
}

/// What holds of the state after any events at all.
fn invariant(payment: &Payment) -> TestCaseResult {
    if let Some(escrow) = payment.escrow() {
        let sum = escrow
            .held()
            .checked_add(escrow.released())
            .and_then(|sum| sum.checked_add(escrow.refunded()));
        prop_assert_eq!(sum, Some(escrow.funded()));
    }
    if let Ok(request) = payment.request()
        && let Funding::Confirmed(deposit) = &request.funding
    {
        prop_assert_eq!(deposit.escrow.funded(), deposit.sighting.amount);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn money_is_counted_once_and_never_lost_whatever_is_asked(
        commands in sequences(commands(), &[NOON], 100)
    ) {
        always::<Payment>(&commands, |_| Repeated::Nothing, the_ledger_balances)?;
    }

    #[test]
    fn a_payment_can_be_folded_from_any_events(events in prop::collection::vec(events(), 0..60)) {
        never_panics::<Payment>(&events, invariant)?;
    }
}
