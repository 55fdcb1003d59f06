//! What each vector must meet.

use gage_api::identity::siwe::{MessagePart, SignInError};

use Outcome::{NonceNotIssued, Refused};

/// What meets a vector that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Refused(SignInError),
    /// The message stands, its nonce is not the one that was issued.
    NonceNotIssued,
}

/// A published vector that others accept and we refuse.
pub(crate) struct Deviation {
    pub(crate) name: &'static str,
    pub(crate) error: SignInError,
    /// For DECISIONS.md.
    pub(crate) reason: &'static str,
}

pub(crate) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        name: "expired message",
        error: SignInError::TimeBoundsInverted,
        reason: "it expires a year before it was issued, and is looked at a year before that: \
                 no honest client makes it, and no time exists at which it is valid",
    },
    Deviation {
        name: "recovery byte starting at 0",
        error: SignInError::UriAuthorityMismatch,
        reason: "its domain is www.tally.xyz and its URI lies on tally.xyz: a message names one \
                 site; the recovery byte itself is accepted, as our own vectors show",
    },
];

pub(crate) const PUBLISHED_NEGATIVE: &[(&str, Outcome)] = &[
    ("expired message", Refused(SignInError::TimeBoundsInverted)),
    ("domain binding", Refused(SignInError::DomainMismatch)),
    ("custom time", Refused(SignInError::Expired)),
    ("custom nonce", NonceNotIssued),
    (
        "malformed signature",
        Refused(SignInError::SignatureEncoding),
    ),
    ("wrong signature", Refused(SignInError::WrongSigner)),
    ("not yet valid", Refused(SignInError::NotYetValid)),
    (
        "invalid issuedAt",
        Refused(SignInError::Malformed(MessagePart::Time)),
    ),
    (
        "invalid notBefore",
        Refused(SignInError::Malformed(MessagePart::Time)),
    ),
    (
        "invalid expirationTime",
        Refused(SignInError::Malformed(MessagePart::Time)),
    ),
];

pub(crate) const OWN_NEGATIVE: &[(&str, Outcome)] = &[
    ("for another site", Refused(SignInError::DomainMismatch)),
    ("for another port", Refused(SignInError::DomainMismatch)),
    (
        "about an address on another site",
        Refused(SignInError::UriAuthorityMismatch),
    ),
    (
        "about no web address",
        Refused(SignInError::UriSchemeMismatch),
    ),
    (
        "from a page by another scheme",
        Refused(SignInError::SchemeMismatch),
    ),
    (
        "for another chain",
        Refused(SignInError::ChainMismatch {
            expected: 1,
            given: 5,
        }),
    ),
    ("with a nonce that was not issued", NonceNotIssued),
    ("issued in the future", Refused(SignInError::IssuedInFuture)),
    ("before it begins", Refused(SignInError::NotYetValid)),
    ("at the moment it expires", Refused(SignInError::Expired)),
    (
        "ending before it begins",
        Refused(SignInError::TimeBoundsInverted),
    ),
    (
        "ending before it was issued",
        Refused(SignInError::TimeBoundsInverted),
    ),
    (
        "signed by another wallet",
        Refused(SignInError::WrongSigner),
    ),
    (
        "signed with another nonce",
        Refused(SignInError::WrongSigner),
    ),
    (
        "the second form of its signature",
        Refused(SignInError::SignatureMalleable),
    ),
    (
        "a recovery byte that is 0 modulo 27",
        Refused(SignInError::RecoveryByte { given: 54 }),
    ),
    (
        "a signature cut short",
        Refused(SignInError::SignatureLength { given: 64 }),
    ),
    (
        "a signature of nothing but zeros",
        Refused(SignInError::SignatureInvalid),
    ),
    (
        "a signature without its 0x",
        Refused(SignInError::SignatureEncoding),
    ),
];
