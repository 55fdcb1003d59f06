//! How a story ends: the event log and the contract say the same, and no money is lost or made.

use gage_application::reconciliation::{Report, TokenTotals};
use gage_domain::value::BaseUnits;

use crate::{
    reconciliation::told,
    world::{Following, World},
};

impl World {
    /// Ends a story: the listener comes to the head and stops, and reconciliation finds nothing.
    pub(crate) async fn ends(&self, listener: Following) -> Report {
        listener.until_at_head().await;
        let confirmations = listener.confirmations();
        listener.stop().await;
        self.agrees(confirmations).await
    }

    /// Compares the event log with the contract, to the last unit.
    pub(crate) async fn agrees(&self, confirmations: u64) -> Report {
        let report = self.reconciled(confirmations).await;
        assert_eq!(told(&report), [""; 0]);
        for totals in &report.tokens {
            nothing_is_lost(totals);
        }
        report
    }
}

/// What was paid is held or has moved on; what can be taken out is there.
fn nothing_is_lost(totals: &TokenTotals) {
    let moved = [totals.held, totals.released, totals.refunded];
    assert_eq!(sum(&moved), totals.funded, "{totals:?}");
    // What nobody asked for is held as well.
    let owed = sum(&[totals.held, totals.withdrawable]);
    assert!(owed <= totals.balance, "{totals:?}");
}

fn sum(amounts: &[BaseUnits]) -> BaseUnits {
    let mut amounts = amounts.iter();
    let all = amounts.try_fold(BaseUnits::ZERO, |sum, one| sum.checked_add(*one));
    all.expect("no money is worth that much")
}
