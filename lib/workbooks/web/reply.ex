defmodule Workbooks.Web.Reply do
  @moduledoc false
  # Answers of the API.

  alias Workbooks.HTTP.Conn
  alias Workbooks.JSON

  @doc "JSON, of whatever a term has in it: see `plain/1`."
  @spec json(Conn.t(), 100..599, term, Conn.headers()) :: Conn.t()
  def json(conn, status, term, headers \\ []) do
    body = [JSON.encode!(plain(term)), ?\n]
    Conn.respond(conn, status, body, [{"content-type", "application/json"} | headers])
  end

  @doc "Done, and nothing to say."
  @spec nothing(Conn.t(), Conn.headers()) :: Conn.t()
  def nothing(conn, headers \\ []), do: Conn.respond(conn, 204, "", headers)

  @doc "The path of something of this plane's, wherever an application has put it."
  @spec path(Conn.t(), [String.t()]) :: String.t()
  def path(conn, segments) do
    "/" <> Enum.map_join(conn.script ++ segments, "/", &URI.encode(&1, fn char -> URI.char_unreserved?(char) end))
  end

  @doc """
  A term as JSON has it: times as texts, tuples as arrays, bytes that are no text by what they would be, numbers that
  fit nowhere as texts.

      iex> Workbooks.Web.Reply.plain(%{at: ~U[2026-01-01 00:00:00Z], pair: {1, :two}, bytes: <<255>>})
      %{"at" => "2026-01-01T00:00:00Z", "bytes" => "\\uFFFD", "pair" => [1, "two"]}
  """
  @spec plain(term) :: term
  def plain(nil), do: nil
  def plain(term) when is_boolean(term) or is_float(term), do: term
  def plain(term) when is_atom(term), do: Atom.to_string(term)
  def plain(term) when is_integer(term) and term in -0x8000000000000000..0xFFFFFFFFFFFFFFFF, do: term
  def plain(term) when is_integer(term), do: Integer.to_string(term)
  def plain(term) when is_binary(term), do: if(String.valid?(term), do: term, else: readable(term, ""))
  def plain(%DateTime{} = time), do: DateTime.to_iso8601(time)
  def plain(%_{} = struct), do: struct |> Map.from_struct() |> plain()
  def plain(term) when is_map(term), do: Map.new(term, fn {key, value} -> {key(key), plain(value)} end)
  def plain(term) when is_list(term), do: Enum.map(term, &plain/1)
  def plain(term) when is_tuple(term), do: term |> Tuple.to_list() |> plain()
  def plain(term), do: inspect(term)

  defp key(key) when is_binary(key) or is_atom(key), do: key |> to_string() |> plain()
  defp key(key), do: inspect(key)

  defp readable(bytes, done) do
    case :unicode.characters_to_binary(bytes) do
      text when is_binary(text) -> done <> text
      {_what, text, <<_wrong, rest::binary>>} -> readable(rest, done <> text <> "\uFFFD")
    end
  end
end
