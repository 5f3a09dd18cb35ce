//! The engine by itself, driven as an embedding would drive it.

mod aot;
mod cache;
mod calls;
mod componentize;
mod limits;
mod plain;
mod programs;
mod queue;
mod wasi;
mod wit;
