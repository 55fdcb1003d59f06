// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// @title RootAnchor
/// @notice Remembers what a log was: for each publisher and each size of its log, the root of the log's Merkle tree
/// (RFC 6962). Once it stands here, no other root can stand for the same size of the same publisher.
///
/// There is no owner and nothing to pay, and anyone may publish: what stands here says that the publisher's account
/// wrote it in that block, and nothing else. Whose account it is, and whether a root is that of a log, is for readers
/// to know and to check (docs/audit.md).
contract RootAnchor {
    /// @notice A publisher wrote down the root of its log of a size.
    event Anchored(address indexed publisher, uint64 indexed size, bytes32 root);

    /// @notice Another root stands there for this size.
    error OtherRoot(uint64 size, bytes32 root);

    /// @notice An empty log, or no root: there is nothing to write down.
    error NothingToAnchor();

    /// @notice The root that a publisher wrote down for a size; zero when it wrote none.
    mapping(address publisher => mapping(uint64 size => bytes32 root)) public rootOf;

    /// @notice Writes down the root of the caller's log of a size, for ever. The same once more changes nothing.
    function anchor(uint64 size, bytes32 root) external {
        if (size == 0 || root == 0) revert NothingToAnchor();
        bytes32 known = rootOf[msg.sender][size];
        if (known == root) return;
        if (known != 0) revert OtherRoot(size, known);
        rootOf[msg.sender][size] = root;
        emit Anchored(msg.sender, size, root);
    }
}
