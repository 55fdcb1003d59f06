//! Whose orders there are, for whoever may look at all that is theirs.

use gage_domain::{
    ids::{OrderId, ShopId},
    value::Address,
};
use uuid::Uuid;

use super::{OrderQueries, queries::uuids};
use crate::failure::QueryError;

/// A buyer, and shops: orders of the one or of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parties {
    /// Who ordered.
    pub buyer: Option<Address>,
    /// Of whom it was ordered.
    pub shops: Vec<ShopId>,
}

impl Parties {
    fn buyer(&self) -> Option<Vec<u8>> {
        self.buyer.map(|buyer| buyer.to_vec())
    }

    fn shops(&self) -> Vec<Uuid> {
        self.shops.iter().map(|shop| shop.0).collect()
    }
}

impl OrderQueries {
    /// Their orders, at most so many, in no order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn ids_of(&self, parties: &Parties, most: u32) -> Result<Vec<OrderId>, QueryError> {
        let sql = format!(
            "SELECT id FROM ((SELECT id FROM {schema}.orders WHERE buyer = $1 LIMIT $3) \
             UNION (SELECT id FROM {schema}.orders WHERE shop = ANY ($2) LIMIT $3)) AS found \
             LIMIT $3",
            schema = super::queries::SCHEMA
        );
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(parties.buyer())
            .bind(parties.shops())
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await?;
        Ok(found.into_iter().map(OrderId).collect())
    }

    /// Which of these orders are theirs, in no order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn among(
        &self,
        parties: &Parties,
        orders: &[OrderId],
    ) -> Result<Vec<OrderId>, QueryError> {
        let sql = format!(
            "SELECT id FROM {}.orders WHERE id = ANY ($3) AND (buyer = $1 OR shop = ANY ($2))",
            super::queries::SCHEMA
        );
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(parties.buyer())
            .bind(parties.shops())
            .bind(uuids(orders))
            .fetch_all(self.pool())
            .await?;
        Ok(found.into_iter().map(OrderId).collect())
    }
}
