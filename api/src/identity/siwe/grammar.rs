//! The characters of ERC-4361's ABNF, where the parser takes more than the grammar does.

/// Line feeds and printable ASCII, the only bytes of the grammar. Gives the offset of the
/// first other one: a wallet may show a text with others differently from what it says.
pub(super) fn first_forbidden(text: &str) -> Option<usize> {
    text.bytes()
        .position(|byte| byte != b'\n' && !matches!(byte, 0x20..=0x7e))
}

/// `nonce = 8*( ALPHA / DIGIT )`, here with an upper bound, as it becomes a key in a store.
pub(super) fn is_nonce(text: &str) -> bool {
    (8..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `statement = 1*( reserved / unreserved / " " )`.
pub(super) fn is_statement(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| {
            byte == b' ' || is_unreserved(byte) || is_sub_delim(byte) || b":/?#[]@".contains(&byte)
        })
}

/// `request-id = *pchar`.
pub(super) fn is_request_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let hex = bytes.get(at + 1..at + 3);
            if !hex.is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit)) {
                return false;
            }
            at += 3;
        } else if is_unreserved(byte) || is_sub_delim(byte) || byte == b':' || byte == b'@' {
            at += 1;
        } else {
            return false;
        }
    }
    true
}

/// RFC 3339's `date-time` with a capital T and Z, and at most nine digits of a second.
/// `time` takes any byte between date and time, and cuts digits it cannot hold.
pub(super) fn is_timestamp(text: &str) -> bool {
    let Some((date_time, rest)) = text.as_bytes().split_at_checked(19) else {
        return false;
    };
    matches_shape(date_time, b"dddd-dd-ddTdd:dd:dd") && is_fraction_and_zone(rest)
}

fn is_fraction_and_zone(rest: &[u8]) -> bool {
    let zone = match rest.strip_prefix(b".") {
        None => rest,
        Some(after) => {
            let digits = after
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &after[digits..]
        }
    };
    zone == b"Z" || matches_shape(zone, b"+dd:dd") || matches_shape(zone, b"-dd:dd")
}

/// `d` in the shape stands for a digit, everything else for itself.
fn matches_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            exact => byte == exact,
        })
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delim(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
    )
}
