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
        AcceptedToken, Approval, GasQuote, GasUnavailable, PaymentChain, PaymentDraft,
        PaymentInstructions, PaymentRail, PermitRefusal, RateUnavailable, WalletCall, Withdrawal,
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
    acceptance::{Refused, TokenCheck},
    erc20, gas,
    key::{LocalKey, SigningFailed},
    node::Node,
    payment_uri,
    permit::PermitRequest,
    quote::{key_of, pay_call, pay_with_permit_call, signed_quote},
    rates::Rates,
    wallet_call::{demand_call, withdraw_call},
};

/// How long a caller may wait for the gas quote.
const GAS_PATIENCE: Duration = Duration::from_secs(5);

/// A chain on which payments are taken: where they go, and whom to ask.
#[derive(Debug, Clone)]
pub struct RailChain {
    /// The chain, its escrow and what that takes.
    pub chain: PaymentChain,
    /// Who decides disputes; zero for nobody.
    pub arbiter: Address,
    /// The chain's node.
    pub node: Node,
}

/// The payment rail over the escrow contracts of one or more chains.
pub struct EvmRail {
    /// At least one.
    chains: Vec<PaymentChain>,
    /// Arbiter of each, and its node for questions on behalf of people.
    sides: Vec<(Address, Node)>,
    signer: LocalKey,
    clock: Arc<dyn Clock>,
    rates: Rates,
    /// Tokens that are configured and that no escrow takes.
    refused: Refused,
}

impl fmt::Debug for EvmRail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvmRail")
            .field("chains", &self.chains)
            .finish_non_exhaustive()
    }
}

impl EvmRail {
    /// The rail; the first chain is the one for what names none. Nothing is asked of the nodes
    /// yet.
    pub fn new(
        first: RailChain,
        more: impl IntoIterator<Item = RailChain>,
        signer: LocalKey,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let all = std::iter::once(first).chain(more);
        let (chains, sides) = all
            .map(|of| (of.chain, (of.arbiter, of.node.for_people())))
            .unzip::<_, _, Vec<_>, Vec<_>>();
        Self {
            chains,
            sides,
            signer,
            clock,
            rates: Rates::none(),
            refused: Refused::default(),
        }
    }

    /// What asks the escrows whether they take the tokens that are configured: those that turn
    /// out not to be taken are accepted no more.
    pub fn token_check(&self) -> TokenCheck {
        let nodes = self.sides.iter().map(|(_, node)| node.for_server());
        TokenCheck {
            chains: self.chains.iter().cloned().zip(nodes).collect(),
            refused: self.refused.clone(),
        }
    }

    /// The same, with rates for prices in fiat money. Without them prices are in tokens alone.
    #[must_use]
    pub fn with_rates(self, rates: Rates) -> Self {
        Self { rates, ..self }
    }

    /// The node of a chain on which payments are taken.
    fn node(&self, chain_id: u64) -> Option<&Node> {
        let mut chains = self.chains.iter().zip(&self.sides);
        chains
            .find(|(chain, _)| chain.chain_id == chain_id)
            .map(|(_, (_, node))| node)
    }

    async fn gas(&self, chain_id: u64, call: gas::Call) -> Result<GasQuote, GasUnavailable> {
        let Some(node) = self.node(chain_id) else {
            let reason = format!("no payments are taken on chain {chain_id} any more");
            return Err(GasUnavailable::WouldFail { reason });
        };
        let quote = gas::quote(node, call, self.clock.now());
        timeout(GAS_PATIENCE, quote)
            .await
            .unwrap_or(Err(GasUnavailable::NodeUnreachable))
    }

    /// What has to be sent before a payment in tokens, in order; nothing when the escrow may take
    /// enough of the payer's already. While the node is away the escrow may take nothing, as far
    /// as is known.
    async fn approvals(&self, terms: &Terms, payer: Address) -> Vec<Approval> {
        if terms.token.is_zero() {
            return Vec::new();
        }
        let amount = terms.amount;
        let allowance = self.allowance(terms, payer).await;
        if allowance.is_some_and(|allowance| allowance >= amount.0) {
            return Vec::new();
        }
        let is_less = allowance.is_some_and(|allowance| !allowance.is_zero());
        if is_less && self.has_to_be_zero_first(terms, payer).await {
            let back = self.approval(terms, payer, BaseUnits::ZERO).await;
            let again = approval_of(terms, amount, Err(GasUnavailable::ApprovalFirst));
            return vec![back, again];
        }
        vec![self.approval(terms, payer, amount).await]
    }

