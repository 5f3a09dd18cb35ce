defmodule Workbooks.HTTP.Path do
  @moduledoc """
  Paths of requests, taken apart.

  What two programs could read differently is no path here: escapes that are none, dots that lead up,
  slashes and backslashes that were escaped, control characters, text that is not UTF-8.
  """

  @doc """
  The segments of a path, decoded; `:error` for what is none.

      iex> Workbooks.HTTP.Path.segments("/api/workbooks/caf%C3%A9")
      {:ok, ["api", "workbooks", "café"]}
      iex> Workbooks.HTTP.Path.segments("/a//b/")
      {:ok, ["a", "", "b", ""]}
      iex> Workbooks.HTTP.Path.segments("/")
      {:ok, []}
      iex> for path <- ["/..", "/%2e%2e/x", "/a%2Fb", "/%", "/%ff", "/a%00", "*"], do: Workbooks.HTTP.Path.segments(path)
      [:error, :error, :error, :error, :error, :error, :error]
  """
  @spec segments(String.t()) :: {:ok, [String.t()]} | :error
  def segments("/"), do: {:ok, []}

  def segments("/" <> path) do
    segments = path |> :binary.split("/", [:global]) |> Enum.map(&decoded/1)
    if :error in segments, do: :error, else: {:ok, segments}
  end

  def segments(_other), do: :error

  defp decoded(segment) when segment in [".", ".."], do: :error
  defp decoded(segment), do: if(plain?(segment), do: segment, else: unescaped(segment))

  # Most are, and this costs a tenth of looking closer.
  defp plain?(<<byte, rest::binary>>) when byte > 0x20 and byte < 0x7F and byte not in [?%, ?\\], do: plain?(rest)
  defp plain?(rest), do: rest == ""

  defp unescaped(segment) do
    with {:ok, text} <- unescaped(segment, []),
         true <- sound?(text) do
      text
    else
      _not -> :error
    end
  end

  defp unescaped(text, done) do
    case :binary.split(text, "%") do
      [rest] ->
        {:ok, IO.iodata_to_binary(Enum.reverse(done, [rest]))}

      [before, <<hex::binary-size(2), rest::binary>>] ->
        with {:ok, byte} <- Base.decode16(hex, case: :mixed), do: unescaped(rest, [byte, before | done])

      _cut ->
        :error
    end
  end

  defp sound?(text) when text in [".", ".."], do: false
  defp sound?(text), do: String.valid?(text) and not String.match?(text, ~r/[\x00-\x1f\x7f\/\\]/)
end
