//! What a message must say to be for this site, this chain and this moment.

use std::{fmt, str::FromStr};

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::{error::SignInError, message::SignInMessage};

/// A scheme that a page can be served by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Without encryption: for development on one's own machine.
    Http,
    /// Encrypted.
    Https,
}

impl Scheme {
    /// The scheme of that name, in the lower case that browsers use.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }
}

/// The schemes by which this site is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemes {
    /// https and nothing else.
    HttpsOnly,
    /// http too.
    HttpOrHttps,
}

impl Schemes {
    const fn allow(self, scheme: Scheme) -> bool {
        match (self, scheme) {
            (_, Scheme::Https) | (Self::HttpOrHttps, Scheme::Http) => true,
            (Self::HttpsOnly, Scheme::Http) => false,
        }
    }
}

/// Host and port of this site as browsers write it: lower case, the port only when it is not
/// the scheme's own, nobody's name before an `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteDomain(String);

/// A text that is no host with an optional port.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is not a host with an optional port in lower case, such as shop.example or localhost:8080"
)]
pub struct InvalidSiteDomain {
    /// What was given.
    pub text: String,
}

impl SiteDomain {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteDomain {
    type Err = InvalidSiteDomain;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.parse::<axum::http::uri::Authority>();
        let plain = !text.contains('@') && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match parsed {
            Ok(authority) if plain && !authority.host().is_empty() => Ok(Self(text.to_owned())),
            _ => Err(InvalidSiteDomain {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for SiteDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a message must say to be accepted here and now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// This site; the message's domain and its URI's authority must be equal to it.
    pub domain: SiteDomain,
    /// How this site is served; the message's scheme, if any, and its URI's must be of these.
    pub schemes: Schemes,
    /// The chain of the shops.
    pub chain_id: u64,
    /// The time of the decision.
    pub now: OffsetDateTime,
    /// How old a message may be: it is refused from `issued-at + max_age` on.
    pub max_age: Duration,
    /// How far the wallet's clock may be ahead of ours.
    pub clock_skew: Duration,
}

impl Expectation {
    /// Whether a message is for this site, this chain and this moment. Who signed it is not
    /// looked at, nor whether the nonce is ours.
    ///
    /// # Errors
    /// [`SignInError`] naming the first thing that does not fit.
    pub fn check(&self, message: &SignInMessage) -> Result<(), SignInError> {
        self.check_site(message)?;
        if message.chain_id() != self.chain_id {
            return Err(SignInError::ChainMismatch {
                expected: self.chain_id,
                given: message.chain_id(),
            });
        }
        self.check_times(message)
    }

    fn check_site(&self, message: &SignInMessage) -> Result<(), SignInError> {
        let domain = self.domain.as_str();
        if message.domain() != domain {
            return Err(SignInError::DomainMismatch);
        }
        let uri_scheme = Scheme::named(message.uri_scheme())
            .filter(|scheme| self.schemes.allow(*scheme))
            .ok_or(SignInError::UriSchemeMismatch)?;
        // A message of an https page about an http address is of one of the two a lie.
        if message.scheme().is_some_and(|scheme| scheme != uri_scheme) {
            return Err(SignInError::SchemeMismatch);
        }
        if message.uri_authority() != Some(domain) {
            return Err(SignInError::UriAuthorityMismatch);
        }
        Ok(())
    }

    fn check_times(&self, message: &SignInMessage) -> Result<(), SignInError> {
        let (issued_at, not_before) = (message.issued_at(), message.not_before());
        if let Some(expires_at) = message.expires_at()
            && (expires_at <= issued_at || not_before.is_some_and(|start| expires_at <= start))
        {
            return Err(SignInError::TimeBoundsInverted);
        }
        // Differences of times cannot overflow, sums can.
        if issued_at - self.now > self.clock_skew {
            return Err(SignInError::IssuedInFuture);
        }
        if self.now - issued_at >= self.max_age {
            return Err(SignInError::IssuedTooLongAgo);
        }
        if not_before.is_some_and(|start| self.now < start) {
            return Err(SignInError::NotYetValid);
        }
        if message.expires_at().is_some_and(|end| self.now >= end) {
            return Err(SignInError::Expired);
        }
        Ok(())
    }
}
