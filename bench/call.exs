# What does one call of a guest cost, beside what the BEAM itself charges?
#
# The message is there three times, since its cost is two things: with both processes
# on one scheduler (the BEAM's best case, and the floor), on two (a server that serves
# others too), and as a GenServer.call, which is what a binding pays that keeps its
# instances in processes.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Call do
  alias Bench.Guests
  alias Workbooks.{Native, Wasm}

  def question, do: "One call: two numbers in, one out"

  def rows, do: Bench.pinned(&measured/0)

  defp measured do
    module = Wasm.instantiate!(Guests.module())
    component = Wasm.instantiate!(Guests.component())
    near = Bench.echo(1)
    # Where there is one scheduler, it is that one.
    far = Bench.echo(min(2, System.schedulers_online()))
    {:ok, server} = Agent.start_link(fn -> 3 end)

    took =
      Bench.measure([
        {:nif, 100_000, fn -> Native.noop([1, 2]) end},
        {:dirty, 10_000, fn -> Native.noop_dirty([1, 2]) end},
        {:near, 20_000, fn -> Bench.round_trip(near, 3) end},
        {:far, 5_000, fn -> Bench.round_trip(far, 3) end},
        {:server, 10_000, fn -> Agent.get(server, & &1) end},
        {:component, 20_000, fn -> {:ok, 3} = Wasm.call(component, "add", [1, 2]) end},
        {:module, 20_000, fn -> {:ok, 3} = Wasm.call(module, "add", [1, 2]) end}
      ])

    message = {"message, one scheduler", took.near}

    [
      Bench.row("empty NIF", took.nif, floor: message),
      Bench.row("empty dirty NIF", took.dirty, floor: message),
      Bench.row("message and back, one scheduler", took.near),
      Bench.row("message and back, two schedulers", took.far, floor: message),
      Bench.row("GenServer.call", took.server, floor: message),
      Bench.row("call, component", took.component, floor: message, goal: {:times, 1.1}),
      Bench.row("call, core module", took.module, floor: message, goal: {:times, 1.1})
    ]
  end
end

Bench.run(Bench.Call)
