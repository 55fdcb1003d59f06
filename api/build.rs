//! A release holds the storefront that was built, so it is compiled anew when that was.

use std::env;

fn main() {
    let watched = match env::var("PROFILE").as_deref() {
        Ok("release") => "../web/dist",
        // Read from the checkout while it runs.
        _ => "build.rs",
    };
    println!("cargo:rerun-if-changed={watched}");
}
