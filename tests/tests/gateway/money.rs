//! What becomes of an order when its money moves.

use std::sync::Arc;

use gage_application::{
    gateway::{Gateway, Operation, Refusal, Unit, UnitError},
    operations::{
        approve_order::ApproveOrder, cancel_order::CancelOrder, complete_order::CompleteOrder,
        confirm_delivery::ConfirmDelivery, mark_order_paid::MarkOrderPaid,
        mark_order_refunded::MarkOrderRefunded, mark_order_unpaid::MarkOrderUnpaid,
        reject_order::RejectOrder, ship_order::ShipOrder,
    },
};
use gage_domain::{
    ids::OrderId,
    order::{Order, Phase},
    payment::{LogRef, Payment, PaymentCommand},
    value::{Address, B256, BaseUnits},
};
use serde::Serialize;

use super::support::{BUYER, OWNER, Shelf, World, done, refused, shelf};

/// What the chain showed, straight to the payment.
#[derive(Serialize)]
struct Shown {
    order: OrderId,
    #[serde(skip)]
    command: PaymentCommand,
}

impl Operation for Shown {
    const NAME: &'static str = "shown";
    type Output = ();

    fn run(&self, unit: &mut Unit<'_>) -> Result<(), UnitError> {
        unit.decide::<Payment>(self.order.into(), &self.command)?;
        Ok(())
    }
}

/// An order of 2 pieces for 10 wei in all, and whatever becomes of it.
struct Story {
    world: World,
    gateway: Arc<Gateway>,
    shelf: Shelf,
    order: OrderId,
    /// The next log's block.
    block: u8,
}

impl Story {
    async fn placed() -> Self {
        let world = World::new().await;
        let gateway = world.replica();
        let shelf = shelf(&gateway, 10).await;
        let place = shelf.order(2);
        let order = place.order;
        done(&gateway, place).await;
        Self {
            world,
            gateway,
            shelf,
            order,
            block: 0,
        }
    }

    async fn paid() -> Self {
        let mut story = Self::placed().await;
        story.pays().await;
        story
    }

    async fn approved() -> Self {
        let story = Self::paid().await;
        done(&story.gateway, story.approve()).await;
        story
    }

    async fn shipped() -> Self {
        let story = Self::approved().await;
        done(&story.gateway, story.ship()).await;
        story
    }

    fn next_log(&mut self) -> LogRef {
        self.block += 1;
        self.last_log()
    }

    fn last_log(&self) -> LogRef {
        let hash = B256::repeat_byte(self.block);
        LogRef {
            chain_id: 1337,
            block_number: self.block.into(),
            block_hash: hash,
            tx_hash: hash,
            log_index: 0,
        }
    }

    async fn shows(&self, command: PaymentCommand) {
        let order = self.order;
        done(&self.gateway, Shown { order, command }).await;
    }

    /// The payment is seen and confirmed; gives its log.
    async fn is_confirmed(&mut self) -> LogRef {
        let payment = self.world.state::<Payment>(self.order.into()).await;
        let terms = payment.request().unwrap().terms.clone();
        let log = self.next_log();
        self.shows(PaymentCommand::Detect {
            key: terms.key,
            log,
            payer: BUYER,
            token: terms.token,
            amount: terms.amount,
            mined_at: None,
        })
        .await;
        self.shows(PaymentCommand::Confirm {
            log,
            confirmations: 1,
        })
        .await;
        log
    }

    async fn pays(&mut self) -> LogRef {
        let log = self.is_confirmed().await;
        done(&self.gateway, MarkOrderPaid { order: self.order }).await;
        log
    }

    async fn reverts(&self, log: LogRef) {
        self.shows(PaymentCommand::Revert { log }).await;
        done(&self.gateway, MarkOrderUnpaid { order: self.order }).await;
    }

    async fn releases(&mut self, wei: u64) {
        let (log, amount) = (self.next_log(), BaseUnits::from(wei));
        self.shows(PaymentCommand::RecordRelease { log, amount })
            .await;
        done(&self.gateway, CompleteOrder { order: self.order }).await;
    }

    async fn refunds(&mut self, wei: u64) {
        let (log, amount) = (self.next_log(), BaseUnits::from(wei));
        self.shows(PaymentCommand::RecordRefund { log, amount })
            .await;
        done(&self.gateway, MarkOrderRefunded { order: self.order }).await;
        done(&self.gateway, CompleteOrder { order: self.order }).await;
    }

    async fn disputes(&mut self, by: Address) {
        let log = self.next_log();
        self.shows(PaymentCommand::RecordDispute {
            log,
            by,
            mined_at: None,
        })
        .await;
    }

    fn approve(&self) -> ApproveOrder {
        ApproveOrder {
            order: self.order,
            by: OWNER,
        }
    }

    fn reject(&self) -> RejectOrder {
        RejectOrder {
            order: self.order,
            by: OWNER,
            reason: "sold out".to_owned(),
        }
    }

