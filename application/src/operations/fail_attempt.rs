//! Notes that a reported transaction will not pay.

use gage_domain::{
    ids::OrderId,
    payment::{AttemptFailure, Payment, PaymentCommand},
    value::B256,
};
use serde::Serialize;

use crate::gateway::{Operation, Unit, UnitError};

/// Notes that a reported transaction will not pay. The payment stays as payable as it was.
#[derive(Debug, Clone, Serialize)]
pub struct FailAttempt {
    /// The order.
    pub order: OrderId,
    /// The transaction's hash.
    pub tx_hash: B256,
    /// What became of it.
    pub reason: AttemptFailure,
}

impl Operation for FailAttempt {
    const NAME: &'static str = "fail_attempt";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let command = PaymentCommand::FailAttempt {
            tx_hash: self.tx_hash,
            reason: self.reason,
        };
        unit.decide::<Payment>(self.order.into(), &command)?;
        Ok(self.order)
    }
}
