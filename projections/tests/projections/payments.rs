//! What events make of payments.

use gage_application::ports::{
    attempts::{AttemptPlace, PendingAttempt, PendingAttempts},
    due_releases::DueReleases,
    wake::Notice,
};
use gage_domain::{
    ids::PaymentId,
    order::OrderEvent,
    payment::{
        AttemptFailure, AttemptStanding, ClosingReason, Custody, Dispute, PaymentEvent, Standing,
    },
    rate::{Conversion, FeedRound, Rate, RateSource, RoundId},
    value::{B256, BaseUnits, Fiat, U256},
};
use gage_projections::{
    PageRequest, PageSize,
    payments::{
        AttemptRow, DisputeRow, FundingRow, PaymentQueries, PaymentRow, PaymentStatus, Payments,
        SeenRow,
    },
};
use time::{Duration, OffsetDateTime};

use crate::support::{DAWN, History, TestDb, log_in, order_id, payment_requested, terms, wallet};

/// When the block of the payment was made.
const MINED: OffsetDateTime = DAWN.saturating_add(Duration::seconds(30));

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
        mined_at: Some(MINED),
    }
}

fn confirmed() -> PaymentEvent {
    PaymentEvent::PaymentConfirmed {
        log: log_in(5),
        confirmations: 12,
    }
}

fn seen() -> SeenRow {
    SeenRow {
        log: log_in(5),
        payer: wallet(8),
        amount: BaseUnits::from(200),
        paid_at: MINED,
    }
}

fn disputed(mined_at: Option<OffsetDateTime>) -> PaymentEvent {
    PaymentEvent::DisputeOpened {
        log: log_in(6),
        by: wallet(7),
        mined_at,
    }
}

