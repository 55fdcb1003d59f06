// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ShopEscrow} from "../../src/ShopEscrow.sol";

/// Reads all of an escrow's books at one moment and in one call, so that a test can look at all of them after every
/// step.
contract Books {
    /// @return owned what the escrow owns, by token
    /// @return claims what it owes to an account, by token and account
    /// @return paid what was paid, by key
    /// @return left what the accounts own themselves, by token and account
    function read(ShopEscrow escrow, address[] calldata tokens, address[] calldata accounts, bytes32[] calldata keys)
        external
        view
        returns (
            uint256[] memory owned,
            uint256[][] memory claims,
            ShopEscrow.Payment[] memory paid,
            uint256[][] memory left
        )
    {
        owned = new uint256[](tokens.length);
        claims = new uint256[][](tokens.length);
        left = new uint256[][](tokens.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            owned[i] = _balance(tokens[i], address(escrow));
            claims[i] = new uint256[](accounts.length);
            left[i] = new uint256[](accounts.length);
            for (uint256 j = 0; j < accounts.length; ++j) {
                claims[i][j] = escrow.withdrawable(accounts[j], tokens[i]);
                left[i][j] = _balance(tokens[i], accounts[j]);
            }
        }
        paid = new ShopEscrow.Payment[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            paid[i] = escrow.payments(keys[i]);
        }
    }

    function _balance(address token, address account) private view returns (uint256) {
        return token == address(0) ? account.balance : IERC20(token).balanceOf(account);
    }
}
