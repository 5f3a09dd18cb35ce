# What does a fresh instance for each call cost?
#
# The floor is what the BEAM has for state that nobody shares: a process, one message
# to it and back, its end.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Instantiate do
  alias Bench.Guests
  alias Workbooks.Wasm

  def question, do: "Instantiate, call once, close"

  def rows, do: Bench.pinned(&measured/0)

  defp measured do
    module = Guests.module()
    component = Guests.component()

    took =
      Bench.measure([
        {:process, 5_000, &process/0},
        {:component, 2_000, fn -> fresh(component) end},
        {:module, 2_000, fn -> fresh(module) end}
      ])

    floor = {"spawn, message, end", took.process}

    [
      Bench.row("component", took.component, floor: floor, goal: {:ns, 10_000}),
      Bench.row("core module", took.module, floor: floor, goal: {:ns, 10_000})
    ]
  end

  defp fresh(program) do
    {:ok, instance} = Wasm.instantiate(program)
    {:ok, 3} = Wasm.call(instance, "add", [1, 2])
    Wasm.close(instance)
  end

  defp process do
    me = self()
    pid = spawn(fn -> receive do: ({from, term} -> send(from, {self(), term})) end)
    send(pid, {me, 3})
    receive do: ({^pid, answer} -> answer)
  end
end

Bench.run(Bench.Instantiate)
