//! What events make of shops, products and stock.

use gage_application::{catch_up::ConsumerError, ports::wake::Notice, position::LogPosition};
use gage_domain::{
    inventory::InventoryEvent,
    product::ProductEvent,
    shop::ShopEvent,
    text::LocalizedText,
    value::{Asset, BaseUnits, Price, U256},
};
use gage_projections::catalog::{Catalog, CatalogQueries, ShopRow, StockRow};

use crate::support::{
    DAWN, History, TestDb, ether, order_id, pieces, prices, product_id, product_listed, shop_id,
    shop_opened, sku, text, wallet,
};

#[tokio::test]
async fn a_shop_that_opened_is_shown() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let opened = history.then(shop_opened(1));
    db.project::<Catalog>(&history).await;
    let shop = CatalogQueries::new(db.pool.clone())
        .shop(shop_id(1))
        .await
        .unwrap();
    let expected = ShopRow {
        id: shop_id(1),
        owner: wallet(1),
        name: text("가게", "Shop"),
        payout: wallet(1),
        opened_at: DAWN,
        opened,
        position: opened,
    };
    assert_eq!(shop, Some(expected));
}

#[tokio::test]
async fn a_revised_shop_has_its_new_name_and_payout() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let opened = history.then(shop_opened(1));
    let english = LocalizedText::new(None, Some("Beans".to_owned()));
    history.then((
        shop_id(1),
        ShopEvent::ShopRevised {
            name: english.clone(),
        },
    ));
    let changed = history.then((
        shop_id(1),
        ShopEvent::PayoutAddressChanged { payout: wallet(5) },
    ));
    db.project::<Catalog>(&history).await;
    let shop = CatalogQueries::new(db.pool.clone())
        .shop(shop_id(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (shop.name, shop.payout, shop.owner),
        (english, wallet(5), wallet(1))
    );
    assert_eq!((shop.opened, shop.position), (opened, changed));
}

#[tokio::test]
async fn a_listed_product_is_a_draft_without_stock() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    let listed = history.then(product_listed(1, text("커피", "Coffee")));
    db.project::<Catalog>(&history).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    let product = catalog.product(product_id(1)).await.unwrap().unwrap();
    assert!(!product.published);
    assert_eq!((product.owner, product.shop), (wallet(1), shop_id(1)));
    assert_eq!((product.price, product.listed), (Some(ether(100)), listed));
    assert_eq!(product.stock, StockRow::none(sku(1)));
    assert!(product.description.is_empty());
}

#[tokio::test]
async fn a_product_is_shown_as_its_last_events_left_it() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    let whole = BaseUnits(U256::MAX);
    let (chain_id, token) = (u64::MAX, wallet(0xc0));
    let dearest = Price::token(Asset { chain_id, token }, whole);
    history.then((product_id(1), ProductEvent::PriceChanged { price: dearest }));
    let revised = ProductEvent::ProductRevised {
        name: text("원두", "Beans"),
        description: text("볶은 콩", "Roasted"),
    };
    history.then((product_id(1), revised));
    history.then((product_id(1), ProductEvent::ProductPublished {}));
    db.project::<Catalog>(&history).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    let product = catalog.product(product_id(1)).await.unwrap().unwrap();
    assert_eq!(
        (product.name, product.description),
        (text("원두", "Beans"), text("볶은 콩", "Roasted"))
    );
    assert_eq!((product.price, product.published), (Some(dearest), true));

    history.then((product_id(1), ProductEvent::ProductUnpublished {}));
    db.project::<Catalog>(&history).await;
    let product = catalog.product(product_id(1)).await.unwrap().unwrap();
    assert!(!product.published);
    assert_eq!(product.position, history.last());
}

