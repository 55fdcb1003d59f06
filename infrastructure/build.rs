//! Rebuilds the crate when a migration is added; `sqlx::migrate!` alone notices only changes.

#[expect(
    clippy::print_stdout,
    reason = "a build script talks to cargo through standard output"
)]
fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
