defmodule Workbooks.CLI.Verbs.Tangle do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Files, Output, Remote, Start, Verb, Workbook}
  alias Workbooks.OQL

  @extensions %{"javascript" => "js", "rust" => "rs", "wasm" => "wasm.txt"}

  @impl true
  def name, do: "tangle"
  @impl true
  def summary, do: "the plan of a workbook, or its blocks as files"
  @impl true
  def usage, do: ["tangle WORKBOOK [--out FOLDER]"]

  @impl true
  def about do
    """
    Shows what would run: each component with its language, what it takes and from whom, and what it gives;
    then what the whole takes and gives. With --out the blocks are written as files instead, references
    (noweb) filled in, one a component. With --json it is the plan as the runtime has it.

    WORKBOOK is a file, - for standard input or, with a control plane, the id of a stored workbook.
    """
  end

  @impl true
  def options,
    do: [{{:out, :o}, :string, "FOLDER", "write each block to a file below this folder"}] ++ Verb.remote_options()

  @impl true
  def examples do
    [
      {"wb tangle tea.org", "the plan, to read"},
      {"wb tangle tea.org --json", "the plan, for a program"},
      {"wb tangle tea.org --out src", "src/tea/look-up.js and the others"}
    ]
  end

  @impl true
  def run(arguments, options) do
    with {:ok, workbook} <- Workbook.only(arguments, options, hd(usage())),
         {:ok, plan} <- plan(workbook) do
      if options.out, do: write(plan, options.out), else: {:ok, {shown(plan), plan}}
    end
  end

  defp plan(%Workbook{kind: :stored} = workbook),
    do: Remote.json(workbook.remote, :post, Workbook.path(workbook, ["plan"]), %{})

  defp plan(%Workbook{org: org}) do
    Start.kernel()
    OQL.tangle_plan(org)
  end

  defp shown(%{"components" => []}), do: "no component: no heading with a source block and an :in: or :out:\n"

  defp shown(plan) do
    languages = Map.new(plan["worlds"], &{&1["id"], &1["lang"]})

    rows =
      for component <- plan["components"],
          do: [component["id"], languages[component["world"]] || "", takes(component, plan), gives(component)]

    [
      Output.table(rows),
      named("takes", plan["imports"]),
      named("exports", plan["exports"])
    ]
  end

  defp takes(component, plan) do
    from =
      for %{"to" => %{"component" => id, "port" => port}, "from" => from} <- plan["edges"],
          id == component["id"],
          into: %{},
          do: {port, from["component"]}

    case component["in"] do
      [] -> "-"
      names -> Enum.map_join(names, ", ", &if(by = from[&1], do: "#{&1} (#{by})", else: &1))
    end
  end

  defp gives(component), do: "-> " <> Enum.join(component["out"], ", ")

  defp named(_word, []), do: []
  defp named(word, names), do: [word, ": ", Enum.join(names, ", "), "\n"]

  defp write(plan, folder) do
    written =
      for world <- plan["worlds"], reduce: {:ok, []} do
        {:ok, paths} -> with {:ok, path} <- write_one(world, folder), do: {:ok, [path | paths]}
        error -> error
      end

    with {:ok, paths} <- written do
      paths = Enum.reverse(paths)
      {:ok, {for(path <- paths, do: [path, ?\n]), %{files: paths}}}
    end
  end

  defp write_one(%{"id" => id, "lang" => lang, "src" => text}, folder) do
    case Path.safe_relative(id) do
      {:ok, name} ->
        path = Path.join(folder, "#{name}.#{Map.get(@extensions, lang, lang)}")
        with :ok <- Files.write(path, text), do: {:ok, path}

      :error ->
        {:error, Failure.new(:bad_name, "the component #{id} cannot be a file's name")}
    end
  end
end
