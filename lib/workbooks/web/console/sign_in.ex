defmodule Workbooks.Web.Console.SignIn do
  @moduledoc false

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.Answer
  alias Workbooks.Web.Sessions

  def show(conn) do
    next = next(Answer.query(conn)["next"])
    if conn.assigns[:tenant], do: Answer.to(conn, next), else: page(conn, next, [])
  end

  def sign_in(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      next = next(form["next"])

      case Sessions.sign_in(conn, String.trim(form["key"] || "")) do
        {:ok, conn} -> Answer.to(conn, next)
        {:error, why, conn} -> refused(conn, why, next)
      end
    else
      {:error, conn} -> conn
    end
  end

  def sign_out(conn), do: conn |> Sessions.sign_out() |> Answer.to("/sign-in", "signed-out")

  # Only a path of this plane: an address of another site begins with two slashes, or is read so by a browser.
  defp next("/" <> rest = path) do
    if String.starts_with?(rest, ["/", "\\", "sign-in"]) or path =~ ~r/[^\x21-\x7e]/, do: "/", else: path
  end

  defp next(_other), do: "/"

  defp refused(conn, :unauthorized, next),
    do: page(conn, next, status: 401, alert: "This is no key that opens anything here.")

  defp refused(conn, :rate_limited, next),
    do: page(conn, next, status: 429, alert: "Too many keys that are none came from where you are. Wait a minute.")

  defp refused(conn, :unavailable, next), do: page(conn, next, status: 503, alert: "Keys cannot be read just now.")

  defp page(conn, next, options) do
    # Who is to sign in is nobody yet.
    conn = %{conn | assigns: Map.drop(conn.assigns, [:tenant])}
    Answer.page(conn, [title: "Sign in"] ++ options, form_of(next))
  end

  defp form_of(next) do
    el(:section, [class: "panel narrow"], [
      el(:h1, [], "Sign in"),
      el(:form, [method: "post", action: "/sign-in"], [
        el(:input, type: "hidden", name: "next", value: next),
        field(
          "key",
          "API key",
          el(:input,
            id: "key",
            name: "key",
            type: "password",
            required: true,
            autocomplete: "current-password",
            autocapitalize: "none",
            spellcheck: "false",
            "aria-describedby": "key-hint"
          ),
          ["A key is made by ", el(:code, [], "wb key create"), ", and shown once."]
        ),
        button("Sign in")
      ])
    ])
  end
end
