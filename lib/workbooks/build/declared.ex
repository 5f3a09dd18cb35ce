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
  alias Workbooks.Build.{Artifact, Call, Deadline, Problem, Signature, Source, Types}

  @typedoc "A function of a block: its name as written, its type as above."
  @type entry :: %{name: String.t(), type: String.t()}

  @doc "The artifact of a core module that exports the function by its name in WIT."
  @spec artifact(binary, entry, Source.t(), Deadline.t()) :: {:ok, Artifact.t()} | {:error, Problem.t()}
  def artifact(core, function, %Source{} = source, deadline) do
    timeout = Deadline.left(deadline)

    with {:ok, declared} <- Signature.parse(named(function.type, source.inputs)),
         {:ok, signature, raises?} <- agree(declared, source.sig),
         :ok <- arity(signature, source),
         {:ok, wit} <- Signature.to_wit(%{signature | name: Types.wit_name(function.name)}),
         {:ok, bytes} <- Problem.from_answer(Wasm.componentize(core, wit: wit, timeout: timeout)),
         {:ok, compiled} <- Problem.from_answer(Wasm.compile(bytes, timeout: timeout)) do
      {path, _params, _result} = List.keyfind(compiled.exports, [Types.wit_name(function.name)], 0)

      {:ok,
       Artifact.new(
         language: source.language,
         bytes: bytes,
         convention: if(raises?, do: Call.Raising, else: Call.Typed),
         data: path,
         params: signature.params,
         result: if(raises?, do: elem(signature.result, 1), else: signature.result)
       )}
    end
  end

  # The parameters' own names are not known to every compiler; the inputs' are what a person reads.
  defp named(type, inputs) do
    count = length(Regex.scan(~r/#\d+: /, type))
    usable? = length(inputs) == count and Enum.uniq(inputs) == inputs and Enum.all?(inputs, &wit_name?/1)

    Regex.replace(~r/#(\d+): /, type, fn _, number ->
      if(usable?, do: Enum.at(inputs, String.to_integer(number)), else: "p" <> number) <> ": "
    end)
  end

  defp wit_name?(input), do: input |> Types.wit_name() |> Types.wit_name?()

  defp agree(declared, nil), do: {:ok, declared, match?({:result, _, _}, declared.result)}

  defp agree(declared, sig) do
    with {:ok, wanted} <- Signature.parse(sig) do
      same_params? = shapes(declared) == shapes(wanted)

      case declared.result do
        result when same_params? ->
          cond do
            shape(result) == shape(wanted.result) -> {:ok, wanted, false}
            raises?(result, wanted.result) -> {:ok, %{wanted | result: {:result, wanted.result, :string}}, true}
            true -> disagree(declared, sig)
          end

        _ ->
          disagree(declared, sig)
      end
    end
  end

  defp raises?({:result, good, _}, wanted), do: shape(good) == shape(wanted)
  defp raises?(_result, _wanted), do: false

  defp disagree(declared, sig) do
    {:error, Problem.new(:signature, "the :sig: says #{sig}, the function is #{Signature.text(declared)}")}
  end

  defp shapes(signature), do: Enum.map(signature.params, fn {_name, type} -> shape(type) end)

  # What has the same form in memory is the same: bytes and a string, a character and its number.
  defp shape(:string), do: {:list, :u8}
  defp shape(:char), do: :u32
  defp shape({:record, fields}), do: {:record, for({name, type} <- fields, do: {Types.wit_name(name), shape(type)})}
  defp shape({:tuple, types}), do: {:tuple, Enum.map(types, &shape/1)}
  defp shape({:result, good, bad}), do: {:result, shape(good), shape(bad)}
  defp shape({kind, type}) when kind in [:list, :option], do: {kind, shape(type)}
  defp shape(type), do: type

  defp arity(signature, %Source{inputs: inputs}) do
    if inputs == [] or length(signature.params) == length(inputs) do
      :ok
    else
      count = length(signature.params)
      takes = "the function takes #{count} #{if count == 1, do: "parameter", else: "parameters"}"
      {:error, Problem.new(:signature, "#{takes}, its inputs are #{length(inputs)}: #{Enum.join(inputs, " ")}")}
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
end
