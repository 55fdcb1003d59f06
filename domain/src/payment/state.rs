//! What a payment is, and what an event makes of it.

use serde::{Deserialize, Serialize};

use super::{AttemptFailure, ClosingReason, LogId, LogRef, PaymentEvent, PaymentRejection, Terms};
use crate::{
    escrow::Escrow,
    value::{Address, B256, BaseUnits},
};

/// The payment of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    /// Nobody asked for it yet.
    #[default]
    Unrequested,
    /// It was asked for.
    Requested(Box<Request>),
}

/// A payment that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What it is to be.
    pub terms: Terms,
    /// What the buyer reported, oldest first; at most
    /// [`MAX_ATTEMPTS`](crate::policy::MAX_ATTEMPTS).
    pub attempts: Vec<Attempt>,
    /// Whether it is still wanted.
    pub standing: Standing,
    /// What the chain showed.
    pub funding: Funding,
}

/// A transaction that the buyer reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The transaction.
    pub tx_hash: B256,
    /// Its nonce.
    pub nonce: u64,
    /// Who reported it.
    pub by: Address,
    /// What became of it.
    pub standing: AttemptStanding,
}

/// What became of a reported transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttemptStanding {
    /// Nothing that is known.
    Pending,
    /// It will not pay.
    Failed(AttemptFailure),
}

/// Whether a payment is still wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// It is.
    Awaited,
    /// It is not; money that comes is due back.
    Closed(ClosingReason),
}

/// What the chain showed of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Funding {
    /// Nothing that stands.
    None,
    /// The payment, not deep enough yet to count.
    Detected(Sighting),
    /// The payment, and what became of the money.
    Confirmed(Deposit),
}

/// A log that is the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Where it was seen.
    pub log: LogRef,
    /// Who paid.
    pub payer: Address,
    /// Base units of the token.
    pub amount: BaseUnits,
}

/// Money that is confirmed, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// The payment.
    pub sighting: Sighting,
    /// How much is held, released and refunded.
    pub escrow: Escrow,
    /// Every log after the payment that was recorded, oldest first, so that each counts once.
    pub movements: Vec<Movement>,
}

/// A log after the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Which log.
    pub log: LogId,
    /// What it said.
    pub kind: MovementKind,
}

/// What a log after the payment said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MovementKind {
    /// Money went to the seller.
    Released(BaseUnits),
    /// Money went back to the buyer.
    Refunded(BaseUnits),
    /// A party asked the arbiter to decide.
    Disputed(Address),
}

impl Payment {
    /// The payment that was asked for.
    ///
    /// # Errors
    /// [`PaymentRejection::NotRequested`].
    pub fn request(&self) -> Result<&Request, PaymentRejection> {
        match self {
            Self::Unrequested => Err(PaymentRejection::NotRequested),
            Self::Requested(request) => Ok(request),
        }
    }

    /// The terms, if a buyer may still pay on them.
    ///
    /// # Errors
    /// [`PaymentRejection::NotRequested`], [`PaymentRejection::AlreadyPaid`] or
    /// [`PaymentRejection::Closed`].
    pub fn payable(&self) -> Result<&Terms, PaymentRejection> {
        let request = self.request()?;
        match (&request.funding, request.standing) {
            (Funding::Detected(_) | Funding::Confirmed(_), _) => Err(PaymentRejection::AlreadyPaid),
            (Funding::None, Standing::Closed(reason)) => Err(PaymentRejection::Closed { reason }),
            (Funding::None, Standing::Awaited) => Ok(&request.terms),
        }
    }

    /// Where the confirmed money is; nothing without confirmed money.
    pub fn escrow(&self) -> Option<Escrow> {
        self.deposit().map(|deposit| deposit.escrow)
    }

    /// The log that is the payment, whether it counts already or not.
    pub fn sighting(&self) -> Option<Sighting> {
        self.request()
            .ok()
            .and_then(|request| request.funding.sighting())
    }

    /// What must go back to the buyer: confirmed money that is held for a payment that is not
    /// wanted any more.
    pub fn refund_due(&self) -> Option<BaseUnits> {
        let request = self.request().ok()?;
        match (&request.funding, request.standing) {
            (Funding::Confirmed(deposit), Standing::Closed(_)) => {
                Some(deposit.escrow.held()).filter(|held| !held.is_zero())
            }
            _ => None,
        }
    }

    /// Who opened a dispute, if someone did.
    pub fn disputed_by(&self) -> Option<Address> {
        self.deposit()?
            .movements
            .iter()
            .find_map(|movement| match movement.kind {
                MovementKind::Disputed(by) => Some(by),
                MovementKind::Released(_) | MovementKind::Refunded(_) => None,
            })
    }

    /// Who opened the dispute that is still to be decided: it is over when nothing is held.
    pub fn open_dispute(&self) -> Option<Address> {
        let held = self.escrow()?.held();
        self.disputed_by().filter(|_| !held.is_zero())
    }

