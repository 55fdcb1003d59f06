//! Every code that a client can meet, and the code of every refusal.

use async_graphql::{Enum, resolver_utils::EnumType as _};
use gage_application::{
    gateway::{Refusal, What},
    ports::{chain::PermitRefusal, images::ImageRefusal},
};
use gage_domain::{
    inventory::InventoryRejection,
    order::OrderRejection,
    payment::{CustodyRefusal, PaymentRejection},
    product::ProductRejection,
    rejection::Rejection,
    shop::ShopRejection,
    value::Denomination,
};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum ErrorCode {
    /// Nobody is signed in, or the session has ended.
    Unauthenticated,
    /// The wallet may not do this.
    Forbidden,
    /// There is no such thing, or it is not for this wallet to see.
    NotFound,
    /// Too often: try again later.
    RateLimited,
    /// The request is not as the schema has it.
    BadRequest,
    /// The document is too large, too deep or too complex.
    TooComplex,
    /// The request took too long.
    Timeout,
    /// Too many others want the same at once: try again.
    Busy,
    /// A part of the server is away: try again later.
    Unavailable,
    /// What was written is not visible yet: ask again.
    NotYetVisible,
    /// The server's own fault. Quote the correlation id.
    Internal,
    /// The sign-in message or its signature is refused.
    SignInRefused,
    /// The sign-in nonce is not this server's, was used, or has run out.
    NonceUnknown,
    /// Not 1 to 200 visible ASCII characters.
    IdempotencyKeyInvalid,
    /// The key was used for another request.
    IdempotencyKeyReused,
    /// Not 1 to 1000000000 pieces.
    QuantityInvalid,
    /// A text is empty, too long, or has control characters.
    TextInvalid,
    /// The zero address stands where a wallet is needed.
    AddressZero,
    /// The shop is already open, with other details.
    ShopAlreadyOpen,
    /// The product is already listed, with other details.
    ProductAlreadyListed,
    /// The product is not for sale.
    ProductNotPublished,
    /// A price must be above zero.
    PriceZero,
    /// A product needs a price before it is published.
    PriceMissing,
    /// A published product needs a name in Korean or English.
    NameMissing,
    /// The price is not the one that was seen.
    PriceChanged,
    /// A price is in fiat money or in a token, not in both.
    PriceInvalid,
    /// The token is not accepted.
    TokenNotAccepted,
    /// Prices in this fiat currency are not accepted: no token has a rate in it.
    CurrencyNotAccepted,
    /// The order can be paid with several tokens: say with which (`payWith`).
    PayWithMissing,
    /// The order cannot be paid with this token.
    PayWithRefused,
    /// The rate between the price's currency and the token is not known now. Try again in a minute, or pay with another token.
    RateUnavailable,
    /// Fewer pieces are left than were asked for.
    OutOfStock,
    /// The stock would fall below what orders hold.
    StockBelowReserved,
    /// The stock would be above what can be counted.
    StockAboveLimit,
    /// An adjustment must change the count.
    AdjustmentZero,
    /// The order holds other stock already, or none.
    ReservationConflict,
    /// An order needs at least one line.
    OrderEmpty,
    /// The order has too many lines.
    OrderTooManyLines,
    /// All lines of an order must be of one shop.
    OrderMixedShops,
    /// All lines of an order must be priced in the same currency.
    OrderMixedCurrencies,
    /// The total is larger than any token has units.
    AmountTooLarge,
    /// The order is already placed, with other lines.
    OrderAlreadyPlaced,
    /// The order is in a state in which this cannot be done.
    OrderStateConflict,
    /// The order's payment is not confirmed, or went back.
    OrderNotPaid,
    /// The order cannot be given up: a part of its money went to the seller already.
    OrderMoneyReleased,
    /// The order waits for no payment (any more).
    OrderNotAwaitingPayment,
    /// The payment was made already.
    PaymentAlreadyMade,
    /// The payment is closed.
    PaymentClosed,
    /// The payment is in a state in which this cannot be done.
    PaymentStateConflict,
    /// The money is in dispute: the arbiter decides first, or one side gives in.
    InDispute,
    /// Only in a dispute.
    NotInDispute,
    /// Nobody decides disputes of this payment, so there are none.
    NoArbiter,
    /// It is possible later: see from when.
    TooEarly,
    /// It was possible until the hold time was over.
    TooLate,
    /// All was released or refunded.
    NothingHeld,
    /// An amount must be above zero.
    AmountZero,
    /// More than is held.
    AmountAboveHeld,
    /// The transaction was reported with another nonce.
    AttemptNonceDiffers,
    /// No more transactions can be reported for this payment.
    AttemptLimit,
    /// This is no whole JPEG, PNG or WebP image.
    ImageUnreadable,
    /// The image has more than 8 MB or 24 million pixels.
    ImageTooLarge,
    /// The wallet has uploaded as many images as are kept of one.
    ImageLimit,
    /// What is to be paid takes no permits (EIP-2612).
    PermitNotTaken,
    /// No country: two capital letters (ISO 3166-1).
    CountryInvalid,
    /// This server takes no delivery details: place the order without.
    DeliveryNotTaken,
    /// Goods are still to be delivered: cancel the orders, or confirm their delivery, first.
    OrdersStillOpen,
    /// The permit is not the payer's signature of what was asked: ask anew, and sign that.
    PermitInvalid,
}

