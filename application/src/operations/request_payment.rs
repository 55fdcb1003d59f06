//! Answers a buyer with the terms of an order's payment, from the aggregates themselves.

use gage_domain::{
    ids::{OrderId, PaymentId},
    payment::{Payment, Terms},
    rejection::Rejection,
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Refusal, Unit, UnitError},
    operations::authority::order_for_buyer,
};

/// Answers a buyer with the terms of an order's payment. Writes nothing: the payment was
/// requested when the order was placed.
#[derive(Debug, Clone, Serialize)]
pub struct RequestPayment {
    /// The order.
    pub order: OrderId,
    /// Who asks; only its buyer may.
    pub by: Address,
}

impl Operation for RequestPayment {
    const NAME: &'static str = "request_payment";
    type Output = Terms;

    fn run(&self, unit: &mut Unit<'_>) -> Result<Terms, UnitError> {
        order_for_buyer(unit, self.order, self.by)?;
        let now = unit.now();
        let payment = unit.state::<Payment>(PaymentId::from(self.order))?;
        let terms = payment.payable().map_err(Rejection::from)?.clone();
        // Past its deadline the order expires soon, and the contract would refuse the payment.
        if now > terms.deadline {
            return Err(Refusal::NotAwaitingPayment { order: self.order }.into());
        }
        if !unit.rail().takes(&terms) {
            return Err(Refusal::EscrowRetired { order: self.order }.into());
        }
        Ok(terms)
    }
}
