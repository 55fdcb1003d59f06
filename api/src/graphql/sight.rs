//! What of the history a viewer may look at: of every stream by itself, and all that is theirs.

use std::collections::{BTreeSet, HashSet};

use async_graphql::Context;
use gage_application::{
    event::StreamName,
    gateway::What,
    history::{History, moment},
    ports::chronicle::{Leaf, Of, Stretch, Wanted, Way},
    position::LogPosition,
};
use gage_domain::{
    Decider as _,
    ids::{OrderId, PayoutId, ProductId, ShopId},
    inventory::Inventory,
    order::Order,
    payment::Payment,
    product::Product,
    shop::Shop,
    value::Address,
};
use gage_projections::{
    catalog::CatalogQueries,
    orders::{OrderQueries, Parties},
};
use uuid::Uuid;

use super::{context::Asked as _, errors::ApiError, types::may_see_order};
use crate::identity::viewer::Standing;

/// Orders, or products, up to which somebody's streams are each looked up; with more, a stretch of
/// the log is gone through.
const LOOKED_UP: u32 = 500;
/// The most shops of one owner that are looked for.
const SHOPS: u32 = 1_000;

/// Whose history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graphql) enum Whose {
    /// Everything.
    Everything,
    /// One stream's.
    Stream(StreamName),
    /// One stream's, with that of what belongs to it: who may see the one may see the other.
    Thing(StreamName),
    /// A shop's, with its products, their stock and its orders.
    Shop(ShopId),
    /// Of all orders of a buyer.
    Customer(Address),
    /// Of all shops and all orders of a wallet.
    Wallet(Address),
}

/// What a viewer may look at.
#[derive(Clone)]
pub(in crate::graphql) struct Sight {
    standing: Standing,
    catalog: CatalogQueries,
    orders: OrderQueries,
}

impl Sight {
    /// Of who asks.
    ///
    /// # Errors
    /// When nobody is signed in.
    pub(in crate::graphql) fn of(ctx: &Context<'_>) -> async_graphql::Result<Self> {
        let standing = ctx.signed_in()?.clone();
        let services = ctx.services()?;
        Ok(Self {
            standing,
            catalog: services.catalog.clone(),
            orders: services.orders.clone(),
        })
    }

    /// Everything that is the viewer's own: everything, for who oversees.
    pub(in crate::graphql) fn own(&self) -> Whose {
        match self.standing {
            Standing::Wallet { address, .. } if !self.standing.oversees() => Whose::Wallet(address),
            _ => Whose::Everything,
        }
    }

    /// Looks, as things stand, whether the viewer may see that history.
    ///
    /// # Errors
    /// When they may not, or the read models cannot be asked.
    pub(in crate::graphql) async fn check(&self, whose: &Whose) -> Result<(), ApiError> {
        if self.standing.oversees() {
            return Ok(());
        }
        let (may, what) = match whose {
            Whose::Everything => return Err(ApiError::Forbidden(What::Shop)),
            Whose::Stream(stream) | Whose::Thing(stream) => {
                (self.may_see(stream).await?, what(stream))
            }
            Whose::Shop(id) => {
                let shop = self.catalog.shop(*id).await?;
                let may = shop.is_some_and(|shop| self.standing.is(shop.owner));
                (may, What::Shop)
            }
            Whose::Customer(address) | Whose::Wallet(address) => {
                (self.standing.is(*address), What::Order)
            }
        };
        if may {
            Ok(())
        } else {
            Err(ApiError::NotFound(what))
        }
    }

    /// Whether the viewer may see a stream: of an order and its payment who may see the order, of
    /// a shop, its products and their stock the shop's owner, of what an account took out that
    /// account, and of everything who oversees.
    ///
    /// # Errors
    /// When the read models cannot be asked.
    pub(in crate::graphql) async fn may_see(&self, stream: &StreamName) -> Result<bool, ApiError> {
        let seen = self.visible(&BTreeSet::from([stream.clone()])).await?;
        Ok(!seen.is_empty())
    }

