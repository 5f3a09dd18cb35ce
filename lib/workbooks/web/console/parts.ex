defmodule Workbooks.Web.Console.Parts do
  @moduledoc false
  # What more than one page is made of.

  import Workbooks.Web.Console.HTML, only: [el: 1, el: 2, el: 3]

  alias Workbooks.Page.Report
  alias Workbooks.Web.Console.HTML

  @doc """
  A form that is sent by POST, with the token that says it is ours.

  `hidden:` are further fields that nobody fills in; the others are attributes.
  """
  @spec form(String.t(), String.t(), keyword, HTML.t()) :: HTML.t()
  def form(action, csrf, options \\ [], children) do
    {hidden, attributes} = Keyword.pop(options, :hidden, [])
    fields = for {name, value} <- [{"_csrf", csrf} | hidden], do: el(:input, type: "hidden", name: name, value: value)
    el(:form, [{:method, "post"}, {:action, action} | attributes], [fields, children])
  end

  @doc "A labelled field; `control` is what has the id, `hint` stands below it."
  @spec field(String.t(), String.t(), HTML.t(), HTML.t()) :: HTML.t()
  def field(id, label, control, hint \\ nil) do
    el(:div, [class: "field"], [
      el(:label, [for: id], label),
      control,
      hint && el(:p, [class: "hint", id: id <> "-hint"], hint)
    ])
  end

  @doc "A button that sends its form."
  @spec button(String.t(), keyword) :: HTML.t()
  def button(label, attributes \\ []), do: el(:button, [{:type, "submit"} | attributes], label)

  @doc "What cannot be undone asks once more: a disclosure with the button inside."
  @spec confirmed(String.t(), HTML.t(), HTML.t()) :: HTML.t()
  def confirmed(label, question, form) do
    el(:details, [class: "confirm"], [
      el(:summary, [], label),
      el(:div, [class: "confirm-body"], [el(:p, [], question), form])
    ])
  end

  @doc "A table in a box of its own, which is scrolled where it is too wide."
  @spec table(String.t(), [String.t()], [[HTML.t()] | {keyword, [HTML.t()]}]) :: HTML.t()
  def table(label, heads, rows) do
    el(:div, [class: "scroll", role: "region", "aria-label": label, tabindex: "0"], [
      el(:table, [], [
        el(:thead, [], el(:tr, [], Enum.map(heads, &head/1))),
        el(:tbody, [], Enum.map(rows, &row/1))
      ])
    ])
  end

  defp head(""), do: el(:td)
  defp head(text), do: el(:th, [scope: "col"], text)

  defp row({attributes, [first | rest]}) do
    el(:tr, attributes, [el(:th, [scope: "row"], first), Enum.map(rest, &el(:td, [], &1))])
  end

  defp row(cells), do: row({[], cells})

  @doc "Something went wrong: told at once, to who cannot see it too."
  @spec alert(HTML.t()) :: HTML.t()
  def alert(message), do: el(:div, [class: "alert", role: "alert"], el(:p, [], message))

  @doc "There is nothing here yet."
  @spec nothing(HTML.t()) :: HTML.t()
  def nothing(text), do: el(:p, [class: "nothing"], text)

  @doc "A status, in words and with its mark."
  @spec status(atom) :: HTML.t()
  def status(status), do: el(:span, [class: "status status-#{status}"], to_string(status))

  @doc """
  A moment, to the second.

      iex> ~U[2026-11-22 03:04:05.678Z] |> Workbooks.Web.Console.Parts.time() |> Workbooks.Web.Console.HTML.text()
      ~s(<time datetime="2026-11-22T03:04:05Z">2026-11-22 03:04:05</time>)
  """
  @spec time(DateTime.t() | nil) :: HTML.t()
  def time(nil), do: "–"

  def time(at) do
    at = DateTime.truncate(at, :second)
    el(:time, [datetime: DateTime.to_iso8601(at)], Calendar.strftime(at, "%Y-%m-%d %H:%M:%S"))
  end

  @doc """
  A size, as a reader wants it.

      iex> Enum.map([12, 2_048, 3_500_000], &Workbooks.Web.Console.Parts.bytes/1)
      ["12 B", "2.0 KiB", "3.3 MiB"]
  """
  @spec bytes(non_neg_integer) :: String.t()
  def bytes(n) when n < 1024, do: "#{n} B"
  def bytes(n) when n < 1024 * 1024, do: :erlang.float_to_binary(n / 1024, decimals: 1) <> " KiB"
  def bytes(n), do: :erlang.float_to_binary(n / 1024 / 1024, decimals: 1) <> " MiB"

  @doc "A duration."
  @spec duration(number | nil) :: String.t()
  def duration(ms), do: Report.duration(ms)

  @doc """
  An address, its parts escaped.

      iex> Workbooks.Web.Console.Parts.path(["workbooks", "a b", "source"], version: 2, mark: nil)
      "/workbooks/a%20b/source?version=2"
  """
  @spec path([String.t()], keyword) :: String.t()
  def path(segments, query \\ []) do
    path = Enum.map(segments, &["/", URI.encode(&1, fn c -> URI.char_unreserved?(c) end)])

    case Enum.reject(query, fn {_name, value} -> value == nil end) do
      [] -> IO.iodata_to_binary(path)
      query -> IO.iodata_to_binary([path, "?", URI.encode_query(query)])
    end
  end
end
