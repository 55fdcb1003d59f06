//! Permits: what a holder of tokens signs in place of an approval
//! ([EIP-2612](https://eips.ethereum.org/EIPS/eip-2612)).

use alloy::{
    primitives::{Address, B256, Bytes, Signature, U256, b256},
    sol,
    sol_types::{Eip712Domain, SolCall, SolStruct},
};
use gage_application::ports::chain::PermitRefusal;
use gage_domain::payment::Terms;
use serde_json::{Value, json};

use super::node::{Node, NodeError};

sol! {
    /// What the holder signs.
    #[derive(Debug)]
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }

    /// The nonce of the owner's next permit.
    function nonces(address owner) external view returns (uint256 nonce);

    /// The hash of the domain that the token checks permits with (EIP-2612).
    function DOMAIN_SEPARATOR() external view returns (bytes32 separator);

    /// The hash of the type that the token checks; some tokens tell it.
    function PERMIT_TYPEHASH() external view returns (bytes32 hash);

    /// The domain itself (ERC-5267): the lowest bits of `fields` say which of its members count.
    function eip712Domain() external view returns (
        bytes1 fields,
        string name,
        string version,
        uint256 chainId,
        address verifyingContract,
        bytes32 salt,
        uint256[] extensions
    );

    /// The token's name, which most take for their domain's.
    function name() external view returns (string name);

    /// The version of the token's domain, where it tells one.
    function version() external view returns (string version);
}

/// keccak-256 of EIP-2612's type. DAI's permit is of another, and is not understood here.
const PERMIT_TYPE_HASH: B256 =
    b256!("0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");

/// What a payer is asked to sign.
#[derive(Debug)]
pub(super) struct PermitRequest {
    domain: Eip712Domain,
    permit: Permit,
}

/// A permit that the token takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignedPermit {
    /// The last second in which it may be used.
    pub(super) deadline: U256,
    /// 27 or 28.
    pub(super) v: u8,
    pub(super) r: B256,
    pub(super) s: B256,
}

impl PermitRequest {
    /// Asks the token what a payer has to sign so that the escrow may take what the terms say, and
    /// no more, until their deadline.
    ///
    /// # Errors
    /// [`PermitRefusal::TokenUnavailable`] when the node is away, or the token's answers do not
    /// make a domain that it would check with.
    pub(super) async fn read(
        node: &Node,
        terms: &Terms,
        owner: Address,
    ) -> Result<Self, PermitRefusal> {
        let token = terms.token;
        let (domain, nonce, type_hash) = tokio::join!(
            domain(node, token, terms.chain_id),
            ask(node, token, noncesCall { owner }),
            ask_if_known(node, token, PERMIT_TYPEHASHCall {}),
        );
        let type_hash = type_hash.map_err(away)?;
        if type_hash.is_some_and(|hash| hash != PERMIT_TYPE_HASH) {
            return Err(unavailable("its permits are not those of EIP-2612"));
        }
        Ok(Self {
            domain: domain?,
            permit: Permit {
                owner,
                spender: terms.escrow,
                value: terms.amount.0,
                nonce: nonce.map_err(away)?,
                deadline: U256::from(terms.deadline.unix_timestamp().max(0).unsigned_abs()),
            },
        })
    }

    /// What `eth_signTypedData_v4` takes (EIP-712), as JSON.
    pub(super) fn typed_data(&self) -> String {
        let Permit {
            owner,
            spender,
            value,
            nonce,
            deadline,
        } = &self.permit;
        let members = [
            ("owner", "address"),
            ("spender", "address"),
            ("value", "uint256"),
            ("nonce", "uint256"),
            ("deadline", "uint256"),
        ];
        let (domain, domain_members) = domain_as_json(&self.domain);
        json!({
            "types": {
                "EIP712Domain": domain_members,
                "Permit": members.map(|(name, of)| json!({ "name": name, "type": of })),
            },
            "primaryType": "Permit",
            "domain": domain,
            "message": {
                "owner": owner,
                "spender": spender,
                "value": value.to_string(),
                "nonce": nonce.to_string(),
                "deadline": deadline.to_string(),
            },
        })
        .to_string()
    }