    fn deposit(&self) -> Option<&Deposit> {
        match self {
            Self::Requested(request) => match &request.funding {
                Funding::Confirmed(deposit) => Some(deposit),
                Funding::None | Funding::Detected(_) => None,
            },
            Self::Unrequested => None,
        }
    }
}

impl Funding {
    /// The log that is the payment.
    pub fn sighting(&self) -> Option<Sighting> {
        match self {
            Self::None => None,
            Self::Detected(sighting) => Some(*sighting),
            Self::Confirmed(deposit) => Some(deposit.sighting),
        }
    }
}

impl Deposit {
    fn new(sighting: Sighting) -> Self {
        Self {
            sighting,
            escrow: Escrow::funded_with(sighting.amount),
            movements: Vec::new(),
        }
    }

    /// What a log after the payment said, if it stands.
    pub(super) fn movement(&self, log: &LogRef) -> Option<MovementKind> {
        let of_log = |movement: &&Movement| movement.log == log.id();
        self.movements.iter().find(of_log).map(|found| found.kind)
    }

    /// A later log; one that takes out more than is held changes nothing.
    fn moved(&mut self, log: LogId, kind: MovementKind) {
        let escrow = match kind {
            MovementKind::Released(amount) => self.escrow.release(amount),
            MovementKind::Refunded(amount) => self.escrow.refund(amount),
            MovementKind::Disputed(_) => Ok(self.escrow),
        };
        if let Ok(escrow) = escrow {
            self.escrow = escrow;
            self.movements.push(Movement { log, kind });
        }
    }

    /// A later log that does not stand any more: what became of the money is counted anew.
    fn moved_back(&mut self, log: LogId) {
        let stand = std::mem::replace(self, Self::new(self.sighting));
        for movement in stand.movements {
            if movement.log != log {
                self.moved(movement.log, movement.kind);
            }
        }
    }
}

pub(super) fn evolve(payment: Payment, event: &PaymentEvent) -> Payment {
    match (payment, event) {
        (Payment::Unrequested, PaymentEvent::PaymentRequested { terms, .. }) => {
            Payment::Requested(Box::new(Request {
                terms: terms.clone(),
                attempts: Vec::new(),
                standing: Standing::Awaited,
                funding: Funding::None,
            }))
        }
        (Payment::Unrequested, _) => Payment::Unrequested,
        (Payment::Requested(mut request), event) => {
            request.apply(event);
            Payment::Requested(request)
        }
    }
}

impl Request {
    fn apply(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentRequested { .. } => {}
            PaymentEvent::AttemptReported { tx_hash, nonce, by } => self.attempts.push(Attempt {
                tx_hash: *tx_hash,
                nonce: *nonce,
                by: *by,
                standing: AttemptStanding::Pending,
            }),
            PaymentEvent::AttemptFailed { tx_hash, reason } => {
                for attempt in self.attempts.iter_mut().filter(|a| a.tx_hash == *tx_hash) {
                    attempt.standing = AttemptStanding::Failed(*reason);
                }
            }
            PaymentEvent::PaymentExpired { reason } => {
                if self.standing == Standing::Awaited {
                    self.standing = Standing::Closed(*reason);
                }
            }
            PaymentEvent::PaymentDetected {
                log, payer, amount, ..
            } => {
                if self.funding == Funding::None {
                    self.funding = Funding::Detected(Sighting {
                        log: *log,
                        payer: *payer,
                        amount: *amount,
                    });
                }
            }
            PaymentEvent::PaymentConfirmed { log, .. } => {
                if let Funding::Detected(sighting) = &self.funding
                    && sighting.log.id() == log.id()
                {
                    self.funding = Funding::Confirmed(Deposit::new(*sighting));
                }
            }
            PaymentEvent::PaymentReverted { log } => {
                // Later logs were in the same or later blocks, so they are gone with it.
                if self
                    .funding
                    .sighting()
                    .is_some_and(|s| s.log.id() == log.id())
                {
                    self.funding = Funding::None;
                }
            }
            PaymentEvent::FundsReleased { log, amount } => {
                self.moved(log, MovementKind::Released(*amount));
            }
            PaymentEvent::FundsRefunded { log, amount } => {
                self.moved(log, MovementKind::Refunded(*amount));
            }
            PaymentEvent::DisputeOpened { log, by, .. } => {
                self.moved(log, MovementKind::Disputed(*by));
            }
            PaymentEvent::ReleaseReverted { log, .. }
            | PaymentEvent::RefundReverted { log, .. }
            | PaymentEvent::DisputeReverted { log } => {
                if let Funding::Confirmed(deposit) = &mut self.funding {
                    deposit.moved_back(log.id());
                }
            }
        }
    }

    fn moved(&mut self, log: &LogRef, kind: MovementKind) {
        if let Funding::Confirmed(deposit) = &mut self.funding {
            deposit.moved(log.id(), kind);
        }
    }
}
