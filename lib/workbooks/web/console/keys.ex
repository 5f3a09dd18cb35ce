defmodule Workbooks.Web.Console.Keys do
  @moduledoc false

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.{Answer, HTML}
  alias Workbooks.Web.{Keys, Sessions}

  def list(conn), do: page(conn, nil, [])

  # The only page that answers a form: the key is in no address, and in none of the other pages.
  def create(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Keys.create(conn.assigns.tenant, name: form["name"] || "") do
        {:ok, text} -> page(conn, text, status: 201)
        {:error, error} -> page(conn, nil, Answer.refusal(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  def revoke(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Keys.revoke(conn.assigns.tenant, form["id"] || "") do
        :ok -> Answer.to(conn, "/keys", "revoked")
        {:error, error} -> page(conn, nil, Answer.refusal(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  defp page(conn, text, options) do
    case Keys.list(conn.assigns.tenant) do
      {:error, error} ->
        Answer.error(conn, error)

      keys ->
        contents = view(keys, conn.assigns.key, text, Sessions.csrf(conn))
        Answer.page(conn, [title: "Keys", place: :keys] ++ options, contents)
    end
  end

  @doc "The page of keys. `own` is the id of the one that this was asked with, `created` the text of a new one, or nil."
  @spec view([map], String.t(), String.t() | nil, String.t()) :: HTML.t()
  def view(keys, own, created, csrf) do
    [
      el(:div, [class: "head"], [
        el(:h1, [], "Keys"),
        el(:p, [class: "about"], "A key opens the whole of this tenant's state, here, by the API and for wb.")
      ]),
      if(created, do: created(created), else: []),
      table("Keys", ["Name", "Id", "Created (UTC)", "State", ""], Enum.map(keys, &row(&1, own, csrf))),
      el(:section, [class: "panel"], [el(:h2, [], "Create a key"), create_form(csrf)])
    ]
  end

  defp created(text) do
    el(:div, [class: "created", role: "status"], [
      el(:p, [], "This is the new key. It is shown this once: copy it now."),
      el(:p, [], el(:code, [class: "key", tabindex: "0"], text))
    ])
  end

  defp row(key, own, csrf) do
    own? = key.id == own
    state = if key.revoked, do: ["revoked ", time(key.revoked)], else: if(own?, do: "the one you use", else: "good")
    [key.name, el(:code, [], key.id), time(key.created), state, if(key.revoked, do: [], else: revoke(key, own?, csrf))]
  end

  defp revoke(key, own?, csrf) do
    question =
      if own?, do: "You are signed in with it, and will be signed out.", else: "Whoever uses it is shut out at once."

    confirmed(
      "Revoke…",
      question,
      form("/keys/revoke", csrf, [hidden: [{"id", key.id}]], button("Revoke it", class: "danger"))
    )
  end

  defp create_form(csrf) do
    form("/keys", csrf, [], [
      field(
        "name",
        "Name",
        el(:input,
          id: "name",
          name: "name",
          required: true,
          maxlength: 64,
          autocomplete: "off",
          "aria-describedby": "name-hint"
        ),
        "For people: what it is for."
      ),
      button("Create")
    ])
  end
end
