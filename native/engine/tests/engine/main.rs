//! The engine by itself, driven as an embedding would drive it.

mod aot;
mod calls;
mod componentize;
mod limits;
mod plain;
mod queue;
mod wasi;
