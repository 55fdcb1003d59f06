// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title MultiPayer
/// @notice For tests and development chains only: pays several quotes of an escrow in one transaction.
contract MultiPayer {
    using SafeERC20 for IERC20;

    struct Payment {
        /// Zero for coins, of which the caller sends enough along; a token is taken from the caller, who approved it.
        address token;
        uint256 amount;
        /// The encoded call of the escrow's `pay`.
        bytes call;
    }

    /// More coins were sent along than the payments took.
    error CoinsLeft(uint256 amount);

    /// @notice Makes all of the payments in this order, or none.
    function payAll(address escrow, Payment[] calldata payments) external payable {
        uint256 coins = msg.value;
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            uint256 value = 0;
            if (payment.token == address(0)) {
                value = payment.amount;
                coins -= value;
            } else {
                IERC20(payment.token).safeTransferFrom(msg.sender, address(this), payment.amount);
                IERC20(payment.token).forceApprove(escrow, payment.amount);
            }
            (bool done, bytes memory answer) = escrow.call{value: value}(payment.call);
            Address.verifyCallResult(done, answer);
        }
        if (coins != 0) revert CoinsLeft(coins);
    }
}
