//! The engine by itself, driven as an embedding would drive it.

mod aot;
mod blobs;
mod cache;
mod calls;
mod componentize;
mod concurrent;
mod core;
mod externs;
mod handles;
mod limits;
mod linking;
mod metering;
mod plain;
mod programs;
mod queue;
mod references;
mod suspending;
mod waking;
mod wasi;
mod wit;