    /// Which of these streams the viewer may see.
    ///
    /// # Errors
    /// When the read models cannot be asked.
    pub(in crate::graphql) async fn visible(
        &self,
        streams: &BTreeSet<StreamName>,
    ) -> Result<HashSet<StreamName>, ApiError> {
        if self.standing.oversees() {
            return Ok(streams.iter().cloned().collect());
        }
        let asked = Asked::of(streams);
        let mut seen = HashSet::new();
        if !asked.orders.is_empty() {
            let rows = self.orders.orders_by_id(&asked.orders).await?;
            let rows = rows.iter().filter(|row| may_see_order(row, &self.standing));
            seen.extend(rows.map(|row| row.id.0));
        }
        if !asked.products.is_empty() {
            let rows = self.catalog.products_by_id(&asked.products).await?;
            let rows = rows.iter().filter(|row| self.standing.is(row.owner));
            seen.extend(rows.map(|row| row.id.0));
        }
        if !asked.shops.is_empty() {
            let rows = self.catalog.shops_by_id(&asked.shops).await?;
            let rows = rows.iter().filter(|row| self.standing.is(row.owner));
            seen.extend(rows.map(|row| row.id.0));
        }
        let may = |stream: &&StreamName| {
            if let Ok(id) = Uuid::parse_str(&stream.aggregate_id) {
                return seen.contains(&id);
            }
            let payout = stream.aggregate_id.parse::<PayoutId>();
            payout.is_ok_and(|id| self.standing.is(id.account))
        };
        Ok(streams.iter().filter(may).cloned().collect())
    }

    /// A page of a history that the viewer may see.
    ///
    /// # Errors
    /// When they may not, or something is away.
    pub(in crate::graphql) async fn page(
        &self,
        history: &History,
        whose: &Whose,
        wanted: &Wanted,
        way: Way,
        limit: u32,
    ) -> Result<Leaf, ApiError> {
        self.check(whose).await?;
        let of = |of, up_to| Wanted {
            of,
            up_to,
            ..wanted.clone()
        };
        match whose {
            Whose::Everything => Ok(history.page(&of(Of::Everything, None), way, limit).await?),
            Whose::Stream(stream) => {
                let of = of(Of::Streams(vec![stream.clone()]), None);
                Ok(history.page(&of, way, limit).await?)
            }
            Whose::Thing(stream) => {
                let of = of(Of::Streams(moment::with(stream)), None);
                Ok(history.page(&of, way, limit).await?)
            }
            Whose::Shop(_) | Whose::Customer(_) | Whose::Wallet(_) => {
                // What belongs to whom is known up to here.
                let catalog = self.catalog.checkpoint().await?;
                let up_to = Some(catalog.min(self.orders.checkpoint().await?));
                let parties = self.parties(whose).await?;
                if let Some(streams) = self.streams(&parties).await? {
                    let of = of(Of::Streams(streams), up_to);
                    return Ok(history.page(&of, way, limit).await?);
                }
                let stretch = history.places(&of(Of::Everything, up_to), way).await?;
                self.theirs(history, &parties, stretch, way, limit).await
            }
        }
    }

    /// Which of some streams belong to a history: the read models must know of them.
    ///
    /// # Errors
    /// When they cannot be asked.
    pub(in crate::graphql) async fn belonging(
        &self,
        whose: &Whose,
        streams: &BTreeSet<StreamName>,
    ) -> Result<HashSet<StreamName>, ApiError> {
        match whose {
            Whose::Everything => Ok(streams.iter().cloned().collect()),
            Whose::Stream(one) => Ok(streams.get(one).cloned().into_iter().collect()),
            Whose::Thing(one) => {
                let with = moment::with(one);
                Ok(with
                    .into_iter()
                    .filter(|one| streams.contains(one))
                    .collect())
            }
            Whose::Shop(_) | Whose::Customer(_) | Whose::Wallet(_) => {
                let parties = self.parties(whose).await?;
                self.among(&parties, streams).await
            }
        }
    }

    async fn parties(&self, whose: &Whose) -> Result<Parties, ApiError> {
        Ok(match whose {
            Whose::Everything | Whose::Stream(_) | Whose::Thing(_) => Parties::default(),
            Whose::Shop(shop) => Parties {
                buyer: None,
                shops: vec![*shop],
            },
            Whose::Customer(buyer) => Parties {
                buyer: Some(*buyer),
                shops: Vec::new(),
            },
            Whose::Wallet(wallet) => Parties {
                buyer: Some(*wallet),
                shops: self.catalog.shops_of(*wallet, SHOPS).await?,
            },
        })
    }

