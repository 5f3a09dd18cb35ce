# What do bytes cost on their way into and out of a linear memory?

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Memory do
  alias Bench.Guests
  alias Workbooks.Wasm
  alias Workbooks.Wasm.Memory

  def question, do: "Linear memory from outside"

  def rows, do: Bench.pinned(&measured/0)

  defp measured do
    instance = Wasm.instantiate!(Guests.module())

    for {size, name, times} <- [{1_024, "1 KiB", 10_000}, {1_048_576, "1 MiB", 50}],
        bytes = :binary.copy(<<7>>, size),
        {way, work} <- [
          {"read", fn -> {:ok, _} = Memory.read(instance, 0, size) end},
          {"write", fn -> :ok = Memory.write(instance, 0, bytes) end}
        ] do
      took = Bench.measure([{:copy, times, fn -> :binary.copy(bytes) end}, {:way, times, work}])
      Bench.row("#{way} #{name}", took.way, floor: {":binary.copy", took.copy})
    end
  end
end

Bench.run(Bench.Memory)
