defmodule Workbooks.Vars.Keys do
  @moduledoc false
  # The keys that secrets are sealed with, as people write them: 32 bytes in base64 each, the first
  # for what is sealed from now on, the others only to read with. No message has any of it.

  alias Workbooks.Error

  @variable "WORKBOOKS_SECRET_KEY"

  @doc "Those of the setting, or of the function that gives it, else of the environment, else `:none`."
  @spec given(term) :: {:ok, [binary, ...]} | :none | {:error, Error.t()}
  def given(setting) do
    case {value(setting), System.get_env(@variable)} do
      {nil, unset} when unset in [nil, ""] -> :none
      {nil, text} -> parse(text, ",", @variable)
      {text, _} -> parse(text, ",", "secret_key: of Workbooks.Vars")
    end
  end

  defp value(function) when is_function(function, 0), do: value(function.())
  defp value(text), do: text

  @doc "The keys in a text that has `separator` between them; `where` it was read is for the message."
  @spec parse(term, String.t(), String.t()) :: {:ok, [binary, ...]} | {:error, Error.t()}
  def parse(text, separator, where) when is_binary(text) do
    pieces = for piece <- String.split(text, separator), piece = String.trim(piece), piece != "", do: piece
    keys = Enum.map(pieces, &decode/1)

    cond do
      keys == [] -> bad(where, "it has no key")
      place = Enum.find_index(keys, &is_binary/1) -> bad(where, "key #{place + 1} of it #{Enum.at(keys, place)}")
      true -> {:ok, keys |> Enum.map(&elem(&1, 1)) |> Enum.uniq()}
    end
  end

  def parse(_other, _separator, where), do: bad(where, "it is no text")

  @doc "The keys as a text, each in a line of its own."
  @spec lines([binary]) :: iodata
  def lines(keys), do: Enum.map(keys, &[Base.encode64(&1), ?\n])

  defp decode(piece) do
    case Base.decode64(piece, padding: false) do
      {:ok, <<_::256>> = key} -> {:ok, key}
      {:ok, other} -> "has #{byte_size(other)} bytes"
      :error -> "is no base64"
    end
  end

  defp bad(where, wrong) do
    Error.tuple(
      :secret_key,
      "#{where} cannot be used: #{wrong}. A key is 32 bytes in base64 (openssl rand -base64 32); of several, the " <>
        "first seals new secrets and the others are only read with"
    )
  end
end