/// The code of a permit's refusal.
pub fn code_of_permit(refusal: &PermitRefusal) -> ErrorCode {
    match refusal {
        PermitRefusal::NotTaken => ErrorCode::PermitNotTaken,
        PermitRefusal::TokenUnavailable { .. } => ErrorCode::Unavailable,
        PermitRefusal::Malformed | PermitRefusal::WrongSigner => ErrorCode::PermitInvalid,
    }
}

/// The code of an image's refusal.
pub fn code_of_image(refusal: &ImageRefusal) -> ErrorCode {
    match refusal {
        ImageRefusal::Unreadable => ErrorCode::ImageUnreadable,
        ImageRefusal::TooManyBytes | ImageRefusal::TooManyPixels { .. } => ErrorCode::ImageTooLarge,
        ImageRefusal::TooMany => ErrorCode::ImageLimit,
        ImageRefusal::Busy => ErrorCode::Busy,
        ImageRefusal::Unavailable(_) => ErrorCode::Unavailable,
    }
}

/// The code of a refusal. Exhaustive: a new refusal asks for its code here.
pub fn code_of_refusal(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::Rejected(rejection) => code_of_rejection(rejection),
        Refusal::NotFound(What::Shop | What::Product | What::Order | What::Payment) => {
            ErrorCode::NotFound
        }
        Refusal::PriceChanged { .. } => ErrorCode::PriceChanged,
        Refusal::OutOfStock { .. } => ErrorCode::OutOfStock,
        Refusal::OtherShop { .. } => ErrorCode::OrderMixedShops,
        Refusal::CurrencyNotAccepted { denomination } => match denomination {
            Denomination::Token(_) => ErrorCode::TokenNotAccepted,
            Denomination::Fiat(_) => ErrorCode::CurrencyNotAccepted,
        },
        Refusal::PayWithMissing { .. } => ErrorCode::PayWithMissing,
        Refusal::PayWithRefused { .. } => ErrorCode::PayWithRefused,
        Refusal::RateUnavailable(_) => ErrorCode::RateUnavailable,
        Refusal::NotFunded { .. } => ErrorCode::OrderNotPaid,
        Refusal::EscrowRetired { .. } => ErrorCode::PaymentClosed,
        Refusal::AlreadyReleased { .. } => ErrorCode::OrderMoneyReleased,
        Refusal::InDispute { .. } => ErrorCode::InDispute,
        Refusal::NotAwaitingPayment { .. } => ErrorCode::OrderNotAwaitingPayment,
    }
}

fn code_of_rejection(rejection: &Rejection) -> ErrorCode {
    match rejection {
        Rejection::Shop(rejection) => code_of_shop(rejection),
        Rejection::Product(rejection) => code_of_product(rejection),
        Rejection::Inventory(rejection) => code_of_inventory(rejection),
        Rejection::Order(rejection) => code_of_order(rejection),
        Rejection::Payment(rejection) => code_of_payment(rejection),
        // Only the chain's listener asks for these.
        Rejection::Payout(_) => ErrorCode::PaymentStateConflict,
    }
}

fn code_of_shop(rejection: &ShopRejection) -> ErrorCode {
    match rejection {
        ShopRejection::AlreadyOpen => ErrorCode::ShopAlreadyOpen,
        ShopRejection::NotOpen => ErrorCode::NotFound,
        ShopRejection::NotTheOwner => ErrorCode::Forbidden,
        ShopRejection::ZeroOwner | ShopRejection::ZeroPayoutAddress => ErrorCode::AddressZero,
        ShopRejection::Name(_) => ErrorCode::TextInvalid,
    }
}

fn code_of_product(rejection: &ProductRejection) -> ErrorCode {
    match rejection {
        ProductRejection::AlreadyListed => ErrorCode::ProductAlreadyListed,
        ProductRejection::NotListed => ErrorCode::NotFound,
        ProductRejection::NotPublished => ErrorCode::ProductNotPublished,
        ProductRejection::ZeroPrice => ErrorCode::PriceZero,
        ProductRejection::PriceMissing => ErrorCode::PriceMissing,
        ProductRejection::NameMissing => ErrorCode::NameMissing,
        ProductRejection::Name(_) | ProductRejection::Description(_) => ErrorCode::TextInvalid,
    }
}

fn code_of_inventory(rejection: &InventoryRejection) -> ErrorCode {
    match rejection {
        InventoryRejection::OutOfStock { .. } => ErrorCode::OutOfStock,
        InventoryRejection::AlreadyReserved { .. } | InventoryRejection::NotReserved => {
            ErrorCode::ReservationConflict
        }
        InventoryRejection::AdjustBelowReserved { .. } => ErrorCode::StockBelowReserved,
        InventoryRejection::AdjustByNothing => ErrorCode::AdjustmentZero,
        InventoryRejection::StockLimit { .. } => ErrorCode::StockAboveLimit,
        InventoryRejection::Reason(_) => ErrorCode::TextInvalid,
    }
}

