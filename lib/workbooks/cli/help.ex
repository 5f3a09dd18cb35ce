defmodule Workbooks.CLI.Help do
  @moduledoc false
  # What `wb help` says: made from what each verb says of itself.

  alias Workbooks.CLI.Options

  @groups [
    {"On a file", ~w(new query tangle lint render run bundle)},
    {"State and publishing", ~w(var key domain publish telemetry serve)},
    {"About wb", ~w(completion help version)},
    {"Not there yet", ~w(agent toolkit deploy)}
  ]

  # Columns that a switch may take.
  @left 24

  @doc "All verbs, in groups."
  @spec overview([{String.t(), module}]) :: iodata
  def overview(verbs) do
    known = Map.new(verbs)

    [
      "wb: Org files whose source blocks run as sandboxed WebAssembly\n\nusage: wb VERB [ARGUMENT]... [OPTION]...\n",
      for {title, names} <- @groups do
        ["\n", title, "\n", for(name <- names, do: ["  ", String.pad_trailing(name, 11), known[name].summary(), "\n"])]
      end,
      "\nwb help VERB, or wb VERB --help, teaches one. A first walk:\n\n",
      "  wb new tea.org\n  wb run tea.org --input name=Ada --out tea.html\n\n",
      "Verbs on files need no server. With WB_URL and WB_KEY set, run, lint, render, tangle, query, var, domain,\n",
      "publish and telemetry work on the control plane there. Exit status: 0, or 1 with one line on standard error.\n"
    ]
  end

  @doc "What a verb does, and how it is called."
  @spec verb(module) :: iodata
  def verb(verb) do
    [
      ["wb ", verb.name(), ": ", verb.summary(), "\n\n"],
      section("usage", for(line <- verb.usage(), do: ["  wb ", line, "\n"])),
      [String.trim(verb.about()), "\n\n"],
      section("options", verb |> Options.all() |> Enum.map(&option/1)),
      section("examples", for({command, words} <- verb.examples(), do: ["  # ", words, "\n  ", command, "\n"])),
      "exit status\n  0 when it is done, 1 with one line on standard error when not.\n"
    ]
  end

  defp section(_title, []), do: []
  defp section(title, lines), do: [title, "\n", lines, "\n"]

  defp option({name, _type, placeholder, words}) do
    left = left(name, placeholder)
    # One that is too long has its words on the next line.
    gap = if String.length(left) > @left, do: "\n" <> String.duplicate(" ", @left + 4), else: ""
    ["  ", String.pad_trailing(left, @left + 2), gap, words, "\n"]
  end

  defp left({name, letter}, placeholder), do: "-#{letter}, " <> left(name, placeholder)
  defp left(name, ""), do: "--" <> Options.dashed(name)
  defp left(name, placeholder), do: "--#{Options.dashed(name)} #{placeholder}"

  @doc "The same for a program."
  @spec data(module) :: map
  def data(verb) do
    %{
      verb: verb.name(),
      summary: verb.summary(),
      usage: Enum.map(verb.usage(), &("wb " <> &1)),
      options:
        for {name, type, placeholder, words} <- Options.all(verb) do
          %{name: "--" <> Options.dashed(Options.long(name)), type: type, value: placeholder, about: words}
        end,
      examples: for({command, words} <- verb.examples(), do: %{command: command, about: words})
    }
  end
end
