//! The rules of a product.

use gage_domain::{
    product::{Offer, Product, ProductCommand, ProductEvent, ProductRejection},
    text::{LocalizedText, TextFault},
    value::{ImageHash, Price},
};

use crate::{
    given::{Given, given, nothing_yet},
    samples::{OTHER_SHOP, SHOP, TOKEN, both, en, ether, hash, ko, pieces, price_in, wei, won},
};

fn list(name: LocalizedText, price: Option<Price>) -> ProductCommand {
    ProductCommand::List {
        shop: SHOP,
        name,
        description: en("Beans"),
        price,
    }
}

fn listed(name: LocalizedText, price: Option<Price>) -> ProductEvent {
    ProductEvent::ProductListed {
        shop: SHOP,
        name,
        description: en("Beans"),
        price,
    }
}

fn revise(name: LocalizedText) -> ProductCommand {
    ProductCommand::Revise {
        name,
        description: en("Beans"),
    }
}

fn revised(name: LocalizedText) -> ProductEvent {
    ProductEvent::ProductRevised {
        name,
        description: en("Beans"),
    }
}

fn draft() -> Given<Product> {
    given([listed(ko("커피"), Some(ether(10)))])
}

fn published() -> Given<Product> {
    given([
        listed(ko("커피"), Some(ether(10))),
        ProductEvent::ProductPublished {},
    ])
}

#[test]
fn a_shop_lists_a_product_as_a_draft() {
    let given = nothing_yet::<Product>()
        .when(list(ko("커피"), Some(ether(10))))
        .then([listed(ko("커피"), Some(ether(10)))]);
    assert_eq!(given.state().offer(), Err(ProductRejection::NotPublished));
}

#[test]
fn listing_a_product_twice_changes_nothing() {
    draft()
        .when(list(ko("커피"), Some(ether(10))))
        .then_nothing_happens();
}

#[test]
fn a_listed_product_cannot_be_listed_as_something_else() {
    draft()
        .when(list(ko("홍차"), Some(ether(10))))
        .then_refused(ProductRejection::AlreadyListed)
        .when(list(ko("커피"), Some(ether(11))))
        .then_refused(ProductRejection::AlreadyListed)
        .when(list(ko("커피"), None))
        .then_refused(ProductRejection::AlreadyListed)
        .when(ProductCommand::List {
            shop: SHOP,
            name: ko("커피"),
            description: en("Leaves"),
            price: Some(ether(10)),
        })
        .then_refused(ProductRejection::AlreadyListed);
}

#[test]
fn a_product_cannot_move_to_another_shop() {
    published()
        .when(ProductCommand::List {
            shop: OTHER_SHOP,
            name: ko("커피"),
            description: en("Beans"),
            price: Some(ether(10)),
        })
        .then_refused(ProductRejection::AlreadyListed);
}

#[test]
fn a_draft_may_still_lack_name_and_price() {
    nothing_yet::<Product>()
        .when(list(LocalizedText::default(), None))
        .then([listed(LocalizedText::default(), None)]);
}

#[test]
fn a_product_is_published_with_name_and_price() {
    let given = draft()
        .when(ProductCommand::Publish)
        .then([ProductEvent::ProductPublished {}]);
    assert_eq!(
        given.state().offer(),
        Ok(Offer {
            shop: SHOP,
            name: ko("커피"),
            price: ether(10),
        })
    );
    given.when(ProductCommand::Publish).then_nothing_happens();
}

#[test]
fn a_product_without_a_price_cannot_be_published() {
    given::<Product>([listed(ko("커피"), None)])
        .when(ProductCommand::Publish)
        .then_refused(ProductRejection::PriceMissing);
}

#[test]
fn a_product_without_a_name_cannot_be_published() {
    given::<Product>([listed(LocalizedText::default(), Some(ether(10)))])
        .when(ProductCommand::Publish)
        .then_refused(ProductRejection::NameMissing);
}

#[test]
fn a_published_product_keeps_a_name() {
    published()
        .when(revise(LocalizedText::default()))
        .then_refused(ProductRejection::NameMissing)
        .when(revise(en("Coffee")))
        .then([revised(en("Coffee"))]);
}

#[test]
fn a_draft_may_lose_its_name_again() {
    draft()
        .when(revise(LocalizedText::default()))
        .then([revised(LocalizedText::default())]);
}

#[test]
fn revising_to_the_same_texts_changes_nothing() {
    published().when(revise(ko("커피"))).then_nothing_happens();
}

#[test]
fn a_new_description_alone_is_a_revision() {
    let description = both("원두", "Whole beans");
    published()
        .when(ProductCommand::Revise {
            name: ko("커피"),
            description: description.clone(),
        })
        .then([ProductEvent::ProductRevised {
            name: ko("커피"),
            description,
        }]);
}

#[test]
fn a_price_changes_for_drafts_and_for_what_is_on_sale() {
    for given in [draft(), published()] {
        let dearer = ProductCommand::ChangePrice { price: ether(12) };
        let given = given
            .when(dearer.clone())
            .then([ProductEvent::PriceChanged { price: ether(12) }])
            .when(dearer)
            .then_nothing_happens();
        assert_eq!(given.state().price(), Some(ether(12)));
    }
}

