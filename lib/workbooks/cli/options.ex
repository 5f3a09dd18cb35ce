defmodule Workbooks.CLI.Options do
  @moduledoc false
  # The switches of a verb, read strictly: what is no switch of it is told, with the one that was meant.

  alias Workbooks.CLI.Failure

  @everywhere [
    {:json, :boolean, "", "JSON on standard output and nothing else, errors too"},
    {{:help, :h}, :boolean, "", "this text"}
  ]

  @doc "The switches of a verb, with those of all."
  @spec all(module) :: [Workbooks.CLI.Verb.option()]
  def all(verb), do: verb.options() ++ @everywhere

  @doc """
  The arguments of a verb and its options as a map, which has each: `nil`, or a list for those that
  can be given often, where it was not given.
  """
  @spec parse(module, [String.t()]) :: {:ok, [String.t()], map} | {:error, Failure.t()}
  def parse(verb, arguments) do
    options = all(verb)
    switches = for {name, type, _, _} <- options, do: {long(name), type}
    aliases = for {{name, letter}, _, _, _} <- options, do: {letter, name}

    case OptionParser.parse(arguments, strict: switches, aliases: aliases) do
      {given, arguments, []} -> {:ok, arguments, collect(switches, given)}
      {given, _arguments, [wrong | _]} -> if given[:help], do: help(), else: {:error, wrong(verb, switches, wrong)}
    end
  end

  defp help, do: {:ok, [], %{help: true}}

  defp collect(switches, given) do
    for {name, type} <- switches, into: %{} do
      {name, if(type == :keep, do: Keyword.get_values(given, name), else: given[name])}
    end
  end

  defp wrong(verb, switches, {switch, value}) do
    named = for {name, _type} <- switches, do: {"--" <> dashed(name), name}

    message =
      case {List.keyfind(named, switch, 0), value} do
        {nil, _value} -> unknown(switch, Enum.map(named, &elem(&1, 0)))
        {{_switch, name}, nil} when name != nil -> lacking(switch, switches[name])
        {_known, value} -> "#{switch} cannot be #{value}: it takes a whole number"
      end

    Failure.new(:usage, "wb #{verb.name()}: #{message} (wb help #{verb.name()})")
  end

  defp unknown("--no-" <> _ = switch, names), do: guess(switch, names)
  # A letter that needs a value comes here without one.
  defp unknown(switch, names), do: guess(switch, names)

  defp guess(switch, names) do
    if near = nearest(switch, names),
      do: "#{switch} is no option of it: did you mean #{near}?",
      else: "#{switch} is no option of it, or lacks its value"
  end

  defp lacking(switch, :boolean), do: "#{switch} takes no value"
  defp lacking(switch, _type), do: "#{switch} lacks its value"

  @doc """
  Which of the words somebody may have meant, or `nil`.

      iex> Workbooks.CLI.Options.nearest("querry", ["run", "query"])
      "query"
      iex> Workbooks.CLI.Options.nearest("xyz", ["run", "query"])
      nil
  """
  @spec nearest(String.t(), [String.t()]) :: String.t() | nil
  def nearest(word, words) do
    near = Enum.max_by(words, &String.jaro_distance(word, &1), fn -> "" end)
    if String.jaro_distance(word, near) > 0.75, do: near
  end

  @doc false
  def long({name, _letter}), do: name
  def long(name), do: name

  @doc "A switch's name as it is written."
  @spec dashed(atom) :: String.t()
  def dashed(name), do: name |> Atom.to_string() |> String.replace("_", "-")
end
