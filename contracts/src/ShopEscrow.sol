// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title ShopEscrow
/// @notice Holds what a buyer pays for an order until it is released to the seller or refunded to the buyer.
///
/// A payment exists only for a quote that the shop's server signed (EIP-712), and its key is that quote's digest. The
/// digest covers the amount, the parties, every time limit, the chain and this contract, so a wrong amount, a late, a
/// second or a redirected payment cannot happen here; nobody has to find and return it afterwards.
///
/// For every key, always: funded = held + released + refunded. And for every token the contract owns at least the sum
/// of what is held and what is withdrawable.
///
/// There is no owner, no upgrade and no sweep, and the contract takes no coins but for a signed quote: whoever holds the
/// quote signer's key can write bad quotes, but cannot move what was paid.
///
/// Besides the chain's native coin it accepts the ERC-20 tokens named at its deployment, and never another: not even
/// a stolen signer's key brings in a token that does as it likes. What is merely transferred here stays for ever.
contract ShopEscrow is EIP712, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @notice An offer to pay for one order, signed by `quoteSigner`.
    struct Quote {
        /// The order's UUID: 16 bytes, left-padded with zeros.
        bytes32 order;
        /// Whom a refund goes to; not necessarily who pays.
        address buyer;
        /// Whom a release goes to.
        address seller;
        /// Who decides a dispute; zero for nobody, and then there are no disputes.
        address arbiter;
        /// Zero for the chain's native coin, else one that the contract `accepts`.
        address token;
        /// In base units of the token.
        uint256 amount;
        /// The last second (unix time) in which the quote may be paid.
        uint64 deadline;
        /// Seconds from the payment until anyone may release it, unless it is disputed.
        uint64 holdSeconds;
        /// Seconds from a dispute until the buyer may take the refund, if the arbiter did not decide.
        uint64 disputeSeconds;
    }

    /// @notice A paid quote. Ordered to fill six storage slots, of which a payment in coins without an arbiter writes
    /// four: this is most of what `pay` costs. A token takes a fifth.
    struct Payment {
        address buyer;
        /// Unix time of the payment.
        uint64 paidAt;
        address seller;
        uint64 holdSeconds;
        address arbiter;
        uint64 disputeSeconds;
        address token;
        /// Unix time of the dispute; zero if there is none.
        uint64 disputedAt;
        uint128 funded;
        uint128 released;
        uint128 refunded;
        /// The order's UUID.
        bytes16 order;
    }

    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "Quote(bytes32 order,address buyer,address seller,address arbiter,address token,uint256 amount,"
        "uint64 deadline,uint64 holdSeconds,uint64 disputeSeconds)"
    );

    /// Bytes of an encoded quote.
    uint256 private constant QUOTE_LENGTH = 9 * 32;

    /// @notice Whose signature makes a quote payable: a plain account, or a contract through EIP-1271.
    address public immutable quoteSigner;

    /// @notice What an account may withdraw of a token (zero: the native coin), in base units.
    mapping(address account => mapping(address token => uint256 amount)) public withdrawable;

    mapping(bytes32 key => Payment) private _payments;

    /// Written by the constructor alone.
    mapping(address token => bool accepted) private _acceptedTokens;

    /// @notice Once for each accepted token, at the deployment: the whole list, for everyone to find.
    event TokenAccepted(address indexed token);
    event Paid(
        bytes32 indexed key,
        bytes32 indexed order,
        address indexed payer,
        address buyer,
        address seller,
        address token,
        uint256 amount
    );
    event Released(bytes32 indexed key, bytes32 indexed order, address indexed by, uint256 amount);
    event Refunded(bytes32 indexed key, bytes32 indexed order, address indexed by, uint256 amount);
    event Disputed(bytes32 indexed key, bytes32 indexed order, address indexed by);
    event Withdrawn(address indexed account, address indexed token, uint256 amount);

    /// The contract was to be deployed without a quote signer.
    error MissingSigner();
    /// There is no contract at an address that was to be accepted as a token.
    error NotAToken(address token);
    /// A token was named twice, so another one may be missing.
    error DuplicateToken(address token);
    /// The quote's token is not accepted.
    error UnsupportedToken(address token);
    /// What was given for a signed quote is too short to hold one.
    error MalformedQuote(uint256 length);
    /// Sixteen bytes of an order id must be zero.
    error MalformedOrder(bytes32 order);
    /// A buyer or a seller of zero would lose the money.
    error MissingParty(address buyer, address seller);
    /// The quote's amount is zero, or above 2^128 - 1.
    error AmountOutOfRange(uint256 amount);
    /// The coins sent are not exactly the quote's amount; for a quote in a token they must be none.
    error WrongValue(uint256 expected, uint256 sent);
    /// The quote's deadline is over.
    error QuoteExpired(uint64 deadline, uint256 paidAt);
    /// The quote was paid before; what became of that payment does not matter.
    error AlreadyPaid(bytes32 key);
    /// Not the signature of `quoteSigner` over this quote, for this contract on this chain.
    error InvalidSignature(bytes32 key);
    /// Nothing was ever paid under this key.
    error UnknownPayment(bytes32 key);
    /// Releasing or refunding nothing.
    error ZeroAmount(bytes32 key);
    /// More than what is still held.
    error ExceedsHeld(bytes32 key, uint256 requested, uint256 held);
    /// Until then only the buyer may release.
    error HoldNotOver(bytes32 key, uint256 endsAt);
    /// The hold time is over, so it is too late for a dispute.
    error HoldOver(bytes32 key, uint256 endedAt);
    /// In a dispute only the arbiter, or the party that gives in, may move the money.
    error UnderDispute(bytes32 key, address caller);
    /// The caller has no say over this payment.
    error NotParty(bytes32 key, address caller);
    /// Without a dispute only the seller may refund.
    error NotDisputed(bytes32 key);
    /// Until then the arbiter may decide, and the buyer has to wait.
    error ArbiterMayDecide(bytes32 key, uint256 endsAt);
    /// The quote named no arbiter, so there are no disputes.
    error NoArbiter(bytes32 key);
    /// There is a dispute already.
    error AlreadyDisputed(bytes32 key);
    /// All was released or refunded, so there is nothing to dispute.
    error NothingHeld(bytes32 key);
    /// Nothing is withdrawable.
    error NothingToWithdraw(address account, address token);
    /// A token moved another amount than it was told to, so the payment did not happen.
    error InexactTransfer(address token, uint256 expected, uint256 received);
    /// The account did not take the coins; they stay withdrawable.
    error WithdrawalRefused(address account, address token, uint256 amount);

    /// @param tokens the ERC-20 tokens to accept, for ever. One that takes fees is refused whenever it does; one whose
    /// balances change by themselves must not be named, since then what is owed and what is there drift apart.
    constructor(address signer, address[] memory tokens) EIP712("Gage ShopEscrow", "1") {
        if (signer == address(0)) revert MissingSigner();
        quoteSigner = signer;
        for (uint256 i = 0; i < tokens.length; ++i) {
            address token = tokens[i];
            if (token.code.length == 0) revert NotAToken(token);
            if (_acceptedTokens[token]) revert DuplicateToken(token);
            _acceptedTokens[token] = true;
            emit TokenAccepted(token);
        }
    }

    /// @notice Pays a signed quote, in full and exactly. Anyone may pay for the buyer. Coins are sent along; of a token
    /// the caller must have approved the amount to this contract.
    /// @param signature of `quoteSigner` over `keyOf(quote)`
    function pay(Quote calldata quote, bytes calldata signature) external payable nonReentrant {
        _pay(quote, signature);
    }

    /// @notice Pays a signed quote as `pay` does, for those who can pass no struct: a payment request in a URL (ERC-681)
    /// knows elementary types alone.
    /// @param signedQuote the nine words of `abi.encode(quote)`, then the signature as it is
    function payOrder(bytes calldata signedQuote) external payable nonReentrant {
        if (signedQuote.length < QUOTE_LENGTH) revert MalformedQuote(signedQuote.length);
        Quote calldata quote;
        // All members are static, so the quote is where its words are; what a member cannot be, reverts when it is read.
        assembly ("memory-safe") {
            quote := signedQuote.offset
        }
        _pay(quote, signedQuote[QUOTE_LENGTH:]);
    }

    /// @notice Pays a signed quote in a token that knows EIP-2612, without an approval beforehand.
    /// @param signature of `quoteSigner` over `keyOf(quote)`
    /// @param permitDeadline with `v`, `r` and `s`: the caller's permit to this contract, for exactly the quote's amount
    function payWithPermit(
        Quote calldata quote,
        bytes calldata signature,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        address token = _record(quote, signature);
        // Anyone may have used the permit before, only to make it fail here. The allowance it gave is what counts.
        try IERC20Permit(token).permit(msg.sender, address(this), quote.amount, permitDeadline, v, r, s) {} catch {}
        _collect(IERC20(token), quote.amount);
    }

    /// @notice Releases a part or all of what is held to the seller.
    /// The buyer may at any time; the arbiter in a dispute; anyone once the hold time is over without a dispute.
    function release(bytes32 key, uint256 amount) external {
        Payment storage payment = _existing(key);
        if (msg.sender != payment.buyer) {
            if (payment.disputedAt != 0) {
                if (msg.sender != payment.arbiter) revert UnderDispute(key, msg.sender);
            } else {
                uint256 holdEnds = _holdEnds(payment);
                if (block.timestamp < holdEnds) revert HoldNotOver(key, holdEnds);
            }
        }
        uint128 part = _partOfHeld(payment, key, amount);
        payment.released += part;
        withdrawable[payment.seller][payment.token] += part;
        emit Released(key, _orderOf(payment), msg.sender, part);
    }

    /// @notice Refunds a part or all of what is held to the buyer.
    /// The seller may at any time; the arbiter in a dispute; the buyer once the arbiter's time in a dispute is over.
    function refund(bytes32 key, uint256 amount) external {
        Payment storage payment = _existing(key);
        if (msg.sender != payment.seller) {
            if (msg.sender != payment.buyer && msg.sender != payment.arbiter) revert NotParty(key, msg.sender);
            if (payment.disputedAt == 0) revert NotDisputed(key);
            if (msg.sender != payment.arbiter) {
                uint256 arbiterEnds = uint256(payment.disputedAt) + payment.disputeSeconds;
                if (block.timestamp < arbiterEnds) revert ArbiterMayDecide(key, arbiterEnds);
            }
        }
        uint128 part = _partOfHeld(payment, key, amount);
        payment.refunded += part;
        withdrawable[payment.buyer][payment.token] += part;
        emit Refunded(key, _orderOf(payment), msg.sender, part);
    }

    /// @notice Opens a dispute: the buyer or the seller calls the arbiter, once, before the hold time is over.
    function dispute(bytes32 key) external {
        Payment storage payment = _existing(key);
        if (msg.sender != payment.buyer && msg.sender != payment.seller) revert NotParty(key, msg.sender);
        if (payment.arbiter == address(0)) revert NoArbiter(key);
        if (payment.disputedAt != 0) revert AlreadyDisputed(key);
        if (_heldOf(payment) == 0) revert NothingHeld(key);
        uint256 holdEnds = _holdEnds(payment);
        if (block.timestamp >= holdEnds) revert HoldOver(key, holdEnds);

        payment.disputedAt = uint64(block.timestamp);
        emit Disputed(key, _orderOf(payment), msg.sender);
    }

    /// @notice Pays out to the caller all that the caller may withdraw of a token (zero: the native coin).
    /// Nothing is ever pushed, so an account that cannot take coins, or that a token has blocked, hinders nobody else.
    function withdraw(address token) external nonReentrant {
        uint256 amount = withdrawable[msg.sender][token];
        if (amount == 0) revert NothingToWithdraw(msg.sender, token);

        withdrawable[msg.sender][token] = 0;
        emit Withdrawn(msg.sender, token, amount);
        if (token == address(0)) {
            (bool taken,) = msg.sender.call{value: amount}("");
            if (!taken) revert WithdrawalRefused(msg.sender, token, amount);
        } else {
            IERC20(token).safeTransfer(msg.sender, amount);
        }
    }

    /// @notice The key of a quote: its EIP-712 digest for this contract on this chain, which is what gets signed.
    function keyOf(Quote calldata quote) public view returns (bytes32) {
        // All members are static, so this is EIP-712's encodeData.
        return _hashTypedDataV4(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

    /// @notice Whether a quote may name this token; the native coin (zero) always.
    function accepts(address token) public view returns (bool) {
        return token == address(0) || _acceptedTokens[token];
    }

    /// @notice The payment under a key; all zero if nothing was paid. Held is funded - released - refunded.
    function payments(bytes32 key) external view returns (Payment memory) {
        return _payments[key];
    }

    function _pay(Quote calldata quote, bytes calldata signature) private {
        address token = _record(quote, signature);
        if (token != address(0)) _collect(IERC20(token), quote.amount);
    }

    /// Checks all that a payment must be, and writes it down as paid. Tokens are taken after that, or the call reverts:
    /// so whatever a token calls in the meantime, the quote is already used up.
    /// @return token the quote's
    function _record(Quote calldata quote, bytes calldata signature) private returns (address token) {
        token = quote.token;
        if (!accepts(token)) revert UnsupportedToken(token);
        if (uint256(quote.order) > type(uint128).max) revert MalformedOrder(quote.order);
        if (quote.buyer == address(0) || quote.seller == address(0)) revert MissingParty(quote.buyer, quote.seller);
        if (quote.amount == 0 || quote.amount > type(uint128).max) revert AmountOutOfRange(quote.amount);
        uint256 coins = token == address(0) ? quote.amount : 0;
        if (msg.value != coins) revert WrongValue(coins, msg.value);
        if (block.timestamp > quote.deadline) revert QuoteExpired(quote.deadline, block.timestamp);

        bytes32 key = keyOf(quote);
        Payment storage payment = _payments[key];
        if (payment.funded != 0) revert AlreadyPaid(key);
        if (!SignatureChecker.isValidSignatureNow(quoteSigner, key, signature)) revert InvalidSignature(key);

        payment.buyer = quote.buyer;
        payment.paidAt = uint64(block.timestamp);
        payment.seller = quote.seller;
        payment.holdSeconds = quote.holdSeconds;
        payment.arbiter = quote.arbiter;
        payment.disputeSeconds = quote.disputeSeconds;
        payment.token = token;
        payment.funded = uint128(quote.amount);
        payment.order = bytes16(uint128(uint256(quote.order)));
        emit Paid(key, quote.order, msg.sender, quote.buyer, quote.seller, quote.token, quote.amount);
    }

    /// Takes the amount from the caller. What arrives is looked at, not believed: were less of a token here than is
    /// owed, the last to withdraw would pay for it.
    function _collect(IERC20 token, uint256 amount) private {
        uint256 held = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 balance = token.balanceOf(address(this));
        uint256 received = balance > held ? balance - held : 0;
        if (received != amount) revert InexactTransfer(address(token), amount, received);
    }

    function _existing(bytes32 key) private view returns (Payment storage payment) {
        payment = _payments[key];
        if (payment.funded == 0) revert UnknownPayment(key);
    }

    function _heldOf(Payment storage payment) private view returns (uint128) {
        return payment.funded - payment.released - payment.refunded;
    }

    function _partOfHeld(Payment storage payment, bytes32 key, uint256 amount) private view returns (uint128) {
        if (amount == 0) revert ZeroAmount(key);
        uint128 held = _heldOf(payment);
        if (amount > held) revert ExceedsHeld(key, amount, held);
        return uint128(amount);
    }

    /// From this second on anyone may release, and nobody may dispute: the two never overlap.
    function _holdEnds(Payment storage payment) private view returns (uint256) {
        return uint256(payment.paidAt) + payment.holdSeconds;
    }

    function _orderOf(Payment storage payment) private view returns (bytes32) {
        return bytes32(uint256(uint128(payment.order)));
    }
}
