defmodule Workbooks.Build.C.World do
  @moduledoc false
  # A WIT document with the one function that a block exports. Records stand in it by names of their own.

  @doc """
  The document.

      iex> IO.puts(Workbooks.Build.C.World.text("area", [{"of", {:record, [{"w", :f64}, {"h", :f64}]}}], :f64))
      package local:block;
      world block {
        record r0 { %w: f64, %h: f64 }
        export %area: func(%of: r0) -> f64;
      }
  """
  @spec text(String.t(), [{String.t(), term}], term) :: String.t()
  def text(name, params, result) do
    {params, records} =
      Enum.map_reduce(params, [], fn {name, type}, records ->
        {type, records} = type(type, records)
        {"%#{name}: #{type}", records}
      end)

    {result, records} = if result, do: type(result, records), else: {nil, records}
    arrow = if result, do: " -> #{result}", else: ""
    declared = for {record, n} <- Enum.with_index(Enum.reverse(records)), do: "  record r#{n} { #{record} }\n"
    "package local:block;\nworld block {\n#{declared}  export %#{name}: func(#{Enum.join(params, ", ")})#{arrow};\n}"
  end

  defp type({:record, fields}, records) do
    {fields, records} =
      Enum.map_reduce(fields, records, fn {name, type}, records ->
        {type, records} = type(type, records)
        {"%#{name}: #{type}", records}
      end)

    # The same record twice is one.
    record = Enum.join(fields, ", ")
    records = if record in records, do: records, else: [record | records]
    {"r#{Enum.find_index(Enum.reverse(records), &(&1 == record))}", records}
  end

  defp type({:list, type}, records), do: wrap("list", [type], records)
  defp type({:option, type}, records), do: wrap("option", [type], records)
  defp type({:result, ok, error}, records), do: wrap("result", [ok, error], records)
  defp type({:tuple, types}, records), do: wrap("tuple", types, records)
  defp type(simple, records) when is_atom(simple), do: {Atom.to_string(simple), records}

  defp wrap(name, types, records) do
    {types, records} = Enum.map_reduce(types, records, &type/2)
    {"#{name}<#{Enum.join(types, ", ")}>", records}
  end
end
