//! Wallets that are not deployed yet (ERC-6492), with the wallet and the factory of `contracts/`.

use alloy::{
    primitives::{Address, B256, Bytes},
    signers::local::PrivateKeySigner,
    sol,
    sol_types::{SolCall, SolValue},
};
use gage_application::ports::contract_signatures::ContractSignatures;

use crate::{
    Manner, adapter, creation_code, message_hash,
    node::{Program, TestNode},
    owner, signature_by,
};

sol!(
    ContractWalletFactory,
    "../contracts/artifacts/ContractWalletFactory.json"
);

const BOTH: [Program; 2] = [Program::Ganache, Program::Anvil];
const SALT: B256 = B256::repeat_byte(7);
/// push0 push0 revert
const REVERTS: [u8; 3] = [0x5f, 0x5f, 0xfd];
/// caller selfdestruct
const DESTROYS_ITSELF: [u8; 2] = [0x33, 0xff];
/// jumpdest push0 jump
const NEVER_ENDS: [u8; 3] = [0x5b, 0x5f, 0x56];
const INVALID: [u8; 1] = [0xfe];
/// mstore(0, 1); return(0, 32)
const SAYS_ONE: [u8; 8] = [0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3];
/// return(0, 1000000)
const ANSWERS_AT_LENGTH: [u8; 6] = [0x62, 0x0f, 0x42, 0x40, 0x5f, 0xf3];
/// mstore(0, 0x1626ba7e << 224); return(0, 32)
const SAYS_YES: [u8; 13] = [
    0x63, 0x16, 0x26, 0xba, 0x7e, 0x60, 0xe0, 0x1b, 0x5f, 0x52, 0x60, 32, 0x5f,
];

fn creation_of(code: &[u8]) -> Bytes {
    let length = u8::try_from(code.len()).unwrap();
    // codecopy(0, 9, length); return(0, length)
    let head = [0x60, length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3];
    [&head[..], code].concat().into()
}

/// A signature wrapped with the call of a factory.
fn wrapped(factory: Address, call: &[u8], signature: &[u8]) -> Vec<u8> {
    let parts = (
        factory,
        Bytes::copy_from_slice(call),
        Bytes::copy_from_slice(signature),
    );
    [parts.abi_encode_params(), [0x64, 0x92].repeat(16)].concat()
}

/// A chain with the factory, and the wallet that it would make for the owner.
struct World {
    node: TestNode,
    factory: Address,
    wallet: Address,
}

impl World {
    async fn on(program: Program) -> Self {
        let node = TestNode::start(program).await;
        let factory = node.deploy(ContractWalletFactory::BYTECODE.clone()).await;
        let wallet = wallet_of(factory, &owner());
        Self {
            node,
            factory,
            wallet,
        }
    }

    async fn says(&self, signature: &[u8]) -> bool {
        self.says_of(self.wallet, message_hash(), signature).await
    }

    /// The answer of a node that is there; a busy machine may need longer for gas that is burnt
    /// than the server waits.
    async fn says_of(&self, wallet: Address, hash: B256, signature: &[u8]) -> bool {
        let wallets = adapter(&self.node);
        for _ in 0..10 {
            if let Ok(says) = wallets.is_valid(wallet, hash, signature).await {
                return says;
            }
        }
        panic!("the node does not answer");
    }
}

/// Where a factory makes the wallet of a key: CREATE2 over the creation code and the owner.
fn wallet_of(factory: Address, owner: &PrivateKeySigner) -> Address {
    sol!(ContractWallet, "../contracts/artifacts/ContractWallet.json");
    let creation = [&ContractWallet::BYTECODE[..], &owner.address().abi_encode()].concat();
    factory.create2_from_code(SALT, creation)
}

fn create(owner: &PrivateKeySigner) -> Vec<u8> {
    let (owner, salt) = (owner.address(), SALT);
    ContractWalletFactory::createCall { owner, salt }.abi_encode()
}

fn stranger() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[8; 32]).unwrap()
}

