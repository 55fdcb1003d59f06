//! Transactions that the server signs and pays for itself: written down first, then sent, and
//! looked at until their end is known. What was written down is sent again as it is, never signed
//! anew, so it can be mined once.

use alloy::{
    consensus::TxEip1559,
    primitives::{Address, B256, Bytes, TxKind, U256},
};
use gage_domain::value::BaseUnits;
use thiserror::Error;
use time::{OffsetDateTime, Time};

use super::{
    gas::{self, Fees},
    node::{Node, NodeError, Receipt},
};

/// When a transaction that is not mined is sent again.
pub(super) const SEND_AGAIN_AFTER: time::Duration = time::Duration::seconds(30);
/// When a transaction that is not mined is told to the operator.
const STUCK_AFTER: time::Duration = time::Duration::minutes(10);

/// What became of a transaction that was sent.
pub(super) enum Fate {
    /// It is in a block, which may go.
    Mined(Receipt),
    /// Another transaction took its nonce.
    Lost,
    /// Neither yet.
    OnItsWay,
}

/// Looks what became of an account's transaction. The questions MUST go to one node: another may
/// know the nonce's use and not yet the receipt.
///
/// # Errors
/// [`NodeError`].
pub(super) async fn fate(
    node: &Node,
    account: Address,
    tx_hash: B256,
    nonce: u64,
) -> Result<Fate, NodeError> {
    if let Some(receipt) = node.receipt(tx_hash).await? {
        return Ok(Fate::Mined(receipt));
    }
    if node.mined_nonce(account).await? <= nonce {
        return Ok(Fate::OnItsWay);
    }
    // Without a receipt, a nonce that is used was used by another transaction.
    let receipt = node.receipt(tx_hash).await?;
    Ok(receipt.map_or(Fate::Lost, Fate::Mined))
}

/// A transaction that is not mined for long: its fees are too low by now, or the node dropped it.
#[derive(Debug, Error)]
#[error("transaction {tx_hash} is not mined since {since}")]
pub(super) struct Stuck {
    tx_hash: B256,
    since: OffsetDateTime,
}

/// Whether a transaction has been on its way for no longer than it may.
///
/// # Errors
/// [`Stuck`].
pub(super) fn in_time(
    tx_hash: B256,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), Stuck> {
    if now - since > STUCK_AFTER {
        return Err(Stuck { tx_hash, since });
    }
    Ok(())
}

/// Why an account does not pay for a transaction now.
#[derive(Debug, Error)]
pub(super) enum Unaffordable {
    /// Gas is dear.
    #[error("a unit of gas costs {fee} wei, at most {most} are allowed")]
    TooDear { fee: U256, most: BaseUnits },
    /// The account is poor.
    #[error("the account {account} holds {balance} wei, {most} are needed")]
    OutOfFunds {
        account: Address,
        balance: U256,
        most: U256,
    },
}

/// What an account can pay with, and what it would have to pay.
pub(super) struct Purse {
    account: Address,
    fees: Fees,
    nonce: u64,
    balance: U256,
    /// What a unit of gas may cost, wei.
    most_per_gas: BaseUnits,
}

/// What a transaction is sent with.
pub(super) struct Offer {
    pub(super) nonce: u64,
    /// What it costs at most, wei.
    pub(super) most: BaseUnits,
    gas_limit: u64,
    max_fee: U256,
    tip: U256,
}

impl Purse {
    /// As of now.
    ///
    /// # Errors
    /// [`NodeError`].
    pub(super) async fn of(
        node: &Node,
        account: Address,
        most_per_gas: BaseUnits,
    ) -> Result<Self, NodeError> {
        let (fees, nonce, balance) = tokio::try_join!(
            gas::fees(node),
            node.mined_nonce(account),
            node.balance(account),
        )?;
        Ok(Self {
            account,
            fees,
            nonce,
            balance,
            most_per_gas,
        })
    }

