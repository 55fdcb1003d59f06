//! `gage serve`: runs the server.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use tokio::{
    net::TcpListener,
    select,
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Settings, args::ServeArgs},
    http::Gate,
    telemetry,
    wiring::{self, Database},
};

/// How long answers that have begun may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long loops may take to come to a good end.
const LOOPS_END: Duration = Duration::from_secs(10);
/// Time between tries to reach a database that is away.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// Runs until SIGTERM or SIGINT.
pub(super) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let args = args.with_environment();
    let settings = Settings::check(&args)?;
    telemetry::start_logs(&settings.log)?;
    let metrics = telemetry::start_metrics()?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone())?);
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    tracing::info!(%listen, origin = %settings.server.origin, "listening");

    let gate = Gate::default();
    let service = gate
        .router()
        .into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|stream| {
        // An answer or an update is one write: nothing follows that it could wait for.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection waits before it sends");
        }
    });
    let served =
        axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
    let serving = tokio::spawn(served.into_future());

    if let Some(database) = database(&settings, &stop).await? {
        wiring::check_escrows(&settings, &database).await?;
        wiring::personal::check(&settings, &database).await?;
        let loops_stop = CancellationToken::new();
        let pool = database.pool.clone();
        let running = wiring::assemble(&settings, database, metrics, stop.clone(), &loops_stop)?;
        gate.open(running.router);
        tracing::info!("ready");
        stop.cancelled().await;
        tracing::info!("stopping: no new requests are taken");
        if timeout(DRAIN, serving).await.is_err() {
            tracing::warn!("some answers were not done in time");
        }
        // The router holds the gateway, whose end ends the writer of snapshots.
        drop(gate);
        loops_stop.cancel();
        running.tasks.close();
        if timeout(LOOPS_END, running.tasks.wait()).await.is_err() {
            tracing::warn!("some loops did not end in time; they go on where they were");
        }
        pool.close().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// The database, once it is there and up to date; nothing when the server is to stop before.
async fn database(
    settings: &Settings,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Database>> {
    loop {
        let tried = async {
            let database = wiring::database(&settings.database).await?;
            wiring::check_log(&database).await?;
            wiring::ensure_read_models(&database).await?;
            Ok::<_, anyhow::Error>(database)
        };
        select! {
            () = stop.cancelled() => return Ok(None),
            database = tried => match database {
                Ok(database) => return Ok(Some(database)),
                Err(error) => tracing::error!(error = format!("{error:#}"), "waiting for the database"),
            },
        }
        select! {
            () = stop.cancelled() => return Ok(None),
            () = sleep(TRY_AGAIN) => {}
        }
    }
}

fn stop_on_signal(
    stop: CancellationToken,
) -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    Ok(async move {
        select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    })
}
