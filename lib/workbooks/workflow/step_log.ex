defmodule Workbooks.Workflow.StepLog do
  @moduledoc """
  `_steps.jsonl`: one JSON object a line for each step that ended, appended as it ends.

  Every record starts with `run`, `kind` (`"component"`), `step` (a count from 1)
  and `ts` (UTC, ISO 8601); then `component`, `lang`, `status`, `ms`, `cached`,
  `log` and `error`.
  """

  alias Workbooks.JSON

  @file_name "_steps.jsonl"

  @doc """
  Makes the folder where it is missing and answers the log's path, or why there can be none.
  """
  @spec open(Path.t() | nil) :: {:ok, Path.t() | nil} | {:error, String.t()}
  def open(nil), do: {:ok, nil}

  def open(workdir) do
    case File.mkdir_p(workdir) do
      :ok -> {:ok, Path.join(workdir, @file_name)}
      {:error, reason} -> {:error, "workdir #{workdir}: #{:file.format_error(reason)}"}
    end
  end

  @doc "Appends one step."
  @spec append(Path.t() | nil, String.t(), pos_integer, Workbooks.Run.step()) :: :ok | {:error, term}
  def append(nil, _run, _number, _step), do: :ok

  def append(path, run, number, step) do
    # The first four keys lead, whatever the others are: they make each line readable by eye.
    lead = [run: run, kind: "component", step: number, ts: DateTime.to_iso8601(DateTime.utc_now())]
    rest = [:component, :lang, :status, :ms, :cached, :log, :error]
    fields = lead ++ for key <- rest, do: {key, Map.fetch!(step, key)}
    line = Enum.map_join(fields, ",", fn {key, value} -> [JSON.encode!(key), ":", JSON.encode!(value)] end)
    File.write(path, ["{", line, "}\n"], [:append])
  end
end
