//! Wallet addresses as people write them.

use gage_domain::value::Address;
use thiserror::Error;

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an address: 0x and 40 hexadecimal digits, lower case or with their EIP-55 checksum")]
pub struct InvalidAddress;

/// Reads an address: all lower case, or with capitals as in its checksum (EIP-55), so that a
/// mistyped address is noticed.
///
/// # Errors
/// [`InvalidAddress`].
pub fn parse(text: &str) -> Result<Address, InvalidAddress> {
    let digits = text.strip_prefix("0x").ok_or(InvalidAddress)?;
    if digits.len() != 40 {
        return Err(InvalidAddress);
    }
    let lower_case = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    if lower_case {
        text.parse().map_err(|_| InvalidAddress)
    } else {
        Address::parse_checksummed(text, None).map_err(|_| InvalidAddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_and_checksum_are_read_and_wrong_capitals_are_not() {
        let checksum = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(parse(checksum), parse(&checksum.to_lowercase()));
        assert!(parse(checksum).is_ok());
        assert_eq!(
            parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"),
            Err(InvalidAddress)
        );
        assert_eq!(parse(&checksum[2..]), Err(InvalidAddress));
        assert_eq!(parse("0x5aaeb6"), Err(InvalidAddress));
    }
}
