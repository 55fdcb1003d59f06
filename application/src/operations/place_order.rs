//! Places an order: order, reservations and payment request in one append.

use gage_domain::{
    ids::{OrderId, PaymentId, ProductId, ShopId, SkuId},
    inventory::{Inventory, InventoryCommand, InventoryRejection},
    order::{Order, OrderCommand, OrderLine, Wanted, merge_lines},
    payment::{Payment, PaymentCommand},
    personal::Sealed,
    product::Product,
    rejection::Rejection,
    shop::Shop,
    value::{Address, Asset, Denomination, Price},
};
use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    gateway::{Operation, Refusal, Unit, UnitError, What},
    operations::{
        authority::existing_shop,
        price::{accepted, due},
    },
    ports::chain::PaymentDraft,
};

/// Places an order: order, reservations and payment request in one append, so that "out of
/// stock" is an immediate answer and no half-made order can survive a crash.
#[derive(Debug, Clone, Serialize)]
pub struct PlaceOrder {
    /// The new order.
    pub order: OrderId,
    /// Who orders.
    pub by: Address,
    /// From which shop.
    pub shop: ShopId,
    /// What, as asked for; lines of the same product are summed.
    pub lines: Vec<Wanted>,
    /// The prices that the customer saw, where the client names them.
    pub seen_prices: Vec<(ProductId, Price)>,
    /// What the customer pays with: a choice where prices are in fiat money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_with: Option<Asset>,
    /// Where it goes, sealed; none when there is nothing to deliver. The same details for the same
    /// order are sealed to the same bytes, so a repeated request has the same hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Sealed>,
}

impl Operation for PlaceOrder {
    const NAME: &'static str = "place_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let products = || self.lines.iter().map(|line| line.product);
        unit.want::<Shop>([self.shop]);
        unit.want::<Product>(products());
        unit.want::<Inventory>(products().map(SkuId::from));
        // The order's id was made for this request, and the payment's follows from it.
        unit.expect_new::<Order>(self.order);
        unit.expect_new::<Payment>(self.order.into());
        let seller = existing_shop(unit, self.shop)?.payout;
        let requested = merge_lines(&self.lines).map_err(Rejection::from)?;
        let mut lines = Vec::with_capacity(requested.len());
        for line in requested {
            lines.push(self.priced(unit, line)?);
        }
        let pay_by = whole_seconds(unit.now() + unit.policy().payment_window);
        let place = OrderCommand::Place {
            buyer: self.by,
            shop: self.shop,
            lines: lines.clone(),
            pay_by,
            delivery: self.delivery.clone(),
        };
        unit.decide::<Order>(self.order, &place)?;
        for line in &lines {
            let reserve = InventoryCommand::Reserve {
                order: self.order,
                quantity: line.quantity,
            };
            let reserved = unit.try_decide::<Inventory>(line.sku, &reserve)?;
            reserved.map_err(|rejection| out_of_stock(line.product, rejection))?;
        }
        self.request_payment(unit, seller, pay_by)?;
        Ok(self.order)
    }
}

impl PlaceOrder {
    /// The line at the price as published, if that is what the customer saw.
    fn priced(&self, unit: &mut Unit<'_>, line: Wanted) -> Result<OrderLine, UnitError> {
        let product = line.product;
        let state = unit.state::<Product>(product)?;
        if *state == Product::default() {
            return Err(Refusal::NotFound(What::Product).into());
        }
        let offer = state.offer().map_err(Rejection::from)?;
        if offer.shop != self.shop {
            return Err(Refusal::OtherShop {
                product,
                shop: self.shop,
            }
            .into());
        }
        let first_chain = unit.rail().first_chain();
        let now = offer.price.on(first_chain);
        let differs =
            |seen: &&(ProductId, Price)| seen.0 == product && seen.1.on(first_chain) != now;
        if let Some(&(_, seen)) = self.seen_prices.iter().find(differs) {
            return Err(Refusal::PriceChanged { product, seen, now }.into());
        }
        accepted(unit, now)?;
        Ok(OrderLine {
            product,
            sku: product.into(),
            name: offer.name,
            unit_price: now,
            quantity: line.quantity,
        })
    }

    fn request_payment(
        &self,
        unit: &mut Unit<'_>,
        seller: Address,
        deadline: OffsetDateTime,
    ) -> Result<(), UnitError> {
        let order = unit.state::<Order>(self.order)?;
        let total = order.total().ok_or(Refusal::NotFound(What::Order))?;
        let due = due(unit, total, self.pay_with)?;
        let policy = unit.policy();
        let terms = unit.rail().terms(&PaymentDraft {
            order: self.order,
            buyer: self.by,
            seller,
            asset: due.asset,
            amount: due.amount,
            deadline,
            hold_secs: policy.hold_secs,
            dispute_secs: policy.dispute_secs,
        });
        let denomination = Denomination::Token(due.asset);
        let terms = terms.ok_or(Refusal::CurrencyNotAccepted { denomination })?;
        let request = PaymentCommand::Request {
            terms,
            conversion: due.conversion,
        };
        unit.decide::<Payment>(PaymentId::from(self.order), &request)?;
        Ok(())
    }
}

/// Names the product that is not there in that number: the inventory knows only its SKU.
fn out_of_stock(product: ProductId, rejection: InventoryRejection) -> Refusal {
    match rejection {
        InventoryRejection::OutOfStock {
            available,
            requested,
        } => Refusal::OutOfStock {
            product,
            available,
            requested,
        },
        other => Refusal::Rejected(other.into()),
    }
}

/// Chains count whole seconds; cutting off keeps the deadline within the window.
fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}
