//! Who pays, through what, and with what.

use alloy::primitives::{Address, U256};
use gage_application::{
    gateway::{GatewayError, Refusal},
    operations::cancel_order::CancelOrder,
    ports::chain::{Approval, GasUnavailable, PaymentRail},
};
use gage_domain::{
    payment::{Payment, Terms},
    value::BaseUnits,
};
use gage_infrastructure::chain::ShopEscrow;

use crate::{
    contracts::{self, ContractWallet, MultiPayer, TestToken, data},
    node::Program,
    on_both,
    world::World,
};

on_both!(
    another_wallet_pays_and_the_refund_is_the_buyers,
    several_orders_are_paid_in_one_transaction,
    a_contract_wallet_pays_and_has_its_refund,
    an_order_that_was_cancelled_after_it_was_paid_is_refunded_and_not_revived,
    orders_are_paid_in_tokens_with_any_decimals,
    a_token_that_changes_an_approval_only_from_zero_is_paid_with,
    an_approval_that_can_be_raised_is_raised_at_once,
);

const CONFIRMED: [&str; 2] = ["detected", "confirmed"];

impl World {
    /// The call that pays, as the rail prepares it.
    pub(crate) async fn call_that_pays(&self, terms: &Terms) -> alloy::primitives::Bytes {
        let instructions = self.rail.instructions(terms, terms.buyer).await;
        instructions.call_data.into()
    }

    /// Someone calls a contract, with coins; it must be carried out.
    pub(crate) async fn does_call(
        &self,
        by: Address,
        contract: Address,
        value: U256,
        data: alloy::primitives::Bytes,
    ) {
        let sent = self.node.send(by, Some(contract), value, data).await;
        self.node.receipt(sent).await;
    }

    /// What an account can take out of the contract.
    async fn withdrawable(&self, account: Address, token: Address) -> BaseUnits {
        let chain_id = self.settings(1).chain_id;
        let found = self.rail.withdrawal(chain_id, account, token).await;
        found.unwrap().expect("the chain is ours").amount
    }
}

async fn another_wallet_pays_and_the_refund_is_the_buyers(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let sponsor = world.node.account(2).await;
    let (value, pays) = (terms.amount.0, world.call_that_pays(&terms).await);
    world.does_call(sponsor, terms.escrow, value, pays).await;
    world.until_told(terms.order, &CONFIRMED).await;
    let seen = world.payment(terms.order).await.sighting().unwrap();
    assert_eq!(seen.payer, sponsor);

    world.refunds(&terms, 2_000_000).await;
    let story = ["detected", "confirmed", "refunded"];
    world.until_told(terms.order, &story).await;
    let coin = Address::ZERO;
    assert_eq!(world.withdrawable(world.buyer, coin).await, terms.amount);
    assert_eq!(world.withdrawable(sponsor, coin).await, BaseUnits::ZERO);
    world.ends(listener).await;
}

async fn several_orders_are_paid_in_one_transaction(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let payer = world.node.create(contracts::multi_payer()).await;
    let mut all = Vec::new();
    let mut payments = Vec::new();
    for pieces in 1..=5 {
        let terms = world.order(pieces).await;
        payments.push(MultiPayer::Payment {
            token: terms.token,
            amount: terms.amount.0,
            call: world.call_that_pays(&terms).await,
        });
        all.push(terms);
    }
    let sum = U256::from(15_000_000);
    let escrow = world.escrow.address;
    let pays = data(&MultiPayer::payAllCall { escrow, payments });
    world.does_call(world.buyer, payer, sum, pays).await;

    let mut transactions = Vec::new();
    for terms in &all {
        world.until_told(terms.order, &CONFIRMED).await;
        let seen = world.payment(terms.order).await.sighting().unwrap();
        assert_eq!((seen.payer, seen.amount), (payer, terms.amount));
        transactions.push(seen.log.tx_hash);
    }
    transactions.dedup();
    assert_eq!(transactions.len(), 1);
    let report = world.ends(listener).await;
    assert_eq!(report.tokens[0].funded, BaseUnits(sum));
}

