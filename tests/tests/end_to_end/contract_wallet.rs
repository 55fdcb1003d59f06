//! A customer whose wallet is a contract, from before it exists.

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
    signers::local::PrivateKeySigner,
    sol,
    sol_types::{SolCall, SolValue},
};
use gage_tests::{
    actors::{Instructions, Person},
    client::{Client, sign},
    node::wallet,
    stack::Stack,
};

sol!(ContractWallet, "../contracts/artifacts/ContractWallet.json");
sol!(
    ContractWalletFactory,
    "../contracts/artifacts/ContractWalletFactory.json"
);

const SALT: B256 = B256::repeat_byte(1);

/// A contract wallet that obeys a key, and the factory that makes it.
struct Wallet {
    owner: PrivateKeySigner,
    factory: Address,
    address: Address,
    chain: DynProvider,
}

impl Wallet {
    async fn designed(chain: &str, owner: PrivateKeySigner) -> Self {
        let chain = ProviderBuilder::new()
            .wallet(owner.clone())
            .connect_http(chain.parse().unwrap())
            .erased();
        let deployment =
            TransactionRequest::default().with_deploy_code(ContractWalletFactory::BYTECODE.clone());
        let sent = chain.send_transaction(deployment).await.unwrap();
        let factory = sent.get_receipt().await.unwrap().contract_address.unwrap();
        let code = [&ContractWallet::BYTECODE[..], &owner.address().abi_encode()].concat();
        Self {
            address: factory.create2_from_code(SALT, code),
            owner,
            factory,
            chain,
        }
    }

    fn creation(&self) -> Bytes {
        let (owner, salt) = (self.owner.address(), SALT);
        let call = ContractWalletFactory::createCall { owner, salt };
        call.abi_encode().into()
    }

    async fn is_deployed(&self) -> bool {
        !self
            .chain
            .get_code_at(self.address)
            .await
            .unwrap()
            .is_empty()
    }

    async fn sends(&self, to: Address, value: U256, data: Bytes) {
        let transaction = TransactionRequest::default()
            .with_to(to)
            .with_value(value)
            .with_input(data);
        let sent = self.chain.send_transaction(transaction).await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
    }

    /// Lets the wallet make a call, with coins of the owner's.
    async fn executes(&self, call: &Instructions) {
        let (to, value, data) = (call.contract, call.value, call.call_data.clone());
        let order = ContractWallet::executeCall { to, value, data };
        self.sends(self.address, value, order.abi_encode().into())
            .await;
    }

    /// What a wallet that is perhaps not deployed hands out for a key's signature (ERC-6492).
    fn wrap(&self, signature: &str) -> String {
        let inner: Bytes = signature.parse().unwrap();
        let parts = (self.factory, self.creation(), inner).abi_encode_params();
        let mark = [0x64, 0x92].repeat(16);
        format!("0x{}", hex::encode([parts, mark].concat()))
    }
}

#[tokio::test]
async fn a_contract_wallet_signs_in_before_it_is_deployed_and_after_and_pays() {
    let stack = Stack::new().await;
    let (url, chain) = (stack.server.url(), stack.node.url());
    let owner = Person::signed_in(&url, wallet(0)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;

    let account = Wallet::designed(&chain, wallet(1)).await;
    let mut customer = Person {
        client: Client::new(&url),
        wallet: account.owner.clone(),
    };
    let sign_in = async |client: &mut Client, key: &PrivateKeySigner, wrapped: bool| {
        let message = client.sign_in_message(account.address).await.unwrap();
        let signature = sign(key, &message);
        let signature = if wrapped {
            account.wrap(&signature)
        } else {
            signature
        };
        client.sign_in_with(&message, &signature).await
    };

    // Not deployed: its owner's key alone is not the wallet, another's is nothing at all.
    let plain = sign_in(&mut customer.client, &account.owner, false).await;
    assert_eq!(plain.unwrap_err().code, "SIGN_IN_REFUSED");
    let by_stranger = sign_in(&mut customer.client, &wallet(2), true).await;
    assert_eq!(by_stranger.unwrap_err().code, "SIGN_IN_REFUSED");
    sign_in(&mut customer.client, &account.owner, true)
        .await
        .unwrap();
    assert!(!account.is_deployed().await, "signing in sends nothing");

    // It can order, and the order waits for the wallet to be there.
    let order = customer.orders(&shop, &tea, 3).await.unwrap();

    account
        .sends(account.factory, U256::ZERO, account.creation())
        .await;
    assert!(account.is_deployed().await);
    sign_in(&mut customer.client, &account.owner, false)
        .await
        .unwrap();
    sign_in(&mut customer.client, &account.owner, true)
        .await
        .unwrap();
    let by_stranger = sign_in(&mut customer.client.clone(), &wallet(2), false).await;
    assert_eq!(by_stranger.unwrap_err().code, "SIGN_IN_REFUSED");

    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    account.executes(&instructions).await;
    let page = customer.sees(&order, "PAID").await;
    assert_eq!(page["payment"]["payer"], account.address.to_checksum(None));
    stack.end().await;
}
