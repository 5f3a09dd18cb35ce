defmodule Workbooks.Build.Declared do
  @moduledoc """
  Components of functions whose type stands in their source, for languages that are compiled to a
  core module.

  A declared type is WIT's, with records written where they stand and parameters numbered:
  `sum(#0: list<f64>, #1: record{scale: f64}) -> f64`. The block's inputs give the parameters their
  names.

  A function that fails by its result (an error union of Zig's, a `Result` of Rust's) *raises*,
  unless its `:sig:` says that it gives a `result`: what it gives is then the good value, and the
  bad one is the step's problem.
  """

  alias Workbooks.Wasm
  alias Workbooks.Build.{Artifact, Call, Deadline, Problem, Source}

  @typedoc "A function of a block: its name as written, its type as above."
  @type entry :: %{name: String.t(), type: String.t()}

  @doc "The artifact of a core module that exports the function by its name in WIT."
  @spec artifact(binary, entry, Source.t(), Deadline.t()) :: {:ok, Artifact.t()} | {:error, Problem.t()}
  def artifact(core, function, %Source{} = source, deadline) do
    name = kebab(function.name)

    with {:ok, declared} <- split(function.type),
         {:ok, signature, raises?} <- agree(declared, function, source),
         :ok <- arity(signature, source),
         wit = world(name, named(signature, source.inputs)),
         {:ok, bytes} <- wasm(Wasm.componentize(core, wit: wit)),
         {:ok, compiled} <- wasm(Wasm.compile(bytes, timeout: Deadline.left(deadline))) do
      {path, params, result} = List.keyfind(compiled.exports, [name], 0)

      {:ok,
       Artifact.new(
         language: source.language,
         bytes: bytes,
         convention: if(raises?, do: Call.Raising, else: Call.Typed),
         data: path,
         params: params,
         result: if(raises?, do: good(result), else: result)
       )}
    end
  end

  @doc """
  A name as WIT writes it.

      iex> Workbooks.Build.Declared.kebab("moving_average")
      "moving-average"
      iex> Workbooks.Build.Declared.kebab("movingAverage")
      "moving-average"
  """
  @spec kebab(String.t()) :: String.t()
  def kebab(name) do
    name
    |> String.replace(~r/([a-z0-9])([A-Z])/, "\\1-\\2")
    |> String.replace("_", "-")
    |> String.downcase()
  end

  defp good({:result, type, _error}), do: type

  # --- the declared type and the :sig: -----------------------------------------------------------

  # "f(a: t, b: t) -> t" as {[{name, type}], type | nil}.
  defp split(text) do
    case Regex.run(~r/^[^(]*\((.*)\)\s*(?:->\s*(.+?)\s*)?$/s, text) do
      [_, params] -> {:ok, {params(params), nil}}
      [_, params, result] -> {:ok, {params(params), result}}
      nil -> {:error, Problem.new(:signature, "the :sig: #{text} has no parameter list")}
    end
  end

  defp params(text) do
    for part <- commas(text), [name, type] <- [String.split(part, ":", parts: 2)] do
      {String.trim(name), String.trim(type)}
    end
  end

  # Commas outside of brackets part.
  defp commas(text) do
    {parts, last, _depth} =
      for <<c::utf8 <- text>>, reduce: {[], "", 0} do
        {parts, part, 0} when c == ?, -> {[part | parts], "", 0}
        {parts, part, depth} when c in [?<, ?{] -> {parts, part <> <<c::utf8>>, depth + 1}
        {parts, part, depth} when c in [?>, ?}] -> {parts, part <> <<c::utf8>>, depth - 1}
        {parts, part, depth} -> {parts, part <> <<c::utf8>>, depth}
      end

    Enum.reject(Enum.reverse([last | parts]), &(String.trim(&1) == ""))
  end

  defp agree({_params, result} = declared, _function, %Source{sig: nil}) do
    {:ok, declared, raises?(result)}
  end

  defp agree({params, result}, function, %Source{sig: sig}) do
    with {:ok, {wanted, wanted_result} = signature} <- split(sig) do
      same_params = shapes(params) == shapes(wanted)

      cond do
        same_params and shape(result) == shape(wanted_result) ->
          {:ok, signature, false}

        same_params and raises?(result) and shape(inside(result)) == shape(wanted_result) ->
          {:ok, {wanted, "result<#{wanted_result || "_"}, string>"}, true}

        true ->
          declared = String.replace(function.type, ~r/#\d+: /, "")
          {:error, Problem.new(:signature, "the :sig: says #{sig}, the function is #{declared}")}
      end
    end
  end

  defp raises?(nil), do: false
  defp raises?(result), do: String.starts_with?(result, "result<")

  defp inside("result<" <> rest) do
    case rest |> String.replace_suffix(">", "") |> commas() |> hd() |> String.trim() do
      "_" -> nil
      type -> type
    end
  end

  defp shapes(params), do: Enum.map(params, fn {_name, type} -> shape(type) end)

  # What has the same form in memory is the same: bytes and a string, a character and its number.
  defp shape(nil), do: nil

  defp shape(type) do
    type
    |> String.replace(~r/\s+/, "")
    |> String.replace("list<u8>", "string")
    |> String.replace(~r/(?<![\w-])char(?![\w-])/, "u32")
  end

  defp arity({params, _result}, %Source{inputs: inputs}) when length(params) == length(inputs), do: :ok
  defp arity(_signature, %Source{inputs: []}), do: :ok

  defp arity({params, _result}, %Source{inputs: inputs}) do
    message =
      "the function takes #{length(params)} parameters, its inputs are #{length(inputs)}: #{Enum.join(inputs, " ")}"

    {:error, Problem.new(:signature, message)}
  end

  defp named({params, result}, inputs) do
    names = Enum.map(inputs, &name/1)
    usable? = length(names) == length(params) and Enum.uniq(names) == names and nil not in names

    params =
      for {{given, type}, i} <- Enum.with_index(params) do
        {if(usable?, do: Enum.at(names, i), else: name(String.replace(given, "#", "p"))), type}
      end

    {params, result}
  end

  defp name(input) do
    name = kebab(input)
    if name =~ ~r/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/, do: name
  end

  # --- WIT ---------------------------------------------------------------------------------------

  # WIT wants records named: the innermost first. A name may be a word of WIT's own: hence the %.
  defp world(name, {params, result}) do
    func = "func(" <> Enum.map_join(params, ", ", fn {name, type} -> "%#{name || "p"}: #{type}" end) <> ")"
    func = if result, do: func <> " -> " <> result, else: func
    {func, records} = records(func, [])

    """
    package workbooks:block;
    world block {
      #{Enum.join(records, "\n  ")}
      export %#{name}: #{func};
    }
    """
  end

  defp records(text, known) do
    case Regex.run(~r/record\s*\{([^{}]*)\}/, text) do
      nil ->
        {text, Enum.reverse(known)}

      [whole, fields] ->
        fields =
          for part <- commas(fields), [name, type] <- [String.split(part, ":", parts: 2)], do: {String.trim(name), type}

        record = "record-of-#{Enum.map_join(Integer.digits(length(known)), &<<?a + &1>>)}"
        body = Enum.map_join(fields, ", ", fn {name, type} -> "%#{name}:#{type}" end)
        records(String.replace(text, whole, record), ["record #{record} { #{body} }" | known])
    end
  end

  # --- what a core module exports ------------------------------------------------------------------

  @doc """
  The names that a core module exports, in order; none of what is no module.

      iex> module = Workbooks.Wasm.compile!(~S[(module (func (export "a")) (memory (export "m") 1))])
      iex> Workbooks.Wasm.exports(module) |> Map.keys()
      ["a", "m"]
      iex> Workbooks.Build.Declared.exports(<<0, "asm", 1::32-little, 7, 9, 2, 1, ?a, 0, 0, 1, ?m, 2, 0>>)
      ["a", "m"]
  """
  @spec exports(binary) :: [String.t()]
  def exports(<<0, "asm", 1::32-little, sections::binary>>), do: sections(sections)
  def exports(_other), do: []

  defp sections(<<7, rest::binary>>) do
    with {_size, rest} <- number(rest), {count, rest} <- number(rest), do: names(rest, count), else: (:error -> [])
  end

  defp sections(<<_other, rest::binary>>) do
    case number(rest) do
      {size, rest} when byte_size(rest) >= size -> rest |> binary_part(size, byte_size(rest) - size) |> sections()
      _ -> []
    end
  end

  defp sections(<<>>), do: []

  defp names(_rest, 0), do: []

  defp names(rest, count) do
    with {length, rest} <- number(rest),
         <<name::binary-size(length), _kind, rest::binary>> <- rest,
         {_index, rest} <- number(rest) do
      [name | names(rest, count - 1)]
    else
      _ -> []
    end
  end

  # LEB128, unsigned: five bytes at most.
  defp number(bytes, shift \\ 0)
  defp number(<<0::1, low::7, rest::binary>>, shift), do: {Bitwise.bsl(low, shift), rest}

  defp number(<<1::1, low::7, rest::binary>>, shift) when shift < 28 do
    with {high, rest} <- number(rest, shift + 7), do: {high + Bitwise.bsl(low, shift), rest}
  end

  defp number(_cut, _shift), do: :error

  defp wasm({:ok, value}), do: {:ok, value}
  defp wasm({:error, error}), do: {:error, Problem.from_wasm(error)}
end
