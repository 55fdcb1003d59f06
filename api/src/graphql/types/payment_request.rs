//! Requests to pay, in the forms that wallets take: calls for a batch, a URL, a QR code.

use async_graphql::{Context, Result, SimpleObject};
use gage_application::ports::chain::PaymentInstructions;
use gage_domain::value;
use gage_projections::payments::{PaymentRow, PaymentStatus};
use qrcode::{EcLevel, QrCode, render::svg};

use crate::graphql::{
    context::Asked as _,
    scalars::{Address, Bytes, Quantity},
};

/// Width and height of a module of a QR code, in the image's units.
const MODULE_UNITS: u32 = 4;

/// A call that a wallet sends, as `wallet_sendCalls` (EIP-5792) takes it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Call {
    /// The contract to call.
    to: Address,
    /// The call's data.
    data: Bytes,
    /// The chain's own coin to send with it, wei.
    value: Quantity,
}

/// All that has to be sent to pay, in order.
pub(super) fn calls(instructions: &PaymentInstructions) -> Vec<Call> {
    let approval = instructions.approval.as_ref().map(|approval| Call {
        to: Address(approval.token),
        data: Bytes(approval.call_data.clone()),
        value: Quantity(value::U256::ZERO),
    });
    let payment = Call {
        to: Address(instructions.contract),
        data: Bytes(instructions.call_data.clone()),
        value: Quantity(instructions.value.0),
    };
    approval.into_iter().chain([payment]).collect()
}

/// The URL of a payment that is still waited for.
///
/// # Errors
/// When the request has no services: a mistake in the program.
pub(super) fn uri(ctx: &Context<'_>, payment: &PaymentRow) -> Result<Option<String>> {
    let services = ctx.services()?;
    let awaited = payment.status() == PaymentStatus::Requested
        && services.clock.now() <= payment.terms.deadline;
    Ok(awaited
        .then(|| services.rail.payment_uri(&payment.terms))
        .flatten())
}

/// A text as a QR code (ISO/IEC 18004) of level M, black on white, with the quiet zone of four
/// modules: the text of an SVG image. None for more than such a code holds.
pub(super) fn qr_code(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let image = code
        .render::<svg::Color<'_>>()
        .module_dimensions(MODULE_UNITS, MODULE_UNITS)
        .build();
    Some(image)
}
