//! Where an order goes: in the clear for its buyer and its shop's owner alone.

use async_graphql::{Enum, InputObject, SimpleObject};
use gage_application::ports::personal_data;
use gage_domain::personal::{self, DeliveryFault, DeliveryField, DeliveryGiven, InvalidDelivery};

use crate::graphql::{errors::ErrorCode, mutations::call::UserError};

/// Whether delivery details can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeliveryState {
    /// They stand in `details`.
    Readable,
    /// They are there, and not for this viewer.
    Sealed,
    /// They were erased, for everyone and for ever.
    Erased,
    /// They cannot be read on this server: their key is not here.
    Unreadable,
}

/// Where an order goes. The history holds it sealed; erasing destroys the key.
#[derive(Debug, Clone, SimpleObject)]
pub struct Delivery {
    /// Whether it can be read.
    state: DeliveryState,
    /// In the clear, for the order's buyer and its shop's owner; null when it cannot be read.
    details: Option<DeliveryDetails>,
}

impl From<personal_data::Delivery> for Delivery {
    fn from(found: personal_data::Delivery) -> Self {
        let (state, details) = match found {
            personal_data::Delivery::Open(details) => {
                (DeliveryState::Readable, Some((&details).into()))
            }
            personal_data::Delivery::Sealed => (DeliveryState::Sealed, None),
            personal_data::Delivery::Erased => (DeliveryState::Erased, None),
            personal_data::Delivery::Unreadable => (DeliveryState::Unreadable, None),
        };
        Self { state, details }
    }
}

/// Where an order goes, and to whom.
#[derive(Clone, SimpleObject, InputObject)]
#[graphql(input_name = "DeliveryInput")]
pub struct DeliveryDetails {
    /// Who takes it, at most 100 characters.
    pub recipient: String,
    /// A telephone number, or another way to reach them, at most 100 characters.
    pub contact: String,
    /// Street and number, at most 200 characters.
    pub address: String,
    /// Floor, flat; at most 200 characters.
    pub address_detail: Option<String>,
    /// The postal code, at most 16 characters.
    pub postal_code: Option<String>,
    /// The country (ISO 3166-1, two letters); null for the shop's own.
    pub country: Option<String>,
    /// For who brings it, at most 200 characters.
    pub note: Option<String>,
}

impl std::fmt::Debug for DeliveryDetails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeliveryDetails(hidden)")
    }
}

impl From<&personal::DeliveryDetails> for DeliveryDetails {
    fn from(details: &personal::DeliveryDetails) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            recipient: details.recipient().to_owned(),
            contact: details.contact().to_owned(),
            address: details.address().to_owned(),
            address_detail: text(details.address_detail()),
            postal_code: text(details.postal_code()),
            country: text(details.country()),
            note: text(details.note()),
        }
    }
}

impl TryFrom<DeliveryDetails> for personal::DeliveryDetails {
    type Error = UserError;

    fn try_from(given: DeliveryDetails) -> Result<Self, UserError> {
        Self::new(DeliveryGiven {
            recipient: given.recipient,
            contact: given.contact,
            address: given.address,
            address_detail: given.address_detail,
            postal_code: given.postal_code,
            country: given.country,
            note: given.note,
        })
        .map_err(|error| invalid(&error))
    }
}

fn invalid(error: &InvalidDelivery) -> UserError {
    let code = match error.fault {
        DeliveryFault::Text(_) => ErrorCode::TextInvalid,
        DeliveryFault::Country => ErrorCode::CountryInvalid,
    };
    let field = match error.field {
        DeliveryField::Recipient => "recipient",
        DeliveryField::Contact => "contact",
        DeliveryField::Address => "address",
        DeliveryField::AddressDetail => "addressDetail",
        DeliveryField::PostalCode => "postalCode",
        DeliveryField::Country => "country",
        DeliveryField::Note => "note",
    };
    UserError::at(code, error.to_string(), &["delivery", field])
}
