//! Sign-in against vectors: our own always, made by another implementation
//! (`vectors/make.mjs`), and those of a directory named by `GAGE_SIWE_VECTORS`, in the form of
//! the published ones of spruceid/siwe.
//!
//! Where we refuse what a vector accepts, the table says so, with the exact error and the
//! reason. Every negative vector is listed with the error that it must meet, so that none is
//! refused for another reason than its own.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that panics fails its test, as it should"
)]

mod expected;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use alloy::primitives::eip191_hash_message;
use async_trait::async_trait;
use gage_api::identity::siwe::{
    Claim, Expectation, Schemes, SignInMessage, SignatureKind, decode_signature,
};
use gage_application::ports::{StoreUnavailable, contract_signatures::ContractSignatures};
use gage_domain::value::{Address, B256};
use serde::{Deserialize, de::DeserializeOwned};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::datetime};

use crate::expected::{DEVIATIONS, Deviation, OWN_NEGATIVE, Outcome, PUBLISHED_NEGATIVE};
use Outcome::{NonceNotIssued, Refused};

/// A set of vectors, with what is known about them.
struct Set {
    directory: PathBuf,
    deviations: &'static [Deviation],
    negative: &'static [(&'static str, Outcome)],
}

/// Our own, and the published ones when `GAGE_SIWE_VECTORS` says where they are.
fn sets() -> Vec<Set> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut sets = vec![Set {
        directory: own,
        deviations: &[],
        negative: OWN_NEGATIVE,
    }];
    if let Some(directory) = std::env::var_os("GAGE_SIWE_VECTORS") {
        let directory = PathBuf::from(directory);
        sets.push(Set {
            directory,
            deviations: DEVIATIONS,
            negative: PUBLISHED_NEGATIVE,
        });
    }
    sets
}

impl Set {
    /// Every vector of a file. A missing or empty file is a failure, never nothing to do.
    fn read<T: DeserializeOwned>(&self, file: &str) -> BTreeMap<String, T> {
        let path = self.directory.join(file);
        let json = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let vectors: BTreeMap<String, T> = serde_json::from_str(&json)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!vectors.is_empty(), "{} holds no vectors", path.display());
        vectors
    }
}

/// What a vector says of a message.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Fields {
    #[serde(default)]
    scheme: Option<String>,
    domain: String,
    address: String,
    statement: Option<String>,
    uri: String,
    version: String,
    chain_id: u64,
    nonce: String,
    issued_at: String,
    expiration_time: Option<String>,
    not_before: Option<String>,
    request_id: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
}

impl Fields {
    /// The message, written out as ERC-4361 has it.
    fn text(&self) -> String {
        let scheme = self
            .scheme
            .as_ref()
            .map_or(String::new(), |scheme| format!("{scheme}://"));
        let statement = self
            .statement
            .as_ref()
            .map_or(String::new(), |text| format!("{text}\n"));
        let mut text = format!(
            "{scheme}{} wants you to sign in with your Ethereum account:\n{}\n\n{statement}\n\
             URI: {}\nVersion: {}\nChain ID: {}\nNonce: {}\nIssued At: {}",
            self.domain,
            self.address,
            self.uri,
            self.version,
            self.chain_id,
            self.nonce,
            self.issued_at
        );
        for (tag, value) in [
            ("Expiration Time", &self.expiration_time),
            ("Not Before", &self.not_before),
            ("Request ID", &self.request_id),
        ] {
            text.extend(value.as_ref().map(|value| format!("\n{tag}: {value}")));
        }
        if !self.resources.is_empty() {
            text += "\nResources:";
            text.extend(self.resources.iter().map(|uri| format!("\n- {uri}")));
        }
        text
    }
}

#[derive(Deserialize)]
struct Parsing {
    message: String,
    fields: Fields,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    #[serde(flatten)]
    fields: Fields,
    signature: String,
    time: Option<String>,
    domain_binding: Option<String>,
    match_nonce: Option<String>,
}

#[derive(Deserialize)]
struct ContractWallet {
    message: String,
    signature: String,
}

/// The moment of vectors that name none. Their messages may be years old.
const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const ANY_AGE: Duration = Duration::days(200 * 366);

fn expectation(domain: &str, now: OffsetDateTime) -> Expectation {
    Expectation {
        domain: domain.parse().unwrap(),
        schemes: Schemes::HttpOrHttps,
        chain_id: 1,
        now,
        max_age: ANY_AGE,
        clock_skew: Duration::ZERO,
    }
}

