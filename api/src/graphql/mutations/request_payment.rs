//! Answers a buyer with everything that a wallet needs to pay.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::request_payment::RequestPayment;

use crate::graphql::{
    context::Asked as _,
    errors::code_of_permit,
    mutations::call::{UserError, Written, id_at, look},
    scalars::{Address, Bytes},
    types::PaymentInstructions,
};

/// Which order is to be paid, and by whom.
#[derive(InputObject)]
pub struct RequestPaymentInput {
    /// The order.
    order: ID,
    /// The wallet that will pay; the buyer's when it is left out. Gas is estimated for it.
    payer: Option<Address>,
    /// The payer's signature of `PaymentInstructions.permit`, 65 bytes: the call then takes the
    /// tokens by this permit (EIP-2612), and no approval has to be sent.
    permit_signature: Option<Bytes>,
}

/// What came of it.
pub struct RequestPaymentPayload {
    instructions: Option<PaymentInstructions>,
    user_errors: Vec<UserError>,
}

/// What came of it.
#[Object]
impl RequestPaymentPayload {
    /// What the wallet needs. Null when it was refused.
    async fn instructions(&self) -> Option<&PaymentInstructions> {
        self.instructions.as_ref()
    }

    /// Why it was refused; empty when it was not.
    async fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }
}

/// Answers a buyer with everything that a wallet needs to pay.
#[derive(Default)]
pub struct RequestPaymentMutation;

/// Answers a buyer with everything that a wallet needs to pay.
#[Object]
impl RequestPaymentMutation {
    /// Answers with everything that a wallet needs to pay an order: call, value, deadline, and
    /// for information what the gas will cost. Writes nothing. For the order's buyer.
    #[graphql(complexity = "100 + child_complexity")]
    async fn request_payment(
        &self,
        ctx: &Context<'_>,
        input: RequestPaymentInput,
    ) -> Result<RequestPaymentPayload> {
        let looked = look(ctx, |call| {
            Ok(RequestPayment {
                order: id_at(&input.order, "order")?,
                by: call.by,
            })
        });
        let terms = match looked.await? {
            Written::Done { output, .. } => output,
            Written::Refused(user_errors) => {
                return Ok(RequestPaymentPayload {
                    instructions: None,
                    user_errors,
                });
            }
        };
        let payer = input.payer.map_or(terms.buyer, |payer| payer.0);
        let rail = &ctx.services()?.rail;
        let instructions = match &input.permit_signature {
            None => Ok(rail.instructions(&terms, payer).await),
            Some(permit) => {
                rail.instructions_with_permit(&terms, payer, &permit.0)
                    .await
            }
        };
        Ok(match instructions {
            Ok(instructions) => RequestPaymentPayload {
                instructions: Some(instructions.into()),
                user_errors: Vec::new(),
            },
            Err(refusal) => RequestPaymentPayload {
                instructions: None,
                user_errors: vec![UserError::at(
                    code_of_permit(&refusal),
                    refusal.to_string(),
                    &["permitSignature"],
                )],
            },
        })
    }
}