fn released(units: u64) -> PaymentEvent {
    PaymentEvent::FundsReleased {
        log: log_in(6),
        amount: BaseUnits::from(units),
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
        conversion: None,
        standing: Standing::Awaited,
        funding: FundingRow::None,
        attempts: vec![],
        shipped: false,
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
async fn of_one_order_the_newest_attempts_alone_are_watched() {
    let reports = || (1..=5).map(reported);
    let hashes_of = |numbers: [u8; 3]| numbers.map(B256::repeat_byte);
    let pending = pending_after(reports()).await;
    assert_eq!(hashes(&pending), hashes_of([3, 4, 5]));
    // Whose end is known makes room.
    let failed = attempt_failed(4, AttemptFailure::Reverted);
    let pending = pending_after(reports().chain([failed])).await;
    assert_eq!(hashes(&pending), hashes_of([2, 3, 5]));
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
    let waiting = after([detected()]).await;
    assert_eq!(waiting.funding, FundingRow::Detected(seen()));
    assert_eq!(waiting.status(), PaymentStatus::Detected);

    let counted = after([detected(), confirmed()]).await;
    let expected = FundingRow::Confirmed {
        seen: seen(),
        confirmations: 12,
        released: BaseUnits::ZERO,
        refunded: BaseUnits::ZERO,
        dispute: None,
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
        mined_at: None,
    };
    let back = after([detected(), reverted, again]).await;
    assert_eq!(
        back.funding.seen().map(|seen| (seen.log, seen.payer)),
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
async fn what_left_the_chain_is_held_and_undisputed_again() {
    let (log, amount) = (log_in(6), BaseUnits::from(200));
    let released = PaymentEvent::FundsReleased { log, amount };
    let back = PaymentEvent::ReleaseReverted { log, amount };
    let held = after([detected(), confirmed(), released, back]).await;
    assert_eq!(held.funding.held(), amount);
    assert_eq!(held.status(), PaymentStatus::Confirmed);

    let refunded = PaymentEvent::FundsRefunded { log, amount };
    let back = PaymentEvent::RefundReverted { log, amount };
    let held = after([detected(), confirmed(), refunded, back]).await;
    assert_eq!(held.funding.held(), amount);

    let back = PaymentEvent::DisputeReverted { log };
    let calm = after([detected(), confirmed(), disputed(None), back]).await;
    assert_eq!(calm.funding.dispute(), None);
    assert_eq!(calm.status(), PaymentStatus::Confirmed);
}

#[tokio::test]
async fn a_dispute_is_shown_with_who_opened_it_and_when() {
    let payment = after([detected(), confirmed(), disputed(Some(MINED))]).await;
    assert_eq!(payment.status(), PaymentStatus::Disputed);
    let expected = DisputeRow {
        order: order_id(1),
        by: wallet(7),
        opened_at: MINED,
        opened: payment.position,
    };
    assert_eq!(payment.funding.dispute(), Some(expected));
    let decided = after([
        detected(),
        confirmed(),
        disputed(Some(MINED)),
        released(200),
    ])
    .await;
    assert_eq!(decided.status(), PaymentStatus::Released);
    assert_eq!(decided.funding.dispute().map(|it| it.by), Some(wallet(7)));
}

#[tokio::test]
async fn what_the_node_did_not_date_is_dated_by_when_it_was_seen() {
    let undated = PaymentEvent::PaymentDetected {
        log: log_in(5),
        payer: wallet(8),
        amount: BaseUnits::from(200),
        mined_at: None,
    };
    let payment = after([undated, confirmed(), disputed(None)]).await;
    let minutes = |minutes| DAWN + Duration::minutes(minutes);
    let paid_at = payment.funding.seen().map(|seen| seen.paid_at);
    assert_eq!(paid_at, Some(minutes(1)));
    let opened_at = payment.funding.dispute().map(|dispute| dispute.opened_at);
    assert_eq!(opened_at, Some(minutes(3)));
}

#[tokio::test]
async fn the_escrows_rules_are_asked_about_what_is_held() {
    assert_eq!(after([]).await.custody(), None);
    assert_eq!(after([detected()]).await.custody(), None);
    let hold_ends = Some(MINED + Duration::seconds(1_209_600));
    let held = Custody {
        buyer: wallet(7),
        seller: wallet(1),
        arbiter: wallet(3),
        held: BaseUnits::from(140),
        hold_ends,
        dispute: None,
    };
    let partly = after([detected(), confirmed(), released(60)]).await;
    assert_eq!(partly.custody(), Some(held));
    let in_dispute = after([detected(), confirmed(), released(60), disputed(Some(MINED))]).await;
    let expected = Custody {
        // The terms give the arbiter more time than there is.
        dispute: Some(Dispute { arbiter_ends: None }),
        ..held
    };
    assert_eq!(in_dispute.custody(), Some(expected));
}

#[tokio::test]
async fn an_arbiter_finds_the_disputes_that_are_open_newest_first() {
    let db = TestDb::new().await;
    let mut history = History::default();
    for number in 1..=4 {
        history.then(payment_requested(number));
    }
    // 4 is not in dispute; 2 is decided; 3 was opened before 1.
    for number in [1, 2, 3, 4] {
        let id = PaymentId::from(order_id(number));
        history.then((id, detected()));
        history.then((id, confirmed()));
    }
    for number in [2, 3, 1] {
        let id = PaymentId::from(order_id(number));
        history.then((id, disputed(None)));
    }
    history.then((PaymentId::from(order_id(2)), released(200)));
    history.then((PaymentId::from(order_id(3)), released(199)));
    db.project::<Payments>(&history).await;
    let queries = PaymentQueries::new(db.pool.clone());
    let page = PageRequest::first(PageSize::try_from(1).unwrap());
    let first = queries.disputes_of_arbiter(wallet(3), &page).await.unwrap();
    let orders = |rows: &[DisputeRow]| rows.iter().map(|row| row.order).collect::<Vec<_>>();
    assert_eq!(orders(&first.rows), [order_id(1)]);
    assert!(first.has_next && !first.has_previous);
    let page = page.after(first.rows[0].opened);
    let second = queries.disputes_of_arbiter(wallet(3), &page).await.unwrap();
    assert_eq!(orders(&second.rows), [order_id(3)]);
    assert!(!second.has_next && second.has_previous);
    let other = queries
        .disputes_of_arbiter(wallet(4), &PageRequest::first(PageSize::MAX))
        .await
        .unwrap();
    assert_eq!(other.rows, []);
}

#[tokio::test]
async fn what_was_shipped_and_is_held_undisputed_is_due_when_the_hold_time_is_over() {
    let db = TestDb::new().await;
    let mut history = History::default();
    for number in 1..=5 {
        history.then(payment_requested(number));
        let id = PaymentId::from(order_id(number));
        history.then((id, detected()));
        if number != 4 {
            history.then((id, confirmed()));
        }
    }
    for number in [1, 2, 3, 4] {
        let shipped = OrderEvent::OrderShipped { tracking: None };
        history.then((order_id(number), shipped));
    }
    history.then((PaymentId::from(order_id(2)), disputed(None)));
    history.then((PaymentId::from(order_id(3)), released(200)));
    db.project::<Payments>(&history).await;
    let queries = PaymentQueries::new(db.pool.clone());
    let hold_ends = MINED + Duration::seconds(1_209_600);
    let due = async |until, after| -> Vec<_> {
        let due = queries.due(1337, until, after, 10).await.unwrap();
        due.into_iter().map(|due| due.terms.order).collect()
    };
    assert_eq!(due(hold_ends - Duration::SECOND, None).await, []);
    // 2 is disputed, 3 is released, 4 is not confirmed, 5 was not shipped.
    assert_eq!(due(hold_ends, None).await, [order_id(1)]);
    let seen = Some((hold_ends, order_id(1)));
    assert_eq!(due(hold_ends, seen).await, []);
    history.then((PaymentId::from(order_id(1)), released(200)));
    db.project::<Payments>(&history).await;
    assert_eq!(due(hold_ends, None).await, []);
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

#[tokio::test]
async fn a_payment_shows_the_rate_that_it_was_asked_for_at() {
    let db = TestDb::new().await;
    let feed = FeedRound {
        chain_id: u64::MAX,
        feed: wallet(0xfe),
        round: RoundId(u128::MAX >> 48),
    };
    let conversions =
        [RateSource::Operator, RateSource::Feeds(vec![feed, feed])].map(|source| Conversion {
            fiat: Fiat::Usd,
            amount: BaseUnits(U256::MAX),
            token_decimals: 18,
            rate: Rate {
                price: "3450.12000000".parse().unwrap(),
                source,
                as_of: DAWN,
            },
        });
    let mut history = History::default();
    for (number, conversion) in (1..).zip(&conversions) {
        let requested = PaymentEvent::PaymentRequested {
            terms: terms(number),
            conversion: Some(Box::new(conversion.clone())),
        };
        history.then((PaymentId::from(order_id(number)), requested));
    }
    db.project::<Payments>(&history).await;
    let queries = PaymentQueries::new(db.pool.clone());
    for (number, conversion) in (1..).zip(conversions) {
        let payment = queries.payment(order_id(number)).await.unwrap().unwrap();
        assert_eq!(payment.conversion, Some(conversion));
    }
}