    /// What the escrow may take of the payer's tokens, if the node says so in time.
    async fn allowance(&self, terms: &Terms, payer: Address) -> Option<U256> {
        let node = self.node(terms.chain_id)?;
        let allowance = erc20::allowance(node, terms.token, payer, terms.escrow);
        timeout(GAS_PATIENCE, allowance).await.ok()?.ok()
    }

    /// Whether the token refuses to change an allowance to what is due. Some, Tether's on Ethereum
    /// among them, change one only from zero or to zero.
    async fn has_to_be_zero_first(&self, terms: &Terms, payer: Address) -> bool {
        let Some(node) = self.node(terms.chain_id) else {
            return false;
        };
        let call = approval_call(terms, payer, terms.amount);
        let refused = timeout(GAS_PATIENCE, gas::is_refused(node, call));
        refused.await.unwrap_or(false)
    }

    async fn approval(&self, terms: &Terms, payer: Address, amount: BaseUnits) -> Approval {
        let call = approval_call(terms, payer, amount);
        let gas = self.gas(terms.chain_id, call).await;
        approval_of(terms, amount, gas)
    }

    /// What the payer has to sign for a permit in place of an approval.
    async fn permit(&self, terms: &Terms, payer: Address) -> Result<PermitRequest, PermitRefusal> {
        let mut chains = self.chains.iter().zip(&self.sides);
        let on = chains.find(|(chain, _)| chain.chain_id == terms.chain_id);
        let (chain, (_, node)) = on.ok_or(PermitRefusal::NotTaken)?;
        let takes = |token: &AcceptedToken| token.address == terms.token && token.permit;
        if !chain.tokens.iter().any(takes) {
            return Err(PermitRefusal::NotTaken);
        }
        let request = timeout(GAS_PATIENCE, PermitRequest::read(node, terms, payer));
        let request = request.await.unwrap_or_else(|_| {
            let reason = "the node takes too long".to_owned();
            Err(PermitRefusal::TokenUnavailable { reason })
        });
        request.inspect_err(|refusal| {
            tracing::debug!(token = %terms.token, ?refusal, "no permit can be asked for");
        })
    }

