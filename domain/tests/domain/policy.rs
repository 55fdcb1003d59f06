//! The rules that are numbers.

use gage_domain::policy::{InvalidPolicy, Policy};
use time::Duration;

#[test]
fn unless_set_an_order_waits_15_minutes_and_money_is_held_14_days() {
    let policy = Policy::default();
    assert_eq!(policy.payment_window, Duration::minutes(15));
    assert_eq!(policy.hold_secs, 1_209_600);
    assert_eq!(policy.dispute_secs, 1_209_600);
    assert_eq!(policy.checked(), Ok(policy));
}

#[test]
fn a_payment_window_is_a_second_to_thirty_days() {
    let window = |payment_window| Policy {
        payment_window,
        ..Policy::default()
    };
    for fits in [Duration::seconds(1), Duration::days(30)] {
        assert_eq!(window(fits).checked(), Ok(window(fits)));
    }
    for (wrong, given_secs) in [
        (Duration::ZERO, 0),
        (Duration::seconds(-5), -5),
        (Duration::days(30) + Duration::seconds(1), 2_592_001),
    ] {
        assert_eq!(
            window(wrong).checked(),
            Err(InvalidPolicy::PaymentWindow { given_secs })
        );
    }
}

#[test]
fn money_is_held_and_disputed_for_at_most_a_year() {
    let (most, more) = (Policy::PERIOD_MAX_SECS, Policy::PERIOD_MAX_SECS + 1);
    let periods = |hold_secs, dispute_secs| Policy {
        hold_secs,
        dispute_secs,
        ..Policy::default()
    };
    assert_eq!(periods(most, most).checked(), Ok(periods(most, most)));
    assert_eq!(
        periods(more, most).checked(),
        Err(InvalidPolicy::Hold { given_secs: more })
    );
    assert_eq!(
        periods(most, more).checked(),
        Err(InvalidPolicy::Dispute { given_secs: more })
    );
}
