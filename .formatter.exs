[
  # As wide as rustfmt.toml says for Rust.
  line_length: 120,
  inputs: [
    "{mix,.formatter}.exs",
    "{lib,test,bench,scripts,config,examples}/**/*.{ex,exs}"
  ]
]
