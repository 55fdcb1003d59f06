//! Rates and what an amount of fiat money is in tokens: never too little, never a base unit more
//! than needed, and nothing that is no price.

use alloy_primitives::Uint;
use gage_domain::{
    rate::{Conversion, ConversionFault, Decimal, InvalidDecimal, Rate, RateSource},
    value::{BaseUnits, Fiat, I256, U256},
};
use proptest::{prelude::*, sample::select};
use serde_json::json;

use crate::samples::{NOON, conversion, most, wei};

/// Wide enough to check what 512 bits were enough to work out.
type U1024 = Uint<1024, 16>;

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn converted(fiat: Fiat, amount: BaseUnits, token_decimals: u8, price: Decimal) -> Conversion {
    let (source, as_of) = (RateSource::Operator, NOON);
    Conversion {
        fiat,
        amount,
        token_decimals,
        rate: Rate {
            price,
            source,
            as_of,
        },
    }
}

#[test]
fn prices_are_what_a_shop_owner_expects() {
    let cases = [
        // 12,000 won at 4,500,000 won for an ether.
        (Fiat::Krw, 12_000, 18, "4500000", "2666666666666667"),
        // 19.99 dollars in a token of 6 decimals that costs a dollar, or a little less.
        (Fiat::Usd, 1_999, 6, "1.00000000", "19990000"),
        (Fiat::Usd, 1_999, 6, "0.99980000", "19993999"),
        // A cent, where the smallest unit of the token is a whole one of 100,000 dollars.
        (Fiat::Usd, 1, 0, "100000", "1"),
        (Fiat::Krw, 1, 0, "1", "1"),
    ];
    for (fiat, amount, decimals, price, tokens) in cases {
        let tokens: BaseUnits = tokens.parse().expect("an amount");
        let conversion = converted(fiat, wei(amount), decimals, decimal(price));
        assert_eq!(conversion.tokens(), Ok(tokens), "{conversion:?}");
    }
}

#[test]
fn what_is_no_price_is_no_amount() {
    let free = converted(Fiat::Krw, wei(0), 18, decimal("1"));
    assert_eq!(free.tokens(), Err(ConversionFault::ZeroPrice));
    let fine = converted(Fiat::Krw, wei(1), 37, decimal("1"));
    assert_eq!(fine.tokens(), Err(ConversionFault::TooManyDecimals));
}

#[test]
fn an_amount_that_no_chain_could_express_is_refused() {
    let dear = |decimals| converted(Fiat::Krw, most(), decimals, decimal("1")).tokens();
    assert_eq!(dear(0), Ok(most()));
    assert_eq!(dear(1), Err(ConversionFault::TooLarge));
    // The widest numbers that there are.
    let least = Decimal::new(U256::from(1), 36).expect("a decimal");
    let widest = converted(Fiat::Usd, most(), 36, least);
    assert_eq!(widest.tokens(), Err(ConversionFault::TooLarge));
}

#[test]
fn a_feed_that_answers_nothing_or_less_has_no_price() {
    let of = |answer: i64| Decimal::of_answer(I256::try_from(answer).expect("a number"), 8);
    assert_eq!(of(0), Err(InvalidDecimal::Zero));
    assert_eq!(of(-1), Err(InvalidDecimal::Negative));
    assert_eq!(
        Decimal::of_answer(I256::MIN, 8),
        Err(InvalidDecimal::Negative)
    );
    assert_eq!(of(1), Ok(decimal("0.00000001")));
    assert_eq!(
        Decimal::of_answer(I256::MAX, 37),
        Err(InvalidDecimal::TooManyDecimals)
    );
}

#[test]
fn a_decimal_is_plain_digits() {
    for wrong in [
        "", ".", "1.", ".5", "-1", "+1", "1e3", "01", "00.1", "1,5", "1.5.0", " 1", "1_0", "0x1",
        "١", "1.٥",
    ] {
        assert_eq!(
            wrong.parse::<Decimal>(),
            Err(InvalidDecimal::NotANumber),
            "{wrong:?}"
        );
    }
    for zero in ["0", "0.0", "0.00000000"] {
        assert_eq!(zero.parse::<Decimal>(), Err(InvalidDecimal::Zero));
    }
    let long = format!("0.{}1", "0".repeat(36));
    assert_eq!(
        long.parse::<Decimal>(),
        Err(InvalidDecimal::TooManyDecimals)
    );
    assert_eq!(
        "9".repeat(79).parse::<Decimal>(),
        Err(InvalidDecimal::TooLarge)
    );
    assert!(serde_json::from_value::<Decimal>(json!(1.5)).is_err());
}

#[test]
fn two_feeds_make_one_rate() {
    // 3,450.12 dollars for an ether, and 0.00072 dollars for a won.
    let (ether, won) = (decimal("3450.12000000"), decimal("0.00072000"));
    assert_eq!(
        ether.checked_div(won),
        Ok(decimal("4791833.333333333333333333"))
    );
    // 1,385.5 won for a dollar.
    assert_eq!(
        ether.checked_mul(decimal("1385.50000000")),
        Ok(decimal("4780141.2600000000000000"))
    );
    let largest = Decimal::new(U256::MAX, 0).expect("a decimal");
    assert_eq!(largest.checked_mul(largest), Err(InvalidDecimal::TooLarge));
    let least = Decimal::new(U256::from(1), 36).expect("a decimal");
    assert_eq!(least.checked_mul(least), Err(InvalidDecimal::Zero));
    assert_eq!(least.checked_div(largest), Err(InvalidDecimal::Zero));
    assert_eq!(largest.checked_div(least), Err(InvalidDecimal::TooLarge));
}