    /// What so much gas costs at most, wei.
    pub(super) fn cost(&self, gas_limit: u64) -> BaseUnits {
        BaseUnits(at_most(self.fees, self.most_per_gas).saturating_mul(U256::from(gas_limit)))
    }

    /// What gets a transaction mined soon, within the bound.
    ///
    /// # Errors
    /// [`Unaffordable`].
    pub(super) fn offer(&self, gas_limit: u64) -> Result<Offer, Unaffordable> {
        let (fee, most) = (
            self.fees.base.saturating_add(self.fees.tip),
            self.most_per_gas,
        );
        if fee > most.0 {
            return Err(Unaffordable::TooDear { fee, most });
        }
        let most = self.cost(gas_limit);
        if self.balance < most.0 {
            return Err(Unaffordable::OutOfFunds {
                account: self.account,
                balance: self.balance,
                most: most.0,
            });
        }
        Ok(Offer {
            nonce: self.nonce,
            most,
            gas_limit,
            max_fee: at_most(self.fees, self.most_per_gas),
            tip: self.fees.tip,
        })
    }
}

impl Offer {
    /// The transaction that calls a contract.
    pub(super) fn call(&self, chain_id: u64, contract: Address, data: Bytes) -> TxEip1559 {
        TxEip1559 {
            chain_id,
            nonce: self.nonce,
            gas_limit: self.gas_limit,
            max_fee_per_gas: self.max_fee.saturating_to(),
            max_priority_fee_per_gas: self.tip.min(self.max_fee).saturating_to(),
            to: TxKind::Call(contract),
            input: data,
            ..Default::default()
        }
    }
}

/// The most that is offered for a unit of gas, wei.
pub(super) fn at_most(fees: Fees, bound: BaseUnits) -> U256 {
    fees.maximum().min(bound.0)
}

/// What an estimate is raised to: what it was made for may be more when it is mined.
pub(super) const fn with_room(gas_units: u64) -> u64 {
    gas_units.saturating_add(gas_units / 5)
}

/// The beginning of the day (UTC).
pub(super) fn day_of(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_time(Time::MIDNIGHT)
}

/// What a mined transaction cost, wei.
pub(super) fn cost_of(receipt: &Receipt) -> BaseUnits {
    let price = receipt.effective_gas_price.unwrap_or_default();
    BaseUnits(price.saturating_mul(receipt.gas_used.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn purse(base: u64, balance: u64, most_per_gas: u64) -> Purse {
        Purse {
            account: Address::repeat_byte(1),
            fees: Fees {
                base: U256::from(base),
                tip: U256::from(2),
            },
            nonce: 7,
            balance: U256::from(balance),
            most_per_gas: BaseUnits::from(most_per_gas),
        }
    }

    #[test]
    fn an_offer_is_no_more_than_the_bound_and_needs_no_more_than_the_account_has() {
        let offer = purse(10, 2_200, 100).offer(100).unwrap();
        assert_eq!(
            offer.most,
            BaseUnits::from(2_200_u64),
            "twice the base fee and the tip"
        );
        let bounded = purse(10, 2_200, 15).offer(100).unwrap();
        assert_eq!(bounded.most, BaseUnits::from(1_500_u64));
        assert!(matches!(
            purse(10, 2_199, 100).offer(100),
            Err(Unaffordable::OutOfFunds { .. })
        ));
        assert!(matches!(
            purse(10, 2_200, 11).offer(100),
            Err(Unaffordable::TooDear { .. })
        ));
    }

    #[test]
    fn a_transaction_is_stuck_after_ten_minutes() {
        let (hash, sent) = (B256::ZERO, datetime!(2026-03-01 09:00 UTC));
        assert!(in_time(hash, sent, datetime!(2026-03-01 09:10 UTC)).is_ok());
        let stuck = in_time(hash, sent, datetime!(2026-03-01 09:10:01 UTC));
        assert!(stuck.unwrap_err().to_string().contains("2026-03-01"));
    }
}
