//! A release holds the storefront that was built, so it is compiled anew when that was.

use std::{env, fs};

fn main() {
    let (watched, folder) = match env::var("PROFILE").as_deref() {
        Ok("release") => ("../web/dist", "../web/dist/production"),
        // Read from the checkout while it runs.
        _ => ("build.rs", "../web/dist/development"),
    };
    println!("cargo:rerun-if-changed={watched}");
    // Where the files lie is settled when this is compiled: a folder that is made later would never
    // be found.
    if let Err(error) = fs::create_dir_all(folder) {
        println!("cargo:warning={folder} cannot be made: {error}");
    }
}