#[test]
fn a_conversion_says_all_that_it_was_made_of() {
    assert_eq!(
        json!(conversion()),
        json!({
            "fiat": "KRW",
            "amount": "30",
            "token_decimals": 0,
            "rate": {
                "price": "0.03000000",
                "source": { "feeds": [{
                    "chain_id": 1,
                    "feed": "0xe0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0",
                    "round": "18446744073709562301",
                }] },
                "as_of": "2026-03-01T12:00:00Z",
            },
        })
    );
    assert_eq!(json!(RateSource::Operator), json!("operator"));
    assert_eq!(
        serde_json::from_value::<Conversion>(json!(conversion())).expect("a conversion"),
        conversion()
    );
}

fn numbers() -> impl Strategy<Value = U256> {
    // Of every length, so that small and huge ones meet.
    (any::<[u64; 4]>(), 0_usize..256).prop_map(|(limbs, shift)| U256::from_limbs(limbs) >> shift)
}

fn decimals() -> impl Strategy<Value = Decimal> {
    let scales = prop_oneof![4 => select(&[8_u8, 18][..]), 1 => 0..=Decimal::MAX_SCALE];
    (numbers(), scales).prop_filter_map("zero", |(unscaled, scale)| {
        Decimal::new(unscaled, scale).ok()
    })
}

fn conversions() -> impl Strategy<Value = Conversion> {
    let token_decimals = prop_oneof![4 => select(&[6_u8, 18][..]), 1 => 0..=Decimal::MAX_SCALE];
    let amounts = prop_oneof![3 => 1_u64..10_000_000, 1 => any::<u64>()];
    let amounts = prop_oneof![4 => amounts.prop_map(wei), 1 => numbers().prop_map(BaseUnits)];
    (select(&Fiat::ALL[..]), amounts, token_decimals, decimals()).prop_map(
        |(fiat, amount, token_decimals, price)| converted(fiat, amount, token_decimals, price),
    )
}

fn wide(number: U256) -> U1024 {
    U1024::from(number)
}

fn ten_to(digits: u8) -> U1024 {
    U1024::from(10).pow(U1024::from(digits))
}

/// The exact amount of base units as a fraction.
fn exact(conversion: &Conversion) -> (U1024, U1024) {
    let price = conversion.rate.price;
    let worth = wide(conversion.amount.0) * ten_to(conversion.token_decimals);
    (
        worth * ten_to(price.scale()),
        wide(price.unscaled()) * ten_to(conversion.fiat.decimals()),
    )
}

proptest! {
    #[test]
    fn tokens_are_worth_the_price_and_less_than_a_base_unit_more(conversion in conversions()) {
        let (dividend, divisor) = exact(&conversion);
        match conversion.tokens() {
            Ok(tokens) => {
                let worth = wide(tokens.0) * divisor;
                prop_assert!(worth >= dividend, "{tokens} are too few");
                prop_assert!(worth - dividend < divisor, "{tokens} are too many");
                prop_assert!(!tokens.is_zero());
            }
            Err(ConversionFault::TooLarge) => {
                prop_assert!(wide(U256::MAX) * divisor < dividend);
            }
            Err(ConversionFault::ZeroPrice) => prop_assert!(conversion.amount.is_zero()),
            Err(fault @ ConversionFault::TooManyDecimals) => prop_assert!(false, "{fault}"),
        }
    }

    #[test]
    fn a_higher_price_never_costs_fewer_tokens(
        conversion in conversions(), more in 1_u64..1_000_000
    ) {
        let amount = conversion.amount.checked_add(wei(more));
        let Some(amount) = amount else { return Ok(()) };
        let dearer = Conversion { amount, ..conversion.clone() };
        if let (Ok(tokens), Ok(more)) = (conversion.tokens(), dearer.tokens()) {
            prop_assert!(tokens <= more);
        }
    }

    #[test]
    fn a_dearer_token_never_needs_more_of_it(conversion in conversions(), more in 1_u64..1_000_000) {
        let price = conversion.rate.price;
        let Some(unscaled) = price.unscaled().checked_add(U256::from(more)) else { return Ok(()) };
        let price = Decimal::new(unscaled, price.scale()).expect("a decimal");
        let rate = Rate { price, ..conversion.rate.clone() };
        let dearer = Conversion { rate, ..conversion.clone() };
        if let (Ok(tokens), Ok(fewer)) = (conversion.tokens(), dearer.tokens()) {
            prop_assert!(fewer <= tokens);
        }
    }

    #[test]
    fn a_decimal_is_read_as_it_was_written(number in decimals()) {
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn a_rate_of_two_is_never_above_their_product_or_quotient(one in decimals(), two in decimals()) {
        if let Ok(product) = one.checked_mul(two) {
            // product / 10^s ≤ one / 10^a × two / 10^b
            let given = wide(product.unscaled()) * ten_to(one.scale()) * ten_to(two.scale());
            let exact = wide(one.unscaled()) * wide(two.unscaled()) * ten_to(product.scale());
            prop_assert!(given <= exact);
            prop_assert!(exact - given < ten_to(one.scale()) * ten_to(two.scale()));
        }
        if let Ok(quotient) = one.checked_div(two) {
            let unit = wide(two.unscaled()) * ten_to(one.scale());
            let given = wide(quotient.unscaled()) * unit;
            let exact = wide(one.unscaled()) * ten_to(two.scale()) * ten_to(quotient.scale());
            prop_assert!(given <= exact);
            prop_assert!(exact - given < unit);
        }
    }
}
