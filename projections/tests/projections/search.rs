//! Searching products by name.

use gage_domain::{product::ProductEvent, text::LocalizedText};
use gage_projections::{
    PageRequest, PageSize,
    catalog::{Catalog, CatalogQueries, ProductFilter, StockLevel, Visibility},
};

use crate::support::{
    History, TestDb, product_id, product_listed, shop_id, shop_opened, text, wallet,
};

/// The English names of what a wallet finds.
async fn found(db: &TestDb, search: &str, visibility: Visibility) -> Vec<String> {
    let filter = ProductFilter {
        search: Some(search.to_owned()),
        shop: None,
        level: StockLevel::Any,
        visibility,
    };
    let page = PageRequest::first(PageSize::MAX);
    let products = CatalogQueries::new(db.pool.clone())
        .products(&filter, &page)
        .await
        .unwrap();
    products
        .rows
        .iter()
        .map(|row| row.name.en().unwrap_or_default().to_owned())
        .collect()
}

async fn shop_with(names: &[(&str, &str)]) -> TestDb {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    for (number, (ko, en)) in (1..).zip(names) {
        history.then(product_listed(number, text(ko, en)));
        history.then((product_id(number), ProductEvent::ProductPublished {}));
    }
    db.project::<Catalog>(&history).await;
    db
}

#[tokio::test]
async fn names_are_found_in_both_languages_and_any_case() {
    let db = shop_with(&[
        ("에티오피아 커피", "Ethiopian COFFEE"),
        ("녹차", "Green tea"),
    ])
    .await;
    for search in [
        "커피",
        "coffee",
        "Coffee ethiopian",
        "오피",
        "ＣＯＦＦＥＥ",
        "  에티오피아\t커피 ",
    ] {
        assert_eq!(
            found(&db, search, Visibility::Published).await,
            ["Ethiopian COFFEE"],
            "{search}"
        );
    }
    assert_eq!(
        found(&db, "e", Visibility::Published).await,
        ["Green tea", "Ethiopian COFFEE"]
    );
    assert!(
        found(&db, "coffee tea", Visibility::Published)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn hangul_typed_as_single_jamo_is_found() {
    let db = shop_with(&[("커피", "Coffee")]).await;
    let decomposed = "\u{110F}\u{1165}\u{1111}\u{1175}";
    assert_eq!(
        found(&db, decomposed, Visibility::Published).await,
        ["Coffee"]
    );
}

#[tokio::test]
async fn a_search_that_says_nothing_finds_all() {
    let db = shop_with(&[("커피", "Coffee")]).await;
    for search in ["", "   ", "\0", "\u{1}\n"] {
        assert_eq!(
            found(&db, search, Visibility::Published).await,
            ["Coffee"],
            "{search:?}"
        );
    }
}

#[tokio::test]
async fn characters_that_mean_something_to_sql_mean_themselves() {
    let db = shop_with(&[
        ("할인", "50% off"),
        ("밑줄", "a_b"),
        ("역사선", r"a\b"),
        ("콩", "axb"),
    ])
    .await;
    assert_eq!(found(&db, "%", Visibility::Published).await, ["50% off"]);
    assert_eq!(found(&db, "_", Visibility::Published).await, ["a_b"]);
    assert_eq!(found(&db, r"\", Visibility::Published).await, [r"a\b"]);
    assert_eq!(found(&db, "a_b", Visibility::Published).await, ["a_b"]);
    let injections = [
        "' OR '1'='1",
        "'; DROP TABLE catalog_v4.products; --",
        "$1",
        "\") > 0 OR true --",
    ];
    for search in injections {
        assert!(
            found(&db, search, Visibility::Published).await.is_empty(),
            "{search}"
        );
    }
    assert_eq!(
        found(&db, "", Visibility::Published).await.len(),
        4,
        "nothing was dropped"
    );
}

#[tokio::test]
async fn a_renamed_product_is_found_by_its_new_name_alone() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    history.then((product_id(1), ProductEvent::ProductPublished {}));
    let name = LocalizedText::new(None, Some("Tea".to_owned()));
    let description = LocalizedText::default();
    history.then((
        product_id(1),
        ProductEvent::ProductRevised { name, description },
    ));
    db.project::<Catalog>(&history).await;
    assert!(found(&db, "coffee", Visibility::Published).await.is_empty());
    assert_eq!(found(&db, "tea", Visibility::Published).await, ["Tea"]);
}

#[tokio::test]
async fn drafts_are_seen_by_their_owner_and_by_auditors_alone() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    db.project::<Catalog>(&history).await;
    assert!(found(&db, "", Visibility::Published).await.is_empty());
    assert!(
        found(&db, "", Visibility::PublishedOrOwnedBy(wallet(2)))
            .await
            .is_empty()
    );
    assert_eq!(
        found(&db, "", Visibility::PublishedOrOwnedBy(wallet(1))).await,
        ["Coffee"]
    );
    assert_eq!(found(&db, "", Visibility::All).await, ["Coffee"]);
}

#[tokio::test]
async fn a_shop_shows_its_own_products_alone() {
    let db = shop_with(&[("커피", "Coffee")]).await;
    let catalog = CatalogQueries::new(db.pool.clone());
    for (shop, count) in [(shop_id(1), 1), (shop_id(2), 0)] {
        let filter = ProductFilter {
            search: None,
            shop: Some(shop),
            level: StockLevel::Any,
            visibility: Visibility::Published,
        };
        let page = PageRequest::first(PageSize::MAX);
        assert_eq!(
            catalog.products(&filter, &page).await.unwrap().rows.len(),
            count
        );
    }
}
