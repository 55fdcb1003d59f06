//! Reading one feed, and what answers of it are refused.

use alloy::{
    primitives::{Address, I256, U256},
    sol,
    sol_types::{Error as AbiError, SolCall},
};
use gage_domain::rate::{Decimal, InvalidDecimal, RoundId};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use self::AggregatorV3Interface::{decimalsCall, latestRoundDataCall};
use crate::chain::node::{Node, NodeError};

sol! {
    /// The part of Chainlink's interface that is asked.
    interface AggregatorV3Interface {
        function decimals() external view returns (uint8);
        function latestRoundData() external view returns (
            uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt,
            uint80 answeredInRound
        );
    }
}

/// How far a chain's clock may be ahead of ours.
const CLOCKS_DIFFER: Duration = Duration::seconds(60);

/// What a feed said, as it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) price: Decimal,
    pub(super) round: RoundId,
    pub(super) updated_at: OffsetDateTime,
}

/// What a feed said, as it said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) decimals: u8,
    round: RoundId,
    answered_in: RoundId,
    answer: I256,
    updated_at: U256,
}

/// Why a feed's answer is not used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum AnswerRefused {
    /// It reverts, or is no feed.
    #[error("it does not answer as a price feed: {0}")]
    NoFeed(String),
    /// Its round is not answered yet, or was carried over from an earlier one.
    #[error("its round {} is incomplete", .0.0)]
    Incomplete(RoundId),
    /// An answer of a time that has not come.
    #[error("its answer is of {0}, which is in the future")]
    Future(U256),
    /// A price that is none.
    #[error("its answer cannot be a price: {0}")]
    NoPrice(#[from] InvalidDecimal),
    /// It counts in other units than before.
    #[error("it has {now} decimals, and had {before}; restart the server if that is right")]
    DecimalsChanged { before: u8, now: u8 },
}

/// What came of asking a feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum FeedFault {
    /// It could not be asked: what it said before holds for a while.
    #[error(transparent)]
    Away(#[from] NodeError),
    /// It was asked, and what it said before does not hold any more.
    #[error(transparent)]
    Refused(#[from] AnswerRefused),
}

/// Asks a feed, all as of one block.
pub(super) async fn read(node: &Node, feed: Address, block: u64) -> Result<Reading, FeedFault> {
    let decimals = ask(node, feed, block, decimalsCall {}).await?;
    let latest = ask(node, feed, block, latestRoundDataCall {}).await?;
    Ok(Reading {
        decimals,
        round: RoundId(latest.roundId.to()),
        answered_in: RoundId(latest.answeredInRound.to()),
        answer: latest.answer,
        updated_at: latest.updatedAt,
    })
}

async fn ask<C: SolCall>(
    node: &Node,
    feed: Address,
    block: u64,
    question: C,
) -> Result<C::Return, FeedFault> {
    let answer = match node
        .call_at(feed, question.abi_encode().into(), block)
        .await
    {
        Ok(answer) => answer,
        // The contract's own word; without one it was the node that refused.
        Err(
            refused @ NodeError::Refused {
                revert: Some(_), ..
            },
        ) => return Err(AnswerRefused::NoFeed(refused.to_string()).into()),
        Err(error) => return Err(error.into()),
    };
    C::abi_decode_returns(&answer)
        .map_err(|error: AbiError| AnswerRefused::NoFeed(error.to_string()).into())
}

impl Reading {
    /// What was said, if it may be used. How old it may be is asked when it is used.
    pub(super) fn checked(self, now: OffsetDateTime) -> Result<Answer, AnswerRefused> {
        if self.updated_at.is_zero() || self.answered_in < self.round {
            return Err(AnswerRefused::Incomplete(self.round));
        }
        let price = Decimal::of_answer(self.answer, self.decimals)?;
        let updated_at = i64::try_from(self.updated_at)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .filter(|updated_at| *updated_at <= now + CLOCKS_DIFFER)
            .ok_or(AnswerRefused::Future(self.updated_at))?;
        Ok(Answer {
            price,
            round: self.round,
            updated_at,
        })
    }
}
