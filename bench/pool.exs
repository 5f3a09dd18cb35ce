# What does it cost to share instances, or to have one behind a name?

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Pool do
  alias Bench.Guests
  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Pool, Server}

  def question, do: "A call through a pool or a server"

  def rows do
    component = Guests.component()
    {:ok, kept} = Pool.start_link(component: component, min: 1, max: 2)
    {:ok, fresh} = Pool.start_link(component: component, min: 2, max: 2, state: :fresh)
    {:ok, server} = Server.start_link(component: component)
    {:ok, agent} = Agent.start_link(fn -> 3 end)
    instance = Wasm.instantiate!(component)

    took =
      Bench.measure([
        {:agent, 5_000, fn -> Agent.get(agent, & &1) end},
        {:call, 20_000, fn -> {:ok, 3} = Wasm.call(instance, "add", [1, 2]) end},
        {:kept, 2_000, fn -> {:ok, 3} = Pool.call(kept, "add", [1, 2]) end},
        {:fresh, 1_000, fn -> {:ok, 3} = Pool.call(fresh, "add", [1, 2]) end},
        {:server, 2_000, fn -> {:ok, 3} = Server.call(server, "add", [1, 2]) end}
      ])

    floor = {"GenServer.call", took.agent}

    [
      Bench.row("Wasm.call, no pool", took.call, floor: floor),
      Bench.row("Pool.call, state: :keep", took.kept, floor: floor),
      Bench.row("Pool.call, state: :fresh", took.fresh, floor: floor),
      Bench.row("Server.call", took.server, floor: floor)
    ]
  end
end

Bench.run(Bench.Pool)
