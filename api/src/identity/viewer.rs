//! Who asks, as far as is known.

use std::{collections::BTreeSet, fmt};

use gage_domain::value::Address;
use thiserror::Error;
use time::OffsetDateTime;

use crate::{config::Secret, identity::roles::Role};

/// The secret of a session, which the client keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Secret<String>);

impl SessionToken {
    /// A token as a client shows it. Nothing is known of it yet.
    ///
    /// Longer texts than any token of ours are none: they would only cost hashing.
    pub fn from_client(text: &str) -> Option<Self> {
        let plausible = (16..=128).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        plausible.then(|| Self(Secret::new(text.to_owned())))
    }

    /// A new token of 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        Self(Secret::new(URL_SAFE_NO_PAD.encode(secret)))
    }

    /// The token itself; only for the client and the session store.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken")
    }
}

/// A wallet with an open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The wallet.
    pub address: Address,
    /// What it may see beyond its own.
    pub roles: BTreeSet<Role>,
    /// When the session ends by itself.
    pub expires_at: OffsetDateTime,
    /// The session.
    pub token: SessionToken,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer {
    /// Nobody who says who they are.
    Anonymous,
    /// A wallet.
    SignedIn(SignedIn),
    /// Someone with a token that cannot be looked up now.
    Unknown,
}

/// Why someone is not taken for a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotSignedIn {
    /// Nobody is signed in.
    #[error("sign in first")]
    Anonymous,
    /// Sessions cannot be looked up now.
    #[error("sessions cannot be looked up now, try again soon")]
    SessionsAway,
}

impl Viewer {
    /// The wallet that asks.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub fn wallet(&self) -> Result<&SignedIn, NotSignedIn> {
        match self {
            Self::SignedIn(wallet) => Ok(wallet),
            Self::Anonymous => Err(NotSignedIn::Anonymous),
            Self::Unknown => Err(NotSignedIn::SessionsAway),
        }
    }

    /// Who it is to the shop, whatever the session.
    pub fn standing(&self) -> Standing {
        match self {
            Self::Anonymous => Standing::Anonymous,
            Self::SignedIn(wallet) => Standing::Wallet {
                address: wallet.address,
                roles: wallet.roles.clone(),
            },
            Self::Unknown => Standing::Unknown,
        }
    }
}

/// Who asks, as far as it matters to what may be seen. Two sessions of one wallet have the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Nobody who says who they are.
    Anonymous,
    /// A wallet.
    Wallet {
        /// Which.
        address: Address,
        /// What it may see beyond its own.
        roles: BTreeSet<Role>,
    },
    /// Someone with a token that cannot be looked up now.
    Unknown,
}

impl Standing {
    /// Somebody must be signed in.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub fn signed_in(&self) -> Result<(), NotSignedIn> {
        match self {
            Self::Wallet { .. } => Ok(()),
            Self::Anonymous => Err(NotSignedIn::Anonymous),
            Self::Unknown => Err(NotSignedIn::SessionsAway),
        }
    }

    /// Whether it is this wallet that asks.
    pub fn is(&self, wallet: Address) -> bool {
        matches!(self, Self::Wallet { address, .. } if *address == wallet)
    }

    /// Whether every order and payment may be seen.
    pub fn oversees(&self) -> bool {
        matches!(self, Self::Wallet { roles, .. } if !roles.is_empty())
    }
}
