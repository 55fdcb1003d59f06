//! Loading and writing the ledger's rows.

use std::collections::BTreeSet;

use gage_application::event::{Fact, Recorded};
use gage_domain::{
    ids::{PayoutId, ShopId},
    payment::PaymentEvent,
    shop::ShopEvent,
    value::Address,
};
use sqlx::PgConnection;

use super::{
    fold::{Account, Rows, Wallet},
    rows::{self, ACCOUNT_COLUMNS, AccountRow, PAYMENT_COLUMNS, PaymentRow},
};
use crate::{
    columns::Columns, entities::column, failure::ApplyError, projection::Extent, writing::write,
};

pub(super) async fn load(
    db: &mut PgConnection,
    rows: &mut Rows,
    events: &[Recorded],
) -> Result<(), ApplyError> {
    let (mut payments, mut moved) = (BTreeSet::new(), BTreeSet::new());
    let (mut accounts, mut wallets) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        match &event.fact {
            Fact::Payment(id, happened) => {
                payments.insert(id.0);
                if moves_money(happened) {
                    moved.insert(id.0);
                }
            }
            Fact::Payout(id, _) => {
                accounts.insert(*id);
            }
            Fact::Shop(
                shop,
                ShopEvent::ShopOpened { payout, .. } | ShopEvent::PayoutAddressChanged { payout },
            ) => {
                wallets.insert((*shop, *payout));
            }
            Fact::Shop(..) | Fact::Product(..) | Fact::Inventory(..) | Fact::Order(..) => {}
        }
    }
    let find = format!("SELECT {PAYMENT_COLUMNS} FROM payments p WHERE p.order_id = ANY($1)");
    rows.payments
        .load(db, &find, payments, rows::payment)
        .await?;
    // A payment that is asked for and made in the same batch is not there yet.
    for event in events {
        if let Fact::Payment(id, PaymentEvent::PaymentRequested { terms, .. }) = &event.fact
            && moved.contains(&id.0)
        {
            for account in [terms.seller, terms.buyer] {
                accounts.insert(PayoutId {
                    chain_id: terms.chain_id,
                    escrow: terms.escrow,
                    account,
                    token: terms.token,
                });
            }
        }
    }
    for key in moved {
        if let Ok(payment) = rows.payments.existing(key) {
            accounts.extend([payment.of_seller(), payment.of_buyer()]);
        }
    }
    load_accounts(db, rows, accounts).await?;
    load_wallets(db, rows, wallets).await
}

fn moves_money(event: &PaymentEvent) -> bool {
    match event {
        PaymentEvent::PaymentConfirmed { .. }
        | PaymentEvent::PaymentReverted { .. }
        | PaymentEvent::FundsReleased { .. }
        | PaymentEvent::FundsRefunded { .. }
        | PaymentEvent::ReleaseReverted { .. }
        | PaymentEvent::RefundReverted { .. } => true,
        PaymentEvent::PaymentRequested { .. }
        | PaymentEvent::AttemptReported { .. }
        | PaymentEvent::AttemptFailed { .. }
        | PaymentEvent::PaymentDetected { .. }
        | PaymentEvent::PaymentExpired { .. }
        | PaymentEvent::DisputeOpened { .. }
        | PaymentEvent::DisputeReverted { .. } => false,
    }
}

/// One that is held stays as it is: the events of a batch have changed it.
async fn load_accounts(
    db: &mut PgConnection,
    rows: &mut Rows,
    mut accounts: BTreeSet<PayoutId>,
) -> Result<(), ApplyError> {
    accounts.retain(|account| !rows.accounts.contains_key(account));
    if accounts.is_empty() {
        return Ok(());
    }
    let accounts: Vec<PayoutId> = accounts.into_iter().collect();
    let sql = format!(
        "SELECT {ACCOUNT_COLUMNS} FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::bytea[]) \
         AS k (owner, token, chain_id, escrow) JOIN accounts a \
         ON a.owner = k.owner AND a.token = k.token AND a.chain_id = k.chain_id::numeric \
         AND a.escrow = k.escrow"
    );
    let found = sqlx::query(&sql)
        .bind(column(&accounts, |id| id.account.as_slice()))
        .bind(column(&accounts, |id| id.token.as_slice()))
        .bind(column(&accounts, |id| id.chain_id.to_string()))
        .bind(column(&accounts, |id| id.escrow.as_slice()))
        .fetch_all(db)
        .await
        .map_err(|source| ApplyError::database("accounts", source))?;
    for found in &found {
        let (row, changed) = (rows::account(found)?, false);
        rows.accounts.insert(row.id, Account { row, changed });
    }
    Ok(())
}

async fn load_wallets(
    db: &mut PgConnection,
    rows: &mut Rows,
    mut wallets: BTreeSet<(ShopId, Address)>,
) -> Result<(), ApplyError> {
    wallets.retain(|wallet| !rows.wallets.contains_key(wallet));
    if wallets.is_empty() {
        return Ok(());
    }
    let wallets: Vec<(ShopId, Address)> = wallets.into_iter().collect();
    let sql = "SELECT w.* FROM unnest($1::uuid[], $2::bytea[]) AS k (shop_id, wallet) \
               JOIN shop_wallets w ON w.shop_id = k.shop_id AND w.wallet = k.wallet";
    let found = sqlx::query(sql)
        .bind(column(&wallets, |(shop, _)| shop.0))
        .bind(column(&wallets, |(_, wallet)| wallet.as_slice()))
        .fetch_all(db)
        .await
        .map_err(|source| ApplyError::database("shop_wallets", source))?;
    for found in &found {
        let columns = Columns::of(found, "ledger.shop_wallets", "shop_id");
        let key = (ShopId(columns.get("shop_id")?), columns.address("wallet")?);
        let wallet = Wallet {
            named: columns.position("xact_id", "position")?,
            changed: false,
        };
        rows.wallets.insert(key, wallet);
    }
    Ok(())
}

