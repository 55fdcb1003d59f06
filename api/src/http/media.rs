//! Media types of GraphQL over HTTP: which one the client takes, which one it sends.

use axum::http::{HeaderMap, HeaderValue, header};

/// A media type that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResponseType {
    /// `application/graphql-response+json`: the status tells.
    GraphQl,
    /// `application/json`: a well-formed request is answered with 200.
    Json,
}

impl ResponseType {
    pub(super) fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

/// The client's choice by its `Accept` headers (RFC 9110, 12.5.1); nothing if it takes neither.
/// Without the header, or where any type will do, it is JSON, as the specification has it for
/// clients from before 2025.
pub(super) fn accepted(headers: &HeaderMap) -> Option<ResponseType> {
    let ranges: Vec<Range<'_>> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    if !headers.contains_key(header::ACCEPT) {
        return Some(ResponseType::Json);
    }
    let json = weight(&ranges, "application/json");
    let graphql = weight(&ranges, "application/graphql-response+json");
    match (json, graphql) {
        (0, 0) => None,
        // Of two that are wanted alike, the one that was named first; JSON if none was named.
        (json, graphql) if json == graphql => Some(first_named(&ranges)),
        (json, graphql) if json > graphql => Some(ResponseType::Json),
        _ => Some(ResponseType::GraphQl),
    }
}

/// One range of an `Accept` header, its quality in thousandths.
struct Range<'a> {
    media: &'a str,
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?;
        let mut quality = 1000;
        for parameter in parts {
            let (name, value) = parameter.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            if name.eq_ignore_ascii_case("q") {
                quality = thousandths(value)?;
            } else if name.eq_ignore_ascii_case("charset")
                && !value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            {
                return None;
            }
        }
        Some(Self { media, quality })
    }
}

/// `0` to `1` with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1000),
        _ => None,
    }
}

/// The quality of the most specific range that covers a media type.
fn weight(ranges: &[Range<'_>], media: &str) -> u16 {
    let specific = |range: &str| {
        if range.eq_ignore_ascii_case(media) {
            3
        } else if range.eq_ignore_ascii_case("application/*") {
            2
        } else {
            u8::from(range == "*/*")
        }
    };
    let covering = ranges.iter().filter(|range| specific(range.media) > 0);
    covering
        .max_by_key(|range| specific(range.media))
        .map_or(0, |range| range.quality)
}

fn first_named(ranges: &[Range<'_>]) -> ResponseType {
    let named = ranges.iter().find_map(|range| match range.media {
        media if media.eq_ignore_ascii_case("application/json") => Some(ResponseType::Json),
        media if media.eq_ignore_ascii_case("application/graphql-response+json") => {
            Some(ResponseType::GraphQl)
        }
        _ => None,
    });
    named.unwrap_or(ResponseType::Json)
}

/// Whether a request's body is said to be JSON in UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(content_type)) = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    Range::parse(content_type)
        .is_some_and(|range| range.media.eq_ignore_ascii_case("application/json"))
}

/// Whether the client takes a stream of server-sent events.
pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    let accepts = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let ranges: Vec<Range<'_>> = accepts
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    ranges.iter().any(|range| {
        range.quality > 0 && ["text/event-stream", "text/*", "*/*"].contains(&range.media)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &'static str) -> Option<ResponseType> {
        accepted(&HeaderMap::from_iter([(
            header::ACCEPT,
            HeaderValue::from_static(value),
        )]))
    }

    #[test]
    fn the_better_wanted_type_is_taken() {
        use ResponseType::{GraphQl, Json};
        let cases = [
            ("application/json", Some(Json)),
            ("application/graphql-response+json", Some(GraphQl)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphQl),
            ),
            (
                "application/graphql-response+json;q=0.5, application/json",
                Some(Json),
            ),
            (
                "application/graphql-response+json, application/json",
                Some(GraphQl),
            ),
            (
                "application/json, application/graphql-response+json",
                Some(Json),
            ),
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            (
                "application/graphql-response+json, */*;q=0.1",
                Some(GraphQl),
            ),
            ("application/json;q=0, */*", Some(GraphQl)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=utf-16", None),
            ("application/json; charset=\"UTF-8\"", Some(Json)),
        ];
        for (value, expected) in cases {
            assert_eq!(accept(value), expected, "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let is = |value: &'static str| {
            let header = (header::CONTENT_TYPE, HeaderValue::from_static(value));
            is_json(&HeaderMap::from_iter([header]))
        };
        assert!(is("application/json") && is("application/json; charset=utf-8"));
        assert!(!is("text/plain") && !is("application/json; charset=utf-16"));
        assert!(!is("application/graphql") && !is_json(&HeaderMap::new()));
    }
}