#[tokio::test]
async fn a_wallet_that_is_not_deployed_stands_by_its_owners_signature_and_stays_undeployed() {
    for program in BOTH {
        let world = World::on(program).await;
        let signature = wrapped(world.factory, &create(&owner()), &signature_by(&owner()));
        assert!(world.says(&signature).await, "{program:?}");
        let code = world.node.code(world.wallet).await;
        assert!(code.is_empty(), "{program:?}: nothing is sent");
        let plain = signature_by(&owner());
        assert!(!world.says(&plain).await, "{program:?}: there is no code");
    }
}

#[tokio::test]
async fn another_key_hash_wallet_or_factory_is_a_no() {
    for program in BOTH {
        let world = World::on(program).await;
        let twin = world
            .node
            .deploy(ContractWalletFactory::BYTECODE.clone())
            .await;
        let by_owner = signature_by(&owner());
        let good = wrapped(world.factory, &create(&owner()), &by_owner);
        let by_stranger = wrapped(world.factory, &create(&owner()), &signature_by(&stranger()));
        let of_stranger = wrapped(
            world.factory,
            &create(&stranger()),
            &signature_by(&stranger()),
        );
        let of_twin = wrapped(twin, &create(&owner()), &by_owner);
        let nothing = wrapped(world.factory, &create(&owner()), &[]);
        for bad in [&by_stranger, &of_stranger, &of_twin, &nothing] {
            assert!(!world.says(bad).await, "{program:?} {bad:?}");
        }
        let of_another = B256::repeat_byte(1);
        assert!(!world.says_of(world.wallet, of_another, &good).await);
        for address in [
            wallet_of(twin, &owner()),
            owner().address(),
            Address::ZERO,
            // The precompile that answers with the question.
            Address::with_last_byte(4),
        ] {
            let says = world.says_of(address, message_hash(), &good).await;
            assert!(!says, "{program:?} {address}");
        }
        assert!(world.says(&good).await, "{program:?}");
    }
}

#[tokio::test]
async fn a_hostile_factory_makes_no_yes() {
    for program in BOTH {
        let world = World::on(program).await;
        for code in [
            &REVERTS[..],
            &DESTROYS_ITSELF,
            &NEVER_ENDS,
            &INVALID,
            &SAYS_ONE,
            &ANSWERS_AT_LENGTH,
            &[&SAYS_YES[..], &[0xf3]].concat(),
        ] {
            let factory = world.node.deploy(creation_of(code)).await;
            let signature = wrapped(factory, &[1], &signature_by(&owner()));
            assert!(!world.says(&signature).await, "{program:?} {code:02x?}");
        }
        for address in [Address::ZERO, Address::with_last_byte(4), world.wallet] {
            let signature = wrapped(address, &create(&owner()), &signature_by(&owner()));
            assert!(!world.says(&signature).await, "{program:?} {address}");
        }
    }
}

#[tokio::test]
async fn a_wrapped_signature_holds_when_the_wallet_is_deployed_whatever_the_factory_is() {
    for program in BOTH {
        let world = World::on(program).await;
        world
            .node
            .send(world.factory, create(&owner()).into())
            .await;
        let never_ends = world.node.deploy(creation_of(&NEVER_ENDS)).await;
        for factory in [world.factory, never_ends, Address::ZERO] {
            let signature = wrapped(factory, &create(&owner()), &signature_by(&owner()));
            assert!(world.says(&signature).await, "{program:?} {factory}");
            let other = wrapped(factory, &create(&owner()), &signature_by(&stranger()));
            assert!(!world.says(&other).await, "{program:?} {factory}");
        }
        assert!(world.says(&signature_by(&owner())).await, "{program:?}");
    }
}

/// if (size) { mstore(0, (0x1626ba7e << 224) * sload(0)); return(0, 32) } else { sstore(0, 1) }
const TO_BE_PREPARED: [u8; 26] = [
    0x36, 0x60, 9, 0x57, 0x60, 1, 0x5f, 0x55, 0, 0x5b, 0x63, 0x16, 0x26, 0xba, 0x7e, 0x60, 0xe0,
    0x1b, 0x5f, 0x54, 0x02, 0x5f, 0x52, 0x60, 32, 0x5f,
];

