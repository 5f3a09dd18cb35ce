defmodule Workbooks.Web.Console.Variables do
  @moduledoc false

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Vars.Store
  alias Workbooks.Web.Console.{Answer, HTML}
  alias Workbooks.Web.Sessions

  # Of the list, and of a value's text.
  @most 500
  @most_text 400

  def list(conn), do: page(conn, %{}, [])

  def set(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      secret? = form["secret"] == "on"

      case Store.set(conn.assigns.tenant, form["key"] || "", form["value"] || "", secret: secret?) do
        :ok -> Answer.to(conn, "/variables", "set")
        # A secret is typed again rather than sent back.
        {:error, error} -> page(conn, if(secret?, do: Map.delete(form, "value"), else: form), Answer.refusal(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  def delete(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Store.delete(conn.assigns.tenant, form["key"] || "") do
        :ok -> Answer.to(conn, "/variables", "deleted")
        {:error, error} -> page(conn, %{}, Answer.refusal(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  defp page(conn, typed, options) do
    case Store.list(conn.assigns.tenant) do
      {:error, error} ->
        Answer.error(conn, error)

      kinds ->
        shown = for {key, kind} <- kinds |> Enum.sort() |> Enum.take(@most), do: {key, kind, value(conn, key, kind)}
        contents = view(shown, map_size(kinds) - @most, typed, Sessions.csrf(conn))
        Answer.page(conn, [title: "Variables", place: :variables] ++ options, contents)
    end
  end

  defp value(_conn, _key, :secret), do: nil

  defp value(conn, key, :plain) do
    case Store.get(conn.assigns.tenant, key) do
      {:ok, value} -> value
      # Gone, or a secret by now.
      _other -> nil
    end
  end

  @doc "The page of variables `{key, kind, value}`; a secret's value is nil, since nobody here has it."
  @spec view([{String.t(), :plain | :secret, binary | nil}], integer, map, String.t()) :: HTML.t()
  def view(variables, more, typed, csrf) do
    [
      el(:div, [class: "head"], [
        el(:h1, [], "Variables"),
        el(:p, [class: "about"], "Values and secrets for workbooks. A secret cannot be read back.")
      ]),
      if(variables == [],
        do: nothing("No variable yet."),
        else: table("Variables", ["Name", "Kind", "Value", ""], Enum.map(variables, &row(&1, csrf)))
      ),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more."), else: []),
      el(:section, [class: "panel"], [el(:h2, [], "Set a variable"), set_form(typed, csrf)])
    ]
  end

  defp row({key, kind, value}, csrf) do
    delete = form("/variables/delete", csrf, [hidden: [{"key", key}]], button("Delete it", class: "danger"))

    [
      el(:code, [], key),
      to_string(kind),
      shown(value),
      confirmed("Delete…", ["Delete ", el(:code, [], key), "?"], delete)
    ]
  end

  defp shown(nil), do: el(:span, [class: "redacted"], "not shown")
  defp shown(value) when byte_size(value) <= @most_text, do: el(:span, [class: "value"], value)

  defp shown(value),
    do: el(:span, [class: "value"], [binary_part(value, 0, @most_text), "… (#{bytes(byte_size(value))})"])

  defp set_form(typed, csrf) do
    form("/variables", csrf, [autocomplete: "off"], [
      field(
        "key",
        "Name",
        el(:input,
          id: "key",
          name: "key",
          value: typed["key"],
          required: true,
          autocapitalize: "none",
          spellcheck: "false"
        )
      ),
      field(
        "value",
        "Value",
        el(:textarea, [id: "value", name: "value", rows: 2, spellcheck: "false"], HTML.typed(typed["value"] || ""))
      ),
      el(:div, [class: "field check"], [
        el(:input, id: "secret", name: "secret", type: "checkbox", checked: typed["secret"] == "on"),
        el(:label, [for: "secret"], "A secret: sealed, and never shown again")
      ]),
      button("Set")
    ])
  end
end
