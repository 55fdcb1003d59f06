//! The payment rail over the escrow contract.

use std::{fmt, sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, Bytes},
    sol_types::SolCall,
};
use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    chain::{
        AcceptedAsset, GasQuote, GasUnavailable, PaymentDraft, PaymentInstructions, PaymentRail,
        RateUnavailable, WalletCall, Withdrawal,
    },
    clock::Clock,
};
use gage_domain::{
    payment::{Demand, Terms},
    rate::Rate,
    value::{Asset, B256, BaseUnits, Fiat, U256},
};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::{
    ShopEscrow::withdrawableCall,
    gas,
    key::LocalKey,
    node::Node,
    quote::{key_of, pay_call},
    rates::Rates,
    wallet_call::{demand_call, withdraw_call},
};

/// How long a caller may wait for the gas quote.
const GAS_PATIENCE: Duration = Duration::from_secs(5);

/// Where payments go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RailSettings {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The escrow contract.
    pub escrow: Address,
    /// Who decides disputes; zero for nobody.
    pub arbiter: Address,
}

/// The payment rail over the escrow contract, in the chain's native coin.
pub struct EvmRail {
    settings: RailSettings,
    signer: LocalKey,
    node: Node,
    clock: Arc<dyn Clock>,
    assets: Vec<AcceptedAsset>,
    rates: Rates,
}

impl fmt::Debug for EvmRail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvmRail")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl EvmRail {
    /// The rail. Nothing is asked of the node yet.
    pub fn new(
        settings: RailSettings,
        signer: LocalKey,
        node: Node,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let coin = AcceptedAsset {
            asset: Asset {
                chain_id: settings.chain_id,
                token: Address::ZERO,
            },
            symbol: "ETH".to_owned(),
            decimals: 18,
        };
        Self {
            settings,
            signer,
            node,
            clock,
            assets: vec![coin],
            rates: Rates::none(),
        }
    }

    /// The same, with rates for prices in fiat money. Without them prices are in tokens alone.
    #[must_use]
    pub fn with_rates(self, rates: Rates) -> Self {
        Self { rates, ..self }
    }

    /// The same, with other things that can be paid with than the chain's native coin.
    #[must_use]
    pub fn with_assets(self, assets: Vec<AcceptedAsset>) -> Self {
        Self { assets, ..self }
    }

    async fn gas(&self, chain_id: u64, call: gas::Call) -> Result<GasQuote, GasUnavailable> {
        if chain_id != self.settings.chain_id {
            let reason = format!("the payment belongs to chain {chain_id}");
            return Err(GasUnavailable::WouldFail { reason });
        }
        let quote = gas::quote(&self.node, call, self.clock.now());
        timeout(GAS_PATIENCE, quote)
            .await
            .unwrap_or(Err(GasUnavailable::NodeUnreachable))
    }
}

impl EvmRail {
    async fn call(
        &self,
        chain_id: u64,
        contract: Address,
        from: Address,
        data: Bytes,
    ) -> WalletCall {
        let call = gas::Call {
            from,
            to: contract,
            value: U256::ZERO,
            data: data.clone(),
        };
        WalletCall {
            chain_id,
            from,
            contract,
            call_data: data.to_vec(),
            gas: self.gas(chain_id, call).await,
        }
    }
}

fn away(reason: String) -> StoreUnavailable {
    StoreUnavailable {
        store: "chain",
        reason,
    }
}

#[async_trait]
impl PaymentRail for EvmRail {
    fn terms(&self, draft: &PaymentDraft) -> Terms {
        let mut terms = Terms {
            order: draft.order,
            buyer: draft.buyer,
            seller: draft.seller,
            arbiter: self.settings.arbiter,
            token: draft.asset.token,
            amount: draft.amount,
            deadline: draft.deadline,
            hold_secs: draft.hold_secs,
            dispute_secs: draft.dispute_secs,
            chain_id: self.settings.chain_id,
            escrow: self.settings.escrow,
            key: B256::ZERO,
        };
        terms.key = key_of(&terms);
        terms
    }

    async fn instructions(&self, terms: &Terms, payer: Address) -> PaymentInstructions {
        let (call_data, gas) = match pay_call(terms, &self.signer) {
            Ok(data) => {
                let call = gas::Call {
                    from: payer,
                    to: terms.escrow,
                    value: terms.amount.0,
                    data: data.clone(),
                };
                (data.to_vec(), self.gas(terms.chain_id, call).await)
            }
            Err(error) => {
                tracing::error!(order = %terms.order, %error, "a quote could not be signed");
                let reason = "the quote could not be signed".to_owned();
                (Vec::new(), Err(GasUnavailable::WouldFail { reason }))
            }
        };
        PaymentInstructions {
            chain_id: terms.chain_id,
            contract: terms.escrow,
            call_data,
            value: terms.amount,
            deadline: terms.deadline,
            gas,
        }
    }

    async fn wallet_call(&self, terms: &Terms, demand: Demand, by: Address) -> WalletCall {
        let data = demand_call(terms.key, demand);
        self.call(terms.chain_id, terms.escrow, by, data).await
    }

    async fn withdrawal(
        &self,
        account: Address,
        token: Address,
    ) -> Result<Withdrawal, StoreUnavailable> {
        let RailSettings {
            chain_id, escrow, ..
        } = self.settings;
        let question = withdrawableCall { account, token };
        let answer = timeout(
            GAS_PATIENCE,
            self.node.call(escrow, question.abi_encode().into()),
        );
        let answer = match answer.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(away(error.to_string())),
            Err(_) => return Err(away("the node takes too long".to_owned())),
        };
        let amount = withdrawableCall::abi_decode_returns(&answer)
            .map_err(|error| away(format!("the escrow answers {answer}: {error}")))?;
        let call = if amount.is_zero() {
            None
        } else {
            Some(
                self.call(chain_id, escrow, account, withdraw_call(token))
                    .await,
            )
        };
        Ok(Withdrawal {
            amount: BaseUnits(amount),
            call,
        })
    }

    fn first_chain(&self) -> u64 {
        self.settings.chain_id
    }

    fn assets(&self) -> &[AcceptedAsset] {
        &self.assets
    }

    fn rate(&self, fiat: Fiat, asset: Asset, now: OffsetDateTime) -> Result<Rate, RateUnavailable> {
        self.rates.rate(fiat, asset, now)
    }

    /// The contract counts a payment in 128 bits: most of what `pay` costs is storage.
    fn largest_payment(&self) -> BaseUnits {
        BaseUnits(U256::from(u128::MAX))
    }
}
