//! One of those that fold in parallel: every stream belongs to one of them, an order and its
//! payment to the same.

use std::{
    hash::RandomState,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use gage_domain::{
    ids::{OrderId, PaymentId, PayoutId, ProductId, SkuId},
    inventory::{Inventory, InventoryEvent},
    order::{OrderEvent, OrderLine, Phase},
    payment::{ClosingReason, LogId, PaymentEvent, Terms},
    payout::{Payout, PayoutEvent},
    rate::Conversion,
    value::{BaseUnits, Currency},
};

use super::{
    appends::{Appends, Bond, Said, Side},
    catalogue::{Catalogue, same_currency},
    entry::{Folded, Snapshots, StreamKey, place},
    finding::{Fault, Findings, Place},
    life::Life,
    moments::{Checkpoints, Moments},
    witness::timeline,
};
use crate::{
    event::{Fact, Recorded},
    metadata::Actor,
    ports::replay::Part,
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

/// The stock of a SKU as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct StockFold {
    pub(super) folded: Folded<Inventory>,
    pub(super) position: LogPosition,
    /// Pieces by plain sums, with nothing of what the aggregate makes of them.
    on_hand: i64,
    reserved: i64,
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
    pub(super) lives: Moments<OrderId, Life>,
    pub(super) stock: Moments<SkuId, StockFold>,
    pub(super) payouts: Moments<PayoutId, PayoutFold>,
    pub(super) snapshots: Snapshots,
    pub(super) findings: Findings,
    part: Part,
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
        part: Part,
        checkpoints: Checkpoints,
        snapshots: Snapshots,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            lives: Moments::with(checkpoints),
            stock: Moments::with(checkpoints),
            payouts: Moments::with(checkpoints),
            snapshots,
            findings: Findings::default(),
            part,
            shared,
        }
    }

    /// Folds events, in the order of the log.
    pub(super) fn take(&mut self, events: &[Recorded]) {
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
                    self.order(*id, event, happened, &catalogue, &mut told);
                }
                Fact::Payment(id, happened) => {
                    self.payment(*id, event, happened, &catalogue, &mut told);
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
    }

    /// An event that cannot be read: its number counts all the same.
    pub(super) fn unreadable(&mut self, key: StreamKey, sequence: u64, position: LogPosition) {
        let findings = &mut self.findings;
        match key {
            StreamKey::Inventory(id) => {
                let stock = self.stock.at(SkuId(id), position);
                stock.folded.arrive(key, sequence, position, findings);
            }
            StreamKey::Order(id) => {
                let life = self.lives.at(OrderId(id), position);
                life.order.arrive(key, sequence, position, findings);
            }
            StreamKey::Payment(id) => {
                let life = self.lives.at(OrderId(id), position);
                life.payment.arrive(key, sequence, position, findings);
            }
            StreamKey::Payout(id) => {
                let payout = self.payouts.at(id, position);
                payout.folded.arrive(key, sequence, position, findings);
            }
            StreamKey::Shop(_) | StreamKey::Product(_) => {}
        }
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
        if let Some((order, bond)) = bond
            && self.part.holds(order.0)
        {
            told.said.push(said(order, bond, Side::Other, key, event));
        }
        // Stock is looked at with the first part of the orders.
        if self.part.index > 0 {
            return;
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
    ) {
        let key = StreamKey::Order(id.0);
        let life = self.lives.at(id, event.position);
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
                    let found = super::legal::json(line);
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
                return;
            }
            OrderEvent::OrderExpired {} => Some(Actor::System("expiry")),
            OrderEvent::OrderPaid {}
            | OrderEvent::OrderPaymentReverted {}
            | OrderEvent::OrderCompleted {}
            | OrderEvent::OrderRefunded {} => Some(Actor::System("reactions")),
        };
        actor_is(may, key, event, findings);
    }

    fn payment(
        &mut self,
        id: PaymentId,
        event: &Recorded,
        happened: &PaymentEvent,
        catalogue: &Catalogue,
        told: &mut Told,
    ) {
        let (key, order) = (StreamKey::Payment(id.0), OrderId::from(id));
        let life = self.lives.at(order, event.position);
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
                    let found = super::legal::json(terms);
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
                        return;
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
    }

    fn payout(&mut self, id: PayoutId, event: &Recorded, happened: &PayoutEvent, told: &mut Told) {
        if self.part.index > 0 {
            return;
        }
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

impl StockFold {
    /// An event of the stock.
    pub(super) fn take(
        &mut self,
        id: SkuId,
        event: &Recorded,
        happened: &InventoryEvent,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let key = StreamKey::Inventory(id.0);
        self.folded.check(key, event, happened, findings);
        self.folded.evolve(key, happened, snapshots, findings);
        self.position = event.position;
        self.count(happened);
        let state = self.folded.state.stock();
        let (on_hand, reserved) = (i64::from(state.on_hand()), i64::from(state.reserved()));
        let holds = 0 <= self.reserved && self.reserved <= self.on_hand;
        if !holds || (self.on_hand, self.reserved) != (on_hand, reserved) {
            let (by_sum, held) = (self.on_hand, self.reserved);
            let found = format!("{held} reserved of {by_sum} on hand by the log");
            let expected = "reserved ≤ on hand".to_owned();
            findings.add(Fault::Invariant, place(key, event), found, expected);
        }
    }

    fn count(&mut self, happened: &InventoryEvent) {
        match happened {
            InventoryEvent::StockReceived { quantity } => self.on_hand += i64::from(quantity.get()),
            InventoryEvent::StockAdjusted { delta, .. } => {
                self.on_hand = self.on_hand.saturating_add(*delta);
            }
            InventoryEvent::StockReserved { quantity, .. } => {
                self.reserved += i64::from(quantity.get());
            }
            InventoryEvent::ReservationReleased { quantity, .. } => {
                self.reserved -= i64::from(quantity.get());
            }
            InventoryEvent::ReservationCommitted { quantity, .. } => {
                self.reserved -= i64::from(quantity.get());
                self.on_hand -= i64::from(quantity.get());
            }
        }
    }
}

fn said(order: OrderId, bond: Bond, side: Side, key: StreamKey, event: &Recorded) -> Said {
    Said {
        order,
        bond,
        side,
        stream: key,
        sequence: event.sequence,
        position: event.position,
    }
}

/// What an order's event has in common with events of other streams. The phase is the one before.
fn bonds(happened: &OrderEvent, phase: Option<Phase>, lines: &[OrderLine]) -> Vec<Bond> {
    let each = |bond: fn(SkuId, u32) -> Bond| {
        let lines = lines.iter();
        lines.map(move |line| bond(line.sku, line.quantity.get()))
    };
    match happened {
        OrderEvent::OrderPlaced { .. } => each(Bond::Reserved).chain([Bond::Requested]).collect(),
        OrderEvent::OrderApproved {} => each(Bond::Committed).collect(),
        OrderEvent::OrderRejected { .. } => let_go(each, ClosingReason::OrderRejected),
        OrderEvent::OrderCancelled {} => let_go(each, ClosingReason::OrderCancelled),
        OrderEvent::OrderExpired {} => let_go(each, ClosingReason::Lapsed),
        OrderEvent::OrderRefunded {} if phase == Some(Phase::Paid) => {
            each(Bond::Released).collect()
        }
        OrderEvent::OrderRefunded {}
        | OrderEvent::OrderPaid {}
        | OrderEvent::OrderPaymentReverted {}
        | OrderEvent::OrderShipped { .. }
        | OrderEvent::DeliveryConfirmed {}
        | OrderEvent::OrderCompleted {} => Vec::new(),
    }
}

fn let_go<I: Iterator<Item = Bond>>(
    each: impl Fn(fn(SkuId, u32) -> Bond) -> I,
    reason: ClosingReason,
) -> Vec<Bond> {
    each(Bond::Released).chain([Bond::Closed(reason)]).collect()
}

/// Whether the payment asks for what the order costs.
fn agreed(
    life: &Life,
    order: OrderId,
    terms: &Terms,
    conversion: Option<&Conversion>,
    event: &Recorded,
    catalogue: &Catalogue,
) -> Result<(), String> {
    let details = life
        .order
        .state
        .details()
        .map_err(|_| format!("a payment of an order that is placed, {order} is not"))?;
    if (terms.order, terms.buyer, terms.deadline) != (order, details.buyer, details.pay_by) {
        let (buyer, pay_by) = (details.buyer, details.pay_by);
        return Err(format!(
            "the order {order} of {buyer}, to be paid by {pay_by}"
        ));
    }
    let seller = catalogue.payout_at(details.shop, event.position);
    if seller != Some(terms.seller) {
        let wallet = seller.map_or_else(|| "nobody".to_owned(), |wallet| wallet.to_string());
        return Err(format!("{wallet} as seller, where the shop's money went"));
    }
    let asset = Currency::Token {
        chain_id: Some(terms.chain_id),
        token: terms.token,
    };
    let (total, fits) = match (details.total.currency, conversion) {
        (currency @ Currency::Token { .. }, None) => {
            let same = same_currency(currency, asset);
            (
                details.total.amount,
                same && details.total.amount == terms.amount,
            )
        }
        (Currency::Fiat(fiat), Some(conversion)) => {
            let same = conversion.fiat == fiat && conversion.amount == details.total.amount;
            (details.total.amount, same)
        }
        (Currency::Token { .. }, Some(_)) | (Currency::Fiat(_), None) => (BaseUnits::ZERO, false),
    };
    if fits {
        return Ok(());
    }
    let currency = super::legal::json(&details.total);
    Err(format!("the order's total, {total} ({currency})"))
}

fn actor_is(may: Option<Actor>, key: StreamKey, event: &Recorded, findings: &mut Findings) {
    let actor = &event.metadata.actor;
    let same = match (&may, actor) {
        (Some(Actor::Wallet(one)), Actor::Wallet(other)) => one == other,
        (Some(Actor::System(one)), Actor::StoredSystem(other)) => one == other,
        _ => false,
    };
    if same {
        return;
    }
    let expected = may.map_or_else(|| "the order's buyer".to_owned(), |may| may.to_string());
    let found = format!("done by {actor}");
    findings.add(Fault::WrongActor, place(key, event), found, expected);
}
