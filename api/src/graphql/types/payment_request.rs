//! Requests to pay, in the forms that wallets take: calls for a batch, a URL, a QR code.

use async_graphql::{Context, Result, SimpleObject};
use gage_application::ports::chain::PaymentInstructions;
use gage_domain::value;
use gage_projections::payments::{PaymentRow, PaymentStatus};
use qrcode::{EcLevel, QrCode, Version, bits::Bits, render::svg};

use crate::graphql::{
    context::Asked as _,
    scalars::{Address, Bytes, Quantity},
};

/// Width and height of a module of a QR code, in the image's units.
const MODULE_UNITS: u32 = 4;

/// A code can be read when a seventh of it cannot.
const LEVEL: EcLevel = EcLevel::M;

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
    let approvals = instructions.approvals.iter().map(|approval| Call {
        to: Address(approval.token),
        data: Bytes(approval.call_data.clone()),
        value: Quantity(value::U256::ZERO),
    });
    let payment = Call {
        to: Address(instructions.contract),
        data: Bytes(instructions.call_data.clone()),
        value: Quantity(instructions.value.0),
    };
    approvals.chain([payment]).collect()
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
    let image = smallest(text)?
        .render::<svg::Color<'_>>()
        .module_dimensions(MODULE_UNITS, MODULE_UNITS)
        .build();
    Some(image)
}

/// The code of the lowest version that holds a text, with its longest run of "alphanumeric"
/// characters in that mode and the rest as bytes. The crate's own choice of modes is greedy, and
/// takes hexadecimal digits behind a few bytes for bytes.
fn smallest(text: &str) -> Option<QrCode> {
    let (head, run, tail) = around_longest_run(text.as_bytes());
    (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(head).ok()?;
        bits.push_alphanumeric_data(run).ok()?;
        bits.push_byte_data(tail).ok()?;
        bits.push_terminator(LEVEL).ok()?;
        QrCode::with_bits(bits, LEVEL).ok()
    })
}

/// What stands before the longest run of "alphanumeric" characters, the run, and what is behind.
fn around_longest_run(text: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let fits = |byte: u8| {
        byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" $%*+-./:".contains(&byte)
    };
    let (mut longest, mut at) = (0..0, 0);
    for run in text.chunk_by(|one, next| fits(*one) == fits(*next)) {
        let here = at..at + run.len();
        at = here.end;
        if fits(run[0]) && here.len() > longest.len() {
            longest = here;
        }
    }
    (
        &text[..longest.start],
        &text[longest.clone()],
        &text[longest.end..],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as one of the rail's: a quote of nine words and a signature.
    fn url(digits: &str) -> String {
        let quote = digits.repeat(353);
        format!(
            "ethereum:0x07a457d878BF363E0Bb5aa0B096092f941e19962@11155111/payOrder?bytes=0x{quote}\
             &value=18000000000000000"
        )
    }

    #[test]
    fn digits_in_upper_case_make_a_smaller_code() {
        let modules = |digits| smallest(&url(digits)).unwrap().width();
        assert_eq!((modules("A9"), modules("a9")), (93, 109));
    }

    #[test]
    fn the_longest_run_is_found_wherever_it_is() {
        let around = |text: &'static str| {
            let (head, run, tail) = around_longest_run(text.as_bytes());
            [head, run, tail].map(|part| str::from_utf8(part).unwrap())
        };
        assert_eq!(around("a:B0C1b22"), ["a", ":B0C1", "b22"]);
        assert_eq!(around("abc"), ["", "", "abc"]);
        assert_eq!(around("0xAB"), ["0x", "AB", ""]);
        assert_eq!(around(""), ["", "", ""]);
    }

    #[test]
    fn the_picture_has_four_modules_of_quiet_zone_on_each_side() {
        let modules = smallest("ethereum:").unwrap().width();
        let side = (modules + 8) * MODULE_UNITS as usize;
        let picture = qr_code("ethereum:").unwrap();
        assert!(picture.contains(&format!("width=\"{side}\" height=\"{side}\"")));
    }

    #[test]
    fn what_no_code_holds_has_none() {
        assert_eq!(qr_code(&"a".repeat(3_000)), None);
    }
}
