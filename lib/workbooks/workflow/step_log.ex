defmodule Workbooks.Workflow.StepLog do
  @moduledoc """
  `_steps.jsonl`: one JSON object a line for each step that ended, appended as it ends.

  Every record starts with `run`, `kind` (`"component"`), `step` (a count from 1)
  and `ts` (UTC, ISO 8601); then `component`, `lang`, `status`, `ms`, `fuel`,
  `memory_peak`, `cached`, `inputs_sha`, `outputs_sha`, `log` and `error`.

  A line is written at once, behind whatever else is there, so that several runs may
  share a file, and a machine that stops leaves whole lines. Where one stopped in the
  middle of a line after all, the next run begins a line of its own. A line has some
  tens of kilobytes at most: of a longer log or message its beginning stands there.
  """

  alias Workbooks.{JSON, Text}

  @file_name "_steps.jsonl"
  @max_log 4 * 1024
  @max_message 2 * 1024

  @opaque t :: {:file.io_device(), String.t()} | nil

  @doc """
  Makes the folder where it is missing and answers the log's path, or why there can be none.
  """
  @spec path(Path.t() | nil) :: {:ok, Path.t() | nil} | {:error, String.t()}
  def path(nil), do: {:ok, nil}

  def path(workdir) do
    path = Path.join(workdir, @file_name)

    with :ok <- File.mkdir_p(workdir), {:ok, file} <- :file.open(path, [:append, :raw]) do
      :file.close(file)
      {:ok, path}
    else
      {:error, reason} -> {:error, "workdir #{workdir}: #{:file.format_error(reason)}"}
    end
  end

  @doc "The log of the run of that id, for the process that asks."
  @spec open(Path.t() | nil, String.t()) :: t
  def open(nil, _run), do: nil

  def open(path, run) do
    with {:ok, file} <- :file.open(path, [:append, :read, :raw, :binary]) do
      heal(file)
      {file, run}
    else
      # The log is a record, not a condition.
      {:error, _reason} -> nil
    end
  end

  # A machine that stopped in the middle of a line left one without an end.
  defp heal(file) do
    with {:ok, size} when size > 0 <- :file.position(file, :eof),
         {:ok, last} when last != "\n" <- :file.pread(file, size - 1, 1) do
      :file.write(file, "\n")
    end
  end

  @doc "Appends one step. A full disk does not fail the run."
  @spec append(t, pos_integer, Workbooks.Run.step()) :: :ok | {:error, term}
  def append(nil, _number, _step), do: :ok
  def append({file, run}, number, step), do: :file.write(file, line(run, number, step))

  @doc "Ends the log."
  @spec close(t) :: :ok
  def close(nil), do: :ok

  def close({file, _run}) do
    _ = :file.close(file)
    :ok
  end

  # The first four keys lead, whatever the others are: they make each line readable by eye.
  defp line(run, number, step) do
    lead = [run: run, kind: "component", step: number, ts: DateTime.to_iso8601(DateTime.utc_now())]
    plain = [:component, :lang, :status, :ms, :fuel, :memory_peak, :cached, :inputs_sha, :outputs_sha]

    fields =
      lead ++ for(key <- plain, do: {key, step[key]}) ++ [log: Text.cut(step.log, @max_log), error: error(step.error)]

    body = Enum.map_join(fields, ",", fn {key, value} -> [JSON.encode!(key), ":", JSON.encode!(value)] end)
    # One binary is one write.
    IO.iodata_to_binary(["{", body, "}\n"])
  end

  defp error(nil), do: nil

  defp error(error) do
    error
    |> Map.take([:kind, :message, :line, :column, :excerpt])
    |> Map.update!(:message, &Text.cut(&1, @max_message))
  end
end
