//! What a reconciliation found.

use std::fmt;

use gage_domain::{
    ids::PaymentId,
    payment::LogRef,
    value::{Address, BaseUnits},
};
use serde::Serialize;

use crate::{
    ports::{
        chain::{BlockRef, Observed},
        escrow_view::{EscrowAccount, EscrowView},
    },
    position::LogPosition,
};

/// How many findings of a kind are kept; all are counted.
pub const FINDINGS_KEPT: usize = 1000;

/// What a reconciliation found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub escrow: Address,
    /// The block of which everything is; nothing while none is deep enough.
    pub block: Option<BlockRef>,
    /// The event log was read up to here, at least.
    #[serde(serialize_with = "printed")]
    pub events: LogPosition,
    /// Payments that were compared: every one that was asked for in this contract, but those that
    /// nobody paid.
    pub payments: u64,
    /// Payments that were not compared, since their deadline is long over and there is no log of
    /// them: the contract cannot hold anything for them.
    pub never_paid: u64,
    /// Payments that belong to another contract or chain, and were not compared.
    pub elsewhere: u64,
    /// Logs of the contract that were compared.
    pub logs: u64,
    /// Accounts that were compared: everyone who may have something to take out.
    pub accounts: u64,
    /// The money, by token.
    pub tokens: Vec<TokenTotals>,
    /// What differs. Nothing should.
    pub differences: Findings<Difference>,
    /// What only waits for confirmations.
    pub pending: Findings<Pending>,
    /// Logs that fit nothing of ours, and why.
    pub unmatched: Findings<Unmatched>,
}

/// Findings of a kind: the first of them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findings<T> {
    /// All.
    pub count: u64,
    /// The first [`FINDINGS_KEPT`].
    pub first: Vec<T>,
}

/// The money of a token, base units. Everything but the last two as the event log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenTotals {
    /// The token; zero for the chain's native coin.
    pub token: Address,
    /// All that was paid.
    pub funded: BaseUnits,
    /// What is held for payments.
    pub held: BaseUnits,
    /// What went to sellers.
    pub released: BaseUnits,
    /// What went back to buyers.
    pub refunded: BaseUnits,
    /// What was taken out.
    pub withdrawn: BaseUnits,
    /// What can be taken out, as the contract says.
    pub withdrawable: BaseUnits,
    /// What the contract owns.
    pub balance: BaseUnits,
}

/// Something that the event log and the chain say differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// What of it.
    pub field: Field,
    /// As the event log has it.
    pub recorded: Datum,
    /// As the chain has it.
    pub found: Datum,
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Subject {
    /// A payment that was asked for.
    Payment(PaymentId),
    /// A log of the contract.
    Log(LogRef),
    /// All the money of a token.
    Token(Address),
    /// What an account may take out.
    Account(EscrowAccount),
}

/// What of it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Whether it was paid at all.
    Payment,
    /// The order that it pays.
    Order,
    /// Whom a refund goes to.
    Buyer,
    /// Whom a release goes to.
    Seller,
    /// Who decides disputes.
    Arbiter,
    /// In which token it was paid.
    Token,
    /// Until when anyone may release.
    HoldSecs,
    /// How long the arbiter has.
    DisputeSecs,
    /// Who paid.
    Payer,
    /// What was paid.
    Funded,
    /// What went to the seller.
    Released,
    /// What went back to the buyer.
    Refunded,
    /// Whether it is disputed.
    Disputed,
    /// A log that one side has and the other has not, or that says something else.
    Log,
    /// What an account took out.
    Withdrawn,
    /// What an account may take out: what went to it, less what it took out.
    Withdrawable,
    /// held + withdrawable ≤ balance.
    Funds,
    /// funded = held + released + refunded.
    Equation,
}

/// What one side says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Datum {
    /// Nothing.
    Nothing,
    /// So much, base units.
    Amount(BaseUnits),
    /// This account or contract.
    Address(Address),
    /// So long.
    Seconds(u64),
    /// Whether it is so.
    Truth(bool),
    /// This payment.
    Payment(PaymentId),
    /// This log.
    Log {
        /// Where it is.
        log: LogRef,
        /// What it says.
        what: Observed,
    },
}

