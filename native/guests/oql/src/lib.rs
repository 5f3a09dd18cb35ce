//! The OQL kernel: one Org document in; headlines, plan, lint and HTML out.
//!
//! Every call is a pure function of its arguments: no clock, no file, no
//! network, no randomness. Nothing an author writes may panic, nest without
//! bound, or cost more than its size: what is said once and used often has a
//! budget.
//!
//! A map; nothing uses what stands below it:
//!
//! - `digits`, `hash`, `ids`, `json`, `position`: numbers, maps, titles as slugs, answers, places as others are told them.
//! - [`syntax`]: text → [`Document`](syntax::document::Document): lines, then
//!   headings, then each section's elements, all with byte positions; the
//!   objects inside a text are read when somebody asks for them.
//! - [`header_args`], `vars`, `source`, `table`, `noweb`: what Babel makes of
//!   a block: its arguments, inherited ones included, its values, its code.
//! - `issue`, `columns`: findings, and where a reader sees them.
//! - `sig`, `components`: which headings are components, what each takes and gives.
//! - `edges`, `cycles`, `plan`: who gives what to whom, and what the runtime runs.
//! - `lint`; `capabilities`, `upgrade`: what an author should know before a
//!   run, and before a new version.
//! - `tags`, `headlines`, `metadata`: the outline and the file's own keywords as data.
//! - `render`: document → HTML, as Emacs exports it, with a run's results in
//!   their places. Of the plan's side it asks the components alone.
//! - `component`, `alloc`: the WebAssembly world around these calls.

#![warn(missing_docs)]
#![cfg_attr(not(any(target_arch = "wasm32", test)), forbid(unsafe_code))]
// A panic would end the guest: nothing here may.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[cfg(any(target_arch = "wasm32", test))]
mod alloc;
mod capabilities;
mod columns;
mod components;
mod cycles;
mod digits;
mod edges;
mod hash;
pub mod header_args;
mod headlines;
mod ids;
mod issue;
mod json;
mod lint;
mod metadata;
mod noweb;
mod plan;
mod position;
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

pub use headlines::{Headline, Properties, headlines_json, parse_headlines};
pub use issue::{Issue, Level};
pub use lint::lint;
pub use metadata::{Metadata, metadata};
pub use plan::{Args, Component, Edge, Endpoint, LineRun, Plan, Values, World, plan_json, tangle_plan};
pub use position::Position;
pub use render::options::{Depth, RenderOptions, Results, StepError};
pub use render::render;
pub use sig::{Signature, Type, parse_sig};
pub use upgrade::check_upgrade;
