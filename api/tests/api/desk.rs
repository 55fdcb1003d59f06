//! The sign-in desk on a real Redis, with real signatures.

use std::{net::IpAddr, time::Duration};

use alloy::signers::{SignerSync as _, local::PrivateKeySigner};
use gage_api::{
    config::Environment,
    identity::{
        desk::{Challenge, DeskError},
        siwe::SignInError,
        viewer::{SessionToken, SignedIn},
    },
};
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use crate::support::{Redis, Server, post, well};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A customer with a wallet.
struct Customer(PrivateKeySigner);

impl Customer {
    fn new(seed: u8) -> Self {
        Self(PrivateKeySigner::from_slice(&[seed; 32]).unwrap())
    }

    /// The message that wallets make of a challenge.
    fn message(&self, challenge: &Challenge) -> String {
        format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\n{}\n\nURI: {}\nVersion: 1\n\
             Chain ID: {}\nNonce: {}\nIssued At: {}",
            challenge.domain,
            self.0.address(),
            challenge.statement,
            challenge.uri,
            challenge.chain_id,
            challenge.nonce,
            challenge.issued_at.format(&Rfc3339).unwrap()
        )
    }

    fn signature(&self, message: &str) -> String {
        let signature = self.0.sign_message_sync(message.as_bytes()).unwrap();
        format!("0x{}", hex::encode(signature.as_bytes()))
    }

    async fn signs_in(&self, server: &Server) -> SignedIn {
        let challenge = server.desk.challenge(HERE).await.unwrap();
        self.signs(server, &self.message(&challenge), None)
            .await
            .unwrap()
    }

    async fn signs(
        &self,
        server: &Server,
        message: &str,
        previous: Option<&SessionToken>,
    ) -> Result<SignedIn, DeskError> {
        let signature = self.signature(message);
        let opened = server
            .desk
            .sign_in(HERE, message, &signature, previous)
            .await?;
        Ok(opened.wallet)
    }
}

#[tokio::test]
async fn a_wallet_signs_in_and_out() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let wallet = customer.signs_in(&server).await;
    assert_eq!(wallet.address, customer.0.address());
    let found = server.desk.find(&wallet.token).await.unwrap();
    assert_eq!(found.unwrap(), wallet);
    assert!(server.desk.sign_out(&wallet.token).await.unwrap());
    assert_eq!(server.desk.find(&wallet.token).await.unwrap(), None);
    assert!(!server.desk.sign_out(&wallet.token).await.unwrap());
}

#[tokio::test]
async fn a_session_that_ends_is_over_here_at_once_and_elsewhere_soon() {
    let (here, customer) = (Server::new(Redis::Real), Customer::new(7));
    let elsewhere = here.replica(1_000_000);
    let wallet = customer.signs_in(&here).await;
    // Both remember it.
    for server in [&here, &elsewhere] {
        let found = server.desk.find(&wallet.token).await.unwrap();
        assert_eq!(found.unwrap(), wallet);
    }
    here.desk.sign_out(&wallet.token).await.unwrap();
    assert_eq!(here.desk.find(&wallet.token).await.unwrap(), None);
    let over = async {
        while elsewhere.desk.find(&wallet.token).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), over)
        .await
        .expect("the session goes on elsewhere");
}

