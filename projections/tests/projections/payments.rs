//! What events make of payments.

use gage_application::ports::{
    attempts::{AttemptPlace, PendingAttempt, PendingAttempts},
    wake::Notice,
};
use gage_domain::{
    ids::PaymentId,
    payment::{AttemptFailure, AttemptStanding, ClosingReason, PaymentEvent, Sighting, Standing},
    value::{B256, BaseUnits},
};
use gage_projections::payments::{
    AttemptRow, FundingRow, PaymentQueries, PaymentRow, PaymentStatus, Payments,
};
use time::Duration;

use crate::support::{DAWN, History, TestDb, log_in, order_id, payment_requested, terms, wallet};

fn requested() -> History {
    let mut history = History::default();
    history.then(payment_requested(1));
    history
}

fn add(history: &mut History, event: PaymentEvent) {
    history.then((PaymentId::from(order_id(1)), event));
}

fn detected() -> PaymentEvent {
    PaymentEvent::PaymentDetected {
        log: log_in(5),
        payer: wallet(8),
        amount: BaseUnits::from(200),
    }
}

fn confirmed() -> PaymentEvent {
    PaymentEvent::PaymentConfirmed {
        log: log_in(5),
        confirmations: 12,
    }
}

fn sighting() -> Sighting {
    Sighting {
        log: log_in(5),
        payer: wallet(8),
        amount: BaseUnits::from(200),
    }
}

async fn payment(db: &TestDb) -> PaymentRow {
    let queries = PaymentQueries::new(db.pool.clone());
    queries
        .payment(order_id(1))
        .await
        .unwrap()
        .expect("the payment is there")
}

/// The payment after some events more.
async fn after(events: impl IntoIterator<Item = PaymentEvent>) -> PaymentRow {
    let db = TestDb::new().await;
    let mut history = requested();
    for event in events {
        add(&mut history, event);
    }
    db.project::<Payments>(&history).await;
    payment(&db).await
}

#[tokio::test]
async fn a_requested_payment_has_its_terms() {
    let db = TestDb::new().await;
    let history = requested();
    let notices = db.project::<Payments>(&history).await;
    let expected = PaymentRow {
        terms: terms(1),
        standing: Standing::Awaited,
        funding: FundingRow::None,
        attempts: vec![],
        requested_at: DAWN,
        position: history.last(),
    };
    let payment = payment(&db).await;
    assert_eq!(payment, expected);
    assert_eq!(payment.status(), PaymentStatus::Requested);
    assert_eq!(notices, [Notice::Order(order_id(1))]);
    let queries = PaymentQueries::new(db.pool.clone());
    assert_eq!(queries.payment(order_id(2)).await.unwrap(), None);
}

#[tokio::test]
async fn attempts_are_listed_with_what_became_of_them() {
    let (first, second) = (B256::repeat_byte(2), B256::repeat_byte(1));
    let payment = after([
        PaymentEvent::AttemptReported {
            tx_hash: first,
            nonce: u64::MAX,
            by: wallet(7),
        },
        PaymentEvent::AttemptReported {
            tx_hash: second,
            nonce: 0,
            by: wallet(7),
        },
        PaymentEvent::AttemptFailed {
            tx_hash: first,
            reason: AttemptFailure::Dropped,
        },
        PaymentEvent::AttemptFailed {
            tx_hash: first,
            reason: AttemptFailure::Replaced,
        },
    ])
    .await;
    let replaced = AttemptRow {
        tx_hash: first,
        nonce: u64::MAX,
        by: wallet(7),
        reported_at: DAWN + Duration::MINUTE,
        standing: AttemptStanding::Failed(AttemptFailure::Replaced),
    };
    let pending = AttemptRow {
        tx_hash: second,
        nonce: 0,
        by: wallet(7),
        reported_at: DAWN + Duration::minutes(2),
        standing: AttemptStanding::Pending,
    };
    assert_eq!(payment.attempts, [replaced, pending]);
    assert_eq!(
        payment.status(),
        PaymentStatus::Requested,
        "a report proves nothing"
    );
}

/// The transaction `number` is reported.
fn reported(number: u8) -> PaymentEvent {
    PaymentEvent::AttemptReported {
        tx_hash: B256::repeat_byte(number),
        nonce: u64::from(number),
        by: wallet(7),
    }
}

