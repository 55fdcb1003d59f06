//! One of those that fold in parallel: every stream belongs to one of them, an order and its
//! payment to the same.

use std::{
    hash::RandomState,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use gage_domain::{
    ids::{OrderId, PaymentId, PayoutId, ProductId, SkuId},
    inventory::InventoryEvent,
    order::{OrderEvent, Phase},
    payment::{ClosingReason, LogId, PaymentEvent},
    payout::{Payout, PayoutEvent},
};

use super::{
    agreement::{actor_is, agreed},
    appends::{Appends, Bond, Said, Side},
    bonds::{bonds, said},
    catalogue::Catalogue,
    entry::{Folded, Snapshots, StreamKey, place},
    finding::{Fault, Findings, Place},
    legal,
    lives::Lives,
    moments::{Checkpoints, Moments},
    stock::StockFold,
    witness::timeline,
};
use crate::{
    event::{Fact, Recorded},
    metadata::Actor,
    ports::replay::ReadFailure,
    position::LogPosition,
};

/// What all workers look at together.
#[derive(Debug)]
pub(super) struct Shared {
    /// Always at least as far as the events that are handed out.
    pub(super) catalogue: RwLock<Catalogue>,
    pub(super) appends: Mutex<Appends>,
    pub(super) hasher: RandomState,
}

/// What an account took out, as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct PayoutFold {
    pub(super) folded: Folded<Payout>,
    pub(super) position: LogPosition,
}

/// Folds the streams that belong to it.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) lives: Lives,
    pub(super) stock: Moments<SkuId, StockFold>,
    pub(super) payouts: Moments<PayoutId, PayoutFold>,
    pub(super) snapshots: Snapshots,
    pub(super) findings: Findings,
    shared: Arc<Shared>,
}

/// Bonds and logs of a batch, told to all at once.
#[derive(Default)]
struct Told {
    said: Vec<Said>,
    logs: Vec<(LogId, bool, (StreamKey, u64, LogPosition))>,
}

impl Told {
    /// Logs that began, or ceased, to count.
    fn logs(
        &mut self,
        of: &[LogId],
        but: &[LogId],
        counts: bool,
        key: StreamKey,
        event: &Recorded,
    ) {
        for log in of.iter().filter(|log| !but.contains(log)) {
            let place = (key, event.sequence, event.position);
            self.logs.push((*log, counts, place));
        }
    }
}

