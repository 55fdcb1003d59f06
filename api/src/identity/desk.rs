//! The sign-in desk: nonces out, sessions in.
//!
//! What is kept in Redis is lost with it: people sign in again, and nothing else happens.
//! Limits on signing in fail closed, since nobody can sign in without Redis anyway.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::HeaderValue;
use gage_application::ports::{
    StoreUnavailable,
    clock::{Clock, Entropy},
    contract_signatures::ContractSignatures,
    nonce::Nonces,
    rate_limit::{Limit, Permit, RateLimiter},
    session::{Session, Sessions},
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{
    config::Origin,
    identity::{
        cookie,
        roles::RoleBook,
        siwe::{
            Claim, Expectation, InvalidSiteDomain, ProofError, Scheme, Schemes, SignInError,
            SiteDomain, decode_signature,
        },
        viewer::{SessionToken, SignedIn, Viewer},
    },
};

/// How long a nonce may be used: a person reads and signs in this time.
const NONCE_TTL: Duration = Duration::from_mins(10);
/// How far a wallet's clock may be ahead of ours.
const CLOCK_SKEW: time::Duration = time::Duration::seconds(60);
/// The time in which tries are counted.
const TRIES_PER: Duration = Duration::from_mins(1);
/// What a wallet shows above the details.
const NONCE_STATEMENT: &str = "Sign in to the shop. This costs nothing and sends no transaction.";

/// What the desk stands on.
#[derive(Clone)]
pub struct DeskParts {
    /// Nonces that were given out.
    pub nonces: Arc<dyn Nonces>,
    /// Open sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Limits on trying.
    pub limiter: Arc<dyn RateLimiter>,
    /// Asks contract wallets.
    pub contracts: Arc<dyn ContractSignatures>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Nonces and tokens.
    pub entropy: Arc<dyn Entropy>,
    /// Who may see more.
    pub roles: RoleBook,
    /// This site.
    pub origin: Origin,
    /// This shop's chain.
    pub chain_id: u64,
    /// How long a sign-in holds.
    pub session_ttl: Duration,
    /// Sign-ins that one address may try in a minute, and as many nonces again.
    pub sign_ins_per_minute: u32,
}

/// The sign-in desk.
pub struct Desk {
    parts: DeskParts,
    domain: SiteDomain,
    schemes: Schemes,
}

/// What a client puts into the message that its wallet signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Used once.
    pub nonce: String,
    /// The site's host and port.
    pub domain: String,
    /// The site's origin.
    pub uri: String,
    /// The chain.
    pub chain_id: u64,
    /// A sentence for the wallet to show.
    pub statement: &'static str,
    /// Now.
    pub issued_at: OffsetDateTime,
    /// When the nonce runs out.
    pub expires_at: OffsetDateTime,
}

/// A new session.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Who signed in, with the session's token.
    pub wallet: SignedIn,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum DeskError {
    /// The message or its signature.
    #[error(transparent)]
    Refused(#[from] SignInError),
    /// The nonce is not ours, was used, or ran out.
    #[error("the nonce was not given out by this server, was used already, or has run out")]
    NonceUnknown,
    /// Too many tries.
    #[error("too many tries")]
    TooMany {
        /// When to try again.
        retry_after: Duration,
    },
    /// Redis, or for a contract wallet the chain, is away.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
}

impl From<ProofError> for DeskError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Refused(refusal) => Self::Refused(refusal),
            ProofError::Unavailable(away) => Self::Unavailable(away),
        }
    }
}

impl Desk {
    /// Opens the desk.
    ///
    /// # Errors
    /// When the origin's authority is none that a sign-in message can name.
    pub fn new(parts: DeskParts) -> Result<Self, InvalidSiteDomain> {
        let domain = parts.origin.authority().parse()?;
        let secure = Scheme::named(parts.origin.scheme()) == Some(Scheme::Https);
        let schemes = if secure {
            Schemes::HttpsOnly
        } else {
            Schemes::HttpOrHttps
        };
        Ok(Self {
            parts,
            domain,
            schemes,
        })
    }

