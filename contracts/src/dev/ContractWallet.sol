// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractWallet
/// @notice For tests and development chains only: an account that is a contract and obeys one key.
///
/// What its owner signed counts as its own signature (EIP-1271), as it is: a second wallet of the same owner accepts
/// the same signature, which a wallet for real money has to prevent.
contract ContractWallet is IERC1271 {
    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    /// @notice Whose key it is.
    address public immutable owner;

    /// Only the owner may act through the wallet.
    error NotOwner(address caller);

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    constructor(address owner_) {
        owner = owner_;
    }

    receive() external payable {}

    /// @notice Makes one call; its failure is passed on as it is.
    function execute(address to, uint256 value, bytes calldata data) external payable onlyOwner returns (bytes memory) {
        return _call(to, value, data);
    }

    /// @notice Makes all of the calls in this order, or none.
    function executeBatch(Call[] calldata calls) external payable onlyOwner {
        for (uint256 i = 0; i < calls.length; ++i) {
            _call(calls[i].to, calls[i].value, calls[i].data);
        }
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(hash, signature);
        bool valid = failure == ECDSA.RecoverError.NoError && signer == owner;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _call(address to, uint256 value, bytes calldata data) private returns (bytes memory) {
        (bool done, bytes memory answer) = to.call{value: value}(data);
        return Address.verifyCallResult(done, answer);
    }
}
