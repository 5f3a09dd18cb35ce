defmodule Workbooks.Web.Console.Runs do
  @moduledoc false

  alias Workbooks.{Library, Page, Run, Runs}
  alias Workbooks.Web.Console.{Answer, Book, Parts, View, Workbook}
  alias Workbooks.Web.Sessions

  def list(conn) do
    Answer.page(conn, [title: "Runs", place: :runs], View.Runs.page(Runs.list(conn.assigns.tenant)))
  end

  def start(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Runs.start(conn.assigns.tenant, conn.params["id"], View.RunForm.inputs(form)) do
        {:ok, run} -> Answer.to(conn, Parts.path(["runs", run]))
        {:error, error} -> Workbook.with_book(conn, [:plan, :issues], &refused(&1, &2, form, error))
      end
    else
      {:error, conn} -> conn
    end
  end

  defp refused(conn, book, form, error) do
    Workbook.overview(conn, book, [typed: form] ++ Answer.refusal(error))
  end

  def show(conn) do
    with_run(conn, fn run ->
      source = source(conn.assigns.tenant, run)
      plan = source && Book.plan(source)

      contents =
        View.Run.page(run,
          source: source,
          plan: if(is_map(plan), do: plan),
          begun: if(run.status == :running, do: begun(conn.assigns.tenant, run.id), else: []),
          csrf: Sessions.csrf(conn)
        )

      # The frame with the page has an address of ours.
      Answer.page(
        conn,
        [title: "Run of #{run.workbook}", place: :runs, refresh: run.status == :running, frames: true],
        contents
      )
    end)
  end

  # As it was run, if it is kept.
  defp source(tenant, run) do
    case Library.get(tenant, run.workbook, version: run.version) do
      {:ok, %{source: source}} -> source
      _gone -> nil
    end
  end

  defp begun(tenant, id) do
    case Runs.subscribe(tenant, id) do
      {:ok, reference, events, _state} ->
        Runs.unsubscribe(reference)
        for %{name: "step_start", data: %{component: component}} <- events, do: component

      :error ->
        []
    end
  end

  def page(conn) do
    with_run(conn, fn run ->
      source = source(conn.assigns.tenant, run)

      if run.html && source,
        do: Answer.foreign(conn, Page.of_run(as_run(run), source, source: run.workbook)),
        else: Answer.not_found(conn, "This run has no page, or its source is not kept any more.")
    end)
  end

  defp as_run(run) do
    struct!(Run, Map.take(run, [:id, :status, :error, :exports, :steps, :html]) |> Map.put(:ms, run.ms || 0.0))
  end

  def cancel(conn) do
    case Runs.cancel(conn.assigns.tenant, conn.params["id"]) do
      :ok -> Answer.to(conn, Parts.path(["runs", conn.params["id"]]), "cancelled")
      :error -> gone(conn)
    end
  end

  defp with_run(conn, fun) do
    case Runs.get(conn.assigns.tenant, conn.params["id"]) do
      {:ok, run} -> fun.(run)
      :error -> gone(conn)
    end
  end

  defp gone(conn), do: Answer.not_found(conn, "There is no such run: they are kept for a while, and in memory alone.")
end
