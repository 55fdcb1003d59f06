//! What seals, and what wraps the keys that seal: AES-SIV (RFC 5297) with 256-bit AES keys, under
//! keys that HKDF (RFC 5869) makes of 32 random bytes, one for each purpose.
//!
//! It is deterministic: the same text at the same place gives the same bytes. What belongs to the
//! place is authenticated, so that nothing opens anywhere else.

use aes_siv::{KeyInit as _, siv::Aes256Siv};
use gage_domain::{
    ids::OrderId,
    personal::{DeliveryDetails, PersonalKeyId},
    value::Address,
};
use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// Something does not open: another key, another place, or other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the key, the place or the bytes are others")]
pub(super) struct CipherError;

/// What a key is for: it goes into the key that is used, and into what is authenticated. Never
/// changes.
#[derive(Clone, Copy)]
enum Purpose {
    Wrapping,
    Delivery,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Wrapping => b"gage personal data: wrapping of keys, 1",
            Self::Delivery => b"gage personal data: delivery details, 1",
        }
    }
}

/// 32 bytes that nobody can guess. Overwritten when they are not needed any more.
struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    fn cipher(&self, purpose: Purpose) -> Result<Aes256Siv, CipherError> {
        let mut key = Zeroizing::new([0_u8; 64]);
        Hkdf::<Sha256>::new(None, &*self.0)
            .expand(purpose.label(), &mut *key)
            .map_err(|_| CipherError)?;
        Aes256Siv::new_from_slice(&*key).map_err(|_| CipherError)
    }

    fn encrypt(&self, purpose: Purpose, at: &[&[u8]], text: &[u8]) -> Result<Vec<u8>, CipherError> {
        let place = [&[purpose.label()], at].concat();
        let sealed = self.cipher(purpose)?.encrypt(place, text);
        sealed.map_err(|_| CipherError)
    }

    fn decrypt(
        &self,
        purpose: Purpose,
        at: &[&[u8]],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CipherError> {
        let place = [&[purpose.label()], at].concat();
        let text = self.cipher(purpose)?.decrypt(place, sealed);
        text.map(Zeroizing::new).map_err(|_| CipherError)
    }
}

/// What wraps the customers' keys. It is not in the database.
pub struct WrappingKey(Secret);

impl WrappingKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Secret(Zeroizing::new(bytes)))
    }

    pub(super) fn wrap(&self, key: &CustomerKey) -> Result<Vec<u8>, CipherError> {
        let at: [&[u8]; 2] = [key.id.0.as_bytes(), key.customer.as_slice()];
        self.0.encrypt(Purpose::Wrapping, &at, &*key.secret.0)
    }

    pub(super) fn unwrap(
        &self,
        id: PersonalKeyId,
        customer: Address,
        wrapped: &[u8],
    ) -> Result<CustomerKey, CipherError> {
        let at: [&[u8]; 2] = [id.0.as_bytes(), customer.as_slice()];
        let bytes = self.0.decrypt(Purpose::Wrapping, &at, wrapped)?;
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| CipherError)?;
        Ok(CustomerKey::new(id, customer, bytes))
    }
}

/// A customer's key, in the clear.
pub(super) struct CustomerKey {
    id: PersonalKeyId,
    customer: Address,
    secret: Secret,
}

impl CustomerKey {
    pub(super) fn new(id: PersonalKeyId, customer: Address, bytes: [u8; 32]) -> Self {
        Self {
            id,
            customer,
            secret: Secret(Zeroizing::new(bytes)),
        }
    }

    pub(super) const fn id(&self) -> PersonalKeyId {
        self.id
    }

    pub(super) fn seal(
        &self,
        order: OrderId,
        details: &DeliveryDetails,
    ) -> Result<Vec<u8>, CipherError> {
        let text = Zeroizing::new(details.to_bytes());
        self.secret
            .encrypt(Purpose::Delivery, &self.place(&order), &text)
    }

    pub(super) fn open(
        &self,
        order: OrderId,
        sealed: &[u8],
    ) -> Result<DeliveryDetails, CipherError> {
        let text = self
            .secret
            .decrypt(Purpose::Delivery, &self.place(&order), sealed)?;
        DeliveryDetails::from_bytes(&text).map_err(|_| CipherError)
    }

    fn place<'p>(&'p self, order: &'p OrderId) -> [&'p [u8]; 3] {
        [
            self.id.0.as_bytes(),
            self.customer.as_slice(),
            order.0.as_bytes(),
        ]
    }
}
