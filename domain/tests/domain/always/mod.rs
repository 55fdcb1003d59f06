//! What must always hold, as properties over random commands: legal and illegal ones, few
//! ids and amounts so that they collide, and the extremes.

mod inventory;
mod kernels;
mod order;
mod payment;
mod payout;
mod product;
mod shop;

use std::fmt::Debug;

use cqrs_es::DomainEvent;
use gage_domain::{Decider, Upcasters, text::LocalizedText, value::Address};
use proptest::{prelude::*, sample::select, test_runner::TestCaseResult};
use time::OffsetDateTime;

use crate::samples::{BUYER, NOBODY, OWNER, PAYOUT, STRANGER, both, en, ko};

/// What a command comes to when it is repeated at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// What it asks for holds, so nothing happens.
    Nothing,
    /// It counts again, or is refused, as its rule says.
    AsItsRuleSays,
}

/// Runs the commands and checks, after each event, the laws of every decider and what must
/// always hold of this one. Gives the history.
pub(crate) fn always<D: Decider>(
    commands: &[(D::Command, OffsetDateTime)],
    repeated: impl Fn(&D::Command) -> Repeated,
    invariant: impl Fn(&[D::Event], &D) -> TestCaseResult,
) -> Result<Vec<D::Event>, TestCaseError> {
    let mut state = D::default();
    let mut history: Vec<D::Event> = Vec::new();
    for (command, now) in commands {
        let before = state.clone();
        let decision = state.decide(command, *now);
        prop_assert_eq!(
            &decision,
            &state.decide(command, *now),
            "decides twice the same"
        );
        let Ok(events) = decision else {
            prop_assert_eq!(&state, &before, "a refused command changes nothing");
            prop_assert_eq!(&state, &D::fold(&history));
            continue;
        };
        for event in events {
            state = state.evolve(&event);
            event_survives_the_log::<D>(&event)?;
            history.push(event);
            state_survives_a_snapshot(&state)?;
            prop_assert_eq!(&state, &D::fold(&history), "step by step and at once");
            invariant(&history, &state)?;
        }
        if repeated(command) == Repeated::Nothing {
            prop_assert_eq!(
                state.decide(command, *now),
                Ok(vec![]),
                "{:?} again",
                command
            );
        }
    }
    Ok(history)
}

/// Folds events in any order, also such as no decision gives: nothing panics, and what must
/// hold of the state holds.
pub(crate) fn never_panics<D: Decider>(
    events: &[D::Event],
    invariant: impl Fn(&D) -> TestCaseResult,
) -> TestCaseResult {
    let mut state = D::default();
    for event in events {
        state = state.evolve(event);
        state_survives_a_snapshot(&state)?;
        invariant(&state)?;
    }
    Ok(())
}

fn state_survives_a_snapshot<D: Decider>(state: &D) -> TestCaseResult {
    let snapshot = serde_json::to_value(state).expect("json");
    let restored: D = serde_json::from_value(snapshot).expect("a state");
    prop_assert_eq!(&restored, state);
    let text = serde_json::to_string(state).expect("json");
    let restored: D = serde_json::from_str(&text).expect("a state");
    prop_assert_eq!(&restored, state);
    Ok(())
}

fn event_survives_the_log<D: Decider>(event: &D::Event) -> TestCaseResult {
    let (event_type, version) = (event.event_type(), event.event_version());
    let payload = serde_json::to_value(event).expect("json");
    let (current, payload) = Upcasters::current()
        .upcast(D::TYPE, &event_type, &version, payload)
        .expect("a known event");
    prop_assert_eq!(current, version);
    let restored: D::Event = serde_json::from_value(payload).expect("an event");
    prop_assert_eq!(&restored, event);
    Ok(())
}

/// Up to `most` commands, each at one of the times.
pub(crate) fn sequences<C: Debug + Clone>(
    command: impl Strategy<Value = C>,
    times: &'static [OffsetDateTime],
    most: usize,
) -> impl Strategy<Value = Vec<(C, OffsetDateTime)>> {
    prop::collection::vec((command, select(times)), 0..=most)
}

pub(crate) fn wallets() -> impl Strategy<Value = Address> {
    select(&[OWNER, PAYOUT, BUYER, STRANGER, NOBODY][..])
}

/// Few texts, among them empty, too long and forbidden ones.
pub(crate) fn texts() -> impl Strategy<Value = LocalizedText> {
    prop_oneof![
        Just(ko("커피")),
        Just(en("Coffee")),
        Just(both("커피", "Coffee")),
        Just(LocalizedText::default()),
        Just(en(&"x".repeat(10_001))),
        Just(en("a\nb")),
        Just(en("a\0b")),
    ]
}

/// Reasons, among them wrong ones.
pub(crate) fn reasons() -> impl Strategy<Value = String> {
    select(&["count", "재고", "", " ", "a\0b"][..]).prop_map(str::to_owned)
}
