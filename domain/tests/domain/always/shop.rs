//! A shop has one owner wallet, a name, and somewhere for its money to go.

use gage_domain::{
    Decider,
    shop::{Shop, ShopCommand, ShopEvent},
};
use proptest::{prelude::*, test_runner::TestCaseResult};

use super::{Repeated, always, never_panics, sequences, texts, wallets};
use crate::samples::NOON;

fn commands() -> impl Strategy<Value = ShopCommand> {
    prop_oneof![
        (wallets(), texts(), wallets()).prop_map(|(owner, name, payout)| ShopCommand::Open {
            owner,
            name,
            payout
        }),
        (wallets(), texts()).prop_map(|(by, name)| ShopCommand::Revise { by, name }),
        (wallets(), wallets())
            .prop_map(|(by, payout)| ShopCommand::ChangePayoutAddress { by, payout }),
    ]
}

fn events() -> impl Strategy<Value = ShopEvent> {
    prop_oneof![
        (wallets(), texts(), wallets()).prop_map(|(owner, name, payout)| ShopEvent::ShopOpened {
            owner,
            name,
            payout
        }),
        texts().prop_map(|name| ShopEvent::ShopRevised { name }),
        wallets().prop_map(|payout| ShopEvent::PayoutAddressChanged { payout }),
    ]
}

fn one_owner(history: &[ShopEvent], shop: &Shop) -> TestCaseResult {
    let owners: Vec<_> = history
        .iter()
        .filter_map(|event| match event {
            ShopEvent::ShopOpened { owner, .. } => Some(*owner),
            ShopEvent::ShopRevised { .. } | ShopEvent::PayoutAddressChanged { .. } => None,
        })
        .collect();
    let details = shop.open().expect("an open shop");
    prop_assert_eq!(owners, vec![details.owner]);
    prop_assert!(!details.owner.is_zero());
    prop_assert!(!details.payout.is_zero());
    prop_assert!(!details.name.is_empty());
    Ok(())
}

/// Once open: what somebody else asks for never leads to an event.
fn strangers_change_nothing(history: &[ShopEvent], shop: &Shop) -> TestCaseResult {
    one_owner(history, shop)?;
    let owner = shop.open().expect("an open shop").owner;
    for by in [crate::samples::STRANGER, crate::samples::NOBODY] {
        let name = crate::samples::en("Mine");
        let refused = shop.decide(&ShopCommand::Revise { by, name }, NOON);
        prop_assert_eq!(refused.is_err(), by != owner);
        let payout = by;
        let refused = shop.decide(&ShopCommand::ChangePayoutAddress { by, payout }, NOON);
        prop_assert!(refused.is_err() || by == owner);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_shop_has_one_owner_whatever_is_asked(commands in sequences(commands(), &[NOON], 30)) {
        always::<Shop>(&commands, |_| Repeated::Nothing, strangers_change_nothing)?;
    }

    #[test]
    fn a_shop_can_be_folded_from_any_events(events in prop::collection::vec(events(), 0..20)) {
        never_panics::<Shop>(&events, |_| Ok(()))?;
    }
}
