defmodule Workbooks.Options do
  @moduledoc false
  # Options are checked here and nowhere else: an unknown key or a bad value is the
  # caller's mistake, raised with the key, the value and what is allowed.

  @type check :: :timeout | :positive | :non_negative | :boolean | :string | :map | :keyword | :pid | :any | {:in, list}

  @doc """
  The options with their defaults, as a map. `schema` is `[key: {check, default}]`.

      iex> Workbooks.Options.validate!([timeout: 5], [timeout: {:timeout, 10}], "f/1")
      %{timeout: 5}
  """
  @spec validate!(keyword, [{atom, {check, term}}], String.t()) :: map
  def validate!(options, schema, where) do
    unless Keyword.keyword?(options) do
      raise ArgumentError, "#{where} takes options as a keyword list, got: #{inspect(options)}"
    end

    for {key, value} <- options, reduce: Map.new(schema, fn {key, {_check, default}} -> {key, default} end) do
      checked ->
        case Keyword.fetch(schema, key) do
          {:ok, {check, _default}} ->
            valid?(check, value) || raise ArgumentError, bad_value(where, key, value, check)
            Map.put(checked, key, value)

          :error ->
            known = Enum.map_join(schema, ", ", fn {key, _} -> inspect(key) end)
            raise ArgumentError, "#{where} has no option #{inspect(key)}: it knows #{known}"
        end
    end
  end

  defp bad_value(where, key, value, check) do
    "option #{inspect(key)} of #{where} must be #{allowed(check)}, got: #{inspect(value)}"
  end

  defp valid?(:timeout, value), do: value == :infinity or (is_integer(value) and value >= 0)
  defp valid?(:positive, value), do: is_integer(value) and value > 0
  defp valid?(:non_negative, value), do: is_integer(value) and value >= 0
  defp valid?(:boolean, value), do: is_boolean(value)
  defp valid?(:string, value), do: is_binary(value)
  defp valid?(:map, value), do: is_map(value)
  defp valid?(:keyword, value), do: Keyword.keyword?(value)
  defp valid?(:pid, value), do: is_pid(value)
  defp valid?(:any, _value), do: true
  defp valid?({:in, values}, value), do: value in values

  defp allowed(:timeout), do: "milliseconds (an integer from 0) or :infinity"
  defp allowed(:positive), do: "an integer from 1"
  defp allowed(:non_negative), do: "an integer from 0"
  defp allowed(:boolean), do: "true or false"
  defp allowed(:string), do: "a string"
  defp allowed(:map), do: "a map"
  defp allowed(:keyword), do: "a keyword list"
  defp allowed(:pid), do: "a pid"
  defp allowed(:any), do: "anything"
  defp allowed({:in, values}), do: "one of #{Enum.map_join(values, ", ", &inspect/1)}"
end
