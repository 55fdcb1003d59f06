//! What events make of shops, products and stock.

use gage_application::{catch_up::ConsumerError, ports::wake::Notice, position::LogPosition};
use gage_domain::{
    inventory::InventoryEvent,
    product::ProductEvent,
    shop::ShopEvent,
    text::LocalizedText,
    value::{Asset, B256, BaseUnits, ImageHash, Price, U256},
};
use gage_projections::{
    PageRequest, PageSize,
    catalog::{
        Catalog, CatalogQueries, ProductFilter, ProductRow, ShopRow, StockLevel, StockRow,
        Visibility,
    },
};

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
async fn a_product_has_the_image_and_the_mark_that_were_given_last() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    let catalog = CatalogQueries::new(db.pool.clone());
    let image = |byte| Some(ImageHash(B256::repeat_byte(byte)));
    for (image, mark) in [
        (image(1), Some(pieces(5))),
        (image(2), Some(pieces(1_000_000_000))),
        (None, None),
    ] {
        history.then((product_id(1), ProductEvent::ImageChanged { image }));
        history.then((product_id(1), ProductEvent::LowStockMarkChanged { mark }));
        db.project::<Catalog>(&history).await;
        let product = catalog.product(product_id(1)).await.unwrap().unwrap();
        assert_eq!((product.image, product.low_stock_mark), (image, mark));
        assert_eq!(product.position, history.last());
    }
}

#[tokio::test]
async fn stock_is_low_when_no_more_can_be_ordered_than_the_mark_says() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    // Five pieces each, of which one has three reserved; the last two were never counted.
    for number in 1..=6 {
        history.then(product_listed(number, text("커피", "Coffee")));
        if number <= 4 {
            let quantity = pieces(5);
            history.then((sku(number), InventoryEvent::StockReceived { quantity }));
        }
    }
    let (order, quantity) = (order_id(1), pieces(3));
    history.then((sku(2), InventoryEvent::StockReserved { order, quantity }));
    for (number, mark) in [(1, 4), (2, 4), (3, 5), (5, 1)] {
        let mark = Some(pieces(mark));
        history.then((
            product_id(number),
            ProductEvent::LowStockMarkChanged { mark },
        ));
    }
    db.project::<Catalog>(&history).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    let low = ProductFilter {
        search: None,
        shop: Some(shop_id(1)),
        level: StockLevel::Low,
        visibility: Visibility::All,
    };
    let page = PageRequest::first(PageSize::MAX);
    let found = catalog.products(&low, &page).await.unwrap();
    let ids: Vec<_> = found.rows.iter().map(|product| product.id).collect();
    assert_eq!(ids, [product_id(5), product_id(3), product_id(2)]);
    assert!(found.rows.iter().all(ProductRow::is_low));
    let any = ProductFilter {
        level: StockLevel::Any,
        ..low
    };
    let all = catalog.products(&any, &page).await.unwrap().rows;
    assert_eq!(all.iter().filter(|product| product.is_low()).count(), 3);
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
    assert_eq!(db.dump("catalog_v4").await, [] as [String; 0]);
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
