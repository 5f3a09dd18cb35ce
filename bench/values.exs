# What do values cost that are no numbers, there and back?
#
# Two floors, since a message does not copy a large binary and a guest must be given
# a copy: a message to a process and back with the same term, and the bytes copied twice.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Values do
  alias Bench.Guests
  alias Workbooks.Wasm

  @api "test:echo/api"

  def question, do: "Values of components, there and back"

  def rows, do: Bench.pinned(&measured/0)

  defp measured do
    instance = Wasm.instantiate!(Guests.echo())
    near = Bench.echo(1)
    text = String.duplicate("0123456789abcdef", 640)
    wide = String.duplicate("größer → ", 930)
    numbers = for i <- 1..1280, do: i / 3
    items = for i <- 1..100, do: %{"id" => i, "name" => "item #{i}", "score" => i / 3}

    cases = [
      {"text", text, 5_000, "string, 10 KiB", {:ns, 3_000}},
      {"text", wide, 2_000, "string, 10 KiB, not ASCII", nil},
      {"bytes", text, 5_000, "list<u8>, 10 KiB", {:ns, 2_000}},
      {"numbers", numbers, 200, "list<f64>, 1,280 (10 KiB)", nil},
      {"items", items, 200, "list of 100 records", nil}
    ]

    for {function, value, times, name, goal} <- cases do
      {:ok, ^value} = Wasm.call(instance, [@api, function], [value])

      took =
        Bench.measure([
          {:floor, times, floor(near, value)},
          {:call, times, fn -> {:ok, _} = Wasm.call(instance, [@api, function], [value]) end}
        ])

      what = if is_binary(value), do: "message + :binary.copy × 2", else: "message with the term"
      Bench.row(name, took.call, floor: {what, took.floor}, goal: goal)
    end
  end

  defp floor(near, value) when is_binary(value) do
    fn ->
      :binary.copy(value)
      :binary.copy(Bench.round_trip(near, value))
    end
  end

  defp floor(near, value), do: fn -> Bench.round_trip(near, value) end
end

Bench.run(Bench.Values)
