// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title OffchainSignatureValidator
/// @notice Says whether a contract wallet stands by a signature that is wrapped as ERC-6492 has it, be the wallet
/// deployed or not. It is never deployed itself: its creation code, with the arguments behind it, is the data of one
/// `eth_call` without `to`. All that happens in it is undone, and what the constructor returns, one byte, is the answer.
///
/// As the ERC (https://eips.ethereum.org/EIPS/eip-6492) orders it: a wallet that has code is asked (ERC-1271); if there
/// is none, or it says no, the factory is called, which deploys it or prepares it, and then it is asked.
///
/// Everything here but the wallet's address and the hash was written by whoever wants to sign in. So no answer is
/// copied but one word, and each call has gas of its own: whatever is called, this constructor comes to its end and says
/// no, and an `eth_call` that fails is the node's failure.
contract OffchainSignatureValidator {
    /// What verifying a passkey in Solidity takes, several times over.
    uint256 private constant ANSWER_GAS = 3_000_000;
    /// What deploying a contract of the largest size takes (EIP-170). A wallet is mostly a proxy, for a tenth of it.
    uint256 private constant FACTORY_GAS = 5_500_000;

    constructor(address wallet, bytes32 hash, address factory, bytes memory factoryCall, bytes memory signature) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (hash, signature));
        bool valid = _saysYes(wallet, question);
        if (!valid) {
            assembly ("memory-safe") {
                // Whether it succeeds shows in the wallet.
                pop(call(FACTORY_GAS, factory, 0, add(factoryCall, 32), mload(factoryCall), 0, 0))
            }
            valid = _saysYes(wallet, question);
        }
        assembly ("memory-safe") {
            mstore8(0, valid)
            return(0, 1)
        }
    }

    /// Whether there is a contract, and it answers with the selector's word and nothing else: a precompile has no code,
    /// and a fallback function echoes or pads.
    function _saysYes(address wallet, bytes memory question) private view returns (bool yes) {
        bytes32 magic = IERC1271.isValidSignature.selector;
        assembly ("memory-safe") {
            if extcodesize(wallet) {
                let done := staticcall(ANSWER_GAS, wallet, add(question, 32), mload(question), 0, 32)
                yes := and(and(done, eq(returndatasize(), 32)), eq(mload(0), magic))
            }
        }
    }
}