async fn a_contract_wallet_pays_and_has_its_refund(program: Program) {
    let mut world = World::new(program).await;
    let owner = world.buyer;
    let wallet = world.node.create(contracts::wallet(owner)).await;
    world.buyer = wallet;
    let listener = world.follow(1);
    let terms = world.order(3).await;
    let through = async |to: Address, value: U256, call: alloy::primitives::Bytes| {
        let executes = ContractWallet::executeCall {
            to,
            value,
            data: call,
        };
        let executes = data(&executes);
        world.does_call(owner, wallet, value, executes).await;
    };
    let pays = world.call_that_pays(&terms).await;
    through(terms.escrow, terms.amount.0, pays).await;
    world.until_told(terms.order, &CONFIRMED).await;
    let seen = world.payment(terms.order).await.sighting().unwrap();
    assert_eq!(seen.payer, wallet);

    world.refunds(&terms, 3_000_000).await;
    let takes_out = ShopEscrow::withdrawCall {
        token: Address::ZERO,
    };
    through(terms.escrow, U256::ZERO, data(&takes_out)).await;
    let story = ["detected", "confirmed", "refunded"];
    world.until_told(terms.order, &story).await;
    let balance = world.node.client().balance(wallet).await.unwrap();
    assert_eq!(balance, terms.amount.0);
    let report = world.ends(listener).await;
    assert_eq!(report.tokens[0].withdrawn, terms.amount);
}

async fn an_order_that_was_cancelled_after_it_was_paid_is_refunded_and_not_revived(
    program: Program,
) {
    let world = World::new(program).await;
    let terms = world.order(2).await;
    // Paid in time, and nobody has seen it yet.
    world.node.receipt(world.pay(&terms).await).await;
    let (order, by) = (terms.order, world.buyer);
    world.does(CancelOrder { order, by }).await;
    let listener = world.follow(1);
    let story = ["expired", "detected", "confirmed"];
    world.until_told(terms.order, &story).await;
    let payment: Payment = world.payment(terms.order).await;
    assert_eq!(payment.refund_due(), Some(terms.amount));
    assert!(payment.payable().is_err());
    let paid = "SELECT count(*) FROM events WHERE event_type = 'OrderPaid'";
    assert_eq!(world.db.number(paid).await, 0);

    world.refunds(&terms, 2_000_000).await;
    let story = ["expired", "detected", "confirmed", "refunded"];
    world.until_told(terms.order, &story).await;
    assert_eq!(world.payment(terms.order).await.refund_due(), None);
    world.ends(listener).await;
}

async fn a_token_that_changes_an_approval_only_from_zero_is_paid_with(program: Program) {
    let world = World::bare(program).await;
    let token = world.node.create(contracts::zero_first_token()).await;
    let terms_of = |amount: u64| Terms {
        token,
        ..world.terms_of_nothing(amount)
    };
    // More than nothing, and less than the order after it needs.
    let older = world.rail.instructions(&terms_of(10), world.buyer).await;
    world.approves(older.approvals).await;

    let terms = terms_of(20);
    let asked = async || world.rail.instructions(&terms, world.buyer).await.approvals;
    let amounts = |approvals: &[Approval]| -> Vec<BaseUnits> {
        approvals.iter().map(|approval| approval.amount).collect()
    };
    let both = asked().await;
    assert_eq!(amounts(&both), [BaseUnits::ZERO, BaseUnits::from(20)]);
    assert!(both[0].gas.is_ok(), "{:?}", both[0].gas);
    assert_eq!(both[1].gas, Err(GasUnavailable::ApprovalFirst));

    // One by one, asking again after each.
    world.approves(both[..1].to_vec()).await;
    let second = asked().await;
    assert_eq!(amounts(&second), [BaseUnits::from(20)]);
    assert!(second[0].gas.is_ok(), "{:?}", second[0].gas);
    world.approves(second).await;
    assert_eq!(asked().await, []);
}

