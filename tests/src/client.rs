//! A client of the public API: GraphQL over HTTP, and sign-in with a real signature.

use std::fmt;

use alloy::{
    primitives::Address,
    signers::{SignerSync, local::PrivateKeySigner},
};
use serde_json::{Value, json};

/// A request that the API refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The error's code, for example `OUT_OF_STOCK`.
    pub code: String,
    /// The whole error, as it was answered.
    pub error: Value,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.error)
    }
}

/// A client with or without a session.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Client {
    /// A client of the server at `url`, signed in as nobody.
    pub fn new(url: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            url: url.to_owned(),
            token: None,
        }
    }

    /// The same session at another server.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// The session's token.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a document and gives its data.
    ///
    /// # Errors
    /// The first of the answer's errors; `NO_ANSWER` when there was none.
    pub async fn ask(&self, document: &str, variables: Value) -> Result<Value, Refused> {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.url))
            .header("accept", "application/graphql-response+json")
            .json(&json!({ "query": document, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let no_answer = |error: reqwest::Error| Refused {
            code: "NO_ANSWER".to_owned(),
            error: Value::String(format!("{error:?}")),
        };
        let answer = request.send().await.map_err(no_answer)?;
        let answer: Value = answer.json().await.map_err(no_answer)?;
        match answer["errors"].get(0) {
            Some(error) => Err(refused(error, &error["extensions"]["code"])),
            None => Ok(answer["data"].clone()),
        }
    }

    /// Sends a mutation that has one `input`, and gives its payload.
    ///
    /// # Errors
    /// The first error, or the payload's first user error.
    pub async fn mutate(
        &self,
        name: &str,
        selection: &str,
        input: Value,
    ) -> Result<Value, Refused> {
        let type_name = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let document = format!(
            "mutation($input: {type_name}Input!) {{ {name}(input: $input) {{ {selection} \
             userErrors {{ code message field productId available currentPrice {{ amount }} }} }} }}"
        );
        let data = self.ask(&document, json!({ "input": input })).await?;
        let payload = data[name].clone();
        match payload["userErrors"].get(0) {
            Some(error) => Err(refused(error, &error["code"])),
            None => Ok(payload),
        }
    }

    /// Signs in with a wallet (ERC-4361).
    ///
    /// # Errors
    /// What [`Client::mutate`] gives.
    pub async fn sign_in(&mut self, wallet: &PrivateKeySigner) -> Result<(), Refused> {
        // A token whose session has ended is refused; who signs in lets go of it.
        self.token = None;
        let message = self.sign_in_message(wallet.address()).await?;
        let signature = sign(wallet, &message);
        self.sign_in_with(&message, &signature).await
    }

    /// A sign-in message with a nonce of the server, as a wallet would show it.
    ///
    /// # Errors
    /// What [`Client::ask`] gives.
    pub async fn sign_in_message(&self, wallet: Address) -> Result<String, Refused> {
        let document = "mutation { signInNonce {
            nonce domain uri version chainId statement issuedAt expiresAt } }";
        let data = self.ask(document, json!({})).await?;
        let part = |name: &str| {
            data["signInNonce"][name]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        Ok(format!(
            "{} wants you to sign in with your Ethereum account:\n{}\n\n{}\n\nURI: {}\n\
             Version: {}\nChain ID: {}\nNonce: {}\nIssued At: {}\nExpiration Time: {}",
            part("domain"),
            wallet.to_checksum(None),
            part("statement"),
            part("uri"),
            part("version"),
            part("chainId"),
            part("nonce"),
            part("issuedAt"),
            part("expiresAt"),
        ))
    }

    /// Signs in with a message and a signature, whatever they are.
    ///
    /// # Errors
    /// What [`Client::mutate`] gives.
    pub async fn sign_in_with(&mut self, message: &str, signature: &str) -> Result<(), Refused> {
        let input = json!({ "message": message, "signature": signature });
        let payload = self.mutate("signIn", "token address", input).await?;
        self.token = payload["token"].as_str().map(str::to_owned);
        Ok(())
    }
}

/// A wallet's signature of a text (EIP-191), as hexadecimal digits.
///
/// # Panics
/// Never: local keys sign everything.
pub fn sign(wallet: &PrivateKeySigner, message: &str) -> String {
    let signature = wallet.sign_message_sync(message.as_bytes()).unwrap();
    format!("0x{}", hex::encode(signature.as_bytes()))
}

fn refused(error: &Value, code: &Value) -> Refused {
    Refused {
        code: code.as_str().unwrap_or("NO_CODE").to_owned(),
        error: error.clone(),
    }
}
