//! What the escrow holds for a wallet, and what that may take out.

use async_graphql::{Context, Object, Result, SimpleObject};
use gage_domain::value;
use gage_projections::ledger::AccountRow;

use crate::graphql::{
    context::Asked as _,
    scalars::{Address, BaseUnits, Long},
    types::WalletCall,
};

/// What the escrow holds for a wallet, and what that may take out: releases and refunds only
/// write down who may.
pub struct Ledger(pub value::Address);

/// What the escrow holds for a wallet, and what that may take out: releases and refunds only
/// write down who may.
#[Object]
impl Ledger {
    /// The wallet.
    async fn wallet(&self) -> Address {
        Address(self.0)
    }

    /// Its accounts, one for each token in which anything happened to it. As of the blocks that
    /// are deep enough.
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<LedgerAccount>> {
        let found = ctx.services()?.ledger.accounts_of(self.0).await;
        let found = found.map_err(|error| ctx.error(error.into()))?;
        Ok(found.iter().map(LedgerAccount::from).collect())
    }

    /// What the wallet may take out of a token, in the chain's newest block. Null for a chain on
    /// which no payments are taken.
    #[graphql(complexity = "100 + child_complexity")]
    async fn withdrawal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token; the chain's own coin when it is left out.")] token: Option<
            Address,
        >,
        #[graphql(desc = "The chain; the first of `chains` when it is left out.")] chain_id: Option<
            Long,
        >,
    ) -> Result<Option<Withdrawal>> {
        let token = token.map_or(value::Address::ZERO, |token| token.0);
        let rail = &ctx.services()?.rail;
        let chain_id = chain_id.map_or_else(|| rail.first_chain(), |id| id.0);
        let found = rail.withdrawal(chain_id, self.0, token).await;
        let found = found.map_err(|error| ctx.error(error.into()))?;
        Ok(found.map(|found| Withdrawal {
            amount: BaseUnits(found.amount),
            call: found.call.map(Into::into),
        }))
    }
}

/// What a wallet may take out of the escrow: what was released or refunded to it and not taken
/// out yet.
#[derive(SimpleObject)]
pub struct Withdrawal {
    /// Base units of the token.
    amount: BaseUnits,
    /// The call that takes all of it out. Null when there is nothing.
    call: Option<WalletCall>,
}

/// A wallet's account of one escrow in one token, base units.
#[derive(Debug, Clone, SimpleObject)]
pub struct LedgerAccount {
    /// The token; the zero address is the chain's own coin.
    token: Address,
    /// The chain.
    chain_id: Long,
    /// The contract that holds the money.
    escrow: Address,
    /// What is held for payments to the wallet.
    held: BaseUnits,
    /// What was released to it as a seller.
    released: BaseUnits,
    /// What went back to buyers of payments to it.
    refunded: BaseUnits,
    /// What came back to it as a buyer.
    returned: BaseUnits,
    /// What it took out.
    withdrawn: BaseUnits,
    /// What it may still take out: released and returned, less withdrawn.
    withdrawable: BaseUnits,
}

impl From<&AccountRow> for LedgerAccount {
    fn from(account: &AccountRow) -> Self {
        Self {
            token: Address(account.id.token),
            chain_id: Long(account.id.chain_id),
            escrow: Address(account.id.escrow),
            held: BaseUnits(account.held),
            released: BaseUnits(account.released),
            refunded: BaseUnits(account.refunded),
            returned: BaseUnits(account.returned),
            withdrawn: BaseUnits(account.withdrawn),
            withdrawable: BaseUnits(account.withdrawable()),
        }
    }
}
