//! From a mutation to the gateway and back.

use async_graphql::{Context, Error, ID, SimpleObject};
use gage_application::{
    gateway::{Operation, Refusal},
    metadata::Actor,
    ports::event_log::IdempotencyKey,
    position::LogPosition,
};
use gage_domain::{
    inventory::InventoryRejection, order::OrderRejection, product::ProductRejection,
    rejection::Rejection, shop::ShopRejection, value,
};
use uuid::Uuid;

use crate::graphql::{
    context::Asked as _,
    errors::{ApiError, ErrorCode, Failure, UserFault, code_of_refusal},
    node_id::GlobalId,
    scalars::Cursor,
    types::{PayableAsset, Price, PriceInput},
};

/// Something that the user can mend.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserError {
    /// What went wrong.
    pub code: ErrorCode,
    /// In words, for developers; pages tell it in their own.
    pub message: String,
    /// The input's field that it is about, from the top; empty when it is about the whole.
    pub field: Vec<String>,
    /// The product that it is about.
    pub product_id: Option<ID>,
    /// Of a product that is out of stock: how many pieces are left.
    pub available: Option<u32>,
    /// Of a price that has changed: what it is now.
    pub current_price: Option<Price>,
    /// Of an order that does not say, or not rightly, what it is paid with: what it can be paid with.
    pub payable_with: Option<Vec<PayableAsset>>,
}

impl UserError {
    /// An error about a field.
    pub fn at(code: ErrorCode, message: impl Into<String>, field: &[&str]) -> Self {
        Self {
            code,
            message: message.into(),
            field: field.iter().map(|name| (*name).to_owned()).collect(),
            product_id: None,
            available: None,
            current_price: None,
            payable_with: None,
        }
    }

    /// There is no such thing, or not for this wallet.
    pub fn not_found(field: &str) -> Self {
        Self::at(
            ErrorCode::NotFound,
            format!("there is no such {field}"),
            &[field],
        )
    }
}

impl From<&Refusal> for UserError {
    fn from(refusal: &Refusal) -> Self {
        let mut error = Self::at(
            code_of_refusal(refusal),
            refusal.to_string(),
            field_of(refusal),
        );
        match refusal {
            // Clients know products by their global ids, which stand in fields of their own.
            Refusal::OutOfStock {
                product,
                available,
                requested,
            } => {
                error.message = format!("out of stock: {available} left, {requested} requested");
                error.product_id = Some(product.to_global());
                error.available = Some(*available);
            }
            Refusal::PriceChanged { product, now, .. } => {
                "the price has changed".clone_into(&mut error.message);
                error.product_id = Some(product.to_global());
                error.current_price = Some((*now).into());
            }
            Refusal::OtherShop { product, .. } => {
                "a product is not sold by this shop".clone_into(&mut error.message);
                error.product_id = Some(product.to_global());
            }
            Refusal::PayWithMissing { choices } | Refusal::PayWithRefused { choices, .. } => {
                error.payable_with = Some(choices.iter().map(PayableAsset::from).collect());
            }
            Refusal::Rejected(_)
            | Refusal::NotFound(_)
            | Refusal::CurrencyNotAccepted { .. }
            | Refusal::RateUnavailable(_)
            | Refusal::NotFunded { .. }
            | Refusal::AlreadyReleased { .. }
            | Refusal::EscrowRetired { .. }
            | Refusal::InDispute { .. }
            | Refusal::NotAwaitingPayment { .. } => {}
        }
        error
    }
}