#[test]
fn an_image_is_given_changed_and_taken_away() {
    let image = |byte| Some(ImageHash(hash(byte)));
    for given in [draft(), published()] {
        let mut given = given
            .when(ProductCommand::ChangeImage { image: None })
            .then_nothing_happens();
        for image in [image(1), image(2), None] {
            given = given
                .when(ProductCommand::ChangeImage { image })
                .then([ProductEvent::ImageChanged { image }])
                .when(ProductCommand::ChangeImage { image })
                .then_nothing_happens();
            assert_eq!(given.state().listing().unwrap().image, image);
        }
    }
}

#[test]
fn the_mark_of_low_stock_is_set_changed_and_taken_away() {
    for given in [draft(), published()] {
        let mut given = given
            .when(ProductCommand::ChangeLowStockMark { mark: None })
            .then_nothing_happens();
        for mark in [Some(pieces(5)), Some(pieces(1)), None] {
            given = given
                .when(ProductCommand::ChangeLowStockMark { mark })
                .then([ProductEvent::LowStockMarkChanged { mark }])
                .when(ProductCommand::ChangeLowStockMark { mark })
                .then_nothing_happens();
            assert_eq!(given.state().listing().unwrap().low_stock_mark, mark);
        }
    }
}

#[test]
fn image_and_mark_stay_when_a_product_is_revised_priced_published_and_taken_off_sale() {
    let (image, mark) = (Some(ImageHash(hash(1))), Some(pieces(5)));
    let given = draft()
        .when(ProductCommand::ChangeImage { image })
        .then([ProductEvent::ImageChanged { image }])
        .when(ProductCommand::ChangeLowStockMark { mark })
        .then([ProductEvent::LowStockMarkChanged { mark }])
        .when(ProductCommand::Publish)
        .then([ProductEvent::ProductPublished {}])
        .when(revise(en("Coffee")))
        .then([revised(en("Coffee"))])
        .when(ProductCommand::ChangePrice { price: ether(12) })
        .then([ProductEvent::PriceChanged { price: ether(12) }])
        .when(ProductCommand::Unpublish)
        .then([ProductEvent::ProductUnpublished {}]);
    let product = given.state();
    let listing = product.listing().unwrap();
    assert_eq!((listing.image, listing.low_stock_mark), (image, mark));
}

#[test]
fn the_same_amount_in_another_currency_is_another_price() {
    for price in [price_in(TOKEN, wei(10)), won(10)] {
        published()
            .when(ProductCommand::ChangePrice { price })
            .then([ProductEvent::PriceChanged { price }]);
    }
}

#[test]
fn nothing_is_given_away_for_a_price_of_zero() {
    nothing_yet::<Product>()
        .when(list(ko("커피"), Some(ether(0))))
        .then_refused(ProductRejection::ZeroPrice);
    published()
        .when(ProductCommand::ChangePrice { price: ether(0) })
        .then_refused(ProductRejection::ZeroPrice);
}

#[test]
fn a_product_that_was_taken_off_sale_can_be_put_back() {
    let given = published()
        .when(ProductCommand::Unpublish)
        .then([ProductEvent::ProductUnpublished {}]);
    assert_eq!(given.state().offer(), Err(ProductRejection::NotPublished));
    given
        .when(ProductCommand::Unpublish)
        .then_nothing_happens()
        .when(ProductCommand::Publish)
        .then([ProductEvent::ProductPublished {}]);
}

#[test]
fn a_product_that_nobody_listed_cannot_be_changed_or_sold() {
    for command in [
        revise(ko("커피")),
        ProductCommand::ChangePrice { price: ether(10) },
        ProductCommand::ChangeImage { image: None },
        ProductCommand::ChangeLowStockMark { mark: None },
        ProductCommand::Publish,
        ProductCommand::Unpublish,
    ] {
        nothing_yet::<Product>()
            .when(command)
            .then_refused(ProductRejection::NotListed);
    }
    assert_eq!(Product::default().offer(), Err(ProductRejection::NotListed));
}

#[test]
fn names_are_one_line_of_200_characters_and_descriptions_have_10_000() {
    let too_long = |max_chars| TextFault::TooLong {
        max_chars,
        chars: max_chars + 1,
    };
    nothing_yet::<Product>()
        .when(list(ko(&"커".repeat(201)), None))
        .then_refused(ProductRejection::Name(too_long(200)))
        .when(ProductCommand::List {
            shop: SHOP,
            name: ko("커피"),
            description: en(&"x".repeat(10_001)),
            price: None,
        })
        .then_refused(ProductRejection::Description(too_long(10_000)));
    draft()
        .when(revise(ko(&"커".repeat(201))))
        .then_refused(ProductRejection::Name(too_long(200)))
        .when(revise(ko("커\n피")))
        .then_refused(ProductRejection::Name(TextFault::ControlCharacter {
            character: '\n',
        }))
        .when(ProductCommand::Revise {
            name: ko("커피"),
            description: en(&"x".repeat(10_001)),
        })
        .then_refused(ProductRejection::Description(too_long(10_000)))
        .when(ProductCommand::Revise {
            name: ko(&"커".repeat(200)),
            description: en(&"a\n".repeat(4_999)),
        })
        .then([ProductEvent::ProductRevised {
            name: ko(&"커".repeat(200)),
            description: en(&"a\n".repeat(4_999)),
        }]);
}
