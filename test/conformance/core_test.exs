defmodule Workbooks.Conformance.CoreTest do
  # The WebAssembly core specification's tests, through Workbooks.Wasm.
  use Workbooks.Wast.Case,
    suite: "core",
    assertions: [folder: 62_498, crate: 55_128],
    # One or two of each part of the specification, those that take the least time.
    sample: ~w(
      address address64 array br_on_cast call_indirect conversions custom data elem endianness
      exports f32 float_literals global i31 i64 imports linking memory_grow memory_size
      names ref_null relaxed_min_max return_call select simd_i8x16_arith simd_lane
      stack start struct table_grow tag throw_ref traps try_table utf8-invalid-encoding
    ),
    cannot: [
      crate: %{"memory64" => "that proposal's file is from before a module could have several memories"}
    ]
end
