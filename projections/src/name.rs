//! The read models by name, for operators.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::{
    catalog::Catalog, ledger::Ledger, orders::Orders, payments::Payments, projection::Projection,
};

/// A read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProjectionName {
    /// Shops, products, stock.
    Catalog,
    /// Orders, lines, timelines.
    Orders,
    /// Terms, attempts, funding.
    Payments,
    /// Accounts of the escrow.
    Ledger,
}

impl ProjectionName {
    /// Every read model.
    pub const ALL: [Self; 4] = [Self::Catalog, Self::Orders, Self::Payments, Self::Ledger];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => Catalog::NAME,
            Self::Orders => Orders::NAME,
            Self::Payments => Payments::NAME,
            Self::Ledger => Ledger::NAME,
        }
    }

    /// The version of its tables that this code reads and writes.
    pub const fn version(self) -> i32 {
        match self {
            Self::Catalog => Catalog::VERSION,
            Self::Orders => Orders::VERSION,
            Self::Payments => Payments::VERSION,
            Self::Ledger => Ledger::VERSION,
        }
    }
}

impl fmt::Display for ProjectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no read model has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no projection {given:?}; there are {}", ProjectionName::ALL.map(ProjectionName::as_str).join(", "))]
pub struct UnknownProjection {
    /// What was given.
    pub given: String,
}

impl FromStr for ProjectionName {
    type Err = UnknownProjection;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == given)
            .ok_or_else(|| UnknownProjection {
                given: given.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::Making;

    /// Queries name the schema in full; it must be the one that the version is written to.
    #[test]
    fn the_schema_has_name_and_version() {
        fn schema_fits<P: Projection>() {
            assert_eq!(P::SCHEMA, format!("{}_v{}", P::NAME, P::VERSION));
        }
        schema_fits::<Catalog>();
        schema_fits::<Orders>();
        schema_fits::<Payments>();
        schema_fits::<Ledger>();
    }

    /// Tables that exist already do not change with the file: replicas would then write rows of
    /// two kinds. Who changes one raises `VERSION` and `SCHEMA`, and writes both down here.
    #[test]
    fn tables_change_only_with_the_version() {
        fn stamp<P: Projection>() -> (i32, u64) {
            let code = P::TABLES
                .lines()
                .filter(|line| !line.trim_start().starts_with("--"))
                .map(str::to_owned)
                .chain(
                    P::INDEXES
                        .iter()
                        .map(|index| index.sql("s", Making::AtOnce)),
                );
            // FNV-1a, 64 bits.
            let hash = code
                .flat_map(String::into_bytes)
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
            (P::VERSION, hash)
        }
        assert_eq!(stamp::<Catalog>(), (4, 0xa413_9fd1_59e0_c560), "catalog");
        assert_eq!(stamp::<Orders>(), (4, 0x4094_eb3c_e87c_82c5), "orders");
        assert_eq!(stamp::<Payments>(), (3, 0x130f_df04_42b1_a16f), "payments");
        assert_eq!(stamp::<Ledger>(), (1, 0x92d0_f27a_4af6_fde7), "ledger");
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        let error = "katalog".parse::<ProjectionName>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no projection \"katalog\"; there are catalog, orders, payments, ledger"
        );
        assert_eq!("orders".parse(), Ok(ProjectionName::Orders));
    }
}