/// The input's field that a refusal is about, as all mutations name it; none when unclear.
fn field_of(refusal: &Refusal) -> &'static [&'static str] {
    match refusal {
        Refusal::Rejected(rejection) => match rejection {
            Rejection::Shop(ShopRejection::Name(_)) => &["name"],
            Rejection::Shop(ShopRejection::ZeroPayoutAddress) => &["payoutAddress"],
            Rejection::Product(ProductRejection::Name(_) | ProductRejection::NameMissing) => {
                &["name"]
            }
            Rejection::Product(ProductRejection::Description(_)) => &["description"],
            Rejection::Product(ProductRejection::ZeroPrice | ProductRejection::PriceMissing) => {
                &["price"]
            }
            Rejection::Inventory(InventoryRejection::Reason(_))
            | Rejection::Order(OrderRejection::Reason(_)) => &["reason"],
            Rejection::Inventory(
                InventoryRejection::AdjustBelowReserved { .. }
                | InventoryRejection::AdjustByNothing,
            ) => &["delta"],
            Rejection::Order(OrderRejection::Carrier(_)) => &["tracking", "carrier"],
            Rejection::Order(OrderRejection::TrackingNumber(_)) => &["tracking", "number"],
            Rejection::Order(
                OrderRejection::NoLines
                | OrderRejection::TooManyLines { .. }
                | OrderRejection::QuantityOverflow { .. }
                | OrderRejection::MixedCurrencies
                | OrderRejection::AmountOverflow,
            ) => &["lines"],
            _ => &[],
        },
        Refusal::PriceChanged { .. } | Refusal::OutOfStock { .. } | Refusal::OtherShop { .. } => {
            &["lines"]
        }
        Refusal::CurrencyNotAccepted {
            denomination: value::Denomination::Token(_),
        } => &["price", "token"],
        Refusal::CurrencyNotAccepted {
            denomination: value::Denomination::Fiat(_),
        } => &["price", "fiat"],
        Refusal::PayWithMissing { .. } | Refusal::PayWithRefused { .. } => &["payWith"],
        Refusal::NotFound(_)
        | Refusal::RateUnavailable(_)
        | Refusal::NotFunded { .. }
        | Refusal::AlreadyReleased { .. }
        | Refusal::EscrowRetired { .. }
        | Refusal::InDispute { .. }
        | Refusal::NotAwaitingPayment { .. } => &[],
    }
}

/// What a mutation came to.
#[derive(Debug, Clone)]
pub enum Written<T> {
    /// It is written.
    Done {
        /// The operation's answer.
        output: T,
        /// Where.
        position: LogPosition,
    },
    /// It was refused, and nothing was written.
    Refused(Vec<UserError>),
}

impl<T: Copy> Written<T> {
    /// The operation's answer and where it is written.
    pub fn done(&self) -> Option<(T, LogPosition)> {
        match self {
            Self::Done { output, position } => Some((*output, *position)),
            Self::Refused(_) => None,
        }
    }
}

impl<T> Written<T> {
    /// Where it is written.
    pub fn cursor(&self) -> Option<Cursor> {
        match self {
            Self::Done { position, .. } => Some(Cursor(*position)),
            Self::Refused(_) => None,
        }
    }

    /// Why it was refused.
    pub fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Done { .. } => Vec::new(),
            Self::Refused(errors) => errors.clone(),
        }
    }
}

/// Who calls, and with which key.
pub struct Call {
    /// The wallet.
    pub by: value::Address,
    key: Option<IdempotencyKey>,
}

impl Call {
    /// A new id: the same again for the same key, so that a repeated request is the same request.
    pub fn new_id(&self, operation: &str) -> Uuid {
        let (principal, key) = match &self.key {
            Some(key) => (key.principal.as_str(), key.key.as_str()),
            None => ("", ""),
        };
        let name = format!("{principal}\n{operation}\n{key}");
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }
}

/// Carries out the operation that `build` makes of the input, once for each idempotency key.
///
/// # Errors
/// When nobody is signed in, or the server cannot carry it out now.
pub async fn write<O: Operation>(
    ctx: &Context<'_>,
    idempotency_key: &str,
    build: impl FnOnce(&Call) -> Result<O, UserError>,
) -> Result<Written<O::Output>, Error> {
    let attempted = attempt(ctx, idempotency_key, build).await?;
    attempted.map_err(|error| ctx.error(error))
}

/// As [`write()`], for one operation among others: that the server cannot carry it out now is only
/// this one's.
///
/// # Errors
/// When nobody is signed in.
pub async fn attempt<O: Operation>(
    ctx: &Context<'_>,
    idempotency_key: &str,
    build: impl FnOnce(&Call) -> Result<O, UserError>,
) -> Result<Result<Written<O::Output>, ApiError>, Error> {
    match caller(ctx, idempotency_key)? {
        Ok(call) => {
            let operation = build(&call);
            run(ctx, call, operation).await
        }
        Err(error) => Ok(Ok(Written::Refused(vec![error]))),
    }
}

/// Who calls, with a key that can be used; else why it cannot.
///
/// # Errors
/// When nobody is signed in.
pub fn caller(ctx: &Context<'_>, idempotency_key: &str) -> Result<Result<Call, UserError>, Error> {
    let wallet = ctx.wallet()?;
    let principal = Actor::Wallet(wallet.address).to_string();
    if !is_key(idempotency_key) {
        let message = "an idempotency key has 1 to 200 visible ASCII characters";
        let error = UserError::at(
            ErrorCode::IdempotencyKeyInvalid,
            message,
            &["idempotencyKey"],
        );
        return Ok(Err(error));
    }
    let key = IdempotencyKey {
        principal,
        key: idempotency_key.to_owned(),
    };
    Ok(Ok(Call {
        by: wallet.address,
        key: Some(key),
    }))
}

