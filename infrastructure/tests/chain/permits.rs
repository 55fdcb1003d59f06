//! What a payer is asked to sign in place of an approval, of tokens that tell it in many ways.

use std::sync::Arc;

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol,
    sol_types::{Eip712Domain, SolConstructor},
};
use gage_application::ports::chain::{AcceptedToken, PaymentChain, PaymentRail, PermitRefusal};
use gage_domain::payment::Terms;
use gage_infrastructure::{
    chain::{EvmRail, RailChain},
    clock::SystemClock,
};
use serde_json::{Value, json};

use crate::{
    node::{CHAIN_ID, Program},
    on_both,
    world::{World, quote_signer},
};

sol!(PermitDomain, "../contracts/artifacts/PermitDomain.json");

on_both!(
    domains_of_older_tokens_are_found_by_their_hash,
    a_token_that_does_not_answer_as_it_should_asks_for_no_permit,
);

const NAME: &str = "US \"Dollar\"";

/// What a token tells.
struct Told {
    version: &'static str,
    separator: B256,
    type_hash: B256,
}

impl Told {
    fn of(version: &'static str, domain: &Eip712Domain) -> Self {
        Self {
            version,
            separator: domain.separator(),
            type_hash: B256::ZERO,
        }
    }
}

fn domain(version: Option<&'static str>, chain_id: u64, contract: Address) -> Eip712Domain {
    Eip712Domain::new(
        Some(NAME.into()),
        version.map(Into::into),
        Some(U256::from(chain_id)),
        Some(contract),
        None,
    )
}

/// A rail that takes permits of a token, and terms in it.
fn rail(world: &World, token: Address) -> (EvmRail, Terms) {
    let mut chain = PaymentChain::of_ether(CHAIN_ID, world.escrow.address);
    chain.tokens.push(AcceptedToken {
        address: token,
        symbol: "USD".to_owned(),
        decimals: 6,
        permit: true,
    });
    let chain = RailChain {
        chain,
        arbiter: Address::ZERO,
        node: world.node.client(),
    };
    let rail = EvmRail::new(chain, [], quote_signer(), Arc::new(SystemClock));
    let terms = Terms {
        token,
        ..world.terms_of_nothing(5_000)
    };
    (rail, terms)
}

/// What the payer is asked to sign, if anything.
async fn asked(world: &World, token: Address) -> Option<Value> {
    let (rail, terms) = rail(world, token);
    let instructions = rail.instructions(&terms, world.buyer).await;
    assert!(!instructions.approvals.is_empty());
    let permit = instructions.permit?;
    Some(serde_json::from_str(&permit).unwrap())
}

/// The same of a token that tells what is right for its address, or is not.
async fn asked_of(world: &World, told: impl Fn(Address) -> Told) -> Option<Value> {
    let code = |told: &Told| {
        let constructor = PermitDomain::constructorCall {
            name_: NAME.to_owned(),
            version_: told.version.to_owned(),
            separator: told.separator,
            typeHash: told.type_hash,
        };
        [&PermitDomain::BYTECODE[..], &constructor.abi_encode()].concat()
    };
    let address = world.node.next_contract().await;
    let created = world.node.create(code(&told(address))).await;
    assert_eq!(created, address);
    asked(world, address).await
}

async fn domains_of_older_tokens_are_found_by_their_hash(program: Program) {
    let world = World::bare(program).await;
    let member = |name: &str, of: &str| json!({ "name": name, "type": of });
    for (version, meant) in [("2", Some("2")), ("", Some("1")), ("", None)] {
        let asked = asked_of(&world, |token| {
            let mut told = Told::of(version, &domain(meant, CHAIN_ID, token));
            told.type_hash = keccak256(
                "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
            );
            told
        });
        let asked = asked.await.expect("a permit");
        let mut domain = json!({ "name": NAME, "chainId": CHAIN_ID });
        let mut members = vec![member("name", "string")];
        if let Some(version) = meant {
            domain["version"] = json!(version);
            members.push(member("version", "string"));
        }
        members.push(member("chainId", "uint256"));
        members.push(member("verifyingContract", "address"));
        let contract = asked["domain"]["verifyingContract"].clone();
        domain["verifyingContract"] = contract;
        assert_eq!(asked["domain"], domain);
        assert_eq!(asked["types"]["EIP712Domain"], json!(members));
        assert_eq!(asked["message"]["nonce"], "7");
        assert_eq!(asked["message"]["value"], "5000");
        let spender = asked["message"]["spender"].as_str().unwrap();
        assert_eq!(spender.parse(), Ok(world.escrow.address));
    }
}

async fn a_token_that_does_not_answer_as_it_should_asks_for_no_permit(program: Program) {
    let world = World::bare(program).await;
    let of_elsewhere = |token| Told::of("1", &domain(Some("1"), 1, token));
    assert_eq!(asked_of(&world, of_elsewhere).await, None, "another chain");
    let of_another = |_| Told::of("1", &domain(Some("1"), CHAIN_ID, world.buyer));
    assert_eq!(asked_of(&world, of_another).await, None, "another token");
    let of_dai = |token| Told {
        type_hash: B256::repeat_byte(1),
        ..Told::of("1", &domain(Some("1"), CHAIN_ID, token))
    };
    assert_eq!(asked_of(&world, of_dai).await, None, "another permit");
    for address in [world.buyer, world.escrow.address] {
        assert_eq!(asked(&world, address).await, None, "no token: {address}");
    }

    let (rail, terms) = rail(&world, world.escrow.address);
    let refusal = async |terms: &Terms, signature: &[u8]| {
        let answer = rail.instructions_with_permit(terms, world.buyer, signature);
        answer.await.unwrap_err()
    };
    let silent = refusal(&terms, &[1; 65]).await;
    assert!(
        matches!(silent, PermitRefusal::TokenUnavailable { .. }),
        "{silent:?}"
    );
    let coins = Terms {
        token: Address::ZERO,
        ..terms.clone()
    };
    assert_eq!(refusal(&coins, &[1; 65]).await, PermitRefusal::NotTaken);
    let elsewhere = Terms {
        chain_id: 1,
        ..terms
    };
    assert_eq!(refusal(&elsewhere, &[1; 65]).await, PermitRefusal::NotTaken);
}
