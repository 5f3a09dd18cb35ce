defmodule Workbooks.PublicWeb.Range do
  @moduledoc false
  # Which part of a content a Range asks for (RFC 9110, section 14).

  @doc """
  `{:ok, first, length}` of a content of `size` bytes, `:unsatisfiable`, or `:all` for what asks for several parts,
  or is no range of bytes: that is answered as if it were not there.

      iex> alias Workbooks.PublicWeb.Range
      iex> for range <- ["bytes=0-1", "bytes=2-", "bytes=-3", "bytes=4-99", "BYTES=-99"], do: Range.parse(range, 5)
      [{:ok, 0, 2}, {:ok, 2, 3}, {:ok, 2, 3}, {:ok, 4, 1}, {:ok, 0, 5}]
      iex> for range <- ["bytes=5-", "bytes=-0", "bytes=0-1,3-4", "bytes=2-1", "lines=1-2"], do: Range.parse(range, 5)
      [:unsatisfiable, :unsatisfiable, :all, :all, :all]
  """
  @spec parse(String.t(), non_neg_integer) ::
          {:ok, non_neg_integer, pos_integer} | :unsatisfiable | :all
  def parse(text, size) do
    case Regex.run(~r/\A[Bb][Yy][Tt][Ee][Ss]=[ \t]*([0-9]{0,99})-([0-9]{0,99})[ \t]*\z/, text) do
      [_all, "", ""] -> :all
      [_all, "", suffix] -> last(String.to_integer(suffix), size)
      [_all, first, ""] -> from(String.to_integer(first), size - 1, size)
      [_all, first, last] -> between(String.to_integer(first), String.to_integer(last), size)
      nil -> :all
    end
  end

  defp between(first, last, _size) when last < first, do: :all
  defp between(first, last, size), do: from(first, min(last, size - 1), size)

  defp from(first, _last, size) when first >= size, do: :unsatisfiable
  defp from(first, last, _size), do: {:ok, first, last - first + 1}

  defp last(0, _size), do: :unsatisfiable
  defp last(_length, 0), do: :unsatisfiable
  defp last(length, size), do: {:ok, max(size - length, 0), min(length, size)}
end