fn attempt_failed(number: u8, reason: AttemptFailure) -> PaymentEvent {
    PaymentEvent::AttemptFailed {
        tx_hash: B256::repeat_byte(number),
        reason,
    }
}

/// The attempts that are still watched after some events, by number.
async fn pending_after(events: impl IntoIterator<Item = PaymentEvent>) -> Vec<PendingAttempt> {
    let db = TestDb::new().await;
    let mut history = requested();
    for event in events {
        add(&mut history, event);
        // Each event in a batch of its own: rows are loaded, changed and written every time.
        db.project::<Payments>(&history).await;
    }
    let queries = PaymentQueries::new(db.pool.clone());
    let all = queries
        .pending(AttemptPlace::since(DAWN), 10)
        .await
        .unwrap();
    // Page by page they are the same.
    let mut paged: Vec<PendingAttempt> = vec![];
    loop {
        let after = paged
            .last()
            .map_or(AttemptPlace::since(DAWN), PendingAttempt::place);
        let page = queries.pending(after, 1).await.unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    all
}

fn hashes(attempts: &[PendingAttempt]) -> Vec<B256> {
    attempts.iter().map(|attempt| attempt.tx_hash).collect()
}

#[tokio::test]
async fn attempts_are_watched_until_their_end_is_known() {
    let [failed, replaced, dropped, open] = [1, 2, 3, 4];
    let pending = pending_after([
        reported(open),
        reported(failed),
        reported(dropped),
        reported(replaced),
        attempt_failed(failed, AttemptFailure::Reverted),
        attempt_failed(replaced, AttemptFailure::Replaced),
        attempt_failed(dropped, AttemptFailure::Dropped),
    ])
    .await;
    let [open, dropped] = [open, dropped].map(B256::repeat_byte);
    assert_eq!(hashes(&pending), [open, dropped], "oldest first");
    let expected = PendingAttempt {
        order: order_id(1),
        tx_hash: open,
        nonce: 4,
        by: wallet(7),
        reported_at: DAWN + Duration::MINUTE,
        standing: AttemptStanding::Pending,
        chain_id: 1337,
    };
    assert_eq!(pending[0], expected);
    let turned_up = AttemptStanding::Failed(AttemptFailure::Dropped);
    assert_eq!(pending[1].standing, turned_up);
}

#[tokio::test]
async fn the_attempt_that_pays_is_watched_until_it_counts_and_again_if_it_is_taken_back() {
    let (paying, other) = (0x77, 1);
    let [paying_hash, other_hash] = [paying, other].map(B256::repeat_byte);
    let seen = [reported(paying), reported(other), detected()];
    let pending = pending_after(seen.clone()).await;
    assert_eq!(hashes(&pending), [paying_hash, other_hash]);

    let counted = seen.into_iter().chain([confirmed()]);
    let pending = pending_after(counted.clone()).await;
    assert_eq!(hashes(&pending), [other_hash]);

    let taken_back = PaymentEvent::PaymentReverted { log: log_in(5) };
    let pending = pending_after(counted.chain([taken_back])).await;
    assert_eq!(hashes(&pending), [paying_hash, other_hash]);
}

#[tokio::test]
async fn a_payment_is_detected_then_confirmed() {
    let seen = after([detected()]).await;
    assert_eq!(seen.funding, FundingRow::Detected(sighting()));
    assert_eq!(seen.status(), PaymentStatus::Detected);

    let counted = after([detected(), confirmed()]).await;
    let expected = FundingRow::Confirmed {
        sighting: sighting(),
        confirmations: 12,
        released: BaseUnits::ZERO,
        refunded: BaseUnits::ZERO,
        disputed_by: None,
    };
    assert_eq!(counted.funding, expected);
    assert_eq!(counted.status(), PaymentStatus::Confirmed);
    assert_eq!(counted.funding.held(), BaseUnits::from(200));
}

#[tokio::test]
async fn a_reverted_payment_leaves_nothing_and_may_come_again() {
    let reverted = PaymentEvent::PaymentReverted { log: log_in(5) };
    let gone = after([detected(), confirmed(), reverted.clone()]).await;
    assert_eq!(
        (gone.funding, gone.status()),
        (FundingRow::None, PaymentStatus::Requested)
    );

    let again = PaymentEvent::PaymentDetected {
        log: log_in(6),
        payer: wallet(7),
        amount: BaseUnits::from(200),
    };
    let back = after([detected(), reverted, again]).await;
    assert_eq!(
        back.funding.sighting().map(|seen| (seen.log, seen.payer)),
        Some((log_in(6), wallet(7)))
    );
}

#[tokio::test]
async fn money_leaves_by_parts_until_nothing_is_held() {
    let released = PaymentEvent::FundsReleased {
        log: log_in(6),
        amount: BaseUnits::from(150),
    };
    let refunded = PaymentEvent::FundsRefunded {
        log: log_in(7),
        amount: BaseUnits::from(50),
    };
    let partly = after([detected(), confirmed(), released.clone()]).await;
    assert_eq!(partly.funding.held(), BaseUnits::from(50));
    assert_eq!(partly.status(), PaymentStatus::Confirmed);
    let empty = after([detected(), confirmed(), released, refunded]).await;
    assert!(empty.funding.held().is_zero());
    assert_eq!(empty.status(), PaymentStatus::Released);
    let whole = PaymentEvent::FundsRefunded {
        log: log_in(7),
        amount: BaseUnits::from(200),
    };
    assert_eq!(
        after([detected(), confirmed(), whole]).await.status(),
        PaymentStatus::Refunded
    );
}

#[tokio::test]
async fn a_dispute_is_shown_with_who_opened_it() {
    let disputed = PaymentEvent::DisputeOpened {
        log: log_in(6),
        by: wallet(7),
    };
    let payment = after([detected(), confirmed(), disputed]).await;
    assert_eq!(payment.status(), PaymentStatus::Disputed);
    let FundingRow::Confirmed { disputed_by, .. } = payment.funding else {
        panic!("{:?}", payment.funding)
    };
    assert_eq!(disputed_by, Some(wallet(7)));
}

#[tokio::test]
async fn a_closed_payment_says_why_and_what_is_due_back() {
    for reason in [
        ClosingReason::Lapsed,
        ClosingReason::OrderCancelled,
        ClosingReason::OrderRejected,
    ] {
        let closed = PaymentEvent::PaymentExpired { reason };
        let unpaid = after([closed.clone()]).await;
        assert_eq!(unpaid.standing, Standing::Closed(reason));
        assert_eq!(
            (unpaid.status(), unpaid.refund_due()),
            (PaymentStatus::Expired, None)
        );

        // Money that slipped through is recorded, and is due back once it counts.
        let seen = after([closed.clone(), detected()]).await;
        assert_eq!(
            (seen.status(), seen.refund_due()),
            (PaymentStatus::Detected, None)
        );
        let paid = after([closed, detected(), confirmed()]).await;
        assert_eq!(paid.status(), PaymentStatus::RefundDue);
        assert_eq!(paid.refund_due(), Some(BaseUnits::from(200)));
    }
}

#[tokio::test]
async fn what_a_payment_cannot_be_is_poison() {
    let impossible = [
        vec![confirmed()],
        vec![detected(), detected()],
        vec![PaymentEvent::PaymentReverted { log: log_in(5) }],
        vec![
            detected(),
            PaymentEvent::PaymentConfirmed {
                log: log_in(9),
                confirmations: 1,
            },
        ],
        vec![PaymentEvent::FundsReleased {
            log: log_in(6),
            amount: BaseUnits::from(1),
        }],
        vec![
            detected(),
            confirmed(),
            PaymentEvent::FundsReleased {
                log: log_in(6),
                amount: BaseUnits::from(201),
            },
        ],
        vec![PaymentEvent::AttemptFailed {
            tx_hash: B256::ZERO,
            reason: AttemptFailure::Dropped,
        }],
    ];
    let db = TestDb::new().await;
    for events in impossible {
        let mut history = requested();
        for event in events {
            add(&mut history, event);
        }
        let error = db
            .try_project::<Payments>(&history)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("event {} cannot be handled", history.last())),
            "{error}"
        );
    }
    assert_eq!(
        db.dump("payments_v3").await,
        [] as [String; 0],
        "nothing was written"
    );
}
