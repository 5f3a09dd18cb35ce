defmodule Workbooks.Web.Console.Publish do
  @moduledoc false

  alias Workbooks.{Domains, Library, Run}
  alias Workbooks.Web.Console.{Answer, Parts, View, Workbook}
  alias Workbooks.Web.Sessions

  def show(conn), do: Workbook.with_book(conn, [:plan], &page(&1, &2, []))

  def publish(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      id = conn.params["id"]

      # A browser does not wait for longer than a minute with any patience.
      options = [inputs: View.RunForm.inputs(form), timeout: 60_000]

      case Workbooks.publish(conn.assigns.tenant, id, form["host"] || "", options) do
        {:ok, _published} -> Answer.to(conn, here(id), "published")
        {:error, error} -> Workbook.with_book(conn, [:plan], &refused(&1, &2, form, error))
      end
    else
      {:error, conn} -> conn
    end
  end

  # A page that lacks results is not published; why it does is told line by line.
  defp refused(conn, book, form, %Run{} = run) do
    steps =
      for %{status: status, component: component, error: %{} = error} <- run.steps, status not in [:ok, :skipped] do
        %{"level" => "error", "code" => component, "message" => error.message, "line" => error.line}
      end

    alert = "It was not published: the run ended #{run.status}."
    page(conn, book, typed: form, status: 422, alert: alert, issues: (run.error || []) ++ steps)
  end

  defp refused(conn, book, form, error) do
    page(conn, book, [typed: form] ++ Answer.refusal(error))
  end

  def roll_back(conn) do
    answered(conn, Library.rollback(conn.assigns.tenant, conn.params["id"]), "rolled-back")
  end

  def unpublish(conn) do
    answered(conn, Library.unpublish(conn.assigns.tenant, conn.params["id"]), "unpublished")
  end

  defp answered(conn, {:error, error}, _done) do
    Workbook.with_book(conn, [:plan], &page(&1, &2, Answer.refusal(error)))
  end

  defp answered(conn, _ok, done), do: Answer.to(conn, here(conn.params["id"]), done)

  defp here(id), do: Parts.path(["workbooks", id, "publish"])

  defp page(conn, book, options) do
    published =
      case Library.published(conn.assigns.tenant, book.id) do
        {:ok, info} -> Map.delete(info, :artifact)
        _none -> nil
      end

    contents =
      View.Publish.page(book,
        published: published,
        hosts: hosts(conn.assigns.tenant, book.id),
        typed: options[:typed],
        issues: options[:issues],
        csrf: Sessions.csrf(conn)
      )

    Workbook.tabbed(conn, book, :publish, contents, Keyword.take(options, [:status, :alert]))
  end

  defp hosts(tenant, id) do
    case Domains.list(tenant) do
      {:error, _error} -> []
      hosts -> for({host, ^id} <- hosts, do: host) |> Enum.sort()
    end
  end
end
