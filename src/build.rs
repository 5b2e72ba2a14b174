//! Links libsonic: espeak-ng, which piper-rs brings, calls it, but does not name it to the linker
//! when the system's development package is present.

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rustc-link-arg=-lsonic");
}
