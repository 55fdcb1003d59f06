//! Takes a buyer's hint of the transaction that pays.

use gage_domain::{
    ids::OrderId,
    payment::{Payment, PaymentCommand},
    value::{Address, B256},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::order_for_buyer,
};

/// Takes a buyer's hint of the transaction that pays. Never proof: only the chain is.
#[derive(Debug, Clone, Serialize)]
pub struct ReportPaymentAttempt {
    /// The order.
    pub order: OrderId,
    /// Who asks; only its buyer may.
    pub by: Address,
    /// The transaction's hash.
    pub tx_hash: B256,
    /// The transaction's nonce in its sender's account.
    pub nonce: u64,
}

impl Operation for ReportPaymentAttempt {
    const NAME: &'static str = "report_payment_attempt";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        order_for_buyer(unit, self.order, self.by)?;
        let command = PaymentCommand::ReportAttempt {
            tx_hash: self.tx_hash,
            nonce: self.nonce,
            by: self.by,
        };
        unit.decide::<Payment>(self.order.into(), &command)?;
        Ok(self.order)
    }
}
