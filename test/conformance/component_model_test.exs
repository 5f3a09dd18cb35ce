defmodule Workbooks.Conformance.ComponentModelTest do
  # The component model's own tests, through Workbooks.Wasm.

  # What cannot pass stands in the suite's own nyi.txt, not yet implemented, too.
  threads = "wasmtime 48 lets no synchronous task block, whatever other threads are ready"

  use Workbooks.Wast.Case,
    suite: "component-model",
    assertions: [folder: 980],
    # Some of each part, those that take the least time.
    sample: ~w(
      async/async-calls-sync async/builtin-trap-poisons-instance async/cancel-stream async/cross-abi-calls
      async/deadlock async/passing-resources async/sync-streams async/trap-if-block-and-sync
      binary/binary linking/link-time-virtualization linking/unit
      resources/borrows resources/handle-table resources/multiple-resources
      validation/abi validation/kebab validation/resources
      values/alignment values/concat values/numerics values/post-return values/strings values/variants
    ),
    cannot: [
      folder: %{
        "async/during-sync-call-may-block-if-other-ready-threads" => threads,
        "async/during-sync-call-no-exclusive-resume" => threads,
        "async/during-sync-call-no-sibling-resume" => threads,
        "validation/max-value-size" => "wasmtime 48 knows no bound of a value's size"
      }
    ]
end