pub(super) async fn write_rows(
    db: &mut PgConnection,
    rows: &mut Rows,
    extent: Extent,
) -> Result<(), ApplyError> {
    if extent == Extent::Added {
        return Ok(());
    }
    write_payments(db, &rows.payments.take_changed()).await?;
    let mut accounts: Vec<AccountRow> = std::mem::take(&mut rows.accounts)
        .into_values()
        .filter(|account| account.changed)
        .map(|account| account.row)
        .collect();
    accounts.sort_unstable_by_key(|account| account.id);
    write_accounts(db, &accounts).await?;
    let mut wallets: Vec<((ShopId, Address), Wallet)> = std::mem::take(&mut rows.wallets)
        .into_iter()
        .filter(|(_, wallet)| wallet.changed)
        .collect();
    wallets.sort_unstable_by_key(|(key, _)| *key);
    write_wallets(db, &wallets).await
}

async fn write_payments(db: &mut PgConnection, payments: &[PaymentRow]) -> Result<(), ApplyError> {
    let statement = sqlx::query(WRITE_PAYMENTS)
        .bind(column(payments, |payment| payment.order.0))
        .bind(column(payments, |payment| payment.chain_id.to_string()))
        .bind(column(payments, |payment| payment.escrow.as_slice()))
        .bind(column(payments, |payment| payment.token.as_slice()))
        .bind(column(payments, |payment| payment.buyer.as_slice()))
        .bind(column(payments, |payment| payment.seller.as_slice()))
        .bind(column(payments, |payment| payment.amount.to_string()))
        .bind(column(payments, |payment| payment.confirmed))
        .bind(column(payments, |payment| payment.released.to_string()))
        .bind(column(payments, |payment| payment.refunded.to_string()))
        .bind(column(payments, |payment| payment.position.xact_id))
        .bind(column(payments, |payment| payment.position.position));
    write(db, "payments", payments.len(), statement).await
}

/// Parties and amount never change.
const WRITE_PAYMENTS: &str = "
INSERT INTO payments AS held (order_id, chain_id, escrow, token, buyer, seller, amount, confirmed,
       released, refunded, xact_id, position)
SELECT order_id, chain_id::numeric, escrow, token, buyer, seller, amount::numeric, confirmed,
       released::numeric, refunded::numeric, xact_id, position
  FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[],
       $7::text[], $8::boolean[], $9::text[], $10::text[], $11::bigint[], $12::bigint[])
    AS given (order_id, chain_id, escrow, token, buyer, seller, amount, confirmed, released,
       refunded, xact_id, position)
    ON CONFLICT (order_id) DO UPDATE
   SET confirmed = excluded.confirmed, released = excluded.released,
       refunded = excluded.refunded, xact_id = excluded.xact_id, position = excluded.position
 WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)";

async fn write_accounts(db: &mut PgConnection, accounts: &[AccountRow]) -> Result<(), ApplyError> {
    let statement = sqlx::query(WRITE_ACCOUNTS)
        .bind(column(accounts, |account| account.id.account.as_slice()))
        .bind(column(accounts, |account| account.id.token.as_slice()))
        .bind(column(accounts, |account| account.id.chain_id.to_string()))
        .bind(column(accounts, |account| account.id.escrow.as_slice()))
        .bind(column(accounts, |account| account.held.to_string()))
        .bind(column(accounts, |account| account.released.to_string()))
        .bind(column(accounts, |account| account.refunded.to_string()))
        .bind(column(accounts, |account| account.returned.to_string()))
        .bind(column(accounts, |account| account.withdrawn.to_string()))
        .bind(column(accounts, |account| account.position.xact_id))
        .bind(column(accounts, |account| account.position.position));
    write(db, "accounts", accounts.len(), statement).await
}

const WRITE_ACCOUNTS: &str = "
INSERT INTO accounts AS held (owner, token, chain_id, escrow, held, released, refunded, returned,
       withdrawn, xact_id, position)
SELECT owner, token, chain_id::numeric, escrow, held::numeric, released::numeric,
       refunded::numeric, returned::numeric, withdrawn::numeric, xact_id, position
  FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::bytea[], $5::text[], $6::text[],
       $7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[])
    AS given (owner, token, chain_id, escrow, held, released, refunded, returned, withdrawn,
       xact_id, position)
    ON CONFLICT (owner, token, chain_id, escrow) DO UPDATE
   SET held = excluded.held, released = excluded.released, refunded = excluded.refunded,
       returned = excluded.returned, withdrawn = excluded.withdrawn,
       xact_id = excluded.xact_id, position = excluded.position
 WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)";

async fn write_wallets(
    db: &mut PgConnection,
    wallets: &[((ShopId, Address), Wallet)],
) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO shop_wallets AS held (shop_id, wallet, xact_id, position) \
         SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bigint[]) \
         ON CONFLICT (shop_id, wallet) DO UPDATE \
         SET xact_id = excluded.xact_id, position = excluded.position \
         WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)",
    )
    .bind(column(wallets, |((shop, _), _)| shop.0))
    .bind(column(wallets, |((_, wallet), _)| wallet.as_slice()))
    .bind(column(wallets, |(_, wallet)| wallet.named.xact_id))
    .bind(column(wallets, |(_, wallet)| wallet.named.position));
    write(db, "shop_wallets", wallets.len(), statement).await
}
