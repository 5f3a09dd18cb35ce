defmodule Workbooks.Build.Signature do
  @moduledoc """
  A component's `:sig:`, read: what the function is called, takes, gives and calls.

      score(items: list<f64>) -> record{mean: f64, best: f64} using twice(x: f64) -> f64

  What stands after `using` are functions of components that `:deps:` names; the block imports
  them.
  """

  alias Workbooks.Build.{Problem, Types}
  alias Workbooks.Build.Signature.Parser

  @enforce_keys [:name, :params, :result]
  defstruct [:name, :params, :result, using: []]

  @type t :: %__MODULE__{
          name: String.t(),
          params: [{String.t(), Types.t()}],
          result: Types.t() | nil,
          using: [t]
        }

  @doc """
  Reads a `:sig:`. The kernel's `validate` has found what is wrong with it before, and where.

      iex> {:ok, signature} = Workbooks.Build.Signature.parse("size(text: string) -> u32")
      iex> {signature.name, signature.params, signature.result}
      {"size", [{"text", :string}], :u32}
      iex> {:error, problem} = Workbooks.Build.Signature.parse("size(text string)")
      iex> problem.kind
      :signature
  """
  @spec parse(String.t()) :: {:ok, t} | {:error, Problem.t()}
  def parse(text) do
    case Parser.parse(text) do
      {:ok, {name, params, result, using}} ->
        using = for {name, params, result} <- using, do: %__MODULE__{name: name, params: params, result: result}
        {:ok, %__MODULE__{name: name, params: params, result: result, using: using}}

      {:error, message} ->
        {:error, Problem.new(:signature, "the :sig: cannot be read: #{message}")}
    end
  end

  @doc """
  The functions that a `:sig:` says the block uses; none without one.

      iex> {:ok, [used]} = Workbooks.Build.Signature.using("more(n: f64) -> f64 using twice(x: f64) -> f64")
      iex> used.name
      "twice"
      iex> Workbooks.Build.Signature.using(nil)
      {:ok, []}
  """
  @spec using(String.t() | nil) :: {:ok, [t]} | {:error, Problem.t()}
  def using(nil), do: {:ok, []}
  def using(sig), do: with({:ok, signature} <- parse(sig), do: {:ok, signature.using})

  @doc """
  The WIT world of a block with that signature. An error where a name cannot be one in WIT,
  which only blocks that become components mind.

      iex> {:ok, signature} = Workbooks.Build.Signature.parse("sizeOf(text: string) -> u32")
      iex> Workbooks.Build.Signature.to_wit(signature)
      {:ok, "package local:block;\\n\\nworld block {\\n  export %size-of: func(%text: string) -> u32;\\n}\\n"}
  """
  @spec to_wit(t) :: {:ok, String.t()} | {:error, Problem.t()}
  def to_wit(%__MODULE__{} = signature) do
    functions = [signature | signature.using]
    with :ok <- check_names(functions), do: {:ok, world(functions)}
  end

  defp world([signature | using] = functions) do
    lines =
      Enum.concat([
        functions |> Enum.flat_map(&records/1) |> Enum.uniq_by(&record_name/1) |> Enum.map(&record/1),
        for(function <- using, do: "import " <> function(function)),
        ["export " <> function(signature)]
      ])

    IO.iodata_to_binary(["package local:block;\n\nworld block {\n", Enum.map(lines, &["  ", &1, "\n"]), "}\n"])
  end

  # In WIT names are words with hyphens, and no two differ in their case alone.
  defp check_names(functions) do
    fields =
      for function <- functions, record <- [function.params | records(function)], do: Enum.map(record, &elem(&1, 0))

    case Enum.find_value([Enum.map(functions, & &1.name) | fields], &unfit/1) do
      nil -> :ok
      message -> {:error, Problem.new(:signature, message)}
    end
  end

  defp unfit(names) do
    wit = Enum.map(names, &Types.wit_name/1)

    case Enum.find(Enum.zip(names, wit), fn {_name, wit} -> not Types.wit_name?(wit) end) do
      {name, _wit} ->
        "the name #{name} of the :sig: is none in WIT: take letters a-z and digits, with - or _ between words"

      nil ->
        lower = Enum.map(wit, &String.downcase/1)

        case lower -- Enum.uniq(lower) do
          [] -> nil
          [twice | _] -> "two names of the :sig: are #{twice} in WIT: give one of them another"
        end
    end
  end

  @doc """
  A function's type as a `:sig:` writes it.

      iex> {:ok, signature} = Workbooks.Build.Signature.parse("f( a:f64,b : u8 )->bool")
      iex> Workbooks.Build.Signature.text(signature)
      "f(a: f64, b: u8) -> bool"
  """
  @spec text(t) :: String.t()
  def text(%__MODULE__{} = signature) do
    params = Enum.map_join(signature.params, ", ", fn {name, type} -> "#{name}: #{Types.text(type)}" end)
    result = if signature.result, do: " -> #{Types.text(signature.result)}", else: ""
    "#{signature.name}(#{params})#{result}"
  end

  defp function(%__MODULE__{} = function) do
    params = Enum.map_join(function.params, ", ", fn {name, type} -> "#{id(name)}: #{wit(type)}" end)
    result = if function.result, do: " -> #{wit(function.result)}", else: ""
    "#{id(function.name)}: func(#{params})#{result};"
  end

  defp record(fields) do
    "record #{record_name(fields)} { #{Enum.map_join(fields, ", ", fn {n, type} -> "#{id(n)}: #{wit(type)}" end)} }"
  end

  # Named after what is in it, so that two components mean the same by the same name.
  defp record_name(fields) do
    digest = :crypto.hash(:sha256, Types.text({:record, for({n, type} <- fields, do: {Types.wit_name(n), type})}))
    "r" <> (digest |> binary_part(0, 6) |> Base.encode16(case: :lower))
  end

  # With the sign that makes a word of WIT's own a name.
  defp id(name), do: "%" <> Types.wit_name(name)

  defp wit({:record, fields}), do: record_name(fields)
  defp wit({:list, type}), do: "list<#{wit(type)}>"
  defp wit({:option, type}), do: "option<#{wit(type)}>"
  defp wit({:tuple, types}), do: "tuple<#{Enum.map_join(types, ", ", &wit/1)}>"
  defp wit({:result, nil, nil}), do: "result"
  defp wit({:result, ok, nil}), do: "result<#{wit(ok)}>"
  defp wit({:result, ok, error}), do: "result<#{if ok, do: wit(ok), else: "_"}, #{wit(error)}>"
  defp wit(primitive), do: Atom.to_string(primitive)

  # The records of a function, the inner ones first.
  defp records(%__MODULE__{} = function) do
    Enum.flat_map(function.params, fn {_name, type} -> nested(type) end) ++ nested(function.result)
  end

  defp nested({:record, fields}), do: Enum.flat_map(fields, fn {_name, type} -> nested(type) end) ++ [fields]
  defp nested({:tuple, types}), do: Enum.flat_map(types, &nested/1)
  defp nested({:result, ok, error}), do: nested(ok) ++ nested(error)
  defp nested({_list_or_option, type}), do: nested(type)
  defp nested(_primitive), do: []
end
