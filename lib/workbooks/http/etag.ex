defmodule Workbooks.HTTP.ETag do
  @moduledoc """
  Entity tags and the headers that name them, after RFC 9110, sections 8.8.3 and 13.1.
  """

  @type tag :: {:strong | :weak, String.t()}

  @doc """
  The tags of `If-Match` or `If-None-Match`: a list, `:any` for `*`, `:error` for what is neither.

      iex> Workbooks.HTTP.ETag.parse(~s("a", W/"b"))
      {:ok, [strong: "a", weak: "b"]}
      iex> Workbooks.HTTP.ETag.parse("*")
      {:ok, :any}
      iex> Workbooks.HTTP.ETag.parse("a")
      :error
  """
  @spec parse(binary) :: {:ok, :any | [tag, ...]} | :error
  def parse(value) do
    case String.trim(value, " ") do
      "*" -> {:ok, :any}
      tags -> tags(tags, [])
    end
  end

  defp tags(text, found) do
    case Regex.run(~r/\A(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,[ \t]*(.*))?\z/s, text) do
      [_all, weak, tag, rest] when rest != "" -> tags(rest, [tag(weak, tag) | found])
      [_all, weak, tag | _nothing] -> {:ok, Enum.reverse([tag(weak, tag) | found])}
      nil -> :error
    end
  end

  defp tag("W/", tag), do: {:weak, tag}
  defp tag("", tag), do: {:strong, tag}

  @doc """
  Whether an `If-None-Match` names a tag: both may be weak.

      iex> Workbooks.HTTP.ETag.none_match?(~s(W/"a"), "a")
      true
      iex> Workbooks.HTTP.ETag.none_match?(~s("b"), "a")
      false
  """
  @spec none_match?(binary, String.t()) :: boolean
  def none_match?(value, tag) do
    case parse(value) do
      {:ok, :any} -> true
      {:ok, tags} -> Enum.any?(tags, fn {_strength, other} -> other == tag end)
      :error -> false
    end
  end

  @doc """
  A tag as a header has it.

      iex> Workbooks.HTTP.ETag.text("a")
      ~s("a")
  """
  @spec text(String.t()) :: String.t()
  def text(tag), do: ~s("#{tag}")
end
