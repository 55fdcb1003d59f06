//! Scalars: values that GraphQL's own types would damage or confuse.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use gage_application::position::LogPosition;
use gage_domain::value;
use time::{
    OffsetDateTime, UtcOffset,
    format_description::well_known::{Iso8601, Rfc3339},
};

/// An amount in the smallest unit of a token (wei for ether), as a decimal string: digits without sign, point or leading zeros, at most 2^256-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseUnits(pub value::BaseUnits);

/// An amount in the smallest unit of a token (wei for ether), as a decimal string: digits without sign, point or leading zeros, at most 2^256-1.
#[Scalar]
impl ScalarType for BaseUnits {
    fn parse(given: Value) -> InputValueResult<Self> {
        Ok(Self(string(&given)?.parse::<value::BaseUnits>()?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A wallet or contract: 0x and 40 hexadecimal digits. Answered with the checksum of EIP-55; taken in lower case or with a right checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub value::Address);

/// A wallet or contract: 0x and 40 hexadecimal digits. Answered with the checksum of EIP-55; taken in lower case or with a right checksum.
#[Scalar]
impl ScalarType for Address {
    fn parse(given: Value) -> InputValueResult<Self> {
        Ok(Self(crate::identity::address::parse(string(&given)?)?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_checksum(None))
    }
}

/// A hash of 32 bytes: 0x and 64 hexadecimal digits, lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub value::B256);

/// A hash of 32 bytes: 0x and 64 hexadecimal digits, lower case.
#[Scalar]
impl ScalarType for Hash {
    fn parse(given: Value) -> InputValueResult<Self> {
        let text = string(&given)?;
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64);
        let mut hash = [0_u8; 32];
        match digits.map(|digits| hex::decode_to_slice(digits, &mut hash)) {
            Some(Ok(())) => Ok(Self(hash.into())),
            _ => Err(InputValueError::custom(
                "must be 0x and 64 hexadecimal digits",
            )),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(format!("0x{}", hex::encode(self.0)))
    }
}

/// Bytes: 0x and hexadecimal digits, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// Bytes: 0x and hexadecimal digits, lower case.
#[Scalar]
impl ScalarType for Bytes {
    fn parse(given: Value) -> InputValueResult<Self> {
        let digits = string(&given)?.strip_prefix("0x");
        match digits.map(hex::decode) {
            Some(Ok(bytes)) => Ok(Self(bytes)),
            _ => Err(InputValueError::custom(
                "must be 0x and pairs of hexadecimal digits",
            )),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(format!("0x{}", hex::encode(&self.0)))
    }
}

/// A number as Ethereum's JSON-RPC writes it: 0x and hexadecimal digits without leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity(pub value::U256);

/// A number as Ethereum's JSON-RPC writes it: 0x and hexadecimal digits without leading zeros.
#[Scalar]
impl ScalarType for Quantity {
    fn parse(given: Value) -> InputValueResult<Self> {
        let digits = string(&given)?.strip_prefix("0x");
        let canonical = digits.filter(|digits| *digits == "0" || !digits.starts_with('0'));
        match canonical.map(|digits| value::U256::from_str_radix(digits, 16)) {
            Some(Ok(number)) => Ok(Self(number)),
            _ => Err(InputValueError::custom(
                "must be 0x and hexadecimal digits without leading zeros",
            )),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(format!("{:#x}", self.0))
    }
}

/// A moment: RFC 3339, for example 2026-01-31T12:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime(pub OffsetDateTime);

/// A moment: RFC 3339, for example 2026-01-31T12:00:00Z.
#[Scalar]
impl ScalarType for DateTime {
    fn parse(given: Value) -> InputValueResult<Self> {
        let given = OffsetDateTime::parse(string(&given)?, &Rfc3339)?;
        // Beyond these, a moment has no place in UTC, or none that can be counted from.
        let in_utc = given.checked_to_offset(UtcOffset::UTC);
        in_utc
            .filter(|moment| (1..=9998).contains(&moment.year()))
            .map(Self)
            .ok_or_else(|| InputValueError::custom("a year from 1 to 9998 is expected"))
    }

    fn to_value(&self) -> Value {
        // Only years outside 0 to 9999 cannot be written, and no clock of ours shows one.
        self.0.format(&Rfc3339).map_or(Value::Null, Value::String)
    }
}

/// A day of the calendar: RFC 3339's full-date, for example 2026-01-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub time::Date);

/// A day of the calendar: RFC 3339's full-date, for example 2026-01-31.
#[Scalar]
impl ScalarType for Date {
    fn parse(given: Value) -> InputValueResult<Self> {
        Ok(Self(time::Date::parse(string(&given)?, &Iso8601::DATE)?))
    }

    fn to_value(&self) -> Value {
        let day = self.0;
        Value::String(format!(
            "{:04}-{:02}-{:02}",
            day.year(),
            u8::from(day.month()),
            day.day()
        ))
    }
}

/// A place in the history: opaque, as a mutation or a subscription gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(pub LogPosition);

impl Cursor {
    /// The opaque form.
    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.to_string())
    }

    /// Reads the opaque form; only what [`Cursor::encode`] wrote.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        std::str::from_utf8(&bytes).ok()?.parse().ok().map(Self)
    }
}

/// A place in the history: opaque, as a mutation or a subscription gave it.
#[Scalar]
impl ScalarType for Cursor {
    fn parse(given: Value) -> InputValueResult<Self> {
        Self::decode(string(&given)?)
            .ok_or_else(|| InputValueError::custom("is no cursor of this server"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.encode())
    }
}

/// A whole number that may be larger than an Int, as a decimal string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Long(pub u64);

/// A whole number that may be larger than an Int, as a decimal string.
#[Scalar]
impl ScalarType for Long {
    fn parse(given: Value) -> InputValueResult<Self> {
        match &given {
            Value::Number(number) => number
                .as_u64()
                .map(Self)
                .ok_or_else(|| InputValueError::custom("must be a whole number, 0 or more")),
            _ => match string(&given)?.parse::<u64>() {
                Ok(number) => Ok(Self(number)),
                Err(_) => Err(InputValueError::custom("must be a whole number, 0 or more")),
            },
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A value that is no string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a string")]
struct NoString;

fn string(given: &Value) -> Result<&str, NoString> {
    match given {
        Value::String(text) => Ok(text),
        _ => Err(NoString),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let cursor = Cursor(LogPosition {
            xact_id: 771,
            position: 42,
        });
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        for text in ["", "771-42", "!", "NzcxLTA0Mg", "NzcxLTQy=="] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_strings_and_never_numbers() {
        let wei = <BaseUnits as ScalarType>::parse(Value::from("1000000000000000000000000"));
        assert_eq!(
            wei.unwrap().to_value(),
            Value::from("1000000000000000000000000")
        );
        for bad in [
            Value::from(1),
            Value::from("-1"),
            Value::from("1.0"),
            Value::from("01"),
        ] {
            assert!(
                <BaseUnits as ScalarType>::parse(bad.clone()).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn addresses_are_answered_with_their_checksum() {
        let lower = Value::from("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
        let address = <Address as ScalarType>::parse(lower).unwrap();
        assert_eq!(
            address.to_value(),
            Value::from("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
        );
    }
}