/// Something that only waits for confirmations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// The payment, if the log names one.
    pub payment: Option<PaymentId>,
    /// The log.
    pub log: LogRef,
}

/// A log that fits nothing of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unmatched {
    /// The log.
    pub log: LogRef,
    /// What it says.
    pub what: Observed,
    /// Why it fits nothing.
    pub reason: String,
}

impl Report {
    /// Nothing found yet.
    pub(super) fn new(escrow: &dyn EscrowView, events: LogPosition) -> Self {
        Self {
            chain_id: escrow.chain_id(),
            escrow: escrow.escrow(),
            block: None,
            events,
            payments: 0,
            never_paid: 0,
            elsewhere: 0,
            logs: 0,
            accounts: 0,
            tokens: Vec::new(),
            differences: Findings::default(),
            pending: Findings::default(),
            unmatched: Findings::default(),
        }
    }

    /// Whether nothing differs.
    pub fn agrees(&self) -> bool {
        self.differences.count == 0
    }
}

impl<T> Findings<T> {
    /// Adds one.
    pub(crate) fn push(&mut self, finding: T) {
        self.count += 1;
        if self.first.len() < FINDINGS_KEPT {
            self.first.push(finding);
        }
    }

    /// How many are counted and not kept.
    pub fn further(&self) -> u64 {
        let kept = u64::try_from(self.first.len()).unwrap_or(u64::MAX);
        self.count.saturating_sub(kept)
    }
}

impl<T> Default for Findings<T> {
    fn default() -> Self {
        Self {
            count: 0,
            first: Vec::new(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            field,
            recorded,
            found,
        } = self;
        write!(
            f,
            "{subject}: {field}: {recorded} in the event log, {found} on the chain"
        )
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payment(payment) => write!(f, "payment {payment}"),
            Self::Log(log) => write!(f, "{}", Place(log)),
            Self::Token(token) => write!(f, "token {token}"),
            Self::Account(account) => {
                write!(f, "account {} in token {}", account.owner, account.token)
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Payment => "payment",
            Self::Order => "order",
            Self::Buyer => "buyer",
            Self::Seller => "seller",
            Self::Arbiter => "arbiter",
            Self::Token => "token",
            Self::HoldSecs => "hold time",
            Self::DisputeSecs => "dispute time",
            Self::Payer => "payer",
            Self::Funded => "funded",
            Self::Released => "released",
            Self::Refunded => "refunded",
            Self::Disputed => "disputed",
            Self::Log => "log",
            Self::Withdrawn => "withdrawn",
            Self::Withdrawable => "withdrawable",
            Self::Funds => "held and withdrawable, against what the contract owns",
            Self::Equation => "held, released and refunded, against funded",
        })
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Amount(amount) => write!(f, "{amount}"),
            Self::Address(address) => write!(f, "{address}"),
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::Truth(true) => f.write_str("yes"),
            Self::Truth(false) => f.write_str("no"),
            Self::Payment(payment) => write!(f, "{payment}"),
            Self::Log { log, what } => write!(f, "{} ({})", Said(what), Place(log)),
        }
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.payment {
            Some(payment) => write!(f, "payment {payment}: {}", Place(&self.log)),
            None => Place(&self.log).fmt(f),
        }
    }
}

impl fmt::Display for Unmatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, place) = (Said(&self.what), Place(&self.log));
        write!(f, "{what} ({place}): {}", self.reason)
    }
}

/// A log by its place.
struct Place<'l>(&'l LogRef);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogRef {
            block_number,
            tx_hash,
            log_index,
            ..
        } = self.0;
        write!(
            f,
            "log {log_index} of block {block_number}, transaction {tx_hash}"
        )
    }
}

/// What a log says, in words.
struct Said<'w>(&'w Observed);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Observed::Paid { payer, amount, .. } => write!(f, "{payer} paid {amount}"),
            Observed::Released { amount } => write!(f, "released {amount}"),
            Observed::Refunded { amount } => write!(f, "refunded {amount}"),
            Observed::Disputed { by } => write!(f, "{by} opened a dispute"),
            Observed::Withdrawn {
                account, amount, ..
            } => write!(f, "{account} took out {amount}"),
        }
    }
}

fn printed<S: serde::Serializer>(position: &LogPosition, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(position)
}
