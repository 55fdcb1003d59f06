//! Amounts, quantities and ids: wrong ones cannot be made.

use gage_domain::{
    ids::{OrderId, PaymentId, ProductId, SkuId},
    value::{BaseUnits, InvalidQuantity, Quantity, U256},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::samples::{most, pieces, wei};

const MOST: &str = "115792089237316195423570985008687907853269984665640564039457584007913129639935";

#[test]
fn the_largest_amount_is_2_to_the_256_minus_1() {
    assert_eq!(MOST.parse(), Ok(most()));
    assert_eq!(most().to_string(), MOST);
    let one_more = MOST.replace("9935", "9936");
    assert!(one_more.parse::<BaseUnits>().is_err());
    assert!(format!("{MOST}0").parse::<BaseUnits>().is_err());
}

#[test]
fn an_amount_is_plain_digits() {
    for wrong in [
        "", " ", "-1", "+1", "1.0", "1e3", "0x1", "01", "00", "1_000", "1,000", " 1", "1 ", "١",
    ] {
        assert!(wrong.parse::<BaseUnits>().is_err(), "{wrong:?}");
        let json = serde_json::Value::from(wrong);
        assert!(
            serde_json::from_value::<BaseUnits>(json).is_err(),
            "{wrong:?}"
        );
    }
    assert_eq!("0".parse(), Ok(BaseUnits::ZERO));
}

#[test]
fn an_amount_in_json_is_a_string_and_never_a_number() {
    assert_eq!(serde_json::json!(wei(1_000)), serde_json::json!("1000"));
    assert!(serde_json::from_str::<BaseUnits>("1000").is_err());
}

#[test]
fn a_huge_wrong_amount_is_not_repeated_whole() {
    let error = "9"
        .repeat(1_000_000)
        .parse::<BaseUnits>()
        .expect_err("too large");
    assert!(error.text.len() <= 100);
}

#[test]
fn a_quantity_is_one_to_a_billion() {
    for given in [
        i64::MIN,
        -1,
        0,
        1_000_000_001,
        i64::from(u32::MAX) + 1,
        i64::MAX,
    ] {
        assert_eq!(Quantity::try_from(given), Err(InvalidQuantity { given }));
    }
    assert_eq!(pieces(1).get(), 1);
    assert_eq!(pieces(1_000_000_000), Quantity::MAX);
    assert!(serde_json::from_str::<Quantity>("0").is_err());
    assert!(serde_json::from_str::<Quantity>("1000000001").is_err());
    assert!(serde_json::from_str::<Quantity>("1.0").is_err());
    assert_eq!(pieces(1).checked_add(Quantity::MAX), None);
}

#[test]
fn an_id_has_one_spelling() {
    let text = "00000000-0000-0000-0000-00000000abcd";
    assert_eq!(text.parse(), Ok(OrderId(Uuid::from_u128(0xabcd))));
    for wrong in [
        "00000000-0000-0000-0000-00000000ABCD",
        "0000000000000000000000000000abcd",
        "{00000000-0000-0000-0000-00000000abcd}",
        "urn:uuid:00000000-0000-0000-0000-00000000abcd",
        " 00000000-0000-0000-0000-00000000abcd",
        "",
    ] {
        assert!(wrong.parse::<OrderId>().is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn amounts_add_up_exactly_or_not_at_all(a: [u64; 4], b: [u64; 4], quantity in 1_u32..=1_000_000_000) {
        let (a, b) = (U256::from_limbs(a), U256::from_limbs(b));
        let sum = BaseUnits(a).checked_add(BaseUnits(b));
        prop_assert_eq!(sum.is_none(), a.overflowing_add(b).1);
        if let Some(sum) = sum {
            prop_assert_eq!(sum.checked_sub(BaseUnits(b)), Some(BaseUnits(a)));
        }
        prop_assert_eq!(BaseUnits(a).checked_sub(BaseUnits(b)).is_none(), a < b);
        let cost = BaseUnits(a).checked_mul(pieces(quantity));
        prop_assert_eq!(cost.is_none(), a > U256::MAX / U256::from(quantity));
        if let Some(cost) = cost {
            prop_assert_eq!(cost.0 / U256::from(quantity), a);
        }
    }

    #[test]
    fn amounts_and_ids_are_read_as_they_are_written(limbs: [u64; 4], id: u128) {
        let amount = BaseUnits(U256::from_limbs(limbs));
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        let json = serde_json::to_string(&amount).expect("json");
        prop_assert_eq!(serde_json::from_str::<BaseUnits>(&json).expect("amount"), amount);

        let order = OrderId(Uuid::from_u128(id));
        prop_assert_eq!(order.to_string().parse(), Ok(order));
        prop_assert_eq!(OrderId::from(PaymentId::from(order)), order);
        let product = ProductId(order.0);
        prop_assert_eq!(SkuId::from(product).to_string(), order.to_string());
    }

    #[test]
    fn no_text_makes_an_amount_or_an_id_panic(text: String) {
        if let Ok(amount) = text.parse::<BaseUnits>() {
            prop_assert_eq!(amount.to_string(), text.clone());
        }
        if let Ok(id) = text.parse::<OrderId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
