defmodule Workbooks.Web.Console.Workbook do
  @moduledoc false

  alias Workbooks.{Library, OQL, Page, Runs}
  alias Workbooks.Web.Console.{Answer, Book, Parts, View}
  alias Workbooks.Web.Sessions

  # What a form brings back in time, and a browser edits with ease.
  @editable 1024 * 1024

  def overview(conn), do: with_book(conn, [:plan, :issues], &overview(&1, &2, []))

  @doc "The first page of a workbook, maybe with what its form was refused for."
  def overview(conn, book, options) do
    runs = for run <- Runs.list(conn.assigns.tenant), run.workbook == book.id, do: run
    csrf = Sessions.csrf(conn)
    contents = View.Workbook.overview(book, csrf: csrf, typed: options[:typed], runs: Enum.take(runs, 10))
    tabbed(conn, book, :overview, contents, Keyword.take(options, [:status, :alert]))
  end

  def source(conn) do
    with_book(conn, [:issues], fn conn, book ->
      query = Answer.query(conn)
      version = Answer.number(query["version"])
      options = [from: Answer.number(query["from"]) || 1]

      if version in [nil, book.version],
        do: tabbed(conn, book, :source, View.Workbook.source(book, book.source, options)),
        else: older(conn, book, version, options)
    end)
  end

  defp older(conn, book, version, options) do
    with_version(conn, book, version, fn info ->
      contents = View.Workbook.source(book, info.source, [version: version, marks: %{}] ++ options)
      tabbed(conn, book, :source, contents)
    end)
  end

  def edit(conn) do
    with_book(conn, [], fn conn, book ->
      version = Answer.number(Answer.query(conn)["version"]) || book.version
      with_version(conn, book, version, &edited(conn, book, &1.source))
    end)
  end

  # From an older version too it is the newest that is changed.
  defp edited(conn, book, source) when byte_size(source) <= @editable do
    tabbed(conn, book, :edit, View.Workbook.edit(book, source, etag: book.etag, csrf: Sessions.csrf(conn)))
  end

  defp edited(conn, book, _source) do
    tabbed(conn, book, :edit, View.Workbook.too_long(book, csrf: Sessions.csrf(conn)))
  end

  def save(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      id = conn.params["id"]
      source = form["source"] || ""

      case Library.put(conn.assigns.tenant, id, source, if_match: form["etag"] || "") do
        {:ok, %{etag: etag}} ->
          Answer.to(conn, Parts.path(["workbooks", id]), if(etag == form["etag"], do: "same", else: "saved"))

        {:error, %{kind: :conflict}} ->
          with_book(conn, [], &conflict(&1, &2, source))

        {:error, error} ->
          with_book(conn, [], fn conn, book ->
            contents = View.Workbook.edit(book, source, etag: form["etag"], csrf: Sessions.csrf(conn))
            tabbed(conn, book, :edit, contents, Answer.refusal(error))
          end)
      end
    else
      {:error, conn} -> conn
    end
  end

  # The form now knows what is there: saved again, it is meant.
  defp conflict(conn, book, source) do
    contents = View.Workbook.edit(book, source, etag: book.etag, conflict: true, csrf: Sessions.csrf(conn))
    tabbed(conn, book, :edit, contents, status: 409)
  end

  def page(conn) do
    with_book(conn, [], &tabbed(&1, &2, :preview, View.Workbook.preview(&2), frames: true))
  end

  def preview(conn) do
    with_book(conn, [], fn conn, book ->
      case OQL.render(book.source) do
        {:ok, fragment} -> Answer.foreign(conn, Page.html(fragment, [source: book.id] ++ Page.keywords(book.source)))
        {:error, error} -> Answer.error(conn, error)
      end
    end)
  end

  def versions(conn) do
    with_book(conn, [], fn conn, book ->
      case Library.versions(conn.assigns.tenant, book.id) do
        {:ok, versions} -> tabbed(conn, book, :versions, View.Workbook.versions(book, versions))
        :error -> gone(conn)
        {:error, error} -> Answer.error(conn, error)
      end
    end)
  end

  def delete(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Library.delete(conn.assigns.tenant, conn.params["id"], if_match: form["etag"] || "") do
        :ok -> Answer.to(conn, "/", "deleted")
        {:error, error} -> Answer.error(conn, error)
      end
    else
      {:error, conn} -> conn
    end
  end

  # --- for all pages of a workbook ---------------------------------------------------------------------

  @doc "Calls a function with the workbook of the path and what it needs of it, or answers that there is none."
  def with_book(conn, needs, fun) do
    case Book.read(conn.assigns.tenant, conn.params["id"], needs) do
      {:ok, book} -> fun.(conn, book)
      :error -> gone(conn)
      {:error, %{kind: :bad_name}} -> gone(conn)
      {:error, error} -> Answer.error(conn, error)
    end
  end

  defp with_version(_conn, %{version: version} = book, version, fun), do: fun.(book)

  defp with_version(conn, book, version, fun) do
    case Library.get(conn.assigns.tenant, book.id, version: version) do
      {:ok, info} -> fun.(info)
      :error -> Answer.not_found(conn, "This version is not kept, or never was.")
      {:error, error} -> Answer.error(conn, error)
    end
  end

  defp gone(conn), do: Answer.not_found(conn, "There is no workbook of this id.")

  @doc "Answers with a page below the tabs of a workbook."
  def tabbed(conn, book, tab, contents, options \\ []) do
    Answer.page(conn, [title: book.id, place: :workbooks] ++ options, View.Workbook.tabbed(book, tab, contents))
  end
end
