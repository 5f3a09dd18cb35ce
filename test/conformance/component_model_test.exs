defmodule Workbooks.Conformance.ComponentModelTest do
  # The component model's own tests, through Workbooks.Wasm.
  use Workbooks.Wast.Case,
    suite: "component-model",
    assertions: [folder: 980],
    sample: ~w(
      async/async-calls-sync async/cancel-stream async/deadlock async/zero-length
      binary/binary linking/unit resources/borrows resources/handle-table resources/multiple-resources
      validation/kebab validation/resources
      values/alignment values/numerics values/strings values/variants
    ),
    cannot: %{}
end
