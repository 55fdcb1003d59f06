// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title ZeroFirstToken
/// @notice For tests and development chains only: an allowance is changed from zero or to zero, as Tether's on Ethereum
/// has it, and anything else reverts without a word. Anyone may mint.
contract ZeroFirstToken is ERC20("Zero first", "ZF") {
    /// @notice Makes tokens out of nothing, for whomever.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        require(amount == 0 || allowance(msg.sender, spender) == 0);
        return super.approve(spender, amount);
    }
}
