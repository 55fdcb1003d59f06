//! What went wrong, as clients see it: a code of one enum, a sentence, and where.
//!
//! What a user can mend (a refusal) travels as `userErrors` in a mutation's payload. What
//! stands outside a mutation's business (who asks, limits, servers that are away) is an error
//! of GraphQL with the same codes in `extensions.code`. Faults of the server show a correlation
//! id and nothing else.

mod code;

use std::time::Duration;

use async_graphql::{Error, ErrorExtensions as _};
use gage_application::{
    gateway::{GatewayError, Refusal, What},
    ports::{StoreUnavailable, event_log::LogError},
};
use thiserror::Error;
use uuid::Uuid;

pub use code::{ErrorCode, code_of_custody, code_of_image, code_of_permit, code_of_refusal};

use crate::identity::{desk::DeskError, viewer::NotSignedIn};

/// Why a request came to nothing, outside of what a mutation may refuse.
#[derive(Debug, Error)]
pub enum ApiError {
    /// Nobody is signed in.
    #[error(transparent)]
    NotSignedIn(#[from] NotSignedIn),
    /// There is no such thing, or not for this wallet.
    #[error("there is no such {0}")]
    NotFound(What),
    /// The wallet may see it, but not this of it.
    #[error("this part of the {0} is not for this wallet")]
    Forbidden(What),
    /// An argument is not as it must be.
    #[error("{0}")]
    BadArgument(#[from] BadArgument),
    /// Too often.
    #[error("too often, try again in {} s", retry_after.as_secs().max(1))]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many others want the same.
    #[error("busy, try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// What was written is not visible yet.
    #[error("what was written is not visible yet, ask again")]
    NotYetVisible,
    /// A part of the server is away. Its reason is for the log.
    #[error("a part of the server is away, try again soon")]
    Unavailable {
        /// Why, for the log.
        reason: String,
    },
    /// The server's own fault. Its reason is for the log.
    #[error("something went wrong on our side")]
    Internal {
        /// Why, for the log.
        reason: String,
    },
}

/// An argument that is not as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadArgument {
    /// Not 1 to 100 rows.
    #[error("first and last must be 1 to 100, not {given}")]
    PageSize {
        /// What was given.
        given: i64,
    },
    /// Too long a list, or an empty one.
    #[error("give 1 to {most} of them, not {given}")]
    Length {
        /// The most.
        most: usize,
        /// What was given.
        given: usize,
    },
    /// Not a number of days that can be looked at.
    #[error("days must be 1 to {most}, not {given}")]
    Days {
        /// The most.
        most: u32,
        /// What was given.
        given: i32,
    },
    /// No time zone.
    #[error("timeZone must be a name as in the IANA database, for example Asia/Seoul")]
    TimeZone,
    /// No day that anything can have been sold on.
    #[error("until must be a day of the years 2000 to 9998")]
    Until,
    /// Both ends at once.
    #[error("give first or last, not both")]
    FirstAndLast,
    /// A log does not get shorter.
    #[error("to must not be less than from")]
    Growth,
    /// No cursor of this list.
    #[error("after and before must be cursors of this list")]
    Cursor,
    /// More events than are folded for one answer.
    #[error("{given} events are more than the {most} that are folded here: use `gage audit show`")]
    LongStream {
        /// How many there are.
        given: u64,
        /// How many are folded.
        most: u64,
    },
    /// Two questions in one.
    #[error("give one of stream, shop and customer")]
    OneScope,
    /// No name of a stream.
    #[error("a stream is named by an id, or as Type:id, for example Order:018f3c5e-…")]
    Stream,
}

impl ApiError {
    /// Its code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotSignedIn(NotSignedIn::Anonymous) => ErrorCode::Unauthenticated,
            Self::NotSignedIn(NotSignedIn::SessionsAway) | Self::Unavailable { .. } => {
                ErrorCode::Unavailable
            }
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::BadArgument(_) => ErrorCode::BadRequest,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::Busy { .. } => ErrorCode::Busy,
            Self::NotYetVisible => ErrorCode::NotYetVisible,
            Self::Internal { .. } => ErrorCode::Internal,
        }
    }

    /// As GraphQL's error. Logs what clients do not see: this is the boundary.
    pub fn into_graphql(self, correlation_id: Uuid) -> Error {
        match &self {
            Self::Internal { reason } => tracing::error!(%reason, "internal error"),
            Self::Unavailable { reason } => tracing::warn!(%reason, "unavailable"),
            _ => {}
        }
        let retry_after = match &self {
            Self::RateLimited { retry_after } | Self::Busy { retry_after } => {
                Some(retry_after.as_secs().max(1))
            }
            _ => None,
        };
        Error::new(self.to_string()).extend_with(|_, extensions| {
            extensions.set("code", self.code().name());
            if matches!(self, Self::Internal { .. } | Self::Unavailable { .. }) {
                extensions.set("correlationId", correlation_id.to_string());
            }
            if let Some(seconds) = retry_after {
                extensions.set("retryAfterSecs", seconds);
            }
        })
    }
}

impl From<StoreUnavailable> for ApiError {
    fn from(away: StoreUnavailable) -> Self {
        Self::Unavailable {
            reason: away.to_string(),
        }
    }
}

/// What a gateway's failure is to a client.
pub enum Failure {
    /// Something that the user can mend.
    User(UserFault),
    /// Something else.
    Api(ApiError),
}

/// A fault that a user can mend.
#[derive(Debug, Clone, PartialEq)]
pub enum UserFault {
    /// A refusal of the application.
    Refused(Refusal),
    /// The idempotency key was used for another request.
    KeyReused,
}

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Refused(refusal) => Self::User(UserFault::Refused(refusal)),
            GatewayError::KeyReused => Self::User(UserFault::KeyReused),
            GatewayError::Busy { retry_after } => Self::Api(ApiError::Busy { retry_after }),
            GatewayError::Log(LogError::Unavailable { reason }) => {
                Self::Api(ApiError::Unavailable { reason })
            }
            error @ (GatewayError::Log(LogError::Corrupt { .. })
            | GatewayError::CursorMoved
            | GatewayError::StoredAnswer { .. }) => Self::Api(ApiError::Internal {
                reason: error.to_string(),
            }),
        }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable { reason } => Self::Unavailable { reason },
            LogError::Corrupt { .. } => Self::Internal {
                reason: error.to_string(),
            },
        }
    }
}

/// What a failure at the sign-in desk is to a client: a code of something to mend.
///
/// # Errors
/// What a user cannot mend.
pub fn failure_at_desk(error: &DeskError) -> Result<ErrorCode, ApiError> {
    match error {
        DeskError::Refused(_) => Ok(ErrorCode::SignInRefused),
        DeskError::NonceUnknown => Ok(ErrorCode::NonceUnknown),
        DeskError::TooMany { retry_after } => Err(ApiError::RateLimited {
            retry_after: *retry_after,
        }),
        DeskError::Unavailable(away) => Err(away.clone().into()),
    }
}