#[tokio::test]
async fn a_look_up_that_began_before_the_end_does_not_open_the_session_again() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    for _ in 0..20 {
        let wallet = customer.signs_in(&server).await;
        let looks = (0..8).map(|_| server.desk.find(&wallet.token));
        let both = futures::future::join(
            futures::future::join_all(looks),
            server.desk.sign_out(&wallet.token),
        );
        both.await.1.unwrap();
        assert_eq!(server.desk.find(&wallet.token).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_nonce_is_used_once() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let challenge = server.desk.challenge(HERE).await.unwrap();
    let message = customer.message(&challenge);
    customer.signs(&server, &message, None).await.unwrap();
    let again = customer.signs(&server, &message, None).await;
    assert!(matches!(again, Err(DeskError::NonceUnknown)), "{again:?}");
}

#[tokio::test]
async fn of_many_who_replay_a_message_at_once_one_signs_in() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let challenge = server.desk.challenge(HERE).await.unwrap();
    let message = customer.message(&challenge);
    let tries = (0..16).map(|_| customer.signs(&server, &message, None));
    let signed_in = futures::future::join_all(tries).await;
    assert_eq!(signed_in.iter().filter(|tried| tried.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_nonce_that_nobody_gave_out_is_refused() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let challenge = server.desk.challenge(HERE).await.unwrap();
    let invented = Challenge {
        nonce: "inventedByMyself1".to_owned(),
        ..challenge
    };
    let refused = customer
        .signs(&server, &customer.message(&invented), None)
        .await;
    assert!(
        matches!(refused, Err(DeskError::NonceUnknown)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_message_for_another_site_chain_or_time_is_refused_and_costs_no_nonce() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let challenge = server.desk.challenge(HERE).await.unwrap();
    let late = challenge.issued_at + Duration::from_hours(1);
    let early = challenge.issued_at - Duration::from_hours(1);
    let cases = [
        (
            Challenge {
                domain: "evil.example".to_owned(),
                ..challenge.clone()
            },
            SignInError::DomainMismatch,
        ),
        (
            Challenge {
                uri: "https://evil.example".to_owned(),
                ..challenge.clone()
            },
            SignInError::UriAuthorityMismatch,
        ),
        (
            Challenge {
                uri: "http://shop.example".to_owned(),
                ..challenge.clone()
            },
            SignInError::UriSchemeMismatch,
        ),
        (
            Challenge {
                chain_id: 1,
                ..challenge.clone()
            },
            SignInError::ChainMismatch {
                expected: 1337,
                given: 1,
            },
        ),
        (
            Challenge {
                issued_at: late,
                ..challenge.clone()
            },
            SignInError::IssuedInFuture,
        ),
        (
            Challenge {
                issued_at: early,
                ..challenge.clone()
            },
            SignInError::IssuedTooLongAgo,
        ),
    ];
    for (changed, expected) in cases {
        match customer
            .signs(&server, &customer.message(&changed), None)
            .await
        {
            Err(DeskError::Refused(refused)) => assert_eq!(refused, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    customer
        .signs(&server, &customer.message(&challenge), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn another_wallets_signature_is_refused_and_the_nonce_is_gone() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let challenge = server.desk.challenge(HERE).await.unwrap();
    let message = customer.message(&challenge);
    let forged = Customer::new(8).signature(&message);
    let refused = server.desk.sign_in(HERE, &message, &forged, None).await;
    assert!(
        matches!(refused, Err(DeskError::Refused(SignInError::WrongSigner))),
        "{refused:?}"
    );
    let late = customer.signs(&server, &message, None).await;
    assert!(matches!(late, Err(DeskError::NonceUnknown)), "{late:?}");
}

#[tokio::test]
async fn signing_in_again_changes_the_session_and_ends_the_old_one() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let first = customer.signs_in(&server).await;
    let challenge = server.desk.challenge(HERE).await.unwrap();
    let message = customer.message(&challenge);
    let second = customer
        .signs(&server, &message, Some(&first.token))
        .await
        .unwrap();
    assert_ne!(first.token, second.token);
    assert_eq!(server.desk.find(&first.token).await.unwrap(), None);
    assert!(server.desk.find(&second.token).await.unwrap().is_some());
}

#[tokio::test]
async fn a_session_runs_out() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let wallet = customer.signs_in(&server).await;
    server.clock.forward(Duration::from_secs(3599));
    assert!(server.desk.find(&wallet.token).await.unwrap().is_some());
    server.clock.forward(Duration::from_secs(1));
    assert_eq!(server.desk.find(&wallet.token).await.unwrap(), None);
}

#[tokio::test]
async fn trying_too_often_is_refused() {
    let server = Server::with(Redis::Real, Environment::Production, 2, well());
    for _ in 0..2 {
        server.desk.challenge(HERE).await.unwrap();
    }
    let refused = server.desk.challenge(HERE).await;
    assert!(
        matches!(refused, Err(DeskError::TooMany { .. })),
        "{refused:?}"
    );
    let elsewhere = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    server.desk.challenge(elsewhere).await.unwrap();
}

#[tokio::test]
async fn without_redis_nobody_signs_in_and_is_told_why() {
    let refused = Server::new(Redis::Away).desk.challenge(HERE).await;
    assert!(
        matches!(refused, Err(DeskError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_token_is_known_by_bearer_and_by_cookie() {
    let (server, customer) = (Server::new(Redis::Real), Customer::new(7));
    let wallet = customer.signs_in(&server).await;
    let me = json!({ "query": "{ me { address } }" });
    let expected = json!({ "data": { "me": { "address": customer.0.address().to_string() } } });
    let mut bearer = post(&me);
    let value = format!("Bearer {}", wallet.token.reveal());
    bearer
        .headers_mut()
        .insert("authorization", value.parse().unwrap());
    assert_eq!(server.send(bearer).await.json(), expected);
    let mut cookie = post(&me);
    let value = server.desk.cookie_of(&wallet).unwrap();
    let pair = value
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    cookie.headers_mut().insert("cookie", pair);
    cookie
        .headers_mut()
        .insert("sec-fetch-site", "same-origin".parse().unwrap());
    assert_eq!(server.send(cookie).await.json(), expected);
}
