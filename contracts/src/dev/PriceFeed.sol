// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// @title PriceFeed
/// @notice For tests and development chains only: answers as Chainlink's AggregatorV3Interface does, with what anyone
/// sets, be it stale, negative or incomplete.
contract PriceFeed {
    struct Round {
        uint80 roundId;
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
        uint80 answeredInRound;
    }

    uint8 public decimals;
    string public description;
    Round private _latest;

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// Nothing was set yet; a feed without a round reverts as well.
    error NoDataPresent();

    constructor(uint8 decimals_, string memory description_) {
        decimals = decimals_;
        description = description_;
    }

    /// @notice The next round, answered in this second.
    function setAnswer(int256 answer) external {
        uint80 roundId = _latest.roundId + 1;
        setRound(Round(roundId, answer, block.timestamp, block.timestamp, roundId));
    }

    /// @notice Units of the answers from now on: a feed behind a proxy may be replaced by one that counts differently.
    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        Round memory latest = _latest;
        if (latest.roundId == 0) revert NoDataPresent();
        return (latest.roundId, latest.answer, latest.startedAt, latest.updatedAt, latest.answeredInRound);
    }

    /// @notice Any round at all as the latest; one with the id zero makes the feed revert.
    function setRound(Round memory round) public {
        _latest = round;
        emit AnswerUpdated(round.answer, round.roundId, round.updatedAt);
    }
}
