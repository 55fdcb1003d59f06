//! What read models should say, from the folds of a replay: a second witness, which shares no
//! code with the read models.

mod catalog;
mod ledger;
mod orders;
mod payments;
mod search;
pub(super) mod timeline;

use gage_domain::{
    text::LocalizedText,
    value::{Address, Currency, Price},
};
use time::OffsetDateTime;
use uuid::Uuid;

pub(super) use self::{
    catalog::{product, shop, stock},
    ledger::{Account, Accounts, ledger_payment, wallet},
    orders::{line, order, owner},
    payments::{attempt, payment},
};
use super::moments::Model;
use crate::position::LogPosition;

/// A table of a read model as this program knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) model: Model,
    pub(super) name: &'static str,
    /// All columns; those of the key come first.
    pub(super) columns: &'static [&'static str],
    /// How many columns the key has.
    pub(super) key: usize,
}

pub(super) const SHOPS: Table = Table {
    model: Model::Catalog,
    name: "shops",
    columns: &[
        "id",
        "owner",
        "name_ko",
        "name_en",
        "payout",
        "opened_at",
        "opened_xact_id",
        "opened_position",
        "xact_id",
        "position",
    ],
    key: 1,
};

pub(super) const PRODUCTS: Table = Table {
    model: Model::Catalog,
    name: "products",
    columns: &[
        "id",
        "shop",
        "sku",
        "name_ko",
        "name_en",
        "description_ko",
        "description_en",
        "search_text",
        "search_grams",
        "price_chain_id",
        "price_token",
        "price_fiat",
        "price_amount",
        "image",
        "low_stock_mark",
        "published",
        "listed_at",
        "listed_xact_id",
        "listed_position",
        "xact_id",
        "position",
    ],
    key: 1,
};

pub(super) const STOCK: Table = Table {
    model: Model::Catalog,
    name: "stock",
    columns: &["sku", "on_hand", "reserved", "xact_id", "position"],
    key: 1,
};

pub(super) const OWNERS: Table = Table {
    model: Model::Orders,
    name: "shops",
    columns: &["id", "owner", "xact_id", "position"],
    key: 1,
};

pub(super) const ORDERS: Table = Table {
    model: Model::Orders,
    name: "orders",
    columns: &[
        "id",
        "buyer",
        "shop",
        "phase",
        "total_chain_id",
        "total_token",
        "total_fiat",
        "total",
        "pay_by",
        "placed_at",
        "chain_id",
        "payment_seen",
        "expires_at",
        "arbiter",
        "disputed",
        "tracking_carrier",
        "tracking_number",
        "rejection_reason",
        "placed_xact_id",
        "placed_position",
        "xact_id",
        "position",
    ],
    key: 1,
};

pub(super) const LINES: Table = Table {
    model: Model::Orders,
    name: "order_lines",
    columns: &[
        "order_id",
        "line",
        "product",
        "sku",
        "name_ko",
        "name_en",
        "price_chain_id",
        "price_token",
        "price_fiat",
        "price_amount",
        "quantity",
    ],
    key: 2,
};

pub(super) const TIMELINE: Table = Table {
    model: Model::Orders,
    name: "timeline",
    columns: &[
        "order_id",
        "xact_id",
        "position",
        "milestone",
        "at",
        "actor",
        "details",
    ],
    key: 3,
};

pub(super) const PAYMENTS: Table = Table {
    model: Model::Payments,
    name: "payments",
    columns: &[
        "order_id",
        "buyer",
        "seller",
        "arbiter",
        "token",
        "amount",
        "deadline",
        "hold_secs",
        "dispute_secs",
        "chain_id",
        "escrow",
        "payment_key",
        "conversion",
        "standing",
        "funding",
        "log_chain_id",
        "log_block_number",
        "log_block_hash",
        "log_tx_hash",
        "log_index",
        "payer",
        "funded",
        "paid_at",
        "hold_ends",
        "confirmations",
        "released",
        "refunded",
        "disputed_by",
        "disputed_at",
        "disputed_xact_id",
        "disputed_position",
        "shipped",
        "requested_at",
        "xact_id",
        "position",
    ],
    key: 1,
};

pub(super) const ATTEMPTS: Table = Table {
    model: Model::Payments,
    name: "attempts",
    columns: &[
        "order_id",
        "tx_hash",
        "nonce",
        "reported_by",
        "reported_at",
        "failure",
        "watched",
        "xact_id",
        "position",
    ],
    key: 2,
};

