defmodule Workbooks.Web.Console.View.Value do
  @moduledoc false
  # What a block printed or gave, which is of any size and need not be text.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.JSON
  alias Workbooks.Web.Console.HTML

  # Of each, on a page of many.
  @most 16 * 1024

  @doc "A value of an export; `label` is for who cannot see that it can be scrolled."
  @spec html(term, String.t()) :: HTML.t()
  def html("<svg" <> _ = svg, _label), do: "a picture, #{bytes(byte_size(svg))} of SVG"
  def html(value, _label) when is_binary(value) and byte_size(value) <= 200, do: value
  def html(value, label) when is_binary(value), do: text(value, label)
  def html(value, _label) when is_number(value) or value in [nil, true, false], do: el(:code, [], json(value))

  def html(value, label) do
    json = json(value)
    if byte_size(json) <= 80, do: el(:code, [], json), else: text(json, label)
  end

  defp json(value) do
    case JSON.encode(value) do
      {:ok, json} -> json
      {:error, _no_json} -> inspect(value, limit: 50)
    end
  end

  @doc "A text in a box of its own, as far as a page can hold it."
  @spec text(binary, String.t()) :: HTML.t()
  def text(text, label), do: el(:pre, [tabindex: "0", role: "region", "aria-label": label], shown(text))

  defp shown(text) when byte_size(text) <= @most, do: text
  defp shown(text), do: [binary_part(text, 0, @most), "\n… #{byte_size(text) - @most} bytes more"]
end
