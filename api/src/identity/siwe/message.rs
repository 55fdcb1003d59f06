//! Reading a sign-in message: the `siwe` crate parses, and what it lets through is refused here.

use std::fmt;

use alloy::primitives::eip191_hash_message;
use gage_domain::value::{Address, B256};
use siwe::{Message, ParseError};
use time::OffsetDateTime;

use super::{
    error::{MAX_MESSAGE_BYTES, MessagePart, SignInError},
    expectation::Scheme,
    grammar,
};

/// A sign-in message (ERC-4361) that has exactly one reading, with the bytes that were signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInMessage {
    text: String,
    scheme: Option<Scheme>,
    parsed: Message,
}

impl SignInMessage {
    /// Reads a message and refuses every text that the grammar of ERC-4361 does not have, or
    /// that is not the one way to write what it says. Whom it is for is not looked at.
    ///
    /// # Errors
    /// [`SignInError`] naming what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, SignInError> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(SignInError::MessageTooLong);
        }
        if let Some(position) = grammar::first_forbidden(text) {
            return Err(SignInError::ForbiddenCharacter { position });
        }
        let (scheme, rest) = split_scheme(text)?;
        let parsed: Message = rest.parse().map_err(|error| fault(&error, rest))?;
        // The crate skips the two separator lines unread, and integers have more than one form.
        if parsed.to_string() != rest {
            return Err(SignInError::NotCanonical);
        }
        check_grammar(&parsed)?;
        Ok(Self {
            text: text.to_owned(),
            scheme,
            parsed,
        })
    }

    /// The text as it was sent and signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What a wallet signs of it: the EIP-191 hash of its exact bytes.
    pub fn hash(&self) -> B256 {
        eip191_hash_message(self.text.as_bytes())
    }

    /// The wallet it names. Nothing is proven yet.
    pub fn address(&self) -> Address {
        Address::from(self.parsed.address)
    }

    /// The site it was made for, with its port.
    pub fn domain(&self) -> &str {
        self.parsed.domain.as_str()
    }

    /// The scheme before the domain, if there is one.
    pub fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The text for people, if there is one.
    pub fn statement(&self) -> Option<&str> {
        self.parsed.statement.as_deref()
    }

    /// What the sign-in is for.
    pub fn uri(&self) -> &str {
        self.parsed.uri.as_str()
    }

    pub(super) fn uri_scheme(&self) -> &str {
        self.parsed.uri.scheme_str()
    }

    pub(super) fn uri_authority(&self) -> Option<&str> {
        self.parsed.uri.authority_str()
    }

    /// The chain that the session is bound to.
    pub fn chain_id(&self) -> u64 {
        self.parsed.chain_id
    }

    /// The server's nonce.
    pub fn nonce(&self) -> &str {
        &self.parsed.nonce
    }

    /// When the message was made.
    pub fn issued_at(&self) -> OffsetDateTime {
        *self.parsed.issued_at.as_ref()
    }

    /// From when on it is valid.
    pub fn not_before(&self) -> Option<OffsetDateTime> {
        self.parsed.not_before.as_ref().map(|time| *time.as_ref())
    }

    /// From when on it is valid no more.
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.parsed
            .expiration_time
            .as_ref()
            .map(|time| *time.as_ref())
    }

    /// The id that the site gave to the request, if any.
    pub fn request_id(&self) -> Option<&str> {
        self.parsed.request_id.as_deref()
    }

    /// What else the wallet is asked to agree to.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.parsed.resources.iter().map(|uri| uri.as_str())
    }
}

impl fmt::Display for SignInMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The optional `scheme "://"` of the first line, which the crate does not know.
fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), SignInError> {
    let first_line = text.split('\n').next().unwrap_or_default();
    match first_line.split_once("://") {
        None => Ok((None, text)),
        Some((name, _)) => {
            let scheme = Scheme::named(name).ok_or(SignInError::SchemeMismatch)?;
            Ok((Some(scheme), &text[name.len() + "://".len()..]))
        }
    }
}

/// What the ABNF asks of the single fields beyond what the crate does.
fn check_grammar(message: &Message) -> Result<(), SignInError> {
    if !grammar::is_nonce(&message.nonce) {
        return Err(SignInError::NonceMalformed);
    }
    if !message
        .statement
        .as_deref()
        .is_none_or(grammar::is_statement)
    {
        return Err(SignInError::Malformed(MessagePart::Statement));
    }
    if !message
        .request_id
        .as_deref()
        .is_none_or(grammar::is_request_id)
    {
        return Err(SignInError::Malformed(MessagePart::RequestId));
    }
    let times = [
        Some(&message.issued_at),
        message.expiration_time.as_ref(),
        message.not_before.as_ref(),
    ];
    if !times
        .into_iter()
        .flatten()
        .all(|time| grammar::is_timestamp(&time.to_string()))
    {
        return Err(SignInError::Malformed(MessagePart::Time));
    }
    Ok(())
}

/// The crate names the failing part by the tag of its line, or by a sentence of its own.
fn fault(error: &ParseError, text: &str) -> SignInError {
    let part = match error {
        ParseError::Domain(_) | ParseError::Format("Missing Preamble Line") => MessagePart::Domain,
        ParseError::Address(_) | ParseError::Format("0x") => MessagePart::Address,
        ParseError::Format("Address is not in EIP-55 format") => return address_fault(text),
        ParseError::Uri(_) | ParseError::Format("URI: " | "- ") => MessagePart::Uri,
        ParseError::Format("Bad Version") => return SignInError::VersionUnknown,
        ParseError::Format("Version: ") => MessagePart::Version,
        ParseError::ParseIntError(_) | ParseError::Format("Chain ID: ") => MessagePart::ChainId,
        ParseError::Format("Nonce must be longer than 8 characters") => {
            return SignInError::NonceMalformed;
        }
        ParseError::Format("Nonce: ") => MessagePart::Nonce,
        ParseError::TimeStamp(_) | ParseError::Format("Issued At: ") => MessagePart::Time,
        ParseError::Format(_) | ParseError::Never(_) => MessagePart::Layout,
    };
    SignInError::Malformed(part)
}

/// Forty hex digits in the wrong case are a missing checksum; all else is no address.
fn address_fault(text: &str) -> SignInError {
    match text.split('\n').nth(1).map(str::parse::<Address>) {
        Some(Ok(_)) => SignInError::AddressNotChecksummed,
        _ => SignInError::Malformed(MessagePart::Address),
    }
}
