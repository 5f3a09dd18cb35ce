# What does a host function in Elixir cost, that the guest calls once in its call?

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.HostCall do
  alias Bench.Guests
  alias Workbooks.Wasm

  def question, do: "A call with one host function inside"

  def rows, do: Bench.pinned(&measured/0)

  defp measured do
    imports = %{"test:host/ops" => %{"apply" => &Function.identity/1}}
    component = Wasm.instantiate!(Guests.calling_component(), imports: imports)
    module = Wasm.instantiate!(Guests.calling_module(), imports: imports)
    isolated = Wasm.instantiate!(Guests.calling_component(), imports: imports, host: :isolated)
    near = Bench.echo(1)

    took =
      Bench.measure([
        {:near, 20_000, fn -> Bench.round_trip(near, 3) end},
        {:spawn, 2_000, &spawned/0},
        {:component, 10_000, fn -> {:ok, 3} = Wasm.call(component, "run", [3]) end},
        {:module, 10_000, fn -> {:ok, 3} = Wasm.call(module, "run", [3]) end},
        {:isolated, 1_000, fn -> {:ok, 3} = Wasm.call(isolated, "run", [3]) end}
      ])

    message = {"message, one scheduler", took.near}

    [
      Bench.row("component", took.component, floor: message, goal: {:times, 2.2}),
      Bench.row("core module", took.module, floor: message, goal: {:times, 2.2}),
      Bench.row("component, host: :isolated", took.isolated, floor: {"two processes and a message", took.spawn})
    ]
  end

  # What `host: :isolated` is made of: the function's process, and the one that ends it with its caller.
  defp spawned do
    me = self()

    {pid, monitor} = spawn_monitor(fn -> send(me, {self(), 3}) end)

    spawn(fn -> :ok end)
    receive do: ({^pid, answer} -> answer)
    Process.demonitor(monitor, [:flush])
  end
end

Bench.run(Bench.HostCall)
