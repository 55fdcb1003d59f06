//! Who may go on asking: requests of a wallet or an address, counted in Redis by the block.
//!
//! A replica takes a hundredth of the limit at once and counts these by itself. So of one caller
//! a replica may let through a hundredth more than the limit in a minute, left from the minute
//! before, and asks Redis for every hundredth of the limit only.
//!
//! Fails open: while Redis is away shops go on, uncounted.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gage_application::ports::rate_limit::{Lease, Limit, RateLimiter};
use gage_domain::value::Address;
use metrics::counter;
use quick_cache::sync::Cache;
use tokio::time::Instant;

/// Callers that are remembered. Who is forgotten loses what is left of a block.
const CALLERS: usize = 16 * 1024;
/// Blocks of a limit.
const BLOCKS: u32 = 100;
/// How long nobody is counted after Redis could not be asked.
const UNCOUNTED: Duration = Duration::from_secs(1);

/// Who asks, as far as limits know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A wallet, from wherever.
    Wallet(Address),
    /// An address, for those who are not signed in.
    Address(IpAddr),
}

impl Caller {
    fn key(self) -> String {
        match self {
            Self::Wallet(address) => format!("requests:{address:#x}"),
            Self::Address(ip) => format!("requests:{ip}"),
        }
    }
}

/// Counts requests.
pub struct Admission {
    limiter: Arc<dyn RateLimiter>,
    limit: Limit,
    accounts: Cache<Caller, Arc<Account>>,
}

#[derive(Default)]
struct Account {
    /// Held for a moment only, never over an await.
    standing: Mutex<Standing>,
    /// One asks Redis; those who came meanwhile see what it brought.
    asking: tokio::sync::Mutex<()>,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, Default)]
enum Standing {
    /// Redis must be asked.
    #[default]
    Unknown,
    /// So many requests are paid for, until they would lie outside the limit's time.
    Paid { left: u32, until: Instant },
    /// Nothing comes free before.
    Spent { until: Instant },
    /// Redis is away.
    Uncounted { until: Instant },
}

impl Account {
    /// Counts one request; nothing when Redis must be asked.
    fn take(&self) -> Option<Result<(), Duration>> {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match &mut *standing {
            Standing::Paid { left, until } if *left > 0 && *until > now => {
                *left -= 1;
                Some(Ok(()))
            }
            Standing::Spent { until } if *until > now => Some(Err(*until - now)),
            Standing::Uncounted { until } if *until > now => {
                counter!("gage_requests_uncounted_total").increment(1);
                Some(Ok(()))
            }
            _ => None,
        }
    }

    fn set(&self, standing: Standing) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }
}

impl Admission {
    /// So many requests in a minute for each caller.
    pub fn new(limiter: Arc<dyn RateLimiter>, per_minute: u32) -> Self {
        let limit = Limit {
            times: per_minute,
            per: Duration::from_mins(1),
        };
        Self {
            limiter,
            limit,
            accounts: Cache::new(CALLERS),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// When to try again.
    pub(crate) async fn count(&self, caller: Caller) -> Result<(), Duration> {
        let account = self.account(caller);
        if let Some(counted) = account.take() {
            return counted;
        }
        let _asking = account.asking.lock().await;
        if let Some(counted) = account.take() {
            return counted;
        }
        let block = (self.limit.times / BLOCKS).max(1);
        let leased = self.limiter.lease(&caller.key(), self.limit, block).await;
        let now = Instant::now();
        let (standing, counted) = match leased {
            Ok(Lease::Granted(times)) => {
                let left = times.saturating_sub(1);
                let until = now + self.limit.per;
                (Standing::Paid { left, until }, Ok(()))
            }
            Ok(Lease::RetryAfter(wait)) => (Standing::Spent { until: now + wait }, Err(wait)),
            Err(_) => {
                counter!("gage_requests_uncounted_total").increment(1);
                let until = now + UNCOUNTED;
                (Standing::Uncounted { until }, Ok(()))
            }
        };
        account.set(standing);
        counted
    }

    fn account(&self, caller: Caller) -> Arc<Account> {
        if let Some(known) = self.accounts.get(&caller) {
            return known;
        }
        // Of two that come at once, one account must be the account.
        let made = self.accounts.get_or_insert_with(&caller, || {
            Ok::<_, std::convert::Infallible>(Arc::default())
        });
        match made {
            Ok(account) => account,
            Err(never) => match never {},
        }
    }
}
