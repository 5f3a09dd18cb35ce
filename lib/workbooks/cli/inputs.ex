defmodule Workbooks.CLI.Inputs do
  @moduledoc false
  # `--input NAME=VALUE`, as often as there are inputs.

  alias Workbooks.CLI.Failure
  alias Workbooks.JSON

  @doc """
  The inputs that were written. A value that is JSON is taken as such, any other as text.

      iex> Workbooks.CLI.Inputs.read(["n=3", "s=three", "t=\\"3\\"", "u="])
      {:ok, %{"n" => 3, "s" => "three", "t" => "3", "u" => ""}}
  """
  @spec read([String.t()]) :: {:ok, %{String.t() => term}} | {:error, Failure.t()}
  def read(texts) do
    Enum.reduce_while(texts, {:ok, %{}}, fn text, {:ok, inputs} ->
      case String.split(text, "=", parts: 2) do
        [name, value] when name != "" -> {:cont, {:ok, Map.put(inputs, name, value(value))}}
        _other -> {:halt, {:error, Failure.new(:usage, "--input takes NAME=VALUE, got: #{text}")}}
      end
    end)
  end

  defp value(text) do
    case JSON.decode(text) do
      {:ok, value} -> value
      {:error, _not_json} -> text
    end
  end
end