    /// All streams of theirs; none when they are many.
    async fn streams(&self, parties: &Parties) -> Result<Option<Vec<StreamName>>, ApiError> {
        let few = |count: usize| count <= usize::try_from(LOOKED_UP).unwrap_or(usize::MAX);
        let orders = self.orders.ids_of(parties, LOOKED_UP + 1).await?;
        let products = self.catalog.products_of(&parties.shops, LOOKED_UP + 1);
        let products = products.await?;
        if !few(orders.len()) || !few(products.len()) {
            return Ok(None);
        }
        let shops = parties.shops.iter().map(|id| StreamName::of::<Shop>(*id));
        let mut streams: Vec<StreamName> = shops.collect();
        for order in orders {
            streams.push(StreamName::of::<Order>(order));
            streams.push(StreamName::of::<Payment>(order.into()));
        }
        for product in products {
            streams.push(StreamName::of::<Product>(product));
            streams.push(StreamName::of::<Inventory>(product.into()));
        }
        Ok(Some(streams))
    }

    async fn among(
        &self,
        parties: &Parties,
        streams: &BTreeSet<StreamName>,
    ) -> Result<HashSet<StreamName>, ApiError> {
        let asked = Asked::of(streams);
        let mut theirs: HashSet<Uuid> = HashSet::new();
        let shops = asked.shops.iter().filter(|id| parties.shops.contains(id));
        theirs.extend(shops.map(|id| id.0));
        if !asked.orders.is_empty() {
            let orders = self.orders.among(parties, &asked.orders).await?;
            theirs.extend(orders.into_iter().map(|id| id.0));
        }
        if !asked.products.is_empty() && !parties.shops.is_empty() {
            let products = self.catalog.products_among(&parties.shops, &asked.products);
            theirs.extend(products.await?.into_iter().map(|id| id.0));
        }
        let of = |stream: &&StreamName| {
            Uuid::parse_str(&stream.aggregate_id).is_ok_and(|id| theirs.contains(&id))
        };
        Ok(streams.iter().filter(of).cloned().collect())
    }

    /// Those events of a stretch that are theirs.
    async fn theirs(
        &self,
        history: &History,
        parties: &Parties,
        stretch: Stretch,
        way: Way,
        limit: u32,
    ) -> Result<Leaf, ApiError> {
        let Stretch {
            mut places,
            mut looked_to,
            mut at_end,
        } = stretch;
        let streams = places.iter().map(|(_, stream)| stream.clone()).collect();
        let theirs = self.among(parties, &streams).await?;
        places.retain(|(_, stream)| theirs.contains(stream));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if places.len() > limit {
            places.truncate(limit);
            looked_to = places.last().map(|(position, _)| *position);
            at_end = false;
        }
        let positions: Vec<LogPosition> = places.iter().map(|(position, _)| *position).collect();
        let found = history.events(&positions).await?;
        let mut events: Vec<_> = found.into_iter().flatten().collect();
        if let Way::Back(_) = way {
            events.reverse();
        }
        Ok(Leaf {
            events,
            looked_to,
            at_end,
        })
    }
}

/// The ids in the names of streams, by who knows of them.
struct Asked {
    orders: Vec<OrderId>,
    products: Vec<ProductId>,
    shops: Vec<ShopId>,
}

impl Asked {
    fn of(streams: &BTreeSet<StreamName>) -> Self {
        let ids = |types: &[&str]| -> Vec<Uuid> {
            let named = streams
                .iter()
                .filter(|stream| types.contains(&stream.aggregate_type.as_str()))
                .filter_map(|stream| Uuid::parse_str(&stream.aggregate_id).ok());
            named.collect::<BTreeSet<Uuid>>().into_iter().collect()
        };
        let ids_of = |types: &[&str]| ids(types).into_iter();
        Self {
            orders: ids_of(&[Order::TYPE, Payment::TYPE]).map(OrderId).collect(),
            // A SKU has the id of its product.
            products: ids_of(&[Product::TYPE, Inventory::TYPE])
                .map(ProductId)
                .collect(),
            shops: ids_of(&[Shop::TYPE]).map(ShopId).collect(),
        }
    }
}

fn what(stream: &StreamName) -> What {
    match stream.aggregate_type.as_str() {
        Order::TYPE | Payment::TYPE => What::Order,
        Product::TYPE | Inventory::TYPE => What::Product,
        _ => What::Shop,
    }
}
