//! Waiting with a bound: a test never sleeps as proof.

use std::time::{Duration, Instant};

/// Asks again until there is an answer.
///
/// # Panics
/// After `bound`, naming what never came.
pub async fn until<T>(what: &str, bound: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            since.elapsed() < bound,
            "never came within {bound:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
