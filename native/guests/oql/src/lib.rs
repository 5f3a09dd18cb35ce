//! The OQL kernel: one Org document in; headlines, plan, lint and HTML out.
//!
//! Every call is a pure function of its arguments: no clock, no file, no
//! network, no randomness. `syntax` reads the document once into a tree with
//! byte positions; everything else reads that tree.

#![warn(missing_docs)]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]
// A panic would end the guest: nothing here may.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod capabilities;
mod columns;
mod components;
mod cycles;
mod edges;
mod hash;
pub mod header_args;
mod headlines;
mod ids;
mod issue;
mod lint;
mod metadata;
mod noweb;
mod plan;
mod render;
mod sig;
mod source;
pub mod syntax;
mod table;
mod tags;
mod upgrade;
mod vars;

#[cfg(target_arch = "wasm32")]
mod component;

pub use components::Values;
pub use headlines::{Headline, Properties, headlines_json, parse_headlines};
pub use issue::{Issue, Level};
pub use lint::lint;
pub use metadata::{Metadata, metadata};
pub use plan::{Args, Component, Edge, Endpoint, LineRun, Plan, Position, World, tangle_plan};
pub use render::options::{Depth, RenderOptions, Results, StepError};
pub use render::render;
pub use sig::{Signature, Type, parse_sig};
pub use upgrade::check_upgrade;
