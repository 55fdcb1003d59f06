//! Where an order goes, and to whom.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    policy,
    text::{TextFault, TextRule},
};

/// Where an order goes, and to whom: personal data. It prints as nothing, and is not
/// serialisable, so that it gets into no log and no event.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryDetails(Written);

/// Delivery details as somebody gives them, before they are looked at.
#[derive(Clone, Default)]
pub struct DeliveryGiven {
    /// Who takes it.
    pub recipient: String,
    /// A telephone number, or another way to reach them.
    pub contact: String,
    /// Street and number, or 도로명주소.
    pub address: String,
    /// Floor, flat: 상세주소.
    pub address_detail: Option<String>,
    /// As the country writes it; some have none.
    pub postal_code: Option<String>,
    /// ISO 3166-1, two letters; none for the shop's own.
    pub country: Option<String>,
    /// For who brings it.
    pub note: Option<String>,
}

/// A part of delivery details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryField {
    /// Who takes it.
    Recipient,
    /// How to reach them.
    Contact,
    /// Street and number.
    Address,
    /// Floor, flat.
    AddressDetail,
    /// The postal code.
    PostalCode,
    /// The country.
    Country,
    /// For who brings it.
    Note,
}

impl fmt::Display for DeliveryField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recipient => "recipient",
            Self::Contact => "contact",
            Self::Address => "address",
            Self::AddressDetail => "address detail",
            Self::PostalCode => "postal code",
            Self::Country => "country",
            Self::Note => "note",
        })
    }
}

/// What is wrong with a part of delivery details. What was given is not repeated, but for one
/// character that shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeliveryFault {
    /// The text breaks a rule.
    #[error(transparent)]
    Text(#[from] TextFault),
    /// No country is named like that.
    #[error("must be two capital letters (ISO 3166-1)")]
    Country,
}

/// Delivery details that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the {field} {fault}")]
pub struct InvalidDelivery {
    /// Which part.
    pub field: DeliveryField,
    /// What is wrong with it.
    pub fault: DeliveryFault,
}

/// Bytes that are no delivery details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the opened bytes are no delivery details")]
pub struct UnreadableDelivery;

/// The layout that is sealed. What was sealed once must stay readable: fields are only added, and
/// are optional.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    recipient: String,
    contact: String,
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address_detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl DeliveryDetails {
    /// What is sealed is as long as a multiple of this: a length says little of an address.
    pub const PADDED_TO: usize = 512;

    /// Details of what somebody gave. Texts are trimmed, optional ones that show nothing are none.
    ///
    /// # Errors
    /// [`InvalidDelivery`]: the first part that breaks a rule.
    pub fn new(given: DeliveryGiven) -> Result<Self, InvalidDelivery> {
        use DeliveryField as Field;
        let country = given
            .country
            .filter(|country| !country.trim().is_empty())
            .map(country_code)
            .transpose()?;
        Ok(Self(Written {
            recipient: needed(Field::Recipient, policy::RECIPIENT, &given.recipient)?,
            contact: needed(Field::Contact, policy::CONTACT, &given.contact)?,
            address: needed(Field::Address, policy::ADDRESS, &given.address)?,
            address_detail: perhaps(Field::AddressDetail, policy::ADDRESS, given.address_detail)?,
            postal_code: perhaps(Field::PostalCode, policy::POSTAL_CODE, given.postal_code)?,
            country,
            note: perhaps(Field::Note, policy::DELIVERY_NOTE, given.note)?,
        }))
    }

    /// Who takes it.
    pub fn recipient(&self) -> &str {
        &self.0.recipient
    }

    /// How to reach them.
    pub fn contact(&self) -> &str {
        &self.0.contact
    }

    /// Street and number.
    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// Floor, flat.
    pub fn address_detail(&self) -> Option<&str> {
        self.0.address_detail.as_deref()
    }

    /// The postal code.
    pub fn postal_code(&self) -> Option<&str> {
        self.0.postal_code.as_deref()
    }

    /// ISO 3166-1, two letters; none for the shop's own country.
    pub fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// For who brings it.
    pub fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The bytes to seal, and nothing else: JSON, padded with spaces to a multiple of
    /// [`Self::PADDED_TO`] bytes. The same details are the same bytes.
    ///
    /// ```
    /// use gage_domain::personal::{DeliveryDetails, DeliveryGiven};
    ///
    /// let details = DeliveryDetails::new(DeliveryGiven {
    ///     recipient: "홍길동".to_owned(),
    ///     contact: "010-0000-0000".to_owned(),
    ///     address: "서울특별시 종로구 사직로 161".to_owned(),
    ///     ..DeliveryGiven::default()
    /// })?;
    /// assert_eq!(details.to_bytes().len(), DeliveryDetails::PADDED_TO);
    /// assert_eq!(format!("{details:?}"), "DeliveryDetails(hidden)");
    /// # Ok::<(), gage_domain::personal::InvalidDelivery>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts alone: there is nothing in it that JSON cannot say.
        let mut bytes = serde_json::to_vec(&self.0).unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(Self::PADDED_TO), b' ');
        bytes
    }

    /// The details that were sealed as these bytes. They are not held against today's rules: they
    /// passed those of their day.
    ///
    /// # Errors
    /// [`UnreadableDelivery`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UnreadableDelivery> {
        let written = serde_json::from_slice(bytes);
        written.map(Self).map_err(|_| UnreadableDelivery)
    }
}

impl fmt::Debug for DeliveryDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveryDetails(hidden)")
    }
}

impl fmt::Debug for DeliveryGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeliveryGiven(hidden)")
    }
}

fn needed(field: DeliveryField, rule: TextRule, text: &str) -> Result<String, InvalidDelivery> {
    let text = text.trim();
    let checked = rule.check(text).map_err(DeliveryFault::from);
    checked.map_err(|fault| InvalidDelivery { field, fault })?;
    Ok(text.to_owned())
}

fn perhaps(
    field: DeliveryField,
    rule: TextRule,
    text: Option<String>,
) -> Result<Option<String>, InvalidDelivery> {
    match text {
        Some(text) if !text.trim().is_empty() => needed(field, rule, &text).map(Some),
        _ => Ok(None),
    }
}

fn country_code(given: String) -> Result<String, InvalidDelivery> {
    let letters = given.len() == 2 && given.bytes().all(|byte| byte.is_ascii_uppercase());
    letters.then_some(given).ok_or(InvalidDelivery {
        field: DeliveryField::Country,
        fault: DeliveryFault::Country,
    })
}
