//! Credentials of an HTTP request: a bearer token, or a cookie of our own pages.

use axum::http::{HeaderMap, Method, header};
use thiserror::Error;

use crate::{
    config::Origin,
    identity::{
        cookie,
        desk::Desk,
        viewer::{SessionToken, Viewer},
    },
};

/// Why a request's credentials are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialFault {
    /// The bearer token has no open session.
    #[error("the token is not, or no longer, valid: sign in again")]
    TokenInvalid,
    /// A page of another site sent our cookie along.
    #[error("a cookie is only taken from pages of this site: send Origin or Sec-Fetch-Site")]
    CrossSite,
}

/// What a request shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Credential {
    None,
    Bearer(SessionToken),
    Cookie(SessionToken),
}

/// Whether a page of this site sent the request, as the browser tells.
pub(super) fn same_origin(headers: &HeaderMap, origin: &Origin) -> bool {
    if let Some(from) = headers.get(header::ORIGIN) {
        return from.as_bytes() == origin.to_string().as_bytes();
    }
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "same-origin")
}

fn credential(
    headers: &HeaderMap,
    method: &Method,
    origin: &Origin,
) -> Result<Credential, CredentialFault> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value
            .to_str()
            .ok()
            .and_then(bearer)
            .ok_or(CredentialFault::TokenInvalid)?;
        return Ok(Credential::Bearer(token));
    }
    let Some(token) = cookie(headers) else {
        return Ok(Credential::None);
    };
    if same_origin(headers, origin) {
        return Ok(Credential::Cookie(token));
    }
    // Reading changes nothing, and another site's page cannot read the answer: it is nobody's.
    if method == Method::GET {
        Ok(Credential::None)
    } else {
        Err(CredentialFault::CrossSite)
    }
}

/// The token of `Bearer TOKEN` (RFC 6750).
pub(super) fn bearer(value: &str) -> Option<SessionToken> {
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        SessionToken::from_client(token.trim())
    } else {
        None
    }
}

fn cookie(headers: &HeaderMap) -> Option<SessionToken> {
    let values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.split_once('='));
    let (_, token) = pairs.find(|(name, _)| name.trim() == cookie::NAME)?;
    SessionToken::from_client(token.trim())
}

/// Who sent a request.
///
/// A bearer token without a session is refused, since its client means to be someone. A cookie
/// without one is nobody's: browsers send it until it runs out.
///
/// # Errors
/// [`CredentialFault`].
pub(super) async fn viewer(
    headers: &HeaderMap,
    method: &Method,
    origin: &Origin,
    desk: &Desk,
) -> Result<Viewer, CredentialFault> {
    match credential(headers, method, origin)? {
        Credential::None => Ok(Viewer::Anonymous),
        Credential::Bearer(token) => match look_up(desk, &token).await {
            Viewer::Anonymous => Err(CredentialFault::TokenInvalid),
            viewer => Ok(viewer),
        },
        Credential::Cookie(token) => Ok(look_up(desk, &token).await),
    }
}

/// Who a token belongs to: nobody, a wallet, or unknown while sessions cannot be looked up.
pub(super) async fn look_up(desk: &Desk, token: &SessionToken) -> Viewer {
    match desk.find(token).await {
        Ok(Some(wallet)) => Viewer::SignedIn(wallet),
        Ok(None) => Viewer::Anonymous,
        Err(error) => {
            tracing::warn!(%error, "a session cannot be looked up");
            Viewer::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (
                header::HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        pairs.iter().map(pair).collect()
    }

    fn shown(
        method: &Method,
        pairs: &[(&'static str, &str)],
    ) -> Result<Credential, CredentialFault> {
        credential(
            &headers(pairs),
            method,
            &Origin::parse("https://shop.example").unwrap(),
        )
    }

    #[test]
    fn a_cookie_counts_only_when_a_page_of_this_site_sent_it() {
        let cookie = format!("a=b; gage_session={TOKEN}");
        let token = SessionToken::from_client(TOKEN).unwrap();
        let post = &Method::POST;
        let ours = Ok(Credential::Cookie(token));
        assert_eq!(
            shown(
                post,
                &[("cookie", &cookie), ("origin", "https://shop.example")]
            ),
            ours
        );
        assert_eq!(
            shown(
                post,
                &[("cookie", &cookie), ("sec-fetch-site", "same-origin")]
            ),
            ours
        );
        let cross = Err(CredentialFault::CrossSite);
        assert_eq!(shown(post, &[("cookie", &cookie)]), cross);
        assert_eq!(
            shown(
                post,
                &[("cookie", &cookie), ("sec-fetch-site", "same-site")]
            ),
            cross
        );
        for origin in [
            "https://shop.example.evil",
            "http://shop.example",
            "null",
            "",
        ] {
            let pairs = [
                ("cookie", &*cookie),
                ("origin", origin),
                ("sec-fetch-site", "same-origin"),
            ];
            assert_eq!(shown(post, &pairs), cross, "{origin}");
        }
        assert_eq!(
            shown(&Method::GET, &[("cookie", &cookie)]),
            Ok(Credential::None)
        );
    }

    #[test]
    fn a_bearer_token_needs_no_origin_and_comes_before_a_cookie() {
        let bearer = format!("Bearer {TOKEN}");
        let token = SessionToken::from_client(TOKEN).unwrap();
        let pairs = [
            ("authorization", &*bearer),
            ("cookie", "gage_session=other0123456789abcd"),
        ];
        assert_eq!(shown(&Method::POST, &pairs), Ok(Credential::Bearer(token)));
        for bad in ["Basic dTpw", "Bearer", "Bearer ", "Bearer a b", "Bearer ü"] {
            let refused = Err(CredentialFault::TokenInvalid);
            assert_eq!(
                shown(&Method::POST, &[("authorization", bad)]),
                refused,
                "{bad}"
            );
        }
    }
}
