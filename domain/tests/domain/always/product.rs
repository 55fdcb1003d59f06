//! A product belongs to one shop; on sale means a price and a name.

use gage_domain::{
    Decider,
    ids::ShopId,
    product::{Product, ProductCommand, ProductEvent},
    value::{B256, BaseUnits, ImageHash, Price, Quantity},
};
use proptest::{prelude::*, sample::select, test_runner::TestCaseResult};

use super::{Repeated, always, never_panics, sequences, texts};
use crate::samples::{NOON, OTHER_SHOP, SHOP, TOKEN, ether, most, price_in, wei, won};

fn shops() -> impl Strategy<Value = ShopId> {
    select(&[SHOP, OTHER_SHOP][..])
}

fn prices() -> impl Strategy<Value = Price> {
    let currencies = vec![
        ether(1).currency,
        price_in(TOKEN, wei(1)).currency,
        won(1).currency,
    ];
    let amounts: Vec<BaseUnits> = vec![wei(0), wei(1), wei(2), most()];
    (select(currencies), select(amounts)).prop_map(|(currency, amount)| Price { currency, amount })
}

fn images() -> impl Strategy<Value = Option<ImageHash>> {
    prop::option::of((0_u8..3).prop_map(|byte| ImageHash(B256::repeat_byte(byte))))
}

fn marks() -> impl Strategy<Value = Option<Quantity>> {
    prop::option::of((1_u32..4).prop_map(crate::samples::pieces))
}

fn commands() -> impl Strategy<Value = ProductCommand> {
    prop_oneof![
        2 => (shops(), texts(), texts(), prop::option::of(prices())).prop_map(
            |(shop, name, description, price)| ProductCommand::List {
                shop,
                name,
                description,
                price
            }
        ),
        2 => (texts(), texts())
            .prop_map(|(name, description)| ProductCommand::Revise { name, description }),
        2 => prices().prop_map(|price| ProductCommand::ChangePrice { price }),
        1 => images().prop_map(|image| ProductCommand::ChangeImage { image }),
        1 => marks().prop_map(|mark| ProductCommand::ChangeLowStockMark { mark }),
        3 => Just(ProductCommand::Publish),
        1 => Just(ProductCommand::Unpublish),
    ]
}

fn events() -> impl Strategy<Value = ProductEvent> {
    prop_oneof![
        (shops(), texts(), texts(), prop::option::of(prices())).prop_map(
            |(shop, name, description, price)| ProductEvent::ProductListed {
                shop,
                name,
                description,
                price
            }
        ),
        (texts(), texts())
            .prop_map(|(name, description)| ProductEvent::ProductRevised { name, description }),
        prices().prop_map(|price| ProductEvent::PriceChanged { price }),
        images().prop_map(|image| ProductEvent::ImageChanged { image }),
        marks().prop_map(|mark| ProductEvent::LowStockMarkChanged { mark }),
        Just(ProductEvent::ProductPublished {}),
        Just(ProductEvent::ProductUnpublished {}),
    ]
}

/// Told from the events alone, so that `evolve` cannot hide a wrong decision.
fn on_sale_means_price_and_name(history: &[ProductEvent], product: &Product) -> TestCaseResult {
    let mut shops = Vec::new();
    let (mut named, mut priced, mut on_sale) = (false, false, false);
    let (mut shown_by, mut low_from) = (None, None);
    for event in history {
        match event {
            ProductEvent::ProductListed {
                shop, name, price, ..
            } => {
                shops.push(*shop);
                named = !name.is_empty();
                priced = price.is_some_and(|price| !price.amount.is_zero());
            }
            ProductEvent::ProductRevised { name, .. } => named = !name.is_empty(),
            ProductEvent::PriceChanged { price } => priced = !price.amount.is_zero(),
            ProductEvent::ImageChanged { image } => shown_by = *image,
            ProductEvent::LowStockMarkChanged { mark } => low_from = *mark,
            ProductEvent::ProductPublished {} => on_sale = true,
            ProductEvent::ProductUnpublished {} => on_sale = false,
        }
        prop_assert!(!on_sale || (named && priced));
    }
    let listing = product.listing().expect("a listed product");
    prop_assert_eq!(shops, vec![listing.shop]);
    prop_assert_eq!(
        (listing.image, listing.low_stock_mark),
        (shown_by, low_from)
    );
    prop_assert_eq!(product.offer().is_ok(), on_sale);
    Ok(())
}

proptest! {
    #[test]
    fn what_is_on_sale_has_a_price_and_a_name_whatever_is_asked(
        commands in sequences(commands(), &[NOON], 40)
    ) {
        always::<Product>(&commands, |_| Repeated::Nothing, on_sale_means_price_and_name)?;
    }

    #[test]
    fn a_product_can_be_folded_from_any_events(events in prop::collection::vec(events(), 0..20)) {
        never_panics::<Product>(&events, |product| {
            prop_assert!(product.offer().is_err() || product.price().is_some());
            prop_assert_eq!(product == &Product::default(), product.listing().is_err());
            Ok(())
        })?;
    }

    #[test]
    fn a_product_that_was_listed_with_a_name_can_be_sold(price in prices()) {
        prop_assume!(!price.amount.is_zero());
        let listed = ProductEvent::ProductListed {
            shop: SHOP,
            name: crate::samples::ko("커피"),
            description: crate::samples::en(""),
            price: Some(price),
        };
        let draft = Product::fold([&listed]);
        prop_assert_eq!(
            draft.decide(&ProductCommand::Publish, NOON),
            Ok(vec![ProductEvent::ProductPublished {}])
        );
    }
}
