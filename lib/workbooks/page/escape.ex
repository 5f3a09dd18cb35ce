defmodule Workbooks.Page.Escape do
  @moduledoc false
  # Any bytes at all, as text that stands in a page: what a block logs need not be
  # UTF-8, and XML has no place for most control characters, escaped or not.

  @doc """
  For an element's content and for an attribute in double quotes.

      iex> Workbooks.Page.Escape.text(~s(<a href="x">&'))
      "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"
      iex> Workbooks.Page.Escape.text("a\\e[1mb" <> <<255>>)
      "a\uFFFD[1mb\uFFFD"
  """
  @spec text(binary) :: String.t()
  def text(bytes) when is_binary(bytes), do: escape(bytes, <<>>)

  defp escape(<<>>, done), do: done
  defp escape(<<?&, rest::binary>>, done), do: escape(rest, <<done::binary, "&amp;">>)
  defp escape(<<?<, rest::binary>>, done), do: escape(rest, <<done::binary, "&lt;">>)
  defp escape(<<?>, rest::binary>>, done), do: escape(rest, <<done::binary, "&gt;">>)
  defp escape(<<?", rest::binary>>, done), do: escape(rest, <<done::binary, "&quot;">>)
  defp escape(<<?', rest::binary>>, done), do: escape(rest, <<done::binary, "&#39;">>)
  # A bare carriage return would be read as a line end.
  defp escape(<<?\r, ?\n, rest::binary>>, done), do: escape(rest, <<done::binary, ?\n>>)
  defp escape(<<c, rest::binary>>, done) when c in [?\n, ?\t], do: escape(rest, <<done::binary, c>>)
  defp escape(<<c, rest::binary>>, done) when c in 0x20..0x7E, do: escape(rest, <<done::binary, c>>)

  defp escape(<<c::utf8, rest::binary>>, done) when c >= 0xA0 and c not in [0xFFFE, 0xFFFF],
    do: escape(rest, <<done::binary, c::utf8>>)

  defp escape(<<_::utf8, rest::binary>>, done), do: escape(rest, <<done::binary, 0xFFFD::utf8>>)
  defp escape(<<_, rest::binary>>, done), do: escape(rest, <<done::binary, 0xFFFD::utf8>>)
end
