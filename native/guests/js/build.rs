//! QuickJS watches its shadow stack (see `stack.h`): it gets more than the
//! linker's default of 1 MiB, in proportion to the host's limit.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-link-arg-cdylib=-zstack-size=6291456");
    }
}