    fn cancel(&self) -> CancelOrder {
        CancelOrder {
            order: self.order,
            by: BUYER,
        }
    }

    fn ship(&self) -> ShipOrder {
        ShipOrder {
            order: self.order,
            by: OWNER,
            tracking: None,
        }
    }

    fn confirm_delivery(&self) -> ConfirmDelivery {
        ConfirmDelivery {
            order: self.order,
            by: BUYER,
        }
    }

    async fn phase(&self) -> Phase {
        let order = self.world.state::<Order>(self.order).await;
        order.phase().unwrap()
    }

    /// Pieces on hand and reserved.
    async fn stock(&self) -> (u32, u32) {
        let inventory = self.world.inventory(self.shelf.product).await;
        (inventory.stock().on_hand(), inventory.stock().reserved())
    }
}

#[tokio::test]
async fn an_order_whose_payment_left_the_chain_waits_for_it_again() {
    let mut story = Story::placed().await;
    let log = story.pays().await;
    assert_eq!(story.phase().await, Phase::Paid);
    story.reverts(log).await;
    assert_eq!(story.phase().await, Phase::AwaitingPayment);
    assert_eq!(story.stock().await, (10, 2), "still reserved");
    let refusal = refused(&story.gateway, story.approve()).await;
    assert!(
        refusal.to_string().contains("awaiting payment"),
        "{refusal}"
    );
    // The same transaction in another block.
    story.pays().await;
    assert_eq!(story.phase().await, Phase::Paid);
    done(&story.gateway, story.approve()).await;
    assert_eq!(story.stock().await, (8, 0));
    story.world.end().await;
}

#[tokio::test]
async fn an_order_is_told_what_holds_of_its_payment_and_not_what_held_before() {
    let mut story = Story::placed().await;
    let log = story.is_confirmed().await;
    story.shows(PaymentCommand::Revert { log }).await;
    // Both reactions come late: first to what is over, then to what was over in the meantime.
    done(&story.gateway, MarkOrderPaid { order: story.order }).await;
    assert_eq!(story.phase().await, Phase::AwaitingPayment);
    story.pays().await;
    done(&story.gateway, MarkOrderUnpaid { order: story.order }).await;
    assert_eq!(story.phase().await, Phase::Paid);
    story.world.end().await;
}

#[tokio::test]
async fn nothing_is_sent_while_the_money_is_not_there() {
    let mut story = Story::placed().await;
    let log = story.pays().await;
    done(&story.gateway, story.approve()).await;
    story.reverts(log).await;
    assert_eq!(story.phase().await, Phase::Approved, "the owner decided");
    let refusal = refused(
        &story.gateway,
        ShipOrder {
            by: OWNER,
            ..story.ship()
        },
    )
    .await;
    assert_eq!(refusal, Refusal::NotFunded { order: story.order });
    story.pays().await;
    done(&story.gateway, story.ship()).await;
    assert_eq!(story.phase().await, Phase::Shipped);
    story.world.end().await;
}

#[tokio::test]
async fn nothing_is_approved_or_sent_when_the_money_went_back() {
    let mut story = Story::paid().await;
    let (log, amount) = (story.next_log(), BaseUnits::from(10));
    // The reaction has not come yet.
    story
        .shows(PaymentCommand::RecordRefund { log, amount })
        .await;
    let refusal = refused(&story.gateway, story.approve()).await;
    assert_eq!(refusal, Refusal::NotFunded { order: story.order });
    story.world.end().await;
}

#[tokio::test]
async fn a_dispute_freezes_an_order_at_every_step() {
    let frozen = |story: &Story, by| Refusal::InDispute {
        order: story.order,
        by,
    };
    let mut paid = Story::paid().await;
    paid.disputes(BUYER).await;
    let in_dispute = frozen(&paid, BUYER);
    assert_eq!(refused(&paid.gateway, paid.approve()).await, in_dispute);
    assert_eq!(refused(&paid.gateway, paid.reject()).await, in_dispute);
    assert_eq!(refused(&paid.gateway, paid.cancel()).await, in_dispute);
    assert_eq!(paid.phase().await, Phase::Paid);
    assert_eq!(paid.stock().await, (10, 2));
    paid.world.end().await;

    let mut approved = Story::approved().await;
    approved.disputes(OWNER).await;
    let in_dispute = frozen(&approved, OWNER);
    assert_eq!(
        refused(&approved.gateway, approved.ship()).await,
        in_dispute
    );
    approved.world.end().await;

    let mut shipped = Story::shipped().await;
    shipped.disputes(BUYER).await;
    let in_dispute = frozen(&shipped, BUYER);
    let confirm = shipped.confirm_delivery();
    assert_eq!(refused(&shipped.gateway, confirm).await, in_dispute);
    shipped.world.end().await;
}

