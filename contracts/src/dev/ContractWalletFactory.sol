// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {ContractWallet} from "./ContractWallet.sol";

/// @title ContractWalletFactory
/// @notice For tests and development chains only: wallets whose address is known, and can sign in (ERC-6492), before
/// they exist.
contract ContractWalletFactory {
    /// @notice Makes the wallet unless it is there, so that it does not matter who was first.
    function create(address owner, bytes32 salt) external returns (address wallet) {
        wallet = addressOf(owner, salt);
        if (wallet.code.length == 0) new ContractWallet{salt: salt}(owner);
    }

    /// @notice Where the wallet is or will be.
    function addressOf(address owner, bytes32 salt) public view returns (address) {
        bytes memory creation = abi.encodePacked(type(ContractWallet).creationCode, abi.encode(owner));
        return Create2.computeAddress(salt, keccak256(creation));
    }
}
