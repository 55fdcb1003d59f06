//! Prices as they are written: those of the time of one chain, those of today, and no others.

use gage_domain::value::{Asset, Denomination, Fiat, InvalidPrice, Price};
use serde_json::{Value, json};

use crate::samples::{ETHER, TOKEN, ether, on_unnamed_chain, price_in, wei, won};

fn read(json: Value) -> Result<Price, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

#[test]
fn a_price_is_read_as_it_was_written() {
    let prices = [
        (
            on_unnamed_chain(TOKEN, wei(7)),
            json!({ "token": TOKEN, "amount": "7" }),
        ),
        (
            price_in(TOKEN, wei(7)),
            json!({ "chain_id": 1337, "token": TOKEN, "amount": "7" }),
        ),
        (won(12_000), json!({ "fiat": "KRW", "amount": "12000" })),
        (
            Price::fiat(Fiat::Usd, wei(1_999)),
            json!({ "fiat": "USD", "amount": "1999" }),
        ),
    ];
    for (price, written) in prices {
        assert_eq!(json!(price), written);
        assert_eq!(read(written), Ok(price));
    }
}

#[test]
fn a_price_is_in_one_currency() {
    for wrong in [
        json!({ "amount": "7" }),
        json!({ "chain_id": 1, "amount": "7" }),
        json!({ "fiat": "KRW", "token": TOKEN, "amount": "7" }),
        json!({ "fiat": "KRW", "chain_id": 1, "amount": "7" }),
    ] {
        assert_eq!(read(wrong), Err(InvalidPrice.to_string()));
    }
    for fiat in ["EUR", "krw", ""] {
        assert!(read(json!({ "fiat": fiat, "amount": "7" })).is_err());
        assert!(fiat.parse::<Fiat>().is_err());
    }
    assert_eq!(Fiat::ALL.map(|fiat| fiat.code().parse()), Fiat::ALL.map(Ok));
}

#[test]
fn a_chain_that_is_not_named_is_the_first_one() {
    assert_eq!(on_unnamed_chain(ETHER, wei(7)).on(1337), ether(7));
    assert_ne!(on_unnamed_chain(ETHER, wei(7)).on(1), ether(7));
    // One that is named stays, and won are on no chain.
    assert_eq!(ether(7).on(1), ether(7));
    assert_eq!(won(7).on(1), won(7));
    let meant = [won(7), on_unnamed_chain(TOKEN, wei(7))].map(|price| price.currency.on(1));
    let (chain_id, token) = (1, TOKEN);
    assert_eq!(
        meant,
        [
            Denomination::Fiat(Fiat::Krw),
            Denomination::Token(Asset { chain_id, token })
        ]
    );
}
