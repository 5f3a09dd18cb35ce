# What does it cost to read and render a document?
#
# In WebAssembly, through Workbooks.OQL, beside the same code compiled for this machine,
# in one run; what it costs to make terms of the answer is shown apart. orgize's exporter is
# native too; pandoc and Emacs are there for scale, with a document that they manage in
# a moment.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/documents.exs", __DIR__)
Code.require_file("support/oql.exs", __DIR__)

defmodule Bench.Render do
  alias Bench.{Documents, OQL}
  alias Workbooks.OQL.Lanes
  alias Workbooks.Wasm.Pool

  # {name, bytes, calls in a round, rounds}
  @sizes [{"1 KB", 1_000, 200, 15}, {"100 KB", 100_000, 10, 15}, {"10 MB", 10_000_000, 1, 5}]
  @functions [{"render", "render"}, {"headlines", "parse-headlines"}, {"plan", "tangle-plan"}]

  def question, do: "A document of mixed content"

  def rows do
    runner = OQL.runner()

    OQL.files(for({name, bytes, _, _} <- @sizes, do: {name, Documents.mixed(bytes)}), fn documents ->
      beside_native(documents, runner) ++ terms(documents) ++ others(documents, runner) ++ callers(documents)
    end)
  end

  defp beside_native(documents, runner) do
    for {title, function} <- @functions, {size, _, times, rounds} <- @sizes do
      {text, file} = documents[size]
      pool = Lanes.of(byte_size(text))
      arguments = if function == "render", do: [text, "{}"], else: [text]
      call = fn -> {:ok, _} = Pool.call(pool, function, arguments, timeout: 60_000) end
      # Instances and branch predictors have seen it.
      call.()

      took =
        OQL.in_turn(
          [wasm: &OQL.calls(&1, call), native: &OQL.native(runner, function, file, &1)],
          times,
          rounds
        )

      Bench.row("#{title}, #{size}", took.wasm, floor: {"the same code, native", took.native}, goal: {:times, 1.5})
      |> with_speed(took.wasm, byte_size(text))
    end
  end

  defp terms(documents) do
    for {title, function} <- [{"headlines", :parse_headlines}, {"plan", :tangle_plan}],
        {size, _, times, rounds} <- @sizes do
      {text, _} = documents[size]
      call = fn -> {:ok, _} = apply(Workbooks.OQL, function, [text]) end
      took = OQL.in_turn([it: &OQL.calls(&1, call)], times, min(rounds, 5))
      Bench.row("#{title} as Elixir's terms, #{size}", took.it) |> with_speed(took.it, byte_size(text))
    end
  end

  defp others(documents, runner) do
    native =
      for {size, _, times, _} <- @sizes do
        {text, file} = documents[size]
        took = OQL.native(runner, "orgize-html", file, times * 3)
        Bench.row("orgize's to_html, native, #{size}", took) |> with_speed(took, byte_size(text))
      end

    programs =
      for {size, _, _, _} <- Enum.take(@sizes, 2),
          {name, take} <- [{"pandoc, with its start", &OQL.pandoc/2}, {"Emacs, without its start", &OQL.emacs/2}] do
        {text, file} = documents[size]

        case take.(file, 3) do
          nil -> %{Bench.row("#{name}, #{size}", %{best: 0, median: 0}) | figure: "not installed", spread: ""}
          took -> Bench.row("#{name}, #{size}", took) |> with_speed(took, byte_size(text))
        end
      end

    native ++ programs
  end

  defp callers(documents) do
    for {size, _, times, _} <- Enum.take(@sizes, 2), {text, _} = documents[size], callers <- [1, 2, 8] do
      rounds = for _ <- 1..5, do: a_second(text, callers, times * 10)
      name = "#{size} documents a second, #{callers} #{if callers == 1, do: "caller", else: "callers"}"
      Bench.rate(name, rounds)
    end
  end

  defp a_second(text, callers, times) do
    begun = Bench.now()

    1..callers
    |> Enum.map(fn _ ->
      Task.async(fn -> for(_ <- 1..div(times, callers), do: {:ok, _} = Workbooks.OQL.render(text)) end)
    end)
    |> Task.await_many(:infinity)

    div(times, callers) * callers * 1.0e9 / (Bench.now() - begun)
  end

  defp with_speed(row, %{best: best}, bytes) do
    mb = bytes * 1_000 / best
    speed = if mb >= 1, do: "#{Float.round(mb, 1)} MB/s", else: "#{round(mb * 1_000)} KB/s"
    %{row | spread: "#{row.spread}, #{speed}"}
  end
end

Bench.run(Bench.Render)
