# What do others notice while something large is compiled?

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Compile do
  alias Bench.Guests
  alias Workbooks.Wasm

  def question, do: "A timer of a millisecond while a program is compiled"

  def rows do
    {functions, ns} = size(500)
    bytes = Guests.large(functions)
    {_, alone} = Bench.lateness_during(fn -> Process.sleep(div(ns, 1_000_000)) end)
    {ns, during} = Bench.lateness_during(fn -> elem(compile(bytes), 1) end)

    [
      Bench.spread("worst lateness during #{Bench.duration(ns)} of compiling", during,
        figure: :worst,
        floor: {"as long without", alone},
        goal: 5_000_000
      )
    ]
  end

  # So many functions that they take about a second.
  defp size(functions) do
    {_, ns} = compile(Guests.large(functions))
    wanted = round(functions * 1.0e9 / ns)

    if ns >= 800_000_000 or functions >= 20_000,
      do: {functions, ns},
      else: size(min(20_000, max(wanted, 2 * functions)))
  end

  defp compile(bytes) do
    begun = Bench.now()
    {:ok, program} = Wasm.compile(bytes, cache: false)
    {program, Bench.now() - begun}
  end
end

Bench.run(Bench.Compile)