impl Verification {
    fn outcome(&self) -> Result<(), Outcome> {
        let now = self.time.as_ref().map_or(NOW, |time| time_of(time));
        let domain = self.domain_binding.as_ref().unwrap_or(&self.fields.domain);
        let refused = Outcome::Refused;
        let claim = Claim::read(&self.fields.text(), &expectation(domain, now)).map_err(refused)?;
        let signature = decode_signature(&self.signature).map_err(refused)?;
        let verified = claim.prove_by_key(&signature).map_err(refused)?;
        assert_eq!(verified.address.to_string(), self.fields.address);
        assert_eq!(verified.signature_kind, SignatureKind::Key);
        if verified.nonce == *self.match_nonce.as_ref().unwrap_or(&self.fields.nonce) {
            Ok(())
        } else {
            Err(NonceNotIssued)
        }
    }
}

fn time_of(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

#[test]
fn messages_are_read_field_by_field() {
    for set in sets() {
        for (name, vector) in set.read::<Parsing>("parsing_positive.json") {
            let read = SignInMessage::parse(&vector.message)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let fields = &vector.fields;
            let scheme = read
                .scheme()
                .map(|scheme| format!("{scheme:?}").to_lowercase());
            assert_eq!(scheme, fields.scheme, "{name}");
            assert_eq!(read.domain(), fields.domain, "{name}");
            assert_eq!(read.address().to_string(), fields.address, "{name}");
            assert_eq!(read.statement(), fields.statement.as_deref(), "{name}");
            assert_eq!(read.uri(), fields.uri, "{name}");
            assert_eq!(fields.version, "1", "{name}");
            assert_eq!(read.chain_id(), fields.chain_id, "{name}");
            assert_eq!(read.nonce(), fields.nonce, "{name}");
            assert_eq!(read.issued_at(), time_of(&fields.issued_at), "{name}");
            let time = |text: &Option<String>| text.as_deref().map(time_of);
            assert_eq!(read.expires_at(), time(&fields.expiration_time), "{name}");
            assert_eq!(read.not_before(), time(&fields.not_before), "{name}");
            assert_eq!(read.request_id(), fields.request_id.as_deref(), "{name}");
            assert_eq!(
                read.resources().collect::<Vec<_>>(),
                fields.resources,
                "{name}"
            );
            assert_eq!(
                fields.text(),
                vector.message,
                "{name}: the test's own writing"
            );
        }
    }
}

#[test]
fn what_is_signed_for_this_site_and_time_is_accepted_but_for_the_deviations() {
    for set in sets() {
        let vectors = set.read::<Verification>("verification_positive.json");
        for (name, vector) in &vectors {
            let deviation = set
                .deviations
                .iter()
                .find(|deviation| deviation.name == name);
            let expected = deviation.map_or(Ok(()), |found| Err(Refused(found.error)));
            assert_eq!(vector.outcome(), expected, "{name}");
        }
        for Deviation { name, reason, .. } in set.deviations {
            assert!(
                vectors.contains_key(*name) && !reason.is_empty(),
                "no such vector: {name}"
            );
        }
    }
}

#[test]
fn what_is_not_is_refused_for_its_own_reason() {
    for set in sets() {
        let vectors = set.read::<Verification>("verification_negative.json");
        for (name, vector) in &vectors {
            let (_, expected) = set
                .negative
                .iter()
                .find(|(listed, _)| listed == name)
                .unwrap_or_else(|| panic!("{name}: the table does not say what it must meet"));
            assert_eq!(vector.outcome(), Err(*expected), "{name}");
        }
        assert_eq!(
            vectors.len(),
            set.negative.len(),
            "the table lists what is not there"
        );
    }
}

/// Stands for a contract wallet at one address, which accepts one signature of one message.
struct OneWallet {
    address: Address,
    hash: B256,
    signature: Vec<u8>,
    accepts: bool,
}

#[async_trait]
impl ContractSignatures for OneWallet {
    async fn is_valid(
        &self,
        address: Address,
        hash: B256,
        signature: &[u8],
    ) -> Result<bool, StoreUnavailable> {
        assert_eq!(
            (address, hash, signature),
            (self.address, self.hash, &*self.signature)
        );
        Ok(self.accepts)
    }
}

#[tokio::test]
async fn what_no_key_signed_is_for_the_contract_to_accept() {
    for set in sets() {
        for (name, vector) in set.read::<ContractWallet>("eip1271.json") {
            let message = SignInMessage::parse(&vector.message).unwrap();
            let expect = expectation(message.domain(), NOW);
            let claim = Claim::read(&vector.message, &expect).unwrap();
            let signature = decode_signature(&vector.signature).unwrap();
            let by_key = claim.prove_by_key(&signature).unwrap_err();
            let mut wallet = OneWallet {
                address: message.address(),
                hash: eip191_hash_message(vector.message.as_bytes()),
                signature: signature.clone(),
                accepts: true,
            };
            let verified = claim.prove(&signature, &wallet).await.unwrap();
            assert_eq!(verified.address, message.address(), "{name}");
            assert_eq!(verified.signature_kind, SignatureKind::Contract, "{name}");
            wallet.accepts = false;
            let refused = claim.prove(&signature, &wallet).await.unwrap_err();
            assert_eq!(refused, by_key.into(), "{name}");
        }
    }
}
