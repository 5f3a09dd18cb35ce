# What does an empty JavaScript step cost, with an engine of its own for each run?
#
# The floor is an instance of the smallest component, called once and closed. Beside it, what
# a process of the operating system for each run would take. A step never gets an instance that
# was used before; what a call costs where the block is loaded already is told apart, since the
# rest is the price of that.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.JavaScript do
  alias Bench.Guests
  alias Workbooks.{Build, Wasm}
  alias Workbooks.Build.{Cache, Call, Source}
  alias Workbooks.Build.JavaScript.Host

  @empty "export const empty = () => null\n"

  def question, do: "An empty JavaScript step: a fresh engine, the module, one call"

  def rows, do: Bench.own_cache(fn _folder -> Bench.pinned(&measured/0) end)

  defp measured do
    component = Guests.component()
    source = %Source{id: "bench/empty", language: "js", text: @empty}
    {:ok, artifact} = Build.compile(source)
    environment = Call.environment()

    loaded = loaded(artifact, environment)

    took =
      Bench.measure([
        {:floor, 1_000, fn -> fresh(component) end},
        {:call, 1_000, fn -> {:ok, {:ok, "null"}} = Wasm.call(loaded, "call", ["empty", "[]"]) end},
        {:instance, 1_000, fn -> instance(artifact, environment) end},
        {:warm, 1_000, fn -> {:ok, nil} = Build.call(artifact, [], environment) end},
        {:cold, 100, fn -> cold(source, environment) end}
      ])

    floor = {"instance of a component, one call", took.floor}

    [
      Bench.row("a call of a block that is loaded", took.call, floor: floor, goal: {:ns, 50_000}),
      Bench.row("an engine, instantiated and closed", took.instance, floor: floor),
      Bench.row("a step, warm: compiled before", took.warm, floor: floor, goal: {:ns, 100_000}),
      Bench.row("a step, cold: compiled and called", took.cold, floor: floor)
    ] ++ subprocess(floor)
  end

  defp fresh(component) do
    {:ok, instance} = Wasm.instantiate(component)
    {:ok, 3} = Wasm.call(instance, "add", [1, 2])
    Wasm.close(instance)
  end

  defp instance(artifact, environment) do
    artifact |> engine(environment) |> Wasm.close()
  end

  defp loaded(artifact, environment) do
    instance = engine(artifact, environment)
    {:ok, {:ok, ["empty"]}} = Wasm.call(instance, "load", [artifact.bytes])
    instance
  end

  defp engine(artifact, environment) do
    imports = %{"workbooks:js/host" => Host.functions(environment)}
    {:ok, instance} = Wasm.instantiate(artifact.program, imports: imports)
    instance
  end

  defp cold(source, environment) do
    Cache.clear()
    {:ok, artifact} = Build.compile(source)
    {:ok, nil} = Build.call(artifact, [], environment)
  end

  defp subprocess(floor) do
    case System.find_executable("node") do
      nil ->
        []

      node ->
        took = Bench.measure([{:node, 3, fn -> {_, 0} = System.cmd(node, ["-e", "null"]) end}], 5)
        [Bench.row("a process of node", took.node, floor: floor)]
    end
  end
end

Bench.run(Bench.JavaScript)