    /// Instructions to make a call of the escrow.
    async fn instructions_of(
        &self,
        terms: &Terms,
        payer: Address,
        call: Result<Bytes, SigningFailed>,
        approvals: Vec<Approval>,
        permit: Option<PermitRequest>,
    ) -> PaymentInstructions {
        let native = terms.token.is_zero();
        let value = if native { terms.amount.0 } else { U256::ZERO };
        let (call_data, gas) = match call {
            Ok(data) if !approvals.is_empty() => (data, Err(GasUnavailable::ApprovalFirst)),
            Ok(data) => {
                let call = gas::Call {
                    from: payer,
                    to: terms.escrow,
                    value,
                    data: data.clone(),
                };
                (data, self.gas(terms.chain_id, call).await)
            }
            Err(error) => {
                tracing::error!(order = %terms.order, %error, "a quote could not be signed");
                let reason = "the quote could not be signed".to_owned();
                (Bytes::new(), Err(GasUnavailable::WouldFail { reason }))
            }
        };
        PaymentInstructions {
            chain_id: terms.chain_id,
            contract: terms.escrow,
            call_data: call_data.to_vec(),
            value: BaseUnits(value),
            approvals,
            permit: permit.map(|permit| permit.typed_data()),
            deadline: terms.deadline,
            gas,
        }
    }

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

/// The call that lets the escrow take an amount, and no more.
fn approval_call(terms: &Terms, payer: Address, amount: BaseUnits) -> gas::Call {
    gas::Call {
        from: payer,
        to: terms.token,
        value: U256::ZERO,
        data: erc20::approve(terms.escrow, amount.0),
    }
}

fn approval_of(
    terms: &Terms,
    amount: BaseUnits,
    gas: Result<GasQuote, GasUnavailable>,
) -> Approval {
    Approval {
        token: terms.token,
        spender: terms.escrow,
        amount,
        call_data: erc20::approve(terms.escrow, amount.0).to_vec(),
        gas,
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
    fn chains(&self) -> &[PaymentChain] {
        &self.chains
    }

    fn terms(&self, draft: &PaymentDraft) -> Option<Terms> {
        let mut chains = self.chains.iter().zip(&self.sides);
        let (chain, (arbiter, _)) =
            chains.find(|(chain, _)| chain.chain_id == draft.asset.chain_id)?;
        let mut terms = Terms {
            order: draft.order,
            buyer: draft.buyer,
            seller: draft.seller,
            arbiter: *arbiter,
            token: draft.asset.token,
            amount: draft.amount,
            deadline: draft.deadline,
            hold_secs: draft.hold_secs,
            dispute_secs: draft.dispute_secs,
            chain_id: chain.chain_id,
            escrow: chain.escrow,
            key: B256::ZERO,
        };
        terms.key = key_of(&terms);
        Some(terms)
    }

    async fn instructions(&self, terms: &Terms, payer: Address) -> PaymentInstructions {
        let (approvals, permit) =
            tokio::join!(self.approvals(terms, payer), self.permit(terms, payer));
        let permit = permit.ok().filter(|_| !approvals.is_empty());
        let call = pay_call(terms, &self.signer);
        self.instructions_of(terms, payer, call, approvals, permit)
            .await
    }

    async fn instructions_with_permit(
        &self,
        terms: &Terms,
        payer: Address,
        permit: &[u8],
    ) -> Result<PaymentInstructions, PermitRefusal> {
        let permit = self.permit(terms, payer).await?.signed(permit)?;
        let call = pay_with_permit_call(terms, &self.signer, permit);
        let first = Vec::new();
        Ok(self.instructions_of(terms, payer, call, first, None).await)
    }

    fn payment_uri(&self, terms: &Terms) -> Option<String> {
        if !self.takes(terms) {
            return None;
        }
        match signed_quote(terms, &self.signer) {
            Ok(quote) => payment_uri::of(terms, &quote),
            Err(error) => {
                tracing::error!(order = %terms.order, %error, "a quote could not be signed");
                None
            }
        }
    }

    async fn wallet_call(&self, terms: &Terms, demand: Demand, by: Address) -> WalletCall {
        let data = demand_call(terms.key, demand);
        self.call(terms.chain_id, terms.escrow, by, data).await
    }

    async fn withdrawal(
        &self,
        chain_id: u64,
        account: Address,
        token: Address,
    ) -> Result<Option<Withdrawal>, StoreUnavailable> {
        let mut chains = self.chains.iter().zip(&self.sides);
        let Some((chain, (_, node))) = chains.find(|(chain, _)| chain.chain_id == chain_id) else {
            return Ok(None);
        };
        let escrow = chain.escrow;
        let question = withdrawableCall { account, token };
        let answer = timeout(
            GAS_PATIENCE,
            node.call(escrow, question.abi_encode().into()),
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
        Ok(Some(Withdrawal {
            amount: BaseUnits(amount),
            call,
        }))
    }

    fn first_chain(&self) -> u64 {
        self.chains[0].chain_id
    }

    fn accepted(&self, asset: Asset) -> Option<&AcceptedToken> {
        let mut chains = self.chains.iter();
        let chain = chains.find(|chain| chain.chain_id == asset.chain_id)?;
        chain
            .token(asset.token)
            .filter(|_| !self.refused.contains(asset))
    }

    fn rate(&self, fiat: Fiat, asset: Asset, now: OffsetDateTime) -> Result<Rate, RateUnavailable> {
        self.rates.rate(fiat, asset, now)
    }

    /// The contract counts a payment in 128 bits: most of what `pay` costs is storage.
    fn largest_payment(&self) -> BaseUnits {
        BaseUnits(U256::from(u128::MAX))
    }
}
