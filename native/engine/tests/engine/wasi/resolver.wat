;; Resolves a name: 1,000 and the number of its addresses, or the error's number. Waits once.
(module
  (import "wasi:sockets/instance-network@0.2.0" "instance-network" (func $network (result i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "[method]resolve-address-stream.resolve-next-address"
    (func $next (param i32 i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "[method]resolve-address-stream.subscribe"
    (func $subscribe (param i32) (result i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "[resource-drop]resolve-address-stream" (func $drop_stream (param i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop_pollable (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "resolve") (param $name i32) (param $length i32) (result i32)
    (local $stream i32) (local $pollable i32) (local $found i32)
    (call $resolve (call $network) (local.get $name) (local.get $length) (i32.const 0))
    (if (i32.load8_u (i32.const 0)) (then (return (i32.load8_u (i32.const 4)))))
    (local.set $stream (i32.load (i32.const 4)))
    (local.set $pollable (call $subscribe (local.get $stream)))
    (call $block (local.get $pollable))
    (call $drop_pollable (local.get $pollable))
    (block $end
      (loop $more
        ;; result (1 byte, aligned to 2), option (likewise), address
        (call $next (local.get $stream) (i32.const 0))
        (if (i32.load8_u (i32.const 0)) (then (return (i32.load8_u (i32.const 2)))))
        (br_if $end (i32.eqz (i32.load8_u (i32.const 2))))
        (local.set $found (i32.add (local.get $found) (i32.const 1)))
        (br $more)))
    (call $drop_stream (local.get $stream))
    (i32.add (i32.const 1000) (local.get $found))))
