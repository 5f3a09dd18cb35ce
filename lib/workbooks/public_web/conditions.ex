defmodule Workbooks.PublicWeb.Conditions do
  @moduledoc false
  # What a request asks for only if, in the order of RFC 9110, section 13.2.2. There are no dates of last
  # modification here, so conditions by date are as if they were not there.

  alias Workbooks.HTTP.{Conn, ETag}

  @doc "Whether to answer (`:ok`), or with which status instead. The etag is as a header has it."
  @spec check(Conn.t(), String.t()) :: :ok | 304 | 412
  def check(%Conn{} = conn, etag) do
    cond do
      (value = joined(conn, "if-match")) && not strong_match?(value, etag) -> 412
      (value = joined(conn, "if-none-match")) && ETag.none_match?(value, bare(etag)) -> 304
      true -> :ok
    end
  end

  @doc "Whether the part that is asked for is of what is there, or the whole is to be sent."
  @spec range?(Conn.t(), String.t()) :: boolean
  def range?(conn, etag) do
    case Conn.header(conn, "if-range") do
      nil -> true
      # A date is of nothing that is known here; a weak tag does not say that parts fit.
      value -> String.trim(value, " ") == etag
    end
  end

  defp joined(conn, name) do
    if Conn.header(conn, name), do: conn |> Conn.headers(name) |> Enum.join(", ")
  end

  defp strong_match?(value, etag) do
    case ETag.parse(value) do
      {:ok, :any} -> true
      {:ok, tags} -> {:strong, bare(etag)} in tags
      :error -> false
    end
  end

  defp bare(etag), do: binary_part(etag, 1, byte_size(etag) - 2)
end
