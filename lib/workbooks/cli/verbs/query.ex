defmodule Workbooks.CLI.Verbs.Query do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Start, Verb, Workbook}
  alias Workbooks.{JSON, OQL}

  @impl true
  def name, do: "query"
  @impl true
  def summary, do: "the headings of a document, as JSON"
  @impl true
  def usage, do: ["query WORKBOOK [--tag TAG]... [--property NAME[=VALUE]]... [--todo STATE]"]

  @impl true
  def about do
    """
    Prints each heading as a JSON object on a line of its own: level, title, TODO state, priority, tags,
    properties, timestamps and place. With --json it is one array. With several conditions a heading has to
    meet all. A tag is inherited, as in Org; a property's name is read in either case.

    WORKBOOK is a file, - for standard input or, with a control plane, the id of a stored workbook.
    """
  end

  @impl true
  def options do
    [
      {:tag, :keep, "TAG", "headings with this tag, their own or inherited"},
      {:property, :keep, "NAME[=VALUE]", "headings with this property, or with this value of it"},
      {:todo, :string, "STATE", "headings in this state, such as TODO"}
    ] ++ Verb.remote_options()
  end

  @impl true
  def examples do
    [
      {"wb query notes.org --todo TODO --tag home", "what is to be done at home"},
      {"wb query notes.org | jq -r .title", "titles alone"},
      {"cat *.org | wb query - --property EFFORT=1h --json", "an array, of several files"}
    ]
  end

  @impl true
  def run(arguments, options) do
    with {:ok, workbook} <- Workbook.only(arguments, options, hd(usage())),
         {:ok, %{org: org}} <- Workbook.with_source(workbook),
         :ok <- Start.kernel(),
         {:ok, headings} <- OQL.parse_headlines(org) do
      wanted = Enum.filter(headings, &wanted?(&1, options))
      {:ok, {fn -> for heading <- wanted, do: [JSON.encode!(heading), ?\n] end, wanted}}
    end
  end

  defp wanted?(heading, options) do
    Enum.all?(options.tag, &(&1 in heading["all_tags"])) and
      Enum.all?(options.property, &property?(heading["properties"] || %{}, &1)) and
      (options.todo == nil or heading["todo"] == options.todo)
  end

  defp property?(properties, condition) do
    {name, wanted} =
      case String.split(condition, "=", parts: 2) do
        [name, value] -> {name, value}
        [name] -> {name, nil}
      end

    Enum.any?(properties, fn {key, value} ->
      String.downcase(key) == String.downcase(name) and (wanted == nil or value == wanted)
    end)
  end
end
