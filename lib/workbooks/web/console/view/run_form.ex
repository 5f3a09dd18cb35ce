defmodule Workbooks.Web.Console.View.RunForm do
  @moduledoc false
  # A field for each input of a workbook.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts, except: [form: 3, form: 4]

  alias Workbooks.JSON
  alias Workbooks.Web.Console.{HTML, Parts}

  # A hostile plan has as many inputs as it likes.
  @most 200
  @prefix "in:"

  @doc "The form; `typed:` is what was in it when it was refused, by field."
  @spec form(map, keyword) :: HTML.t()
  def form(%{plan: {:error, _message}}, _options), do: nothing("There is no plan, and so nothing to run.")

  def form(%{plan: %{"imports" => imports}}, _options) when length(imports) > @most do
    nothing("#{length(imports)} inputs are too many for a form: run it with wb, or by the API.")
  end

  def form(%{plan: plan} = book, options) do
    Parts.form(path(["workbooks", book.id, "run"]), options[:csrf], [class: "run-form"], [
      fields(plan["imports"], options[:typed] || %{}),
      if(plan["imports"] == [], do: el(:p, [class: "hint"], "It takes no input."), else: []),
      button("Run")
    ])
  end

  @doc "A field for each of the inputs."
  @spec fields([String.t()], %{String.t() => String.t()}) :: HTML.t()
  def fields([], _typed), do: []

  def fields(imports, typed) do
    [
      for(
        {name, n} <- imports |> Enum.take(@most) |> Enum.with_index(),
        do: input(name, n, typed[@prefix <> name] || "")
      ),
      el(:p, [class: "hint", id: "values-hint"], [
        "What is JSON is taken as such: ",
        ["3", "true", "[1, 2]", ~s("3")] |> Enum.map(&el(:code, [], &1)) |> Enum.intersperse(", "),
        ". Anything else is text."
      ])
    ]
  end

  defp input(name, n, value) do
    control = [id: "input-#{n}", name: @prefix <> name, rows: 1, spellcheck: "false", "aria-describedby": "values-hint"]
    field("input-#{n}", name, el(:textarea, control, HTML.typed(value)))
  end

  @doc """
  The inputs that a form was sent with.

      iex> Workbooks.Web.Console.View.RunForm.inputs(%{"in:a" => "3", "in:b" => "x\\r\\ny", "_csrf" => "…"})
      %{"a" => 3, "b" => "x\\ny"}
  """
  @spec inputs(%{String.t() => String.t()}) :: map
  def inputs(fields) do
    for {@prefix <> name, text} <- fields, into: %{}, do: {name, text |> String.replace("\r\n", "\n") |> value()}
  end

  defp value(text) do
    case JSON.decode(text) do
      {:ok, value} -> value
      {:error, _no_json} -> text
    end
  end
end