/// Carries out an operation that writes nothing.
///
/// # Errors
/// When nobody is signed in, or the server cannot carry it out now.
pub async fn look<O: Operation>(
    ctx: &Context<'_>,
    build: impl FnOnce(&Call) -> Result<O, UserError>,
) -> Result<Written<O::Output>, Error> {
    let call = Call {
        by: ctx.wallet()?.address,
        key: None,
    };
    let operation = build(&call);
    carry_out(ctx, call, operation).await
}

/// Carries out an operation that was made of the input, or says why none could be made.
///
/// # Errors
/// When nobody is signed in, or the server cannot carry it out now.
pub async fn carry_out<O: Operation>(
    ctx: &Context<'_>,
    call: Call,
    operation: Result<O, UserError>,
) -> Result<Written<O::Output>, Error> {
    let carried_out = run(ctx, call, operation).await?;
    carried_out.map_err(|error| ctx.error(error))
}

async fn run<O: Operation>(
    ctx: &Context<'_>,
    call: Call,
    operation: Result<O, UserError>,
) -> Result<Result<Written<O::Output>, ApiError>, Error> {
    let operation = match operation {
        Ok(operation) => operation,
        Err(error) => return Ok(Ok(Written::Refused(vec![error]))),
    };
    let request = ctx.request()?.to_gateway(ctx.wallet()?, call.key);
    let carried_out = ctx.services()?.gateway.execute(operation, request).await;
    Ok(match carried_out {
        Ok(committed) => Ok(Written::Done {
            output: committed.output,
            position: committed.position,
        }),
        Err(error) => match Failure::from(error) {
            Failure::User(UserFault::Refused(refusal)) => {
                Ok(Written::Refused(vec![UserError::from(&refusal)]))
            }
            Failure::User(UserFault::KeyReused) => {
                let message = "the idempotency key was used for another request";
                let code = ErrorCode::IdempotencyKeyReused;
                Ok(Written::Refused(vec![UserError::at(
                    code,
                    message,
                    &["idempotencyKey"],
                )]))
            }
            Failure::Api(error) => Err(error),
        },
    })
}

/// The thing of a global id; a text that names none is a thing that is not there.
///
/// # Errors
/// `NOT_FOUND`.
pub fn id_at<I: GlobalId>(id: &ID, field: &str) -> Result<I, UserError> {
    I::from_global(id).ok_or_else(|| UserError::not_found(field))
}

/// A price in one currency.
///
/// # Errors
/// `PRICE_INVALID`.
pub fn price_at(given: PriceInput, field: &[&str]) -> Result<value::Price, UserError> {
    value::Price::try_from(given)
        .map_err(|error| UserError::at(ErrorCode::PriceInvalid, error.to_string(), field))
}

/// 1 to 1000000000 pieces.
///
/// # Errors
/// `QUANTITY_INVALID`.
pub fn quantity_at(given: i32, field: &[&str]) -> Result<value::Quantity, UserError> {
    value::Quantity::try_from(i64::from(given))
        .map_err(|error| UserError::at(ErrorCode::QuantityInvalid, error.to_string(), field))
}

fn is_key(key: &str) -> bool {
    (1..=200).contains(&key.len()) && key.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_request_makes_the_same_id_and_another_does_not() {
        let call = |principal: &str, key: &str| Call {
            by: value::Address::ZERO,
            key: Some(IdempotencyKey {
                principal: principal.to_owned(),
                key: key.to_owned(),
            }),
        };
        let id = call("wallet:0x1", "a").new_id("place_order");
        assert_eq!(id, call("wallet:0x1", "a").new_id("place_order"));
        assert_ne!(id, call("wallet:0x1", "b").new_id("place_order"));
        assert_ne!(id, call("wallet:0x2", "a").new_id("place_order"));
        assert_ne!(id, call("wallet:0x1", "a").new_id("open_shop"));
    }

    #[test]
    fn an_idempotency_key_is_short_and_visible() {
        assert!(is_key("a") && is_key(&"x".repeat(200)));
        for key in ["", " ", "a b", "ü", "\n", &"x".repeat(201)] {
            assert!(!is_key(key), "{key:?}");
        }
    }
}
