defmodule Mix.Tasks.Workbooks.Demo do
  @shortdoc "Runs the examples and writes their pages to _demo/"
  @moduledoc """
  Runs every workbook of `examples/`, writes a page for each and `index.html` that
  leads to them, and prints what came of it.

      $ mix workbooks.demo

  Options:

    * `--examples DIR` - the workbooks; `examples`
    * `--out DIR` - the pages; `_demo`

  The exit status is 1 when a workbook failed that should not: `failure.org`, which
  shows what a failure looks like, should. A workbook whose compiler is not there is
  left out, and what to install is said.
  """
  use Mix.Task

  alias Workbooks.{Build, Page}
  alias Workbooks.Page.{Escape, Report, Terminal}

  # What the examples are run with; they are shown in this order, others after them.
  @examples [
    {"hello.org", inputs: %{"name" => "Ada"}},
    {"statistics.org", []},
    {"keeling.org", []},
    {"collatz.org", inputs: %{"start" => 27}},
    {"mandelbrot.org", inputs: %{"columns" => 210}},
    {"sudoku.org", []},
    {"capitals.org", []},
    {"string.org", inputs: %{"hertz" => 220}},
    {"failure.org", expect: :failed}
  ]

  @about "Org files that have run: their blocks as WebAssembly, in a sandbox, " <>
           "with the answers beneath them. Each page is one file, without script."

  @impl true
  def run(arguments) do
    options = parse(arguments)
    Mix.Task.run("app.start")

    files = examples(options[:examples])
    demos = for file <- files, demo = demo(file, options[:out]), do: demo
    index = write(options[:out], "index.html", index(demos))
    Mix.shell().info("#{index}  the way to all of them")

    case Enum.filter(demos, &(&1.run.status != &1.expect)) do
      [] ->
        :ok

      wrong ->
        for demo <- wrong do
          Mix.shell().error("#{demo.source} should end #{demo.expect}, but is #{demo.run.status}")
        end

        exit({:shutdown, 1})
    end
  end

  defp parse(arguments) do
    case OptionParser.parse(arguments, strict: [examples: :string, out: :string]) do
      {options, [], []} -> Keyword.merge([examples: "examples", out: "_demo"], options)
      {_options, [other | _], []} -> Mix.raise("mix workbooks.demo takes no #{other}: it runs all of --examples DIR")
      {_options, _, [{switch, _} | _]} -> Mix.raise("#{switch} is no option: there are --examples DIR and --out DIR")
    end
  end

  defp examples(folder) do
    order = @examples |> Enum.map(&elem(&1, 0)) |> Enum.with_index() |> Map.new()

    case Path.wildcard(Path.join(folder, "*.org")) do
      [] -> Mix.raise("no workbooks (*.org) in #{folder}")
      files -> Enum.sort_by(files, &{Map.get(order, Path.basename(&1), map_size(order)), &1})
    end
  end

  defp demo(file, out) do
    source = Path.basename(file)
    {_, known} = List.keyfind(@examples, source, 0, {source, []})
    org = File.read!(file)

    case missing(org) do
      nil ->
        demo(file, org, known, out)

      how ->
        Mix.shell().info("#{file}  left out: #{how}")
        nil
    end
  end

  # What one of its compilers lacks on this machine.
  defp missing(org) do
    with {:ok, plan} <- Workbooks.plan(org) do
      Enum.find_value(plan["worlds"], fn world ->
        with {:ok, compiler} <- Build.compiler(world["lang"]),
             {:error, how} <- compiler.available(),
             do: how,
             else: (_ -> nil)
      end)
    else
      {:error, _invalid} -> nil
    end
  end

  defp demo(file, org, known, out) do
    source = Path.basename(file)
    {_outcome, run} = Workbooks.run(org, inputs: known[:inputs] || %{}, folder: Path.dirname(file))
    path = write(out, Path.rootname(source) <> ".html", Page.of_run(run, org, source: source))
    expect = known[:expect] || :ok
    remark = if expect != :ok and run.status == expect, do: ", as it should", else: ""

    Mix.shell().info("#{path}  #{run.status}#{remark}, in #{Report.duration(run.ms)}")
    for line <- Terminal.exports(run), do: Mix.shell().info(line)

    # Why, where it is not what the example is there to show.
    if run.status != expect, do: Mix.shell().error(Terminal.run(run))
    %{source: source, path: path, run: run, expect: expect, keywords: Page.keywords(org)}
  end

  defp write(folder, name, page) do
    path = Path.join(folder, name)
    File.mkdir_p!(folder)
    File.write!(path, page)
    path
  end

  defp index(demos) do
    items = for demo <- demos, do: item(demo)
    fragment = IO.iodata_to_binary(["<ul class=\"pages\">\n", items, "</ul>"])
    Page.html(fragment, title: "Workbooks", description: @about, lang: "en")
  end

  defp item(demo) do
    file = Path.basename(demo.path)
    facts = "#{Report.steps_done(demo.run)}, from #{demo.source}"

    [
      ["<li><a href=\"", Escape.text(URI.encode(file)), "\">"],
      [Escape.text(demo.keywords[:title] || demo.source), "</a>\n"],
      if(text = demo.keywords[:description], do: ["<p>", Escape.text(text), "</p>\n"], else: []),
      ["<p class=\"facts\">", Report.status(demo.run.status), " ", Escape.text(facts), "</p></li>\n"]
    ]
  end
end