impl Worker {
    pub(super) fn new(
        lives: Lives,
        checkpoints: Checkpoints,
        snapshots: Snapshots,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            lives,
            stock: Moments::with(checkpoints),
            payouts: Moments::with(checkpoints),
            snapshots,
            findings: Findings::default(),
            shared,
        }
    }

    /// Folds events, in the order of the log.
    ///
    /// # Errors
    /// [`ReadFailure`] when an order could not be read again.
    pub(super) fn take(&mut self, events: &[Recorded]) -> Result<(), ReadFailure> {
        let shared = self.shared.clone();
        let catalogue = shared
            .catalogue
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let mut told = Told::default();
        for event in events {
            match &event.fact {
                Fact::Inventory(id, happened) => {
                    self.inventory(*id, event, happened, &catalogue, &mut told);
                }
                Fact::Order(id, happened) => {
                    self.order(*id, event, happened, &catalogue, &mut told)?;
                }
                Fact::Payment(id, happened) => {
                    self.payment(*id, event, happened, &catalogue, &mut told)?;
                }
                Fact::Payout(id, happened) => self.payout(*id, event, happened, &mut told),
                Fact::Shop(..) | Fact::Product(..) => {}
            }
        }
        drop(catalogue);
        let mut appends = shared
            .appends
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for said in told.said {
            appends.say(said, &mut self.findings);
        }
        for (log, counts, (key, sequence, position)) in told.logs {
            if !counts {
                appends.discount(log);
            } else if !appends.count(log) {
                let place = Place::event(key.to_string(), sequence, position);
                let (block, index) = (log.block_hash, log.log_index);
                let found = format!("the log {index} of block {block}, which counts already");
                let expected = "a log that counts once".to_owned();
                self.findings.add(Fault::UnseenLog, place, found, expected);
            }
        }
        Ok(())
    }

    /// An event that cannot be read: its number counts all the same.
    ///
    /// # Errors
    /// [`ReadFailure`] when an order could not be read again.
    pub(super) fn unreadable(
        &mut self,
        key: StreamKey,
        sequence: u64,
        position: LogPosition,
    ) -> Result<(), ReadFailure> {
        let findings = &mut self.findings;
        match key {
            StreamKey::Inventory(id) => {
                let stock = self.stock.at(SkuId(id), position);
                stock.folded.arrive(key, sequence, position, findings);
            }
            StreamKey::Order(id) | StreamKey::Payment(id) => {
                let life = self.lives.at(OrderId(id), position)?;
                life.arrive(key, sequence, position, findings);
            }
            StreamKey::Payout(id) => {
                let payout = self.payouts.at(id, position);
                payout.folded.arrive(key, sequence, position, findings);
            }
            StreamKey::Shop(_) | StreamKey::Product(_) => {}
        }
        Ok(())
    }

    fn inventory(
        &mut self,
        id: SkuId,
        event: &Recorded,
        happened: &InventoryEvent,
        catalogue: &Catalogue,
        told: &mut Told,
    ) {
        let key = StreamKey::Inventory(id.0);
        let bond = match happened {
            InventoryEvent::StockReserved { order, quantity } => {
                Some((*order, Bond::Reserved(id, quantity.get())))
            }
            InventoryEvent::ReservationReleased { order, quantity } => {
                Some((*order, Bond::Released(id, quantity.get())))
            }
            InventoryEvent::ReservationCommitted { order, quantity } => {
                Some((*order, Bond::Committed(id, quantity.get())))
            }
            InventoryEvent::StockReceived { .. } | InventoryEvent::StockAdjusted { .. } => None,
        };
        if let Some((order, bond)) = bond {
            told.said.push(said(order, bond, Side::Other, key, event));
        }
        let findings = &mut self.findings;
        if bond.is_none() {
            match catalogue.shop_of(ProductId(id.0)) {
                Some(shop) => catalogue.owner(shop, key, event, findings),
                None => findings.add(
                    Fault::Invariant,
                    place(key, event),
                    "stock of a product that is not listed".to_owned(),
                    "stock of a product".to_owned(),
                ),
            }
        }
        let stock = self.stock.at(id, event.position);
        stock.take(id, event, happened, &mut self.snapshots, findings);
    }

    fn order(
        &mut self,
        id: OrderId,
        event: &Recorded,
        happened: &OrderEvent,
        catalogue: &Catalogue,
        told: &mut Told,
    ) -> Result<(), ReadFailure> {
        let key = StreamKey::Order(id.0);
        let life = self.lives.at(id, event.position)?;
        let phase = life.order.state.phase();
        life.order(id, event, happened, &mut self.snapshots, &mut self.findings);
        life.mark(
            event,
            false,
            timeline::of_order(happened),
            &self.shared.hasher,
        );
        for bond in bonds(happened, phase, life.order.state.lines()) {
            told.said.push(said(id, bond, Side::Order, key, event));
        }
        let findings = &mut self.findings;
        if let OrderEvent::OrderPlaced { shop, lines, .. } = happened {
            for line in lines {
                if let Err(expected) = catalogue.offered(line, *shop, event.position) {
                    let found = legal::json(line);
                    findings.add(Fault::NotAsOffered, place(key, event), found, expected);
                }
            }
        }
        let buyer = life.order.state.buyer().map(Actor::Wallet);
        let may = match happened {
            OrderEvent::OrderPlaced { .. }
            | OrderEvent::OrderCancelled {}
            | OrderEvent::DeliveryConfirmed {} => buyer,
            OrderEvent::OrderApproved {}
            | OrderEvent::OrderRejected { .. }
            | OrderEvent::OrderShipped { .. } => {
                if let Some(shop) = life.order.state.shop() {
                    catalogue.owner(shop, key, event, findings);
                }
                return Ok(());
            }
            OrderEvent::OrderExpired {} => Some(Actor::System("expiry")),
            OrderEvent::OrderPaid {}
            | OrderEvent::OrderPaymentReverted {}
            | OrderEvent::OrderCompleted {}
            | OrderEvent::OrderRefunded {} => Some(Actor::System("reactions")),
        };
        actor_is(may, key, event, findings);
        Ok(())
    }

    fn payment(
        &mut self,
        id: PaymentId,
        event: &Recorded,
        happened: &PaymentEvent,
        catalogue: &Catalogue,
        told: &mut Told,
    ) -> Result<(), ReadFailure> {
        let (key, order) = (StreamKey::Payment(id.0), OrderId::from(id));
        let life = self.lives.at(order, event.position)?;
        let before = life.standing_logs();
        life.payment(id, event, happened, &mut self.snapshots, &mut self.findings);
        let after = life.standing_logs();
        told.logs(&before, &after, false, key, event);
        told.logs(&after, &before, true, key, event);
        life.mark(
            event,
            true,
            timeline::of_payment(happened),
            &self.shared.hasher,
        );
        let findings = &mut self.findings;
        let buyer = life.order.state.buyer().map(Actor::Wallet);
        let may = match happened {
            PaymentEvent::PaymentRequested { terms, conversion } => {
                told.said
                    .push(said(order, Bond::Requested, Side::Other, key, event));
                let agreed = agreed(life, order, terms, conversion.as_deref(), event, catalogue);
                if let Err(expected) = agreed {
                    let found = legal::json(terms);
                    findings.add(Fault::NotAsOffered, place(key, event), found, expected);
                }
                buyer
            }
            PaymentEvent::PaymentExpired { reason } => {
                let refunded = *reason == ClosingReason::OrderRefunded;
                if !refunded {
                    let bond = Bond::Closed(*reason);
                    told.said.push(said(order, bond, Side::Other, key, event));
                } else if life.order.state.phase() != Some(Phase::Refunded) {
                    findings.add(
                        Fault::Alone,
                        place(key, event),
                        "a payment closed as refunded".to_owned(),
                        "an order that is refunded".to_owned(),
                    );
                }
                match reason {
                    ClosingReason::Lapsed => Some(Actor::System("expiry")),
                    ClosingReason::OrderCancelled => buyer,
                    ClosingReason::OrderRefunded => Some(Actor::System("reactions")),
                    ClosingReason::OrderRejected => {
                        if let Some(shop) = life.order.state.shop() {
                            catalogue.owner(shop, key, event, findings);
                        }
                        return Ok(());
                    }
                }
            }
            PaymentEvent::AttemptReported { .. } => buyer,
            PaymentEvent::AttemptFailed { .. } => Some(Actor::System("attempts")),
            PaymentEvent::PaymentDetected { .. }
            | PaymentEvent::PaymentConfirmed { .. }
            | PaymentEvent::PaymentReverted { .. }
            | PaymentEvent::FundsReleased { .. }
            | PaymentEvent::FundsRefunded { .. }
            | PaymentEvent::DisputeOpened { .. }
            | PaymentEvent::ReleaseReverted { .. }
            | PaymentEvent::RefundReverted { .. }
            | PaymentEvent::DisputeReverted { .. } => Some(Actor::System("listener")),
        };
        actor_is(may, key, event, findings);
        Ok(())
    }

    fn payout(&mut self, id: PayoutId, event: &Recorded, happened: &PayoutEvent, told: &mut Told) {
        let (key, findings) = (StreamKey::Payout(id), &mut self.findings);
        let payout = self.payouts.at(id, event.position);
        payout.folded.check(key, event, happened, findings);
        payout
            .folded
            .evolve(key, happened, &mut self.snapshots, findings);
        payout.position = event.position;
        let (log, counts) = match happened {
            PayoutEvent::FundsWithdrawn { log, .. } => (log, true),
            PayoutEvent::WithdrawalReverted { log, .. } => (log, false),
        };
        let place = (key, event.sequence, event.position);
        told.logs.push((log.id(), counts, place));
        actor_is(Some(Actor::System("listener")), key, event, findings);
    }
}
