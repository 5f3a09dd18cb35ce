;; Sleeps, and says how long it was.
(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (memory (export "memory") 1)
  (func (export "sleep") (param $duration i64) (result i64)
    (local $began i64)
    (local.set $began (call $now))
    (call $block (call $after (local.get $duration)))
    (i64.sub (call $now) (local.get $began))))
