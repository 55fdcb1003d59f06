//! A withdrawal counts once, and what was taken out is the sum of those that stand.

use std::collections::BTreeMap;

use gage_domain::{
    payment::{LogId, LogRef},
    payout::{Payout, PayoutCommand, PayoutEvent},
    value::{BaseUnits, U256},
};
use proptest::{prelude::*, sample::select, test_runner::TestCaseResult};

use super::{Repeated, always, never_panics, sequences};
use crate::samples::{NOON, log, most, wei};

/// Few, so that they meet.
fn logs() -> impl Strategy<Value = LogRef> {
    (1_u8..4, 0_u64..3).prop_map(|(block, index)| log(block, index))
}

fn amounts() -> impl Strategy<Value = BaseUnits> {
    select(vec![wei(0), wei(1), wei(2), wei(700), most()])
}

fn commands() -> impl Strategy<Value = PayoutCommand> {
    prop_oneof![
        3 => (logs(), amounts())
            .prop_map(|(log, amount)| PayoutCommand::RecordWithdrawal { log, amount }),
        1 => logs().prop_map(|log| PayoutCommand::RevertWithdrawal { log }),
    ]
}

fn events() -> impl Strategy<Value = PayoutEvent> {
    prop_oneof![
        (logs(), amounts()).prop_map(|(log, amount)| PayoutEvent::FundsWithdrawn { log, amount }),
        (logs(), amounts())
            .prop_map(|(log, amount)| PayoutEvent::WithdrawalReverted { log, amount }),
    ]
}

fn each_log_counts_once(history: &[PayoutEvent], payout: &Payout) -> TestCaseResult {
    let mut standing: BTreeMap<LogId, BaseUnits> = BTreeMap::new();
    for event in history {
        match event {
            PayoutEvent::FundsWithdrawn { log, amount } => {
                prop_assert!(!amount.is_zero());
                prop_assert_eq!(standing.insert(log.id(), *amount), None, "counts once");
            }
            PayoutEvent::WithdrawalReverted { log, amount } => {
                prop_assert_eq!(standing.remove(&log.id()), Some(*amount), "what counted");
            }
        }
    }
    let sum = standing
        .values()
        .try_fold(U256::ZERO, |sum, amount| sum.checked_add(amount.0));
    prop_assert!(sum.is_some());
    prop_assert_eq!(payout.withdrawn().map(|amount| amount.0), sum);
    prop_assert_eq!(payout.withdrawals().len(), standing.len());
    Ok(())
}

proptest! {
    #[test]
    fn what_was_taken_out_is_counted_once_whatever_is_told(
        commands in sequences(commands(), &[NOON], 60)
    ) {
        always::<Payout>(&commands, |_| Repeated::Nothing, each_log_counts_once)?;
    }

    #[test]
    fn a_payout_can_be_folded_from_any_events(events in prop::collection::vec(events(), 0..40)) {
        never_panics::<Payout>(&events, |_| Ok(()))?;
    }
}
