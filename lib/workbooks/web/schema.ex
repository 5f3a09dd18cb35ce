defmodule Workbooks.Web.Schema do
  @moduledoc false
  # JSON Schema, as much of it as the control plane says of itself: the same maps are checked against, and
  # stand in its description.
  #
  # Known: type (a name, or a list of them), enum, minLength, maxLength (both in characters), pattern, minimum, maximum, properties,
  # required, additionalProperties, items, maxItems, $ref; `writeOnly` has no value shown in a message.

  @type t :: map
  @type wrong :: {field :: String.t(), message :: String.t()}

  @doc """
  Whether a JSON value is as the schema says; else the field and what is wrong there.

      iex> alias Workbooks.Web.Schema
      iex> schema = %{type: "object", properties: %{version: %{type: "integer", minimum: 1}}, additionalProperties: false}
      iex> Schema.check(%{"version" => 2}, schema)
      :ok
      iex> Schema.check(%{"version" => 0}, schema)
      {:error, {"version", "must be at least 1, got 0"}}
      iex> Schema.check(%{"versoin" => 1}, schema)
      {:error, {"versoin", "is not known here: version"}}
      iex> Schema.check([], schema)
      {:error, {"", "must be an object, got an array"}}
  """
  @spec check(term, t, map) :: :ok | {:error, wrong}
  def check(value, schema, components \\ %{}), do: check(value, schema, "", components)

  @doc """
  The value with integers where its schema wants them and it has numbers without a fraction: `2.0` is one to JSON Schema.

      iex> Workbooks.Web.Schema.integers(%{"version" => 2.0, "other" => 2.0}, %{properties: %{version: %{type: "integer"}}})
      %{"other" => 2.0, "version" => 2}
  """
  @spec integers(term, t) :: term
  def integers(value, %{type: types}) when is_float(value) do
    if "integer" in List.wrap(types) and trunc(value) == value, do: trunc(value), else: value
  end

  def integers(value, %{properties: properties}) when is_map(value) do
    for {name, schema} <- properties, name = to_string(name), is_map_key(value, name), reduce: value do
      value -> Map.update!(value, name, &integers(&1, schema))
    end
  end

  def integers(value, _schema), do: value

  defp check(value, %{"$ref": "#/components/schemas/" <> name}, at, components) do
    check(value, Map.fetch!(components, name), at, components)
  end

  defp check(value, schema, at, components) do
    with :ok <- type(value, schema[:type], at, schema),
         :ok <- enum(value, schema[:enum], at, schema),
         do: inner(value, schema, at, components)
  end

  defp type(_value, nil, _at, _schema), do: :ok

  defp type(value, types, at, schema) do
    types = List.wrap(types)

    if Enum.any?(types, &is?(value, &1)),
      do: :ok,
      else: wrong(at, "must be #{Enum.map_join(types, " or ", &named/1)}, got #{shown(value, schema)}")
  end

  defp is?(value, "string"), do: is_binary(value)
  defp is?(value, "integer"), do: is_integer(value)
  defp is?(value, "number"), do: is_number(value)
  defp is?(value, "boolean"), do: is_boolean(value)
  defp is?(value, "array"), do: is_list(value)
  defp is?(value, "object"), do: is_map(value)
  defp is?(value, "null"), do: value == nil

  defp named("null"), do: "null"
  defp named(type), do: "#{if type in ["array", "object", "integer"], do: "an", else: "a"} #{type}"

  defp enum(_value, nil, _at, _schema), do: :ok

  defp enum(value, allowed, at, schema) do
    if value in allowed,
      do: :ok,
      else: wrong(at, "must be one of #{Enum.map_join(allowed, ", ", &inspect/1)}, got #{shown(value, schema)}")
  end

  defp inner(value, schema, at, _components) when is_binary(value) do
    cond do
      (least = schema[:minLength]) && fewer?(value, least) ->
        wrong(at, "must have at least #{least} characters, got #{characters(value)}")

      (most = schema[:maxLength]) && not fewer?(value, most + 1) ->
        wrong(at, "must have at most #{most} characters, got #{characters(value)}")

      (pattern = schema[:pattern]) && not matches?(value, pattern) ->
        wrong(at, "must match #{pattern}, got #{shown(value, schema)}")

      true ->
        :ok
    end
  end

  defp inner(value, schema, at, _components) when is_number(value) do
    cond do
      (least = schema[:minimum]) && value < least -> wrong(at, "must be at least #{least}, got #{shown(value, schema)}")
      (most = schema[:maximum]) && value > most -> wrong(at, "must be at most #{most}, got #{shown(value, schema)}")
      true -> :ok
    end
  end

  defp inner(value, %{items: items} = schema, at, components) when is_list(value) do
    most = schema[:maxItems]

    if most && length(value) > most do
      wrong(at, "must have at most #{most} items, got #{length(value)}")
    else
      value |> Enum.with_index() |> all(fn {item, i} -> check(item, items, below(at, "#{i}"), components) end)
    end
  end

  defp inner(value, schema, at, components) when is_map(value) do
    missing = Enum.reject(schema[:required] || [], &is_map_key(value, to_string(&1)))
    properties = Map.new(schema[:properties] || %{}, fn {name, schema} -> {to_string(name), schema} end)

    if missing == [] do
      all(value, fn {name, value} ->
        case properties[name] || Map.get(schema, :additionalProperties, true) do
          true -> :ok
          false -> wrong(below(at, name), "is not known here: #{known(properties)}")
          schema -> check(value, schema, below(at, name), components)
        end
      end)
    else
      wrong(below(at, to_string(hd(missing))), "is missing")
    end
  end

  defp inner(_value, _schema, _at, _components), do: :ok

  defp all(values, check), do: Enum.find_value(values, :ok, &with(:ok <- check.(&1), do: nil))

  # JSON Schema counts code points, of up to four bytes each; most are not worth counting.
  defp fewer?(value, n) do
    cond do
      byte_size(value) < n -> true
      byte_size(value) >= 4 * n -> false
      true -> characters(value) < n
    end
  end

  defp characters(value), do: for(<<_::utf8 <- value>>, reduce: 0, do: (n -> n + 1))

  # As ECMAScript has it: `$` is the end, not also what stands before a last line's.
  defp matches?(value, pattern), do: match?({:match, _}, :re.run(value, pattern, [:unicode, :dollar_endonly]))

  defp known(properties) when properties == %{}, do: "nothing is"
  defp known(properties), do: properties |> Map.keys() |> Enum.sort() |> Enum.join(", ")

  defp below("", name), do: name
  defp below(at, name), do: "#{at}.#{name}"

  # A name of somebody's making may be of any length.
  defp wrong(at, message), do: {:error, {Workbooks.Text.cut(at, 200), message}}

  defp shown(value, _schema) when is_list(value), do: "an array"
  defp shown(value, _schema) when is_map(value), do: "an object"
  defp shown(nil, _schema), do: "null"
  defp shown(_value, %{writeOnly: true}), do: "something else"
  defp shown(value, _schema) when is_binary(value), do: Workbooks.Names.shown(value)
  defp shown(value, _schema), do: inspect(value)
end
