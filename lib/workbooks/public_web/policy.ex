defmodule Workbooks.PublicWeb.Policy do
  @moduledoc false
  # What a file may do in a browser: nothing but show itself, with what else is in its site.

  @before "default-src 'none'; style-src "
  @behind "; img-src 'self' data:; media-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; " <>
            "frame-ancestors 'none'"

  # A policy is a header, so there is an end to it.
  @most_styles 16

  @doc "Of what shows nothing."
  @spec none :: String.t()
  def none, do: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  @doc """
  Of a file. A page's own stylesheets are named by their SHA-256, so that none counts that somebody brings in.

      iex> Workbooks.PublicWeb.Policy.of("text/html; charset=utf-8", "<style>p { color: green }</style>") =~
      ...>   "style-src 'self' 'sha256-Q1fLvk7a5DViVS8eVXMYNAiwMGfAIav+18CqVK+flsQ='; img-src"
      true
  """
  @spec of(String.t(), binary) :: String.t()
  def of("text/html" <> _charset, content) do
    hashes =
      for [_all, style] <- Regex.scan(~r{<style\b[^>]*>(.*?)</style}is, content) |> Enum.take(@most_styles),
          uniq: true,
          do: " 'sha256-#{Base.encode64(:crypto.hash(:sha256, style))}'"

    @before <> "'self'" <> Enum.join(hashes) <> @behind
  end

  # Pictures are drawn with styles of their own all over, and can do nothing by them.
  def of("image/svg+xml" <> _rest, _content), do: @before <> "'unsafe-inline'" <> @behind
  def of(_other, _content), do: none()
end