    /// Holds a signature against what was asked.
    ///
    /// # Errors
    /// [`PermitRefusal::Malformed`], [`PermitRefusal::WrongSigner`].
    pub(super) fn signed(&self, signature: &[u8]) -> Result<SignedPermit, PermitRefusal> {
        let bytes: &[u8; 65] = signature.try_into().map_err(|_| PermitRefusal::Malformed)?;
        let [rs @ .., v] = bytes;
        let odd_y = match *v {
            0 | 27 => false,
            1 | 28 => true,
            _ => return Err(PermitRefusal::Malformed),
        };
        let (r, s) = rs.split_at(32);
        let signature = Signature::new(U256::from_be_slice(r), U256::from_be_slice(s), odd_y);
        if signature.normalize_s().is_some() {
            return Err(PermitRefusal::Malformed);
        }
        let hash = self.permit.eip712_signing_hash(&self.domain);
        let signer = signature.recover_address_from_prehash(&hash);
        if signer.ok() != Some(self.permit.owner) {
            return Err(PermitRefusal::WrongSigner);
        }
        Ok(SignedPermit {
            deadline: self.permit.deadline,
            v: 27 + u8::from(odd_y),
            r: B256::from_slice(r),
            s: B256::from_slice(s),
        })
    }
}

/// The domain that the token checks permits with: the first of those that it may mean which has
/// the hash that it tells. It always names the token and the chain, or a signature would be good
/// elsewhere too.
async fn domain(node: &Node, token: Address, chain_id: u64) -> Result<Eip712Domain, PermitRefusal> {
    let (separator, told, name, version) = tokio::join!(
        ask(node, token, DOMAIN_SEPARATORCall {}),
        ask_if_known(node, token, eip712DomainCall {}),
        ask_if_known(node, token, nameCall {}),
        ask_if_known(node, token, versionCall {}),
    );
    let separator = separator.map_err(away)?;
    let (told, name, version) = (
        told.map_err(away)?,
        name.map_err(away)?,
        version.map_err(away)?,
    );
    let of = |name: Option<String>, version: Option<String>| {
        let (name, version) = (name.map(Into::into), version.map(Into::into));
        Eip712Domain::new(name, version, Some(U256::from(chain_id)), Some(token), None)
    };
    let candidates = match told {
        Some(told) => {
            let fields = told.fields[0];
            let member = |bit: u8, text: String| (fields & bit != 0).then_some(text);
            vec![of(member(1, told.name), member(2, told.version))]
        }
        None => vec![
            of(name.clone(), version.or_else(|| Some("1".to_owned()))),
            of(name, None),
        ],
    };
    let mut candidates = candidates.into_iter();
    candidates
        .find(|domain| domain.separator() == separator)
        .ok_or_else(|| unavailable("its domain is not one of this token on this chain"))
}

fn domain_as_json(domain: &Eip712Domain) -> (Value, Vec<Value>) {
    let members = [
        (
            "name",
            "string",
            domain.name.as_ref().map(|name| json!(name)),
        ),
        (
            "version",
            "string",
            domain.version.as_ref().map(|version| json!(version)),
        ),
        (
            "chainId",
            "uint256",
            domain.chain_id.map(|id| json!(id.saturating_to::<u64>())),
        ),
        (
            "verifyingContract",
            "address",
            domain.verifying_contract.map(|contract| json!(contract)),
        ),
    ];
    let there = members
        .into_iter()
        .filter_map(|(name, of, value)| Some((name, of, value?)));
    let (mut values, mut types) = (serde_json::Map::new(), Vec::new());
    for (name, of, value) in there {
        values.insert(name.to_owned(), value);
        types.push(json!({ "name": name, "type": of }));
    }
    (Value::Object(values), types)
}

async fn ask<C: SolCall>(node: &Node, token: Address, call: C) -> Result<C::Return, NodeError> {
    let answer = node.call(token, Bytes::from(call.abi_encode())).await?;
    C::abi_decode_returns_validate(&answer).map_err(|error| NodeError::Unintelligible {
        method: "eth_call",
        reason: format!("token {token} answers {}: {error}", C::SIGNATURE),
    })
}

/// The same of what a token need not know: it reverts then, or answers nothing.
async fn ask_if_known<C: SolCall>(
    node: &Node,
    token: Address,
    call: C,
) -> Result<Option<C::Return>, NodeError> {
    match ask(node, token, call).await {
        Ok(answer) => Ok(Some(answer)),
        Err(NodeError::Refused { .. } | NodeError::Unintelligible { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is a map_err's function")]
fn away(error: NodeError) -> PermitRefusal {
    PermitRefusal::TokenUnavailable {
        reason: error.to_string(),
    }
}

fn unavailable(reason: &str) -> PermitRefusal {
    PermitRefusal::TokenUnavailable {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::keccak256;

    use super::*;

    #[test]
    fn the_type_is_that_of_eip_2612() {
        assert_eq!(
            keccak256(Permit::eip712_root_type().as_bytes()),
            PERMIT_TYPE_HASH
        );
    }
}
