//! Signing in and out: Sign-in with Ethereum (ERC-4361).

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::{
    graphql::{
        context::Asked as _,
        errors::failure_at_desk,
        mutations::call::UserError,
        scalars::{Address, DateTime, Long},
        types::Me,
    },
    identity::{desk, viewer::Viewer},
};

/// What goes into the message that a wallet signs (ERC-4361). Used once.
#[derive(SimpleObject)]
pub struct SignInChallenge {
    /// The message's nonce.
    nonce: String,
    /// The message's domain.
    domain: String,
    /// The message's URI.
    uri: String,
    /// The message's version.
    version: &'static str,
    /// The message's chain id.
    chain_id: Long,
    /// A statement to put into it; the client may use its own.
    statement: &'static str,
    /// The message's issued-at.
    issued_at: DateTime,
    /// When the nonce runs out; also for the message's expiration time.
    expires_at: DateTime,
}

impl From<desk::Challenge> for SignInChallenge {
    fn from(challenge: desk::Challenge) -> Self {
        Self {
            nonce: challenge.nonce,
            domain: challenge.domain,
            uri: challenge.uri,
            version: "1",
            chain_id: Long(challenge.chain_id),
            statement: challenge.statement,
            issued_at: DateTime(challenge.issued_at),
            expires_at: DateTime(challenge.expires_at),
        }
    }
}

/// A signed message.
#[derive(InputObject)]
pub struct SignInInput {
    /// The message, exactly as it was signed.
    message: String,
    /// The signature: 0x and hexadecimal digits.
    signature: String,
}

/// What came of it.
#[derive(Default)]
pub struct SignInPayload {
    opened: Option<desk::Opened>,
    user_errors: Vec<UserError>,
}

/// What came of it.
#[Object]
impl SignInPayload {
    /// The session's token, for `Authorization: Bearer`. Browsers also get it as a cookie that
    /// scripts cannot read; they need not keep it.
    async fn token(&self) -> Option<&str> {
        self.opened
            .as_ref()
            .map(|opened| opened.wallet.token.reveal())
    }

    /// The wallet that is signed in.
    async fn address(&self) -> Option<Address> {
        self.opened
            .as_ref()
            .map(|opened| Address(opened.wallet.address))
    }

    /// When the session ends.
    async fn expires_at(&self) -> Option<DateTime> {
        self.opened
            .as_ref()
            .map(|opened| DateTime(opened.wallet.expires_at))
    }

    /// The wallet that is signed in, with what is its.
    async fn me(&self) -> Option<Me> {
        self.opened.as_ref().map(|opened| Me(opened.wallet.clone()))
    }

    /// Why nobody was signed in; empty when somebody was.
    async fn user_errors(&self) -> &[UserError] {
        &self.user_errors
    }
}

/// What came of it.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Whether there was a session to end.
    signed_out: bool,
}

/// Signing in and out.
#[derive(Default)]
pub struct SignInMutation;

/// Signing in and out.
#[Object]
impl SignInMutation {
    /// Gives out a nonce for a sign-in message.
    async fn sign_in_nonce(&self, ctx: &Context<'_>) -> Result<SignInChallenge> {
        let challenge = ctx.services()?.desk.challenge(ctx.request()?.ip).await;
        match challenge {
            Ok(challenge) => Ok(challenge.into()),
            Err(error) => Err(ctx.error(desk_fault(&error))),
        }
    }

    /// Opens a session for the wallet that signed a message with a nonce of this server. A
    /// session that the request already had is ended.
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Result<SignInPayload> {
        let (request, desk) = (ctx.request()?, &ctx.services()?.desk);
        let previous = match &request.viewer {
            Viewer::SignedIn(wallet) => Some(&wallet.token),
            Viewer::Anonymous | Viewer::Unknown => None,
        };
        match desk
            .sign_in(request.ip, &input.message, &input.signature, previous)
            .await
        {
            Ok(opened) => {
                if let Some(cookie) = desk.cookie_of(&opened.wallet) {
                    request.cookies.set(cookie).await;
                }
                Ok(SignInPayload {
                    opened: Some(opened),
                    user_errors: Vec::new(),
                })
            }
            Err(error) => match failure_at_desk(&error) {
                Ok(code) => {
                    let refused = UserError::at(code, error.to_string(), &[]);
                    Ok(SignInPayload {
                        opened: None,
                        user_errors: vec![refused],
                    })
                }
                Err(error) => Err(ctx.error(error)),
            },
        }
    }

    /// Ends the session of this request.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let (request, desk) = (ctx.request()?, &ctx.services()?.desk);
        let signed_out = match &request.viewer {
            Viewer::SignedIn(wallet) => {
                let ended = desk.sign_out(&wallet.token).await;
                ended.map_err(|error| ctx.error(error.into()))?
            }
            Viewer::Anonymous => false,
            Viewer::Unknown => {
                ctx.wallet()?;
                false
            }
        };
        if let Some(cookie) = desk.no_cookie() {
            request.cookies.set(cookie).await;
        }
        Ok(SignOutPayload { signed_out })
    }
}

fn desk_fault(error: &desk::DeskError) -> crate::graphql::errors::ApiError {
    match failure_at_desk(error) {
        Err(error) => error,
        // Giving out a nonce refuses nothing that a user could mend.
        Ok(_) => crate::graphql::errors::ApiError::Internal {
            reason: error.to_string(),
        },
    }
}
