//! The kernels hold by themselves, whoever uses them.

use gage_domain::{
    allotment::{Allotment, AllotmentRefusal, Claim},
    escrow::{Escrow, MoreThanHeld},
    value::{BaseUnits, U256},
};
use proptest::prelude::*;

use crate::samples::{most, pieces, wei};

#[test]
fn an_allotment_is_there_for_any_kind_of_holder() {
    // A coupon of which ten can be had, held by people.
    let coupons = Allotment::<String>::default().changed(10);
    let kim = "Kim".to_owned();
    assert_eq!(coupons.check_reserve(&kim, pieces(4)), Ok(Claim::New));
    let coupons = coupons.claimed(kim.clone(), pieces(4));
    assert_eq!(coupons.check_reserve(&kim, pieces(4)), Ok(Claim::Held));
    assert_eq!(
        coupons.check_reserve(&"Lee".to_owned(), pieces(7)),
        Err(AllotmentRefusal::Exhausted {
            available: 6,
            requested: 7
        })
    );
    assert_eq!(coupons.held_by(&kim), Some(pieces(4)));
    assert_eq!(coupons.check_commit(&kim), Ok(pieces(4)));
    let coupons = coupons.committed(&kim);
    assert_eq!((coupons.on_hand(), coupons.reserved()), (6, 0));
    assert_eq!(coupons.check_commit(&kim), Err(AllotmentRefusal::NotHeld));
}

#[test]
fn a_stored_allotment_adds_its_reservations_up_again() {
    let json = r#"{"on_hand":10,"held":{"Kim":4,"Lee":5}}"#;
    let allotment: Allotment<String> = serde_json::from_str(json).expect("an allotment");
    assert_eq!((allotment.reserved(), allotment.available()), (9, 1));
    assert_eq!(serde_json::to_string(&allotment).expect("json"), json);
}

#[test]
fn the_largest_escrow_can_be_emptied() {
    let escrow = Escrow::funded_with(most());
    let escrow = escrow.release(most()).expect("all of it");
    assert_eq!(escrow.held(), wei(0));
    assert_eq!(
        escrow.refund(wei(1)),
        Err(MoreThanHeld {
            held: wei(0),
            requested: wei(1)
        })
    );
}

proptest! {
    #[test]
    fn funded_is_held_and_released_and_refunded(
        funded: [u64; 4],
        moves in prop::collection::vec((any::<bool>(), any::<[u64; 4]>(), 0_usize..256), 0..20),
    ) {
        let funded = U256::from_limbs(funded);
        let mut escrow = Escrow::funded_with(BaseUnits(funded));
        for (to_seller, limbs, shift) in moves {
            let amount = BaseUnits(U256::from_limbs(limbs) >> shift);
            let before = escrow;
            let moved = if to_seller { escrow.release(amount) } else { escrow.refund(amount) };
            match moved {
                Ok(after) => {
                    prop_assert_eq!(after.held().checked_add(amount), Some(before.held()));
                    escrow = after;
                }
                Err(refusal) => {
                    prop_assert!(amount > before.held());
                    prop_assert_eq!(refusal.held, before.held());
                }
            }
            let (held, released, refunded) = (escrow.held(), escrow.released(), escrow.refunded());
            let sum = held.checked_add(released).and_then(|sum| sum.checked_add(refunded));
            prop_assert_eq!(sum, Some(BaseUnits(funded)));
            prop_assert_eq!(escrow.is_untouched(), released.is_zero() && refunded.is_zero());
        }
    }
}
