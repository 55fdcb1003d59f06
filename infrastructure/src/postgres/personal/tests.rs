//! What is sealed opens with its key, at its place, and in no other way.

use gage_domain::{
    ids::OrderId,
    personal::{DeliveryDetails, DeliveryGiven, PersonalKeyId},
    value::Address,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::cipher::{CustomerKey, WrappingKey};

fn details() -> impl Strategy<Value = DeliveryDetails> {
    // Korean, English, quotes and emoji, up to the bounds.
    let text = |most: usize| format!("[가-힣a-zA-Z0-9\"\\\\🎁]{{1,{most}}}");
    let text = |most| proptest::string::string_regex(&text(most)).unwrap();
    (
        text(100),
        text(100),
        text(200),
        proptest::option::of(text(200)),
    )
        .prop_map(|(recipient, contact, address, note)| {
            DeliveryDetails::new(DeliveryGiven {
                recipient,
                contact,
                address,
                note,
                ..DeliveryGiven::default()
            })
            .unwrap()
        })
}

fn key(id: u128, customer: u8, secret: u8) -> CustomerKey {
    let id = PersonalKeyId(Uuid::from_u128(id));
    CustomerKey::new(id, Address::repeat_byte(customer), [secret; 32])
}

proptest! {
    #[test]
    fn what_is_sealed_opens_at_its_place_alone(
        details in details(), order in any::<u128>(), other in any::<u128>(), bit in any::<usize>()
    ) {
        prop_assume!(order != other);
        let order = OrderId(Uuid::from_u128(order));
        let mine = key(1, 1, 1);
        let sealed = mine.seal(order, &details).unwrap();
        prop_assert_eq!(mine.open(order, &sealed), Ok(details.clone()));
        // A repeated request is the same request, to the byte.
        prop_assert_eq!(&mine.seal(order, &details).unwrap(), &sealed);
        prop_assert_eq!(sealed.len() % DeliveryDetails::PADDED_TO, 16);

        let order_of_another = OrderId(Uuid::from_u128(other));
        prop_assert!(mine.open(order_of_another, &sealed).is_err());
        for stranger in [key(2, 1, 1), key(1, 2, 1), key(1, 1, 2)] {
            prop_assert!(stranger.open(order, &sealed).is_err());
        }
        let mut altered = sealed.clone();
        let place = bit % (altered.len() * 8);
        altered[place / 8] ^= 1 << (place % 8);
        prop_assert!(mine.open(order, &altered).is_err());
        prop_assert!(mine.open(order, &sealed[..sealed.len() - 1]).is_err());
        prop_assert!(mine.open(order, &[]).is_err());
        // The address of one customer's two orders does not look the same.
        prop_assert_ne!(mine.seal(order_of_another, &details).unwrap(), sealed);
    }
}

#[test]
fn a_key_is_unwrapped_for_its_customer_with_the_right_key_alone() {
    let (wrapping, other) = (WrappingKey::new([7; 32]), WrappingKey::new([8; 32]));
    let (id, customer) = (PersonalKeyId(Uuid::from_u128(1)), Address::repeat_byte(1));
    let wrapped = wrapping.wrap(&key(1, 1, 1)).unwrap();
    // 32 bytes and the tag: the key itself is nowhere in it.
    assert_eq!(wrapped.len(), 48);
    assert!(!wrapped.windows(4).any(|bytes| bytes == [1; 4]));
    assert!(wrapping.unwrap(id, customer, &wrapped).is_ok());
    assert!(other.unwrap(id, customer, &wrapped).is_err());
    let (other_id, stranger) = (PersonalKeyId(Uuid::from_u128(2)), Address::repeat_byte(2));
    assert!(wrapping.unwrap(other_id, customer, &wrapped).is_err());
    assert!(wrapping.unwrap(id, stranger, &wrapped).is_err());
    assert!(wrapping.unwrap(id, customer, &wrapped[1..]).is_err());
}
