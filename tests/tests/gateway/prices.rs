//! Prices of the time when a server had one chain, beside those that name theirs.

use gage_application::{
    event::StreamName, gateway::Refusal, operations::change_price::ChangePrice,
};
use gage_domain::{
    order::Order,
    product::Product,
    value::{Address, Asset, Currency, Fiat, Price},
};
use serde_json::{Value, json};

use super::support::{CHAIN_ID, OWNER, World, done, ether, refused, shelf};

/// The price as it was written then.
fn unnamed(price: Price) -> Price {
    let (chain_id, token) = (None, Address::ZERO);
    Price {
        currency: Currency::Token { chain_id, token },
        ..price
    }
}

#[tokio::test]
async fn a_price_that_names_no_chain_is_written_with_the_first() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 3).await;
    let change = ChangePrice {
        product: shelf.product,
        by: OWNER,
        price: unnamed(ether(7)),
    };
    done(&gateway, change).await;
    let product = world.state::<Product>(shelf.product).await;
    assert_eq!(product.price(), Some(ether(7)));
    world.end().await;
}

#[tokio::test]
async fn what_was_priced_before_chains_had_names_is_sold_on_the_first() {
    let world = World::new().await;
    let shelf = shelf(&world.replica(), 3).await;
    let stream = StreamName::of::<Product>(shelf.product);
    let payload = json!({ "PriceChanged": { "price": {
        "token": "0x0000000000000000000000000000000000000000", "amount": "9",
    } } });
    sqlx::query(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
         payload, metadata) \
         SELECT aggregate_type, aggregate_id, max(sequence) + 1, 'PriceChanged', '1.0.0', $2, \
         (array_agg(metadata))[1] FROM events \
         WHERE aggregate_type = 'Product' AND aggregate_id = $1 GROUP BY 1, 2",
    )
    .bind(stream.aggregate_id)
    .bind(payload)
    .execute(&world.pool)
    .await
    .unwrap();
    let product = world.state::<Product>(shelf.product).await;
    assert_eq!(product.price(), Some(unnamed(ether(9))));

    // Whoever saw it before or after chains had names saw the same price.
    let gateway = world.replica();
    for seen in [ether(9), unnamed(ether(9))] {
        let mut order = shelf.order(1);
        order.seen_prices = vec![(shelf.product, seen)];
        done(&gateway, order.clone()).await;
        let placed = world.state::<Order>(order.order).await;
        assert_eq!(placed.total(), Some(ether(9)));
        assert_eq!(placed.lines()[0].unit_price, ether(9));
    }
    let elsewhere = Asset {
        chain_id: CHAIN_ID + 1,
        token: Address::ZERO,
    };
    let elsewhere = Price::token(elsewhere, ether(9).amount);
    let in_won = Price::fiat(Fiat::Krw, ether(9).amount);
    for seen in [unnamed(ether(8)), elsewhere, in_won] {
        let mut order = shelf.order(1);
        order.seen_prices = vec![(shelf.product, seen)];
        let (product, now) = (shelf.product, ether(9));
        let changed = Refusal::PriceChanged { product, seen, now };
        assert_eq!(refused(&gateway, order).await, changed);
    }
    world.end().await;
}

/// A request that is repeated after an update must be the same request: its hash is of this.
#[test]
fn a_request_that_says_nothing_new_is_written_as_before() {
    let order = super::support::Shelf {
        shop: gage_domain::ids::ShopId(uuid::Uuid::nil()),
        product: gage_domain::ids::ProductId(uuid::Uuid::nil()),
    };
    let mut order = order.order(1);
    order.seen_prices = vec![(order.lines[0].product, unnamed(ether(5)))];
    let written: Value = serde_json::to_value(&order).unwrap();
    let fields: Vec<_> = written.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["by", "lines", "order", "seen_prices", "shop"]);
    assert_eq!(
        written["seen_prices"][0][1],
        json!({ "token": "0x0000000000000000000000000000000000000000", "amount": "5" })
    );
}
