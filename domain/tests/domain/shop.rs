//! The rules of a shop.

use gage_domain::{
    shop::{Shop, ShopCommand, ShopEvent, ShopRejection},
    text::{LocalizedText, TextFault},
};

use crate::{
    given::{given, nothing_yet},
    samples::{NOBODY, OWNER, PAYOUT, STRANGER, both, en, ko},
};

fn open() -> ShopCommand {
    ShopCommand::Open {
        owner: OWNER,
        name: both("가게", "Gage"),
        payout: PAYOUT,
    }
}

fn opened() -> ShopEvent {
    ShopEvent::ShopOpened {
        owner: OWNER,
        name: both("가게", "Gage"),
        payout: PAYOUT,
    }
}

fn revise(name: LocalizedText) -> ShopCommand {
    ShopCommand::Revise { by: OWNER, name }
}

#[test]
fn a_wallet_opens_a_shop() {
    nothing_yet::<Shop>().when(open()).then([opened()]);
}

#[test]
fn opening_a_shop_twice_changes_nothing() {
    given::<Shop>([opened()])
        .when(open())
        .then_nothing_happens();
}

#[test]
fn an_open_shop_cannot_be_taken_over() {
    given::<Shop>([opened()])
        .when(ShopCommand::Open {
            owner: STRANGER,
            name: both("가게", "Gage"),
            payout: PAYOUT,
        })
        .then_refused(ShopRejection::AlreadyOpen);
}

#[test]
fn an_open_shop_cannot_be_opened_under_another_name_or_payout_wallet() {
    given::<Shop>([opened()])
        .when(ShopCommand::Open {
            owner: OWNER,
            name: ko("다른 가게"),
            payout: PAYOUT,
        })
        .then_refused(ShopRejection::AlreadyOpen)
        .when(ShopCommand::Open {
            owner: OWNER,
            name: both("가게", "Gage"),
            payout: STRANGER,
        })
        .then_refused(ShopRejection::AlreadyOpen);
}

#[test]
fn nobody_cannot_own_a_shop() {
    nothing_yet::<Shop>()
        .when(ShopCommand::Open {
            owner: NOBODY,
            name: ko("가게"),
            payout: PAYOUT,
        })
        .then_refused(ShopRejection::ZeroOwner);
}

#[test]
fn the_money_of_a_shop_must_go_to_somebody() {
    nothing_yet::<Shop>()
        .when(ShopCommand::Open {
            owner: OWNER,
            name: ko("가게"),
            payout: NOBODY,
        })
        .then_refused(ShopRejection::ZeroPayoutAddress);
    given::<Shop>([opened()])
        .when(ShopCommand::ChangePayoutAddress {
            by: OWNER,
            payout: NOBODY,
        })
        .then_refused(ShopRejection::ZeroPayoutAddress);
}

#[test]
fn a_shop_needs_a_name_in_korean_or_english() {
    for name in [ko("가게"), en("Gage")] {
        nothing_yet::<Shop>()
            .when(ShopCommand::Open {
                owner: OWNER,
                name: name.clone(),
                payout: PAYOUT,
            })
            .then([ShopEvent::ShopOpened {
                owner: OWNER,
                name,
                payout: PAYOUT,
            }]);
    }
    nothing_yet::<Shop>()
        .when(ShopCommand::Open {
            owner: OWNER,
            name: ko(" "),
            payout: PAYOUT,
        })
        .then_refused(ShopRejection::Name(TextFault::Empty));
    given::<Shop>([opened()])
        .when(revise(LocalizedText::default()))
        .then_refused(ShopRejection::Name(TextFault::Empty));
}

#[test]
fn the_name_of_a_shop_has_at_most_100_characters_in_each_language() {
    let fits = both(&"가".repeat(100), &"g".repeat(100));
    given::<Shop>([opened()])
        .when(revise(fits.clone()))
        .then([ShopEvent::ShopRevised { name: fits }]);
    given::<Shop>([opened()])
        .when(revise(both("가게", &"g".repeat(101))))
        .then_refused(ShopRejection::Name(TextFault::TooLong {
            max_chars: 100,
            chars: 101,
        }));
}

#[test]
fn the_name_of_a_shop_is_one_line() {
    given::<Shop>([opened()])
        .when(revise(en("Gage\nfree money")))
        .then_refused(ShopRejection::Name(TextFault::ControlCharacter {
            character: '\n',
        }));
}

#[test]
fn the_owner_renames_the_shop() {
    given::<Shop>([opened()])
        .when(revise(en("Gage 2")))
        .then([ShopEvent::ShopRevised { name: en("Gage 2") }])
        .when(revise(en("Gage 2")))
        .then_nothing_happens();
}

#[test]
fn the_owner_sends_later_money_to_another_wallet() {
    let change = ShopCommand::ChangePayoutAddress {
        by: OWNER,
        payout: OWNER,
    };
    let given = given::<Shop>([opened()])
        .when(change.clone())
        .then([ShopEvent::PayoutAddressChanged { payout: OWNER }])
        .when(change)
        .then_nothing_happens();
    assert_eq!(given.state().open().map(|shop| shop.payout), Ok(OWNER));
}

#[test]
fn only_the_owner_changes_a_shop() {
    given::<Shop>([opened()])
        .when(ShopCommand::Revise {
            by: STRANGER,
            name: en("Mine"),
        })
        .then_refused(ShopRejection::NotTheOwner)
        .when(ShopCommand::ChangePayoutAddress {
            by: STRANGER,
            payout: STRANGER,
        })
        .then_refused(ShopRejection::NotTheOwner)
        // Not even the wallet that gets the money.
        .when(ShopCommand::Revise {
            by: PAYOUT,
            name: en("Mine"),
        })
        .then_refused(ShopRejection::NotTheOwner);
}

#[test]
fn a_shop_that_is_not_open_cannot_be_changed() {
    nothing_yet::<Shop>()
        .when(revise(en("Gage")))
        .then_refused(ShopRejection::NotOpen)
        .when(ShopCommand::ChangePayoutAddress {
            by: OWNER,
            payout: PAYOUT,
        })
        .then_refused(ShopRejection::NotOpen);
}

#[test]
fn a_shop_lets_its_owner_act_and_nobody_else() {
    let shop = given::<Shop>([opened()]).state();
    assert_eq!(shop.authorise(OWNER).map(|shop| shop.owner), Ok(OWNER));
    assert_eq!(
        shop.authorise(STRANGER).err(),
        Some(ShopRejection::NotTheOwner)
    );
    let unopened = Shop::default();
    assert_eq!(
        unopened.authorise(OWNER).err(),
        Some(ShopRejection::NotOpen)
    );
    assert_eq!(
        unopened.authorise(NOBODY).err(),
        Some(ShopRejection::NotOpen)
    );
}
