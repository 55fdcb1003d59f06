//! Who may do what: looked up in the aggregates themselves, never in a read model.

use gage_domain::{
    ids::{OrderId, ProductId, ShopId},
    order::Order,
    product::Product,
    rejection::Rejection,
    shop::{Shop, ShopDetails},
    value::Address,
};

use crate::gateway::{Refusal, Unit, UnitError, What};

/// A shop that was opened.
pub(super) fn existing_shop<'u>(
    unit: &'u mut Unit<'_>,
    shop: ShopId,
) -> Result<&'u ShopDetails, UnitError> {
    let state = unit.state::<Shop>(shop)?;
    state
        .open()
        .map_err(|_| Refusal::NotFound(What::Shop).into())
}

/// Passes if the wallet owns the shop.
pub(super) fn owner_of_shop(
    unit: &mut Unit<'_>,
    shop: ShopId,
    by: Address,
) -> Result<(), UnitError> {
    existing_shop(unit, shop)?;
    match unit.state::<Shop>(shop)?.authorise(by) {
        Ok(_) => Ok(()),
        Err(rejection) => Err(Rejection::from(rejection).into()),
    }
}

/// Passes if the wallet owns the product's shop.
pub(super) fn owner_of_product(
    unit: &mut Unit<'_>,
    product: ProductId,
    by: Address,
) -> Result<(), UnitError> {
    let state = unit.state::<Product>(product)?;
    let shop = state
        .listing()
        .map_err(|_| Refusal::NotFound(What::Product))?
        .shop;
    owner_of_shop(unit, shop, by)
}

/// The order, if the wallet owns its shop. Another's order is as good as none: its id
/// tells a stranger nothing.
pub(super) fn order_for_owner(
    unit: &mut Unit<'_>,
    order: OrderId,
    by: Address,
) -> Result<Order, UnitError> {
    let state = existing_order(unit, order)?;
    let shop = state.shop().ok_or(Refusal::NotFound(What::Order))?;
    match owner_of_shop(unit, shop, by) {
        Err(UnitError::Refused(_)) => Err(Refusal::NotFound(What::Order).into()),
        other => other.map(|()| state),
    }
}

/// The order, if the wallet placed it. Another's order is as good as none.
pub(super) fn order_for_buyer(
    unit: &mut Unit<'_>,
    order: OrderId,
    by: Address,
) -> Result<Order, UnitError> {
    let state = existing_order(unit, order)?;
    match state.authorise_buyer(by) {
        Ok(_) => Ok(state),
        Err(_) => Err(Refusal::NotFound(What::Order).into()),
    }
}

/// An order that was placed.
pub(super) fn existing_order(unit: &mut Unit<'_>, order: OrderId) -> Result<Order, UnitError> {
    let state = unit.state::<Order>(order)?;
    if *state == Order::default() {
        return Err(Refusal::NotFound(What::Order).into());
    }
    Ok(state.clone())
}
