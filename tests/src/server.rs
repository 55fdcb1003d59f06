//! The binary `gage`, as a process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    process::{Process, free_port},
    wait::until,
};

/// Time that a server may take until it answers.
const START: Duration = Duration::from_secs(30);
/// Time that a server may take to end when asked to.
const END: Duration = Duration::from_secs(20);

/// The binary, as cargo built it beside the tests.
///
/// # Panics
/// When it was not built.
pub fn binary() -> PathBuf {
    program("gage")
}

/// A program of the workspace, as cargo built it beside the tests.
///
/// # Panics
/// When it was not built.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folders = own.ancestors().skip(1).take(2);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("the binary {name} is not built: run script/test, or cargo build --bins first")
    })
}

/// A replica of Gage. Its settings outlive its process.
#[derive(Debug)]
pub struct Server {
    port: u16,
    environment: BTreeMap<&'static str, String>,
    log: PathBuf,
    process: Option<Process>,
}

impl Server {
    /// A server with these settings, not yet started.
    pub fn new(environment: BTreeMap<&'static str, String>, folder: &Path) -> Self {
        let port = free_port();
        let log = folder.join(format!("gage-{port}.log"));
        Self {
            port,
            environment,
            log,
            process: None,
        }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it logged so far.
    ///
    /// # Panics
    /// When it was never started.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The sum of a metric over all its labels that contain a text.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn metric(&self, name: &str, label: &str) -> f64 {
        let url = format!("{}/metrics", self.url());
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(label))
        });
        let values = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.sum()
    }

    /// Changes a setting from the next start on.
    pub fn set(&mut self, variable: &'static str, value: &str) {
        self.environment.insert(variable, value.to_owned());
    }

    /// Leaves a setting out from the next start on.
    pub fn unset(&mut self, variable: &'static str) {
        self.environment.remove(variable);
    }

    /// Starts it, and waits until it is ready.
    pub async fn start(&mut self) {
        self.launch();
        self.answers().await;
        self.ready().await;
    }

    /// Waits until it answers at all.
    async fn answers(&mut self) {
        let url = format!("{}/healthz", self.url());
        let client = reqwest::Client::new();
        until("the server answers", START, async || {
            let process = self.process.as_mut()?;
            assert!(
                process.is_running(),
                "the server ended\n{}",
                process.log_tail()
            );
            client
                .get(&url)
                .send()
                .await
                .ok()
                .filter(|answer| answer.status().is_success())
        })
        .await;
    }

    /// Starts it, and does not wait.
    pub fn launch(&mut self) {
        let mut command = self.command();
        command.arg("serve");
        self.process = Some(Process::start("gage", &mut command, &self.log));
    }

    /// Waits until `/readyz` says that it is ready.
    pub async fn ready(&self) {
        let url = format!("{}/readyz", self.url());
        let client = reqwest::Client::new();
        until("the server is ready", START, async || {
            client
                .get(&url)
                .send()
                .await
                .ok()
                .filter(|answer| answer.status().is_success())
        })
        .await;
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// The end of its log, while it runs.
    pub fn log_tail(&self) -> Option<String> {
        self.process.as_ref().map(Process::log_tail)
    }

    /// Kills it (`SIGKILL`), as a power cut would.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Asks it to end and waits.
    ///
    /// # Panics
    /// When it does not end in time, or not well.
    pub fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            let status = process.terminate(END);
            assert!(status.success(), "the server ended with {status}");
        }
    }

    /// What a server says that does not start with these settings.
    ///
    /// # Panics
    /// When it starts.
    pub fn refuses_to_start(&self) -> String {
        let mut serve = self.command();
        let mut serving = serve
            .arg("serve")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let since = Instant::now();
        while serving.try_wait().unwrap().is_none() {
            if since.elapsed() > START {
                serving.kill().unwrap();
                panic!("it starts");
            }
            sleep(Duration::from_millis(50));
        }
        let output = serving.wait_with_output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Runs another command of the binary with the same settings.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "gage {arguments:?} failed\n{text}\n{errors}"
        );
        text
    }

    /// The binary with the settings, and nothing else of ours.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .envs(&self.environment)
            .env("GAGE_LISTEN", format!("127.0.0.1:{}", self.port));
        command
    }
}
