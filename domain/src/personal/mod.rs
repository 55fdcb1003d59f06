//! Personal data: in clear only for who needs it, in events never but sealed.
//!
//! What a customer says about themselves ([`DeliveryDetails`]) has no way into an event: it is
//! not serialisable, and what prints it shows nothing. An event holds a [`Sealed`] value: the
//! name of a key and what that key encrypts. Whoever destroys the key erases what it sealed, and
//! the event stays what it is.

mod delivery;
mod sealed;

pub use self::{
    delivery::{
        DeliveryDetails, DeliveryFault, DeliveryField, DeliveryGiven, InvalidDelivery,
        UnreadableDelivery,
    },
    sealed::{InvalidSealed, PersonalKeyId, Sealed},
};