#[tokio::test]
async fn a_dispute_thaws_the_order_when_nothing_is_held() {
    let mut story = Story::paid().await;
    story.disputes(BUYER).await;
    story.releases(9).await;
    let still = refused(&story.gateway, story.approve()).await;
    assert!(matches!(still, Refusal::InDispute { .. }), "1 wei is held");
    story.releases(1).await;
    done(&story.gateway, story.approve()).await;
    done(&story.gateway, story.ship()).await;
    done(&story.gateway, CompleteOrder { order: story.order }).await;
    assert_eq!(story.phase().await, Phase::Completed);
    story.world.end().await;
}

#[tokio::test]
async fn what_was_reserved_comes_back_with_the_whole_refund_and_what_left_does_not() {
    let mut paid = Story::paid().await;
    paid.refunds(4).await;
    assert_eq!(paid.phase().await, Phase::Paid, "6 wei are held");
    assert_eq!(paid.stock().await, (10, 2));
    let before = paid.world.events().await;
    paid.refunds(6).await;
    assert_eq!(paid.phase().await, Phase::Refunded);
    assert_eq!(paid.stock().await, (10, 0));
    // FundsRefunded, OrderRefunded, ReservationReleased, PaymentExpired.
    assert_eq!(paid.world.events().await, before + 4);
    paid.world.end().await;

    let mut approved = Story::approved().await;
    approved.refunds(10).await;
    assert_eq!(approved.phase().await, Phase::Refunded);
    assert_eq!(approved.stock().await, (8, 0), "goods come back by hand");
    approved.world.end().await;
}

#[tokio::test]
async fn a_refund_that_leaves_the_chain_is_due_again_and_the_order_is_not_to_be_paid_again() {
    let mut story = Story::placed().await;
    let paid = story.pays().await;
    story.refunds(10).await;
    let log = story.last_log();
    story.shows(PaymentCommand::Revert { log }).await;
    let payment = story.world.state::<Payment>(story.order.into()).await;
    assert_eq!(payment.refund_due(), Some(BaseUnits::from(10)));
    story.shows(PaymentCommand::Revert { log: paid }).await;
    let payment = story.world.state::<Payment>(story.order.into()).await;
    assert!(payment.payable().is_err(), "the order is over");
    story.world.end().await;
}

#[tokio::test]
async fn an_order_is_not_given_up_when_its_money_went_to_the_seller() {
    let mut story = Story::paid().await;
    story.releases(4).await;
    let refusal = |released: u64| Refusal::AlreadyReleased {
        order: story.order,
        released: BaseUnits::from(released),
    };
    let after_a_part = refusal(4);
    assert_eq!(refused(&story.gateway, story.reject()).await, after_a_part);
    assert_eq!(refused(&story.gateway, story.cancel()).await, after_a_part);
    assert_eq!(story.stock().await, (10, 2));
    // Both have signed what becomes of the money: the buyer the release, the seller the refund.
    story.refunds(6).await;
    done(&story.gateway, story.cancel()).await;
    assert_eq!(story.stock().await, (10, 0));
    story.world.end().await;

    let mut whole = Story::paid().await;
    whole.releases(10).await;
    let refusal = Refusal::AlreadyReleased {
        order: whole.order,
        released: BaseUnits::from(10),
    };
    assert_eq!(refused(&whole.gateway, whole.cancel()).await, refusal);
    whole.world.end().await;
}

#[tokio::test]
async fn an_order_that_ended_stays_what_it_is_when_its_money_goes_back() {
    let mut story = Story::paid().await;
    done(&story.gateway, story.reject()).await;
    story.refunds(10).await;
    assert_eq!(story.phase().await, Phase::Rejected);
    let payment = story.world.state::<Payment>(story.order.into()).await;
    assert_eq!(payment.refund_due(), None);
    assert_eq!(payment.escrow().unwrap().refunded(), BaseUnits::from(10));
    story.world.end().await;
}

#[tokio::test]
async fn a_sent_order_is_over_when_its_money_left_and_the_seller_got_some_of_it() {
    let mut released = Story::shipped().await;
    released.releases(9).await;
    assert_eq!(released.phase().await, Phase::Shipped, "1 wei is held");
    released.releases(1).await;
    assert_eq!(released.phase().await, Phase::Completed);
    released.world.end().await;

    let mut mixed = Story::shipped().await;
    done(&mixed.gateway, mixed.confirm_delivery()).await;
    mixed.releases(6).await;
    mixed.refunds(4).await;
    assert_eq!(mixed.phase().await, Phase::Completed);
    mixed.world.end().await;

    let mut refunded = Story::shipped().await;
    refunded.refunds(10).await;
    assert_eq!(refunded.phase().await, Phase::Refunded);
    refunded.world.end().await;
}

#[tokio::test]
async fn an_order_whose_money_was_released_early_is_over_when_it_is_sent() {
    let mut story = Story::approved().await;
    story.releases(10).await;
    assert_eq!(story.phase().await, Phase::Approved);
    done(&story.gateway, story.ship()).await;
    done(&story.gateway, CompleteOrder { order: story.order }).await;
    assert_eq!(story.phase().await, Phase::Completed);
    story.world.end().await;
}