#[tokio::test]
async fn a_deployed_wallet_that_says_no_is_prepared_and_asked_again_without_a_trace() {
    for program in BOTH {
        let world = World::on(program).await;
        let code = [&TO_BE_PREPARED[..], &[0xf3]].concat();
        let wallet = world.node.deploy(creation_of(&code)).await;
        let hash = message_hash();
        let prepared = wrapped(wallet, &[], &[1]);
        assert!(world.says_of(wallet, hash, &prepared).await, "{program:?}");
        let unprepared = wrapped(wallet, &[1], &[1]);
        assert!(
            !world.says_of(wallet, hash, &unprepared).await,
            "{program:?}"
        );
        assert!(!world.says_of(wallet, hash, &[1]).await, "{program:?}");
    }
}

/// The same, but a call without data takes the yes away.
const TO_BE_SPOILT: [u8; 27] = [
    0x36, 0x60, 9, 0x57, 0x60, 1, 0x5f, 0x55, 0, 0x5b, 0x63, 0x16, 0x26, 0xba, 0x7e, 0x60, 0xe0,
    0x1b, 0x5f, 0x54, 0x15, 0x02, 0x5f, 0x52, 0x60, 32, 0x5f,
];

#[tokio::test]
async fn a_deployed_wallet_is_asked_before_any_factory_is_called() {
    for program in BOTH {
        let world = World::on(program).await;
        let code = [&TO_BE_SPOILT[..], &[0xf3]].concat();
        let wallet = world.node.deploy(creation_of(&code)).await;
        let signature = wrapped(wallet, &[], &[1]);
        let says = world.says_of(wallet, message_hash(), &signature).await;
        assert!(says, "{program:?}");
    }
}

#[tokio::test]
async fn a_hostile_wallet_behind_a_wrapped_signature_is_a_no() {
    for program in BOTH {
        let world = World::on(program).await;
        for manner in [
            Manner::Reverts,
            Manner::SaysNo,
            Manner::AnswersAtTheWrongEnd,
            Manner::AnswersTooShort,
            Manner::NeverEnds,
        ] {
            let code = creation_code(owner().address(), manner);
            let wallet = world.node.deploy(code).await;
            // The worst for the node: all three calls use up their gas.
            let signature = wrapped(wallet, &[1], &signature_by(&owner()));
            let says = world.says_of(wallet, message_hash(), &signature).await;
            assert!(!says, "{program:?} {manner:?}");
        }
        let at_length = world.node.deploy(creation_of(&ANSWERS_AT_LENGTH)).await;
        let signature = wrapped(world.factory, &[], &[1]);
        let says = world.says_of(at_length, message_hash(), &signature).await;
        assert!(!says, "{program:?}");
    }
}

/// mstore(0, (0x1626ba7e << 224) * iszero(origin)); return(0, 32)
const OBEYS_REHEARSALS: [u8; 16] = [
    0x63, 0x16, 0x26, 0xba, 0x7e, 0x60, 0xe0, 0x1b, 0x32, 0x15, 0x02, 0x5f, 0x52, 0x60, 32, 0x5f,
];

#[tokio::test]
async fn a_wallet_that_checks_less_in_rehearsals_is_asked_as_in_earnest() {
    for program in BOTH {
        let world = World::on(program).await;
        let code = [&OBEYS_REHEARSALS[..], &[0xf3]].concat();
        let wallet = world.node.deploy(creation_of(&code)).await;
        let hash = message_hash();
        assert!(!world.says_of(wallet, hash, &[1]).await, "{program:?}");
        let signature = wrapped(world.factory, &[], &[1]);
        let says = world.says_of(wallet, hash, &signature).await;
        assert!(!says, "{program:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_unwrapped_is_a_no() {
    let world = World::on(Program::Anvil).await;
    let whole = wrapped(world.factory, &create(&owner()), &signature_by(&owner()));
    for cut in [1, 32, 33, 96, whole.len() - 32] {
        assert!(!world.says(&whole[cut..]).await, "{cut}");
    }
    assert!(world.says(&whole).await);
}
