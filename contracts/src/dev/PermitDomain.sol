// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// @title PermitDomain
/// @notice For tests and development chains only: tells of its permits (EIP-2612) what it was given, in the ways of
/// tokens older than ERC-5267. It moves nothing.
contract PermitDomain {
    string private _name;
    string private _version;
    bytes32 private immutable _typeHash;
    bytes32 public immutable DOMAIN_SEPARATOR;

    /// It was given nothing to tell.
    error NotTold();

    /// @param version_ none when empty
    /// @param typeHash none when zero
    constructor(string memory name_, string memory version_, bytes32 separator, bytes32 typeHash) {
        _name = name_;
        _version = version_;
        _typeHash = typeHash;
        DOMAIN_SEPARATOR = separator;
    }

    function name() external view returns (string memory) {
        return _name;
    }

    function version() external view returns (string memory) {
        if (bytes(_version).length == 0) revert NotTold();
        return _version;
    }

    function PERMIT_TYPEHASH() external view returns (bytes32) {
        if (_typeHash == 0) revert NotTold();
        return _typeHash;
    }

    function nonces(address) external pure returns (uint256) {
        return 7;
    }

    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }
}
