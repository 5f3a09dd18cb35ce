defmodule Workbooks.PublicWeb.Encoding do
  @moduledoc false
  # Which of a file's variants a client gets, after its Accept-Encoding (RFC 9110, section 12.5.3).

  alias Workbooks.PublicWeb.Sites

  # No honest header is longer; such a one counts as none.
  @most 1024

  @doc """
  The variant that is wanted most, the smallest of those that are wanted as much; `:error` where none is wanted.

      iex> variants = [{:identity, ~s("a"), "tea"}, {:gzip, ~s("b"), "t"}]
      iex> for header <- [nil, "gzip, br", "gzip;q=0.5, identity", "identity;q=0, br", "identity;q=0, *;q=0.1"] do
      ...>   with {:ok, {encoding, _, _}} <- Workbooks.PublicWeb.Encoding.choose(variants, header), do: encoding
      ...> end
      [:identity, :gzip, :identity, :error, :gzip]
  """
  @spec choose([Sites.variant(), ...], String.t() | nil) :: {:ok, Sites.variant()} | :error
  def choose([identity | _], header) when header == nil or byte_size(header) > @most, do: {:ok, identity}

  def choose(variants, header) do
    wanted = header |> :binary.split(",", [:global]) |> Enum.flat_map(&coding/1)

    case Enum.reduce(variants, {0, nil}, &better(weight(&1, wanted), &1, &2)) do
      {0, nil} -> :error
      {_weight, variant} -> {:ok, variant}
    end
  end

  # Later ones are smaller.
  defp better(weight, variant, {most, _before}) when weight > 0 and weight >= most, do: {weight, variant}
  defp better(_weight, _variant, best), do: best

  # In thousandths. Who does not speak of it takes the file as it is, though rather anything that is named.
  defp weight({encoding, _etag, _content}, wanted) do
    named = name(encoding)

    with :error <- found(wanted, named), :error <- found(wanted, "*") do
      if encoding == :identity, do: 0.5, else: 0
    end
  end

  defp found(wanted, name) do
    case List.keyfind(wanted, name, 0) do
      {_name, weight} -> weight
      nil -> :error
    end
  end

  @doc "A coding as a header has it."
  @spec name(:identity | :gzip | :br) :: String.t()
  def name(:identity), do: "identity"
  def name(:gzip), do: "gzip"
  def name(:br), do: "br"

  # What cannot be read says nothing.
  defp coding(text) do
    case :binary.split(text, ";") do
      [name] -> [{canonical(name), 1000}]
      [name, parameter] -> for weight <- quality(trimmed(parameter)), do: {canonical(name), weight}
    end
  end

  defp canonical(name) do
    case name |> trimmed() |> String.downcase(:ascii) do
      "x-gzip" -> "gzip"
      name -> name
    end
  end

  defp trimmed(text), do: text |> String.trim(" ") |> String.trim("\t")

  defp quality(<<q, "=", value::binary>>) when q in 'qQ', do: thousandths(value)
  defp quality(_other), do: []

  defp thousandths("1"), do: [1000]
  defp thousandths("0"), do: [0]
  defp thousandths("1." <> zeros) when zeros in ["", "0", "00", "000"], do: [1000]

  defp thousandths("0." <> digits) when byte_size(digits) <= 3 do
    case Integer.parse(String.pad_trailing(digits, 3, "0")) do
      {weight, ""} when weight >= 0 -> [weight]
      _no_number -> []
    end
  end

  defp thousandths(_other), do: []
end