fn code_of_order(rejection: &OrderRejection) -> ErrorCode {
    match rejection {
        OrderRejection::NotPlaced | OrderRejection::NotTheBuyer => ErrorCode::NotFound,
        OrderRejection::AlreadyPlaced => ErrorCode::OrderAlreadyPlaced,
        OrderRejection::ZeroBuyer => ErrorCode::AddressZero,
        OrderRejection::NoLines => ErrorCode::OrderEmpty,
        OrderRejection::TooManyLines { .. } => ErrorCode::OrderTooManyLines,
        OrderRejection::SkuTwice { .. } => ErrorCode::ReservationConflict,
        OrderRejection::QuantityOverflow { .. } => ErrorCode::QuantityInvalid,
        OrderRejection::MixedCurrencies => ErrorCode::OrderMixedCurrencies,
        OrderRejection::ZeroPrice { .. } => ErrorCode::PriceZero,
        OrderRejection::AmountOverflow => ErrorCode::AmountTooLarge,
        OrderRejection::NotAwaitingPayment { .. } | OrderRejection::PayByPassed { .. } => {
            ErrorCode::OrderNotAwaitingPayment
        }
        OrderRejection::NotPaid { .. } => ErrorCode::OrderNotPaid,
        OrderRejection::NotYetDue { .. }
        | OrderRejection::NotRejectable { .. }
        | OrderRejection::NotCancellable { .. }
        | OrderRejection::NotApproved { .. }
        | OrderRejection::AlreadyShipped
        | OrderRejection::NotShipped { .. }
        | OrderRejection::NotCompletable { .. }
        | OrderRejection::NotRefundable { .. } => ErrorCode::OrderStateConflict,
        OrderRejection::Reason(_)
        | OrderRejection::Carrier(_)
        | OrderRejection::TrackingNumber(_) => ErrorCode::TextInvalid,
    }
}

fn code_of_payment(rejection: &PaymentRejection) -> ErrorCode {
    match rejection {
        PaymentRejection::NotRequested | PaymentRejection::NotTheBuyer => ErrorCode::NotFound,
        PaymentRejection::Closed { .. } => ErrorCode::PaymentClosed,
        PaymentRejection::AlreadyPaid => ErrorCode::PaymentAlreadyMade,
        PaymentRejection::TooManyAttempts => ErrorCode::AttemptLimit,
        PaymentRejection::NonceDiffers { .. } => ErrorCode::AttemptNonceDiffers,
        PaymentRejection::NotConfirmed => ErrorCode::OrderNotPaid,
        PaymentRejection::ZeroAmount => ErrorCode::PriceZero,
        PaymentRejection::AlreadyRequested
        | PaymentRejection::Terms(_)
        | PaymentRejection::NoSuchAttempt
        | PaymentRejection::AttemptPaid
        | PaymentRejection::ChainMismatch { .. }
        | PaymentRejection::KeyMismatch { .. }
        | PaymentRejection::TokenMismatch { .. }
        | PaymentRejection::AmountMismatch { .. }
        | PaymentRejection::CreditedByAnotherLog { .. }
        | PaymentRejection::NotDetected
        | PaymentRejection::FundsMoved { .. }
        | PaymentRejection::InFlight
        | PaymentRejection::MoreThanHeld(_)
        | PaymentRejection::LogUsedOtherwise
        | PaymentRejection::AlreadyDisputed => ErrorCode::PaymentStateConflict,
    }
}

/// The code of what the escrow would refuse. Exhaustive: a new one asks for its code here.
pub fn code_of_custody(refusal: &CustodyRefusal) -> ErrorCode {
    match refusal {
        CustodyRefusal::HoldNotOver { .. } | CustodyRefusal::ArbiterMayDecide { .. } => {
            ErrorCode::TooEarly
        }
        CustodyRefusal::HoldOver { .. } => ErrorCode::TooLate,
        CustodyRefusal::InDispute | CustodyRefusal::AlreadyDisputed => ErrorCode::InDispute,
        CustodyRefusal::NotAParty => ErrorCode::Forbidden,
        CustodyRefusal::NotDisputed => ErrorCode::NotInDispute,
        CustodyRefusal::NoArbiter => ErrorCode::NoArbiter,
        CustodyRefusal::NothingHeld => ErrorCode::NothingHeld,
        CustodyRefusal::ZeroAmount => ErrorCode::AmountZero,
        CustodyRefusal::MoreThanHeld(_) => ErrorCode::AmountAboveHeld,
    }
}

impl ErrorCode {
    /// As the schema spells it.
    pub fn name(self) -> &'static str {
        Self::items()
            .iter()
            .find(|item| item.value == self)
            .map_or("INTERNAL", |item| item.name)
    }
}
