//! Why a sign-in message is refused.

use thiserror::Error;

/// The longest message that is read: a message as the server asks for has some 400 bytes.
pub const MAX_MESSAGE_BYTES: usize = 4096;

/// The longest signature that is read. A key's has 65 bytes, a contract wallet's may hold one for
/// each owner, and a wrapped one (ERC-6492) also the call that makes its wallet, perhaps with the
/// wallet's code.
pub const MAX_SIGNATURE_BYTES: usize = 16_384;

/// Why a sign-in message or its signature is refused. It repeats nothing of what was sent, so
/// it may be shown and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignInError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("the message is longer than {MAX_MESSAGE_BYTES} bytes")]
    MessageTooLong,
    /// A control character other than the line feed, or one outside ASCII.
    #[error("the message holds a character that no sign-in message may hold, at byte {position}")]
    ForbiddenCharacter {
        /// Offset of its first byte.
        position: usize,
    },
    /// No ERC-4361 message.
    #[error("the message is not as ERC-4361 has it: {0}")]
    Malformed(MessagePart),
    /// It can be read, but another text says the same: the signer saw something else.
    #[error("the message is not written in the one form that ERC-4361 gives it")]
    NotCanonical,
    /// The address is not in mixed-case checksum form (EIP-55).
    #[error("the address is not in checksum form (EIP-55)")]
    AddressNotChecksummed,
    /// Not 8 to 128 ASCII letters and digits.
    #[error("the nonce is not 8 to 128 ASCII letters and digits")]
    NonceMalformed,
    /// A version other than 1.
    #[error("the version is not 1")]
    VersionUnknown,
    /// Made for another site.
    #[error("the message was made for another site")]
    DomainMismatch,
    /// The scheme before the domain is not this site's, or not that of the URI.
    #[error("the scheme before the domain is not this site's")]
    SchemeMismatch,
    /// The URI's scheme is not one that this site is served by.
    #[error("the URI's scheme is not this site's")]
    UriSchemeMismatch,
    /// The URI lies on another site.
    #[error("the URI lies on another site")]
    UriAuthorityMismatch,
    /// Made for another chain.
    #[error("the message was made for chain {given}, not {expected}")]
    ChainMismatch {
        /// The chain of this shop.
        expected: u64,
        /// The chain in the message.
        given: u64,
    },
    /// It ends before it begins.
    #[error("the message ends before it begins")]
    TimeBoundsInverted,
    /// Issued later than now, beyond what clocks may differ.
    #[error("the message is issued in the future")]
    IssuedInFuture,
    /// Issued too long ago.
    #[error("the message was issued too long ago")]
    IssuedTooLongAgo,
    /// Before its Not Before.
    #[error("the message is not valid yet")]
    NotYetValid,
    /// At or after its Expiration Time.
    #[error("the message has expired")]
    Expired,
    /// No `0x` and an even number of hex digits, or too many of them.
    #[error("the signature is not 0x and at most {MAX_SIGNATURE_BYTES} bytes in hex")]
    SignatureEncoding,
    /// Not the 65 bytes of r, s and v.
    #[error("the signature has {given} bytes, not 65")]
    SignatureLength {
        /// How many it has.
        given: usize,
    },
    /// The last byte is not 0, 1, 27 or 28.
    #[error("the signature's last byte is {given}, not 0, 1, 27 or 28")]
    RecoveryByte {
        /// What it is.
        given: u8,
    },
    /// s lies in the upper half of the curve's order: a second form of the same signature (EIP-2).
    #[error("the signature is in its second, malleable form (s above half the order)")]
    SignatureMalleable,
    /// No key gives this signature.
    #[error("no key gives this signature")]
    SignatureInvalid,
    /// Another wallet signed.
    #[error("the signature is not by the wallet that the message names")]
    WrongSigner,
    /// A wrapped signature (ERC-6492) that the contract wallet, deployed or made by the factory
    /// that is named in it, does not stand by.
    #[error("the contract wallet does not stand by the wrapped signature (ERC-6492)")]
    WalletRefuses,
}

impl SignInError {
    /// Whether the message was fine and only its signature was not a key's: then a contract
    /// wallet may still stand by it.
    pub const fn is_about_the_signature(self) -> bool {
        matches!(
            self,
            Self::SignatureLength { .. }
                | Self::RecoveryByte { .. }
                | Self::SignatureMalleable
                | Self::SignatureInvalid
                | Self::WrongSigner
        )
    }
}

/// A part of a sign-in message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessagePart {
    /// The first line: the site.
    #[error("first line")]
    Domain,
    /// The second line: the wallet.
    #[error("address")]
    Address,
    /// The text for people.
    #[error("statement")]
    Statement,
    /// The URI, or one of the resources.
    #[error("URI")]
    Uri,
    /// The version.
    #[error("version")]
    Version,
    /// The chain.
    #[error("chain id")]
    ChainId,
    /// The nonce.
    #[error("nonce")]
    Nonce,
    /// One of the three times.
    #[error("time")]
    Time,
    /// The id of the request.
    #[error("request id")]
    RequestId,
    /// Lines that are missing, too many, or in another order.
    #[error("order of lines")]
    Layout,
}
