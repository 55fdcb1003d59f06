//! Which forms of a file a browser takes (RFC 9110, `Accept-Encoding`).

use axum::http::{HeaderMap, header};

use super::files::Coding;

/// The forms to look for, the smallest first; as it is comes last and is always taken.
pub(super) fn codings(headers: &HeaderMap) -> Vec<Coding> {
    let listed: Vec<&str> = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter(|entry| !is_refused(entry))
        .map(|entry| entry.split(';').next().unwrap_or_default().trim())
        .collect();
    [Coding::Brotli, Coding::Gzip, Coding::Identity]
        .into_iter()
        .filter(|coding| {
            coding
                .token()
                .is_none_or(|token| listed.iter().any(|entry| entry.eq_ignore_ascii_case(token)))
        })
        .collect()
}

/// `q=0`, in any of its forms, says no.
fn is_refused(entry: &str) -> bool {
    entry.split(';').skip(1).any(|parameter| {
        parameter
            .trim()
            .strip_prefix("q=")
            .is_some_and(|weight| weight.bytes().all(|byte| matches!(byte, b'0' | b'.')))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_form_is_taken_only_when_it_is_named_and_not_refused() {
        use Coding::{Brotli, Gzip, Identity};
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip, Identity][..]),
            ("GZIP", &[Gzip, Identity]),
            ("br;q=0, gzip;q=0.5", &[Gzip, Identity]),
            ("br; q=0.000", &[Identity]),
            ("", &[Identity]),
            ("brotli", &[Identity]),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(
                header::ACCEPT_ENCODING,
                HeaderValue::from_str(accepted).unwrap(),
            );
            assert_eq!(codings(&headers), expected, "{accepted}");
        }
        assert_eq!(codings(&HeaderMap::new()), [Identity]);
    }
}
