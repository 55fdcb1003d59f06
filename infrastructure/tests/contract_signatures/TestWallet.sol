// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// A contract wallet for tests, honest or in one of the ways in which contracts are not.
/// TestWallet.hex is its creation code: solc 0.8, EVM version shanghai, optimised.
contract TestWallet {
    address private immutable owner;
    uint8 private immutable manner;

    constructor(address owner_, uint8 manner_) {
        owner = owner_;
        manner = manner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (manner == 1) revert("never");
        if (manner == 2) return 0xffffffff;
        if (manner == 3) {
            // The magic value at the wrong end of the word.
            assembly ("memory-safe") {
                mstore(0, 0x1626ba7e)
                return(0, 32)
            }
        }
        if (manner == 4) {
            // Four bytes instead of a word.
            assembly ("memory-safe") {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 4)
            }
        }
        if (manner == 5) while (true) {}
        if (signature.length != 65) return 0xffffffff;
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        return signer != address(0) && signer == owner ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