    /// Gives out a nonce.
    ///
    /// # Errors
    /// [`DeskError::TooMany`] or [`DeskError::Unavailable`].
    pub async fn challenge(&self, ip: IpAddr) -> Result<Challenge, DeskError> {
        self.acquire(&format!("nonce:{ip}")).await?;
        let nonce = hex::encode(self.parts.entropy.secret());
        self.parts.nonces.issue(&nonce, NONCE_TTL).await?;
        let issued_at = self.parts.clock.now();
        Ok(Challenge {
            nonce,
            domain: self.domain.as_str().to_owned(),
            uri: self.parts.origin.to_string(),
            chain_id: self.parts.chain_id,
            statement: NONCE_STATEMENT,
            issued_at,
            expires_at: issued_at + NONCE_TTL,
        })
    }

    /// Opens a session for the wallet that signed a message with one of our nonces. A session
    /// that the client had before is ended: its id changes at sign-in.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn sign_in(
        &self,
        ip: IpAddr,
        message: &str,
        signature: &str,
        previous: Option<&SessionToken>,
    ) -> Result<Opened, DeskError> {
        self.acquire(&format!("sign-in:{ip}")).await?;
        let now = self.parts.clock.now();
        let claim = Claim::read(message, &self.expectation(now))?;
        let signature = decode_signature(signature)?;
        // The nonce is taken before the signature is looked at: one message is one try.
        if !self.parts.nonces.take(claim.message().nonce()).await? {
            return Err(DeskError::NonceUnknown);
        }
        let verified = claim
            .prove(&signature, self.parts.contracts.as_ref())
            .await?;
        let session = Session {
            address: verified.address,
            chain_id: verified.chain_id,
            issued_at: now,
            expires_at: now + self.parts.session_ttl,
        };
        let token = SessionToken::new(self.parts.entropy.secret());
        self.parts
            .sessions
            .open(token.reveal(), &session, self.parts.session_ttl)
            .await?;
        if let Some(previous) = previous {
            self.parts.sessions.revoke(previous.reveal()).await?;
        }
        Ok(Opened {
            wallet: self.signed_in(&session, token),
        })
    }

    /// Ends a session; `false` when there was none.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn sign_out(&self, token: &SessionToken) -> Result<bool, StoreUnavailable> {
        self.parts.sessions.revoke(token.reveal()).await
    }

    /// The cookie that keeps a browser signed in.
    pub fn cookie_of(&self, wallet: &SignedIn) -> Option<HeaderValue> {
        let now = self.parts.clock.now();
        cookie::of_session(&wallet.token, now, wallet.expires_at, &self.parts.origin)
    }

    /// The cookie that signs a browser out.
    pub fn no_cookie(&self) -> Option<HeaderValue> {
        cookie::none(&self.parts.origin)
    }

    /// The wallet of a token, if its session is open.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn find(&self, token: &SessionToken) -> Result<Option<SignedIn>, StoreUnavailable> {
        let found = self.parts.sessions.find(token.reveal()).await?;
        let now = self.parts.clock.now();
        let open = found
            .filter(|session| session.expires_at > now && session.chain_id == self.parts.chain_id);
        Ok(open.map(|session| self.signed_in(&session, token.clone())))
    }

    /// Waits until a viewer's session has ended. Never ends for those who have none.
    ///
    /// A session store that is away ends nothing before the session's own time: subscriptions
    /// live through a restart of Redis, and a lost session is noticed right after.
    pub async fn ended(&self, viewer: &Viewer, every: Duration) {
        let Viewer::SignedIn(wallet) = viewer else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(every).await;
            let over = match self.find(&wallet.token).await {
                Ok(found) => found.is_none(),
                Err(_) => wallet.expires_at <= self.parts.clock.now(),
            };
            if over {
                return;
            }
        }
    }

    fn signed_in(&self, session: &Session, token: SessionToken) -> SignedIn {
        SignedIn {
            address: session.address,
            roles: self.parts.roles.roles_of(session.address),
            expires_at: session.expires_at,
            token,
        }
    }

    fn expectation(&self, now: OffsetDateTime) -> Expectation {
        Expectation {
            domain: self.domain.clone(),
            schemes: self.schemes,
            chain_id: self.parts.chain_id,
            now,
            max_age: time::Duration::try_from(NONCE_TTL).unwrap_or(time::Duration::MAX),
            clock_skew: CLOCK_SKEW,
        }
    }

    async fn acquire(&self, key: &str) -> Result<(), DeskError> {
        let limit = Limit {
            times: self.parts.sign_ins_per_minute,
            per: TRIES_PER,
        };
        match self.parts.limiter.acquire(key, limit).await? {
            Permit::Granted => Ok(()),
            Permit::RetryAfter(retry_after) => Err(DeskError::TooMany { retry_after }),
        }
    }
}
