defmodule Workbooks.Text do
  @moduledoc false
  # What somebody else wrote, as text that can be passed on.

  @doc "The bytes as text, of what is longer than `most` the beginning and how much is left out."
  @spec cut(binary, pos_integer) :: String.t()
  def cut(bytes, most) when byte_size(bytes) > most do
    # What is cut may end inside a character.
    valid(binary_part(bytes, 0, most)) <> "…\n[#{byte_size(bytes) - most} bytes more]"
  end

  def cut(bytes, _most), do: valid(bytes)

  defp valid(bytes) do
    case :unicode.characters_to_binary(bytes) do
      text when is_binary(text) -> text
      {:incomplete, text, _rest} -> text <> "\uFFFD"
      {:error, text, <<_, rest::binary>>} -> text <> "\uFFFD" <> valid(rest)
    end
  end
end
