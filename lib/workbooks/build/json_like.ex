defmodule Workbooks.Build.JsonLike do
  @moduledoc false
  # Between components values are JSON-like; what a typed component answers may not be.

  @doc """
  A value of that WIT type as JSON would hold it: a tuple as a list, a result as
  an object with `"ok"` or `"error"`, a case with content as an object of one key,
  a number that is none as `nil`.

      iex> Workbooks.Build.JsonLike.from({1, :nan}, {:tuple, [:s32, :f64]})
      [1, nil]
      iex> Workbooks.Build.JsonLike.from([{:error, "no"}], {:list, {:result, :s32, :string}})
      [%{"error" => "no"}]
  """
  @spec from(term, Workbooks.Wasm.Component.wit_type() | nil) :: term
  def from(value, {:list, :u8}), do: value
  def from(value, {:list, type}), do: Enum.map(value, &from(&1, type))
  def from(value, {:tuple, types}), do: value |> Tuple.to_list() |> Enum.zip_with(types, &from/2)
  def from(nil, {:option, _type}), do: nil
  def from({:some, value}, {:option, {:option, _} = type}), do: from(value, type)
  def from(value, {:option, type}), do: from(value, type)
  def from({:ok, value}, {:result, type, _}), do: %{"ok" => from(value, type)}
  def from({:error, value}, {:result, _, type}), do: %{"error" => from(value, type)}
  def from(value, {:record, fields}), do: Map.new(fields, fn {name, type} -> {name, from(value[name], type)} end)

  def from({name, value}, {:variant, cases}) do
    {^name, type} = List.keyfind(cases, name, 0)
    %{name => from(value, type)}
  end

  def from(value, float) when float in [:f32, :f64] and is_atom(value), do: nil
  def from(value, _type), do: value
end