pub(super) const LEDGER_PAYMENTS: Table = Table {
    model: Model::Ledger,
    name: "payments",
    columns: &[
        "order_id",
        "chain_id",
        "escrow",
        "token",
        "buyer",
        "seller",
        "amount",
        "confirmed",
        "released",
        "refunded",
        "xact_id",
        "position",
    ],
    key: 1,
};

pub(super) const ACCOUNTS: Table = Table {
    model: Model::Ledger,
    name: "accounts",
    columns: &[
        "owner",
        "token",
        "chain_id",
        "escrow",
        "held",
        "released",
        "refunded",
        "returned",
        "withdrawn",
        "xact_id",
        "position",
    ],
    key: 4,
};

pub(super) const WALLETS: Table = Table {
    model: Model::Ledger,
    name: "shop_wallets",
    columns: &["shop_id", "wallet", "xact_id", "position"],
    key: 2,
};

/// Every table.
pub(super) const TABLES: [Table; 12] = [
    SHOPS,
    PRODUCTS,
    STOCK,
    OWNERS,
    ORDERS,
    LINES,
    TIMELINE,
    PAYMENTS,
    ATTEMPTS,
    LEDGER_PAYMENTS,
    ACCOUNTS,
    WALLETS,
];

/// A row that is being written down, column by column.
#[derive(Default)]
pub(super) struct Columns(Vec<Option<String>>);

impl Columns {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers and texts, as they come"
    )]
    fn text(mut self, value: impl ToString) -> Self {
        self.0.push(Some(value.to_string()));
        self
    }

    fn maybe<T: ToString>(mut self, value: Option<T>) -> Self {
        self.0.push(value.map(|value| value.to_string()));
        self
    }

    fn bytes(self, value: impl AsRef<[u8]>) -> Self {
        self.text(hexadecimal(value.as_ref()))
    }

    fn maybe_bytes<T: AsRef<[u8]>>(self, value: Option<T>) -> Self {
        self.maybe(value.map(|value| hexadecimal(value.as_ref())))
    }

    fn id(self, id: Uuid) -> Self {
        self.text(id.hyphenated())
    }

    fn time(self, at: OffsetDateTime) -> Self {
        self.text(timeline::micros(at))
    }

    fn maybe_time(self, at: Option<OffsetDateTime>) -> Self {
        self.maybe(at.map(timeline::micros))
    }

    fn position(self, at: LogPosition) -> Self {
        self.text(at.xact_id).text(at.position)
    }

    fn maybe_position(self, at: Option<LogPosition>) -> Self {
        self.maybe(at.map(|at| at.xact_id))
            .maybe(at.map(|at| at.position))
    }

    fn name(self, name: &LocalizedText) -> Self {
        self.maybe(name.ko()).maybe(name.en())
    }

    /// Chain, token, fiat currency and amount.
    fn price(self, price: Option<&Price>) -> Self {
        let (chain_id, token, fiat) = match price.map(|price| price.currency) {
            Some(Currency::Token { chain_id, token }) => (chain_id, Some(token), None),
            Some(Currency::Fiat(fiat)) => (None, None, Some(fiat)),
            None => (None, None, None),
        };
        self.maybe(chain_id)
            .maybe_bytes(token)
            .maybe(fiat)
            .maybe(price.map(|price| price.amount))
    }

    fn done(self) -> Vec<Option<String>> {
        self.0
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    bytes
        .iter()
        .flat_map(|byte| {
            [
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]
        })
        .collect()
}

/// An address in a column.
pub(super) fn address(column: &str) -> Option<Address> {
    format!("0x{column}").parse().ok()
}

/// A document as PostgreSQL prints a `jsonb`: shorter keys first, equally long ones by their
/// bytes.
pub(super) fn document(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| (name.len(), name.as_str()));
            let printed = fields.iter().map(|(name, value)| {
                let name = serde_json::Value::String((*name).clone());
                format!("{name}: {}", document(value))
            });
            format!("{{{}}}", printed.collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Array(items) => {
            let printed: Vec<_> = items.iter().map(document).collect();
            format!("[{}]", printed.join(", "))
        }
        other => other.to_string(),
    }
}
