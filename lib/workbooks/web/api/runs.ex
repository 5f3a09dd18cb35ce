defmodule Workbooks.Web.API.Runs do
  @moduledoc false
  # Runs: listed, looked at, ended, followed.

  alias Workbooks.HTTP.Conn
  alias Workbooks.Runs
  alias Workbooks.Web.{Errors, Events, Operation, Reply}

  import Workbooks.Web.API.Schemas

  def routes do
    id = %{id: id("run")}

    [
      Operation.route(:get, "/api/runs", {__MODULE__, :list},
        id: "listRuns",
        summary: "The runs, the newest first",
        answers: %{200 => {"the runs", list(:runs, ref("Summary"))}}
      ),
      Operation.route(:get, "/api/runs/:id", {__MODULE__, :show},
        id: "getRun",
        summary: "How far a run is, or what it came to",
        params: id,
        answers: %{200 => {"the run", ref("Run")}},
        errors: [:not_found]
      ),
      Operation.route(:delete, "/api/runs/:id", {__MODULE__, :cancel},
        id: "cancelRun",
        summary: "Ends a run; one that is over stays as it is",
        params: id,
        answers: %{204 => {"it ends", nil}},
        errors: [:not_found]
      ),
      Operation.route(:get, "/api/runs/:id/events", {__MODULE__, :events},
        id: "followRun",
        summary: "What happens in a run, as server-sent events: start, step_start, progress, step and stop",
        params: id,
        headers: %{
          "Last-Event-ID" => %{
            type: "string",
            pattern: "^[0-9]{0,9}$",
            description: "the last event that is known already: those after it come"
          }
        },
        answers: %{
          200 => {"the events, until the run is over", {:events, event()}},
          204 => {"the run is over, and there is none after Last-Event-ID", nil}
        },
        errors: [:not_found]
      ),
      Operation.route(:get, "/api/telemetry", {__MODULE__, :telemetry},
        id: "getTelemetry",
        summary: "What the runs that are kept took together",
        answers: %{200 => {"the sums", ref("Telemetry")}}
      ),
      Operation.route(:get, "/api/telemetry/:run", {__MODULE__, :run_telemetry},
        id: "getRunTelemetry",
        summary: "What the steps of a run took",
        params: %{run: id("run")},
        answers: %{200 => {"the run and its steps", ref("RunTelemetry")}},
        errors: [:not_found]
      )
    ]
  end

  # As its reader has it: `data` is JSON.
  defp event do
    text = %{type: "string"}
    %{type: "object", properties: %{id: text, event: text, data: text, retry: text}, additionalProperties: false}
  end

  def list(conn), do: Reply.json(conn, 200, %{runs: Runs.list(conn.assigns.tenant)})

  def show(%{params: %{"id" => id}} = conn) do
    case Runs.get(conn.assigns.tenant, id) do
      {:ok, run} -> Reply.json(conn, 200, run)
      :error -> missing(conn)
    end
  end

  def cancel(%{params: %{"id" => id}} = conn) do
    case Runs.cancel(conn.assigns.tenant, id) do
      :ok -> Reply.nothing(conn)
      :error -> missing(conn)
    end
  end

  def events(%{params: %{"id" => id}} = conn) do
    with {:ok, last} <- last(Conn.header(conn, "last-event-id")),
         {:ok, subscription} <- Events.subscribe(conn, id, last) do
      Events.stream(conn, subscription)
    else
      :error -> missing(conn)
      :over -> Reply.nothing(conn)
      :too_many -> Errors.respond(conn, :rate_limited, "too many streams of events are open", %{}, retry_ms: 1_000)
      {:error, message} -> Errors.respond(conn, :bad_request, message, %{field: "last-event-id"})
    end
  end

  # A number of ours, or nothing: what else there is was not sent by us.
  defp last(nil), do: {:ok, 0}
  defp last(""), do: {:ok, 0}

  defp last(text) do
    case Integer.parse(text) do
      {number, ""} when number in 0..999_999_999 -> {:ok, number}
      _other -> {:error, "Last-Event-ID is the number of an event"}
    end
  end

  def telemetry(conn) do
    runs = Runs.list(conn.assigns.tenant)

    Reply.json(conn, 200, %{
      runs: length(runs),
      by_status: Enum.frequencies_by(runs, & &1.status),
      total_ms: runs |> Enum.map(&(&1.ms || 0)) |> Enum.sum(),
      recent: Enum.take(runs, 20)
    })
  end

  @measured [:component, :lang, :status, :ms, :cached, :memory_peak, :fuel]

  def run_telemetry(%{params: %{"run" => id}} = conn) do
    case Runs.get(conn.assigns.tenant, id) do
      {:ok, run} ->
        summary = Map.take(run, [:id, :workbook, :version, :status, :started, :ended, :ms])
        Reply.json(conn, 200, Map.put(summary, :steps, Enum.map(run.steps, &Map.take(&1, @measured))))

      :error ->
        missing(conn)
    end
  end

  defp missing(conn), do: Errors.respond(conn, :not_found, "there is no such run")
end
