//! What the queries on the ledger return, and what it keeps of payments.

use gage_application::position::LogPosition;
use gage_domain::{
    ids::{OrderId, PayoutId},
    value::{Address, BaseUnits},
};
use sqlx::postgres::PgRow;

use crate::{columns::Columns, failure::QueryError};

/// An account of one escrow in one token, base units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Chain, escrow, account and token.
    pub id: PayoutId,
    /// What the escrow holds for payments to it.
    pub held: BaseUnits,
    /// What went to it as a seller.
    pub released: BaseUnits,
    /// What went back to buyers of payments to it.
    pub refunded: BaseUnits,
    /// What came back to it as a buyer.
    pub returned: BaseUnits,
    /// What it took out.
    pub withdrawn: BaseUnits,
    /// The last event that changed it.
    pub position: LogPosition,
}

/// What is needed of a payment to say what its events do to accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PaymentRow {
    pub(super) order: OrderId,
    pub(super) chain_id: u64,
    pub(super) escrow: Address,
    pub(super) token: Address,
    pub(super) buyer: Address,
    pub(super) seller: Address,
    pub(super) amount: BaseUnits,
    pub(super) confirmed: bool,
    pub(super) released: BaseUnits,
    pub(super) refunded: BaseUnits,
    pub(super) position: LogPosition,
}

impl AccountRow {
    /// An account that nothing happened to.
    pub(super) fn new(id: PayoutId) -> Self {
        Self {
            id,
            held: BaseUnits::ZERO,
            released: BaseUnits::ZERO,
            refunded: BaseUnits::ZERO,
            returned: BaseUnits::ZERO,
            withdrawn: BaseUnits::ZERO,
            position: LogPosition::START,
        }
    }

    /// What it may take out: what went or came back to it, less what it took out. Nothing when
    /// it took out more: then the escrow has payments that are none of ours.
    pub fn withdrawable(&self) -> BaseUnits {
        self.released
            .checked_add(self.returned)
            .and_then(|all| all.checked_sub(self.withdrawn))
            .unwrap_or(BaseUnits::ZERO)
    }
}

impl PaymentRow {
    /// The seller's account.
    pub(super) fn of_seller(&self) -> PayoutId {
        self.account(self.seller)
    }

    /// The buyer's account.
    pub(super) fn of_buyer(&self) -> PayoutId {
        self.account(self.buyer)
    }

    fn account(&self, account: Address) -> PayoutId {
        PayoutId {
            chain_id: self.chain_id,
            escrow: self.escrow,
            account,
            token: self.token,
        }
    }
}

pub(super) const ACCOUNT_COLUMNS: &str = "a.owner, a.token, a.chain_id::text AS chain_id, \
    a.escrow, a.held::text AS held, a.released::text AS released, a.refunded::text AS refunded, \
    a.returned::text AS returned, a.withdrawn::text AS withdrawn, a.xact_id, a.position";

pub(super) fn account(row: &PgRow) -> Result<AccountRow, QueryError> {
    let columns = Columns::of(row, "ledger.accounts", "owner");
    Ok(AccountRow {
        id: PayoutId {
            chain_id: columns.parse("chain_id")?,
            escrow: columns.address("escrow")?,
            account: columns.address("owner")?,
            token: columns.address("token")?,
        },
        held: columns.parse("held")?,
        released: columns.parse("released")?,
        refunded: columns.parse("refunded")?,
        returned: columns.parse("returned")?,
        withdrawn: columns.parse("withdrawn")?,
        position: columns.position("xact_id", "position")?,
    })
}

pub(super) const PAYMENT_COLUMNS: &str = "p.order_id, p.chain_id::text AS chain_id, p.escrow, \
    p.token, p.buyer, p.seller, p.amount::text AS amount, p.confirmed, \
    p.released::text AS released, p.refunded::text AS refunded, p.xact_id, p.position";

pub(super) fn payment(row: &PgRow) -> Result<PaymentRow, QueryError> {
    let columns = Columns::of(row, "ledger.payments", "order_id");
    Ok(PaymentRow {
        order: OrderId(columns.get("order_id")?),
        chain_id: columns.parse("chain_id")?,
        escrow: columns.address("escrow")?,
        token: columns.address("token")?,
        buyer: columns.address("buyer")?,
        seller: columns.address("seller")?,
        amount: columns.parse("amount")?,
        confirmed: columns.get("confirmed")?,
        released: columns.parse("released")?,
        refunded: columns.parse("refunded")?,
        position: columns.position("xact_id", "position")?,
    })
}
