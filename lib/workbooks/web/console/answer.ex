defmodule Workbooks.Web.Console.Answer do
  @moduledoc false
  # How the console's handlers read what was sent and answer it.

  alias Workbooks.HTTP.Conn
  alias Workbooks.Web.Console.{Frame, HTML, Parts}
  alias Workbooks.Web.{Errors, Sessions}

  # A form of a source of 1 MiB, with every byte escaped, and what else is in it.
  @max_form 4 * 1024 * 1024

  # Scripts, styles and pictures of our own, and nothing of anybody else's.
  @policy "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " <>
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

  # A document that somebody wrote: it may not even know whose page it stands in.
  @foreign_policy "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

  @doc "The most bytes that a form may have, for routes."
  @spec max_form :: pos_integer
  def max_form, do: @max_form

  @doc """
  Answers with a page. Options are those of `Workbooks.Web.Console.Frame.page/2`, and `status:` and `frames:`, whether
  it shows another page of ours within itself.
  """
  @spec page(Conn.t(), keyword, HTML.t()) :: Conn.t()
  def page(conn, options, contents) do
    frame = options |> Map.new() |> Map.merge(who(conn)) |> Map.put(:base, base(conn)) |> Map.put_new(:done, done(conn))
    policy = if options[:frames], do: @policy <> "; frame-src 'self'", else: @policy

    Conn.respond(conn, options[:status] || 200, Frame.page(frame, contents), [
      {"content-type", "text/html; charset=utf-8"},
      {"content-security-policy", policy},
      {"cache-control", "no-store"}
    ])
  end

  defp who(%{assigns: %{tenant: tenant}} = conn), do: %{tenant: tenant, csrf: Sessions.csrf(conn)}
  defp who(_conn), do: %{}

  @doc "Answers with a page that somebody wrote, which may do nothing but be looked at."
  @spec foreign(Conn.t(), iodata) :: Conn.t()
  def foreign(conn, html) do
    Conn.respond(conn, 200, html, [
      {"content-type", "text/html; charset=utf-8"},
      {"content-security-policy", @foreign_policy},
      {"x-frame-options", "SAMEORIGIN"},
      {"cache-control", "no-store"}
    ])
  end

  @doc "Sends on to a page, by GET, and has it say what was done."
  @spec to(Conn.t(), String.t(), String.t() | nil) :: Conn.t()
  def to(conn, path, done \\ nil) do
    path = if done, do: path <> "?done=" <> done, else: path
    Conn.respond(conn, 303, "", [{"location", base(conn) <> path}, {"cache-control", "no-store"}])
  end

  # What an application that this stands in has taken of the path.
  defp base(%Conn{script: []}), do: ""
  defp base(%Conn{script: script}), do: Parts.path(script)

  @doc "There is no such thing, in words."
  @spec not_found(Conn.t(), String.t()) :: Conn.t()
  def not_found(conn, what) do
    page(conn, [title: "Not found", status: 404], [
      HTML.el(:h1, [], "Not found"),
      HTML.el(:p, [], what),
      HTML.el(:p, [], HTML.el(:a, [href: "/"], "All workbooks"))
    ])
  end

  @doc "An error of the state below, on a page of its own."
  @spec error(Conn.t(), Exception.t()) :: Conn.t()
  def error(conn, error) do
    page(conn, [title: "That did not work"] ++ refusal(error), [
      HTML.el(:h1, [], "That did not work"),
      HTML.el(:p, [], HTML.el(:a, [href: "/"], "All workbooks"))
    ])
  end

  @doc "Options of `page/3` for a page that says what was refused."
  @spec refusal(Exception.t()) :: keyword
  def refusal(error), do: [status: status(error), alert: message(error)]

  @doc "The status of an error."
  @spec status(Exception.t()) :: pos_integer
  def status(error), do: Map.fetch!(Errors.statuses(), Errors.code(error))

  @doc "What a person is told of an error."
  @spec message(Exception.t()) :: String.t()
  def message(error), do: sentence(Errors.message(error))

  @doc """
  A message as a sentence.

      iex> Workbooks.Web.Console.Answer.sentence("the host is taken")
      "The host is taken."
  """
  @spec sentence(String.t()) :: String.t()
  def sentence(message) do
    {first, rest} = String.split_at(message, 1)
    end_of = if String.ends_with?(message, [".", "!", "?"]), do: "", else: "."
    String.upcase(first) <> rest <> end_of
  end

  @doc """
  The fields of a form, with line ends as they are everywhere else than in forms. Those that the check for whose form
  it is has read already are among the assigns.
  """
  @spec form(Conn.t()) :: {:ok, %{String.t() => String.t()}, Conn.t()} | {:error, Conn.t()}
  def form(%{assigns: %{form: form}} = conn), do: {:ok, lines(form), conn}

  def form(conn) do
    with {:ok, body, conn} <- Conn.read_body(conn, @max_form), {:ok, form} <- Conn.form(body) do
      {:ok, lines(form), conn}
    else
      {:error, error, conn} -> {:error, error(conn, error)}
      :error -> {:error, page(conn, [title: "No form", status: 400, alert: "This is no form."], [])}
    end
  end

  defp lines(form), do: Map.new(form, fn {name, value} -> {name, String.replace(value, "\r\n", "\n")} end)

  @doc "The query's fields; what is none has none."
  @spec query(Conn.t()) :: %{String.t() => String.t()}
  def query(conn) do
    case Conn.query(conn) do
      {:ok, fields} -> fields
      :error -> %{}
    end
  end

  defp done(conn), do: query(conn)["done"]

  @doc "A number of the query or a form, or nil: from 1, and none that no version or line can be."
  @spec number(String.t() | nil) :: pos_integer | nil
  def number(text) when is_binary(text) and byte_size(text) <= 12 do
    case Integer.parse(text) do
      {n, ""} when n > 0 -> n
      _none -> nil
    end
  end

  def number(_none), do: nil
end
