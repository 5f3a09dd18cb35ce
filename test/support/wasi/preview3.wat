;; Asks preview 3 for a random number, and sleeps: by a function that is itself asynchronous.
(component
  (import "wasi:random/random@0.3.0" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
    (export "now" (func (result u64)))
    (export "wait-for" (func async (param "how-long" u64)))))
  (core func $random64 (canon lower (func $random "get-random-u64")))
  (core func $now (canon lower (func $clock "now")))
  (core func $wait (canon lower (func $clock "wait-for")))
  (core func $return (canon task.return (result u64)))
  (core module $m
    (import "p3" "random" (func $random (result i64)))
    (import "p3" "now" (func $now (result i64)))
    (import "p3" "wait" (func $wait (param i64)))
    (import "p3" "return" (func $return (param i64)))
    (func (export "random") (result i32) (call $return (call $random)) (i32.const 0))
    (func (export "sleep") (param i64) (result i32)
      (local $began i64)
      (local.set $began (call $now))
      (call $wait (local.get 0))
      (call $return (i64.sub (call $now) (local.get $began)))
      (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m (with "p3" (instance
    (export "random" (func $random64))
    (export "now" (func $now))
    (export "wait" (func $wait))
    (export "return" (func $return))))))
  (func (export "random") async (result u64)
    (canon lift (core func $i "random") async (callback (func $i "callback"))))
  (func (export "sleep") async (param "how-long" u64) (result u64)
    (canon lift (core func $i "sleep") async (callback (func $i "callback")))))
