//! What the keeper may spend, and what is worth it.

use std::collections::HashMap;

use alloy::primitives::Address;
use gage_domain::value::BaseUnits;

/// How the keeper may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperSettings {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// What a day's transactions may cost, wei.
    pub daily_budget: BaseUnits,
    /// What a unit of gas may cost, wei.
    pub max_fee_per_gas: BaseUnits,
    /// What is worth a release.
    pub minimum: Minimum,
}

/// The least that is worth the gas of a release: whoever sells to himself for next to nothing
/// must not spend the day's budget.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Minimum {
    /// Of the chain's own coin, wei; when it is not said, what the release itself may cost.
    pub coin: Option<BaseUnits>,
    /// Of tokens, base units. What a token is worth only the operator knows: the keeper leaves
    /// those that are not here alone.
    pub tokens: HashMap<Address, BaseUnits>,
}

impl Minimum {
    /// Whether so much of a token is worth a release that may cost so much.
    pub(super) fn is_reached(&self, token: Address, held: BaseUnits, cost: BaseUnits) -> bool {
        let least = if token.is_zero() {
            Some(self.coin.unwrap_or(cost))
        } else {
            self.tokens.get(&token).copied()
        };
        least.is_some_and(|least| held >= least)
    }
}