#[tokio::test]
async fn stock_follows_every_movement() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let (first, second) = (order_id(1), order_id(2));
    history.then((
        sku(1),
        InventoryEvent::StockReceived {
            quantity: pieces(10),
        },
    ));
    history.then((
        sku(1),
        InventoryEvent::StockAdjusted {
            delta: -3,
            reason: "lost".to_owned(),
        },
    ));
    history.then((
        sku(1),
        InventoryEvent::StockReserved {
            order: first,
            quantity: pieces(4),
        },
    ));
    history.then((
        sku(1),
        InventoryEvent::StockReserved {
            order: second,
            quantity: pieces(2),
        },
    ));
    db.project::<Catalog>(&history).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    let stock = catalog.stock(sku(1)).await.unwrap();
    assert_eq!(
        (stock.on_hand, stock.reserved, stock.available()),
        (7, 6, 1)
    );

    history.then((
        sku(1),
        InventoryEvent::ReservationReleased {
            order: first,
            quantity: pieces(4),
        },
    ));
    let sold = InventoryEvent::ReservationCommitted {
        order: second,
        quantity: pieces(2),
    };
    let position = history.then((sku(1), sold));
    let notices = db.project::<Catalog>(&history).await;
    let stock = catalog.stock(sku(1)).await.unwrap();
    assert_eq!(
        (stock.on_hand, stock.reserved, stock.available()),
        (5, 0, 5)
    );
    assert_eq!(stock.position, position);
    assert_eq!(
        notices,
        [Notice::Stock(sku(1))],
        "one notice however many events"
    );
}

#[tokio::test]
async fn stock_is_told_to_who_has_not_seen_it() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let first = history.then((
        sku(1),
        InventoryEvent::StockReceived {
            quantity: pieces(10),
        },
    ));
    let second = history.then((
        sku(1),
        InventoryEvent::StockReceived {
            quantity: pieces(1),
        },
    ));
    db.project::<Catalog>(&history).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    let seen_by = |cursor| catalog.stock_after(sku(1), cursor);
    assert_eq!(
        seen_by(LogPosition::START).await.unwrap().unwrap().on_hand,
        11
    );
    assert_eq!(seen_by(first).await.unwrap().unwrap().on_hand, 11);
    assert_eq!(seen_by(second).await.unwrap(), None);
    assert_eq!(catalog.stock(sku(2)).await.unwrap(), StockRow::none(sku(2)));
}

#[tokio::test]
async fn an_event_about_nothing_is_poison_that_names_table_and_key() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let position = history.then((product_id(1), ProductEvent::ProductPublished {}));
    let error = db.try_project::<Catalog>(&history).await.unwrap_err();
    let reason = format!("table products, key {}: it is not there", product_id(1));
    assert_eq!(error, ConsumerError::Poison { position, reason });
}

#[tokio::test]
async fn a_row_that_cannot_be_is_poison_and_what_came_before_it_is_not_written() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then((
        sku(1),
        InventoryEvent::StockReceived {
            quantity: pieces(1),
        },
    ));
    let oversold = InventoryEvent::StockReserved {
        order: order_id(1),
        quantity: pieces(2),
    };
    let position = history.then((sku(1), oversold));
    match db.try_project::<Catalog>(&history).await {
        Err(ConsumerError::Poison {
            position: at,
            reason,
        }) => {
            assert_eq!(at, position);
            assert!(
                reason.contains("table stock") && reason.contains("stock_reserved"),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(db.checkpoint::<Catalog>().await, LogPosition::START);
    assert_eq!(db.dump("catalog_v3").await, [] as [String; 0]);
}

#[tokio::test]
async fn a_product_opened_twice_is_poison() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(shop_opened(1));
    let error = db.try_project::<Catalog>(&history).await.unwrap_err();
    assert!(
        error.to_string().ends_with("it is there already"),
        "{error}"
    );
}

#[tokio::test]
async fn a_price_is_shown_in_its_currency() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    for price in prices() {
        history.then((product_id(1), ProductEvent::PriceChanged { price }));
        db.project::<Catalog>(&history).await;
        let catalog = CatalogQueries::new(db.pool.clone());
        let product = catalog.product(product_id(1)).await.unwrap().unwrap();
        assert_eq!(product.price, Some(price));
    }
}
