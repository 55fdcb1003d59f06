// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

// Tokens that do what the standard does not say, or says otherwise. Each can be met on a public chain.

abstract contract OpenToken is ERC20("Odd", "ODD") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// Returns nothing where the standard says `bool`, and knows no permit, like Tether's.
contract SilentToken is IERC20Errors {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert ERC20InsufficientBalance(from, balanceOf[from], amount);
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Says `false` and moves nothing, where others revert.
contract FalseToken is OpenToken {
    bool private _refusing;

    function refuse(bool refusing) external {
        _refusing = refusing;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !_refusing && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !_refusing && super.transferFrom(from, to, amount);
    }
}

/// Takes a fee from whoever receives; a negative one is a gift.
contract FeeToken is OpenToken {
    int256 private _fee;

    function charge(int256 fee) external {
        _fee = fee;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from == address(0)) return;
        if (_fee > 0) super._update(to, address(0), uint256(_fee));
        if (_fee < 0) super._update(address(0), to, uint256(-_fee));
    }
}

/// All balances are multiplied by a percentage that changes by itself.
contract RebasingToken is OpenToken {
    uint256 private _percent = 100;

    function rebase(uint256 percent) external {
        _percent = percent;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return super.balanceOf(account) * _percent / 100;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount * 100 / _percent);
    }
}

/// Moves nothing from or to whom it has blocked, as the large stablecoins do.
contract BlocklistToken is OpenToken {
    mapping(address account => bool) private _blocked;

    error Blocked(address account);

    function setBlocked(address account, bool blocked) external {
        _blocked[account] = blocked;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_blocked[from]) revert Blocked(from);
        if (_blocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// Calls an account at each transfer, before or after it, like ERC-777; what that account calls back is up to it.
contract HookToken is OpenToken {
    address private _hook;
    bool private _first;

    function setHook(address hook, bool first) external {
        _hook = hook;
        _first = first;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_first) _call();
        super._update(from, to, amount);
        if (!_first) _call();
    }

    function _call() private {
        if (_hook == address(0)) return;
        (bool done,) = _hook.call("");
        require(done);
    }
}

/// Takes any call for a success, like WETH, whose fallback function swallows a permit: nothing was permitted.
contract SwallowingToken is OpenToken {
    fallback() external {}
}