async fn an_approval_that_can_be_raised_is_raised_at_once(program: Program) {
    let world = World::taking(program, &[6]).await;
    let token = world.tokens[0].address;
    let terms_of = |amount: u64| Terms {
        token,
        ..world.terms_of_nothing(amount)
    };
    let older = world.rail.instructions(&terms_of(10), world.buyer).await;
    world.approves(older.approvals).await;
    let more = world.rail.instructions(&terms_of(20), world.buyer).await;
    let amounts: Vec<_> = more.approvals.iter().map(|it| it.amount).collect();
    assert_eq!(amounts, [BaseUnits::from(20)]);
}

async fn orders_are_paid_in_tokens_with_any_decimals(program: Program) {
    let mut world = World::taking(program, &[0, 6, 18]).await;
    let listener = world.follow(1);
    let mut all = Vec::new();
    for token in world.tokens.clone() {
        // One and a half of it, or one where there are no halves.
        let whole = U256::from(10).pow(U256::from(token.decimals));
        let price = whole + whole / U256::from(2);
        world.sells(token.address, price).await;
        let terms = world.order(2).await;
        assert_eq!(terms.amount.0, price * U256::from(2));
        world.pays_in_tokens(&terms).await;
        all.push(terms);
    }
    for terms in &all {
        world.until_told(terms.order, &CONFIRMED).await;
        let seller = world.owner;
        let (key, amount) = (terms.key, U256::from(1));
        let back = ShopEscrow::refundCall { key, amount };
        world.calls(seller, back).await;
        let story = ["detected", "confirmed", "refunded"];
        world.until_told(terms.order, &story).await;
        let one = BaseUnits::from(1);
        assert_eq!(world.withdrawable(world.buyer, terms.token).await, one);
        let token = terms.token;
        world
            .calls(world.buyer, ShopEscrow::withdrawCall { token })
            .await;
    }
    let report = world.ends(listener).await;
    for terms in &all {
        let of_token = report.tokens.iter().find(|of| of.token == terms.token);
        let of_token = of_token.expect("its money");
        let left = terms.amount.checked_sub(BaseUnits::from(1));
        assert_eq!(
            (of_token.funded, Some(of_token.balance)),
            (terms.amount, left)
        );
    }
}

impl World {
    /// The buyer sends approvals, one after the other.
    async fn approves(&self, approvals: Vec<Approval>) {
        for Approval {
            token, call_data, ..
        } in approvals
        {
            self.does_call(self.buyer, token, U256::ZERO, call_data.into())
                .await;
        }
    }

    /// The buyer has the tokens, approves what the rail says, and pays.
    pub(crate) async fn pays_in_tokens(&self, terms: &Terms) {
        let (buyer, amount) = (self.buyer, terms.amount.0);
        let mint = TestToken::mintCall { to: buyer, amount };
        self.does_call(buyer, terms.token, U256::ZERO, data(&mint))
            .await;
        let instructions = self.rail.instructions(terms, buyer).await;
        assert!(instructions.value.is_zero(), "no coins go along");
        assert_eq!(instructions.approvals.len(), 1, "an approval comes first");
        self.approves(instructions.approvals).await;
        self.node.receipt(self.pay(terms).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_payment_counts_and_a_larger_order_is_refused() {
    let mut world = World::taking(Program::Anvil, &[18]).await;
    let token = world.tokens[0].address;
    let listener = world.follow(1);
    let most = U256::from(u128::MAX);
    world.sells(token, most).await;
    let terms = world.order(1).await;
    world.pays_in_tokens(&terms).await;
    world.until_told(terms.order, &CONFIRMED).await;
    let held = world.payment(terms.order).await.escrow().unwrap().held();
    assert_eq!(held, BaseUnits(most));

    for (price, pieces) in [(most, 2), (most + U256::from(1), 1), (U256::MAX, 1)] {
        world.sells(token, price).await;
        let refused = world.tries_to_order(pieces).await;
        let refusal = refused.expect_err("no payment can carry it");
        let by_rule = matches!(refusal, GatewayError::Refused(Refusal::Rejected(_)));
        assert!(by_rule, "{refusal}");
    }
    let report = world.ends(listener).await;
    let of_token = report.tokens.iter().find(|of| of.token == token).unwrap();
    assert_eq!(of_token.held, BaseUnits(most));
}
