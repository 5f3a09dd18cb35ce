# What does a call cost that is suspended at its host function and resumed?

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Suspend do
  alias Bench.Guests
  alias Workbooks.Wasm

  def question, do: "Suspend and resume"

  def rows, do: Bench.pinned(&measured/0)

  defp measured do
    imports = %{"test:host/ops" => %{"apply" => &Function.identity/1}}
    instance = Wasm.instantiate!(Guests.calling_component(), imports: imports)

    took =
      Bench.measure([
        {:call, 10_000, fn -> {:ok, 3} = Wasm.call(instance, "run", [3]) end},
        {:suspend, 2_000, fn -> suspended(instance) end}
      ])

    [Bench.row("call, suspended once, resumed", took.suspend, floor: {"the same host call, run", took.call})]
  end

  defp suspended(instance) do
    {:suspended, suspension} = Wasm.call(instance, "run", [3], on_host_call: :suspend)
    {:ok, 3} = Wasm.resume(suspension, 3)
  end
end

Bench.run(Bench.Suspend)
