//! Contract wallets, asked on real nodes: Ganache and Anvil.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that panics fails its test, as it should"
)]

mod node;
mod undeployed;

use alloy::{
    primitives::{Address, B256, Bytes, eip191_hash_message, hex},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolValue,
};
use gage_application::ports::contract_signatures::ContractSignatures;
use gage_infrastructure::chain::{EvmContractSignatures, Node};

use crate::node::{Program, TestNode};

/// What a [`TestWallet`](TestWallet.sol) does when it is asked.
#[derive(Debug, Clone, Copy)]
enum Manner {
    Honest = 0,
    Reverts = 1,
    SaysNo = 2,
    AnswersAtTheWrongEnd = 3,
    AnswersTooShort = 4,
    NeverEnds = 5,
}

fn creation_code(owner: Address, manner: Manner) -> Bytes {
    let mut code = hex::decode(include_str!("TestWallet.hex").trim()).unwrap();
    code.extend((owner, alloy::primitives::U256::from(manner as u8)).abi_encode());
    code.into()
}

fn owner() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[7; 32]).unwrap()
}

fn message_hash() -> B256 {
    eip191_hash_message(b"shop.example wants you to sign in")
}

fn signature_by(signer: &PrivateKeySigner) -> Vec<u8> {
    signer
        .sign_hash_sync(&message_hash())
        .unwrap()
        .as_bytes()
        .to_vec()
}

fn adapter(node: &TestNode) -> EvmContractSignatures {
    EvmContractSignatures::new(&Node::new([node.url()]).unwrap())
}

#[tokio::test]
async fn a_contract_wallet_stands_by_its_owners_signature() {
    for program in [Program::Ganache, Program::Anvil] {
        let node = TestNode::start(program).await;
        let wallet = node
            .deploy(creation_code(owner().address(), Manner::Honest))
            .await;
        let wallets = adapter(&node);
        let (hash, signature) = (message_hash(), signature_by(&owner()));
        assert_eq!(
            wallets.is_valid(wallet, hash, &signature).await,
            Ok(true),
            "{program:?}"
        );

        let stranger = PrivateKeySigner::from_slice(&[8; 32]).unwrap();
        let by_another = signature_by(&stranger);
        assert_eq!(
            wallets.is_valid(wallet, hash, &by_another).await,
            Ok(false),
            "{program:?}"
        );
        let of_another = B256::repeat_byte(1);
        assert_eq!(
            wallets.is_valid(wallet, of_another, &signature).await,
            Ok(false),
            "{program:?}"
        );
        assert_eq!(
            wallets.is_valid(wallet, hash, &[]).await,
            Ok(false),
            "{program:?}"
        );
        assert_eq!(
            wallets.is_valid(wallet, hash, &[0xff; 4096]).await,
            Ok(false),
            "{program:?}"
        );
    }
}

#[tokio::test]
async fn addresses_without_a_contract_and_precompiles_stand_by_nothing() {
    for program in [Program::Ganache, Program::Anvil] {
        let node = TestNode::start(program).await;
        let wallets = adapter(&node);
        let (hash, signature) = (message_hash(), signature_by(&owner()));
        // 4 is the identity precompile: it would answer with the question.
        for address in [owner().address(), Address::ZERO, Address::with_last_byte(4)] {
            let valid = wallets.is_valid(address, hash, &signature).await;
            assert_eq!(valid, Ok(false), "{program:?} {address}");
        }
    }
}

#[tokio::test]
async fn contracts_that_answer_anything_but_yes_are_no() {
    for program in [Program::Ganache, Program::Anvil] {
        let node = TestNode::start(program).await;
        let wallets = adapter(&node);
        let (hash, signature) = (message_hash(), signature_by(&owner()));
        for manner in [
            Manner::Reverts,
            Manner::SaysNo,
            Manner::AnswersAtTheWrongEnd,
            Manner::AnswersTooShort,
            Manner::NeverEnds,
        ] {
            let wallet = node.deploy(creation_code(owner().address(), manner)).await;
            let valid = wallets.is_valid(wallet, hash, &signature).await;
            assert_eq!(valid, Ok(false), "{program:?} {manner:?}");
        }
    }
}

#[tokio::test]
async fn a_node_that_is_away_is_another_answer_than_no() {
    let mut node = TestNode::start(Program::Anvil).await;
    let wallet = node
        .deploy(creation_code(owner().address(), Manner::Honest))
        .await;
    let wallets = adapter(&node);
    node.kill();
    let away = wallets
        .is_valid(wallet, message_hash(), &signature_by(&owner()))
        .await
        .unwrap_err();
    assert_eq!(away.store, "chain");
}
