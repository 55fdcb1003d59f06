// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// A seller that is a contract. When coins arrive it takes them, refuses them, or first makes the calls that it was
/// told to make, which is how a re-entrant attacker behaves.
contract Receiver {
    enum Manner {
        Take,
        Refuse,
        CallBack
    }

    Manner public manner;
    address private _target;
    uint256 private _value;
    bytes[] private _calls;

    /// What became of the last call back.
    bool public called;
    bool public succeeded;
    bytes public answer;

    error Refused();

    receive() external payable {
        if (manner == Manner.Refuse) revert Refused();
        if (manner == Manner.CallBack) {
            // Once: without the guard under test the recursion would otherwise run out of gas and hide the theft.
            manner = Manner.Take;
            called = true;
            for (uint256 i = 0; i < _calls.length; ++i) {
                (succeeded, answer) = _target.call{value: _value}(_calls[i]);
            }
        }
    }

    /// Each call back goes to the target and carries the value, out of the coins that just arrived.
    function behave(Manner manner_, address target, uint256 value, bytes[] calldata calls) external {
        manner = manner_;
        _target = target;
        _value = value;
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) {
            _calls.push(calls[i]);
        }
    }

    /// Calls as this contract; a failure is passed on as it is.
    function act(address target, bytes calldata data) external {
        (bool ok, bytes memory reason) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}
