//! One test per rule. Where the plain crate takes what is refused here, the test says so by
//! asking it first.

mod contract_wallets;
mod signatures;
mod site;
mod text;
mod times;

use alloy::signers::{SignerSync, local::PrivateKeySigner};
use gage_domain::value::U256;
use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn wallet() -> PrivateKeySigner {
    PrivateKeySigner::from_slice(&[7; 32]).unwrap()
}

fn expectation() -> Expectation {
    Expectation {
        domain: "shop.example:8080".parse().unwrap(),
        schemes: Schemes::HttpOrHttps,
        chain_id: 1337,
        now: NOW,
        max_age: Duration::minutes(10),
        clock_skew: Duration::seconds(30),
    }
}

/// A message that fits, to be spoilt in one place by each test.
fn message() -> String {
    format!(
        "shop.example:8080 wants you to sign in with your Ethereum account:\n{}\n\n\
         Sign in to Gage.\n\n\
         URI: http://shop.example:8080/login\nVersion: 1\nChain ID: 1337\n\
         Nonce: abcDEF123456\nIssued At: 2026-03-01T11:59:00Z",
        wallet().address()
    )
}

fn sign(text: &str) -> Vec<u8> {
    wallet()
        .sign_message_sync(text.as_bytes())
        .unwrap()
        .as_bytes()
        .to_vec()
}

fn sign_in(text: &str) -> Result<Verified, SignInError> {
    verify(text, &sign(text), &expectation())
}

/// The message with one part replaced, refused; `plain_crate_takes_it` says whether siwe parses it.
#[track_caller]
fn refused(from: &str, to: &str, plain_crate_takes_it: bool) -> SignInError {
    let text = message();
    assert!(text.contains(from), "the message holds no {from:?}");
    let text = text.replacen(from, to, 1);
    let taken = text.parse::<::siwe::Message>().is_ok();
    assert_eq!(
        taken, plain_crate_takes_it,
        "what the plain crate does with {text:?}"
    );
    sign_in(&text).unwrap_err()
}
