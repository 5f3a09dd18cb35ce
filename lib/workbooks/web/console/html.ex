defmodule Workbooks.Web.Console.HTML do
  @moduledoc false
  # Markup as terms: text is escaped because it is text, and elements are told apart from it by their tuple. Nobody
  # has to remember to escape, and what comes out is well-formed. Addresses are from the console's root; where
  # an application has put it below a path of its own, `render/2` puts that before them.

  alias Workbooks.Page.Escape

  @void ~w(input link meta path rect)a
  @addresses [:href, :src, :action, :"data-events"]

  @type attribute :: {atom, String.t() | number | true | false | nil}
  @type t :: String.t() | number | nil | false | {:el, atom, [attribute], t} | {:exact, iodata} | [t]

  @doc """
  An element. Attributes that are nil or false are left out; `true` is one without a value.

      iex> import Workbooks.Web.Console.HTML
      iex> el(:p, [class: "note", hidden: false], ["1 < 2, ", el(:input, required: true)]) |> text()
      ~s(<p class="note">1 &lt; 2, <input required="" /></p>)
      iex> el(:a, [href: "/runs"], "Runs") |> text("/console")
      ~s(<a href="/console/runs">Runs</a>)
  """
  @spec el(atom, [attribute], t) :: t
  def el(name, attributes \\ [], children \\ []), do: {:el, name, attributes, children}

  @doc "Markup and text, as it is sent."
  @spec render(t, base :: String.t()) :: iodata
  def render(node, base \\ "")

  def render({:el, name, attributes, children}, base) do
    tag = Atom.to_string(name)
    open = [?<, tag, Enum.map(attributes, &attribute(&1, base))]
    if name in @void, do: [open, " />"], else: [open, ?>, render(children, base), "</", tag, ?>]
  end

  def render(text, _base) when is_binary(text), do: Escape.text(text)
  def render(nodes, base) when is_list(nodes), do: Enum.map(nodes, &render(&1, base))
  def render({:exact, markup}, _base), do: markup
  def render(number, _base) when is_number(number), do: to_string(number)
  def render(none, _base) when none in [nil, false], do: []

  defp attribute({_name, value}, _base) when value in [nil, false], do: []
  defp attribute({name, true}, _base), do: [?\s, Atom.to_string(name), ~s(="")]

  defp attribute({name, "/" <> _ = address}, base) when name in @addresses,
    do: [?\s, Atom.to_string(name), ~s(="), Escape.text(base <> address), ?"]

  defp attribute({name, value}, _base), do: [?\s, Atom.to_string(name), ~s(="), Escape.text(to_string(value)), ?"]

  @doc "The same as one binary, for tests."
  @spec text(t, String.t()) :: String.t()
  def text(nodes, base \\ ""), do: nodes |> render(base) |> IO.iodata_to_binary()

  @doc """
  What a textarea has to hold so that a browser sends it back unchanged: escaped, but with every character as it
  is. `:error` for what no form brings back: NUL, and line ends that are not all of one kind.

      iex> alias Workbooks.Web.Console.HTML
      iex> {:ok, contents} = HTML.exact("\\n<a>\\f")
      iex> HTML.text(contents)
      "\\n\\n&lt;a&gt;\\f"
      iex> HTML.exact("a\\rb")
      :error
  """
  @spec exact(String.t()) :: {:ok, t} | :error
  def exact(source) do
    if String.contains?(source, ["\0", "\r"]), do: :error, else: {:ok, typed(source)}
  end

  @doc "As `exact/1`, for what was typed into a form: what it could not bring is left as it may come."
  @spec typed(String.t()) :: t
  # A first line break belongs to the tag.
  def typed(text), do: {:exact, ["\n", Regex.replace(~r/[&<>]/, text, &entity/1)]}

  defp entity("&"), do: "&amp;"
  defp entity("<"), do: "&lt;"
  defp entity(">"), do: "&gt;"
end
