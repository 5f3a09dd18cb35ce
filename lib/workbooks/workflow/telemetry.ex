defmodule Workbooks.Workflow.Telemetry do
  @moduledoc """
  What a step log says: how many runs, steps and errors, how long, and by which component.

  A log (`Workbooks.Workflow.StepLog`) is read once; after that only what was appended since.
  What was read is kept in ETS by file and offset, as long as the application runs or until
  `forget/1`. A file that was replaced, cut or written anew is read from its beginning.
  A line that is no record is counted as `broken` and passed over, whatever is in it; one
  without an end is left for the next time.

      iex> folder = Path.join(System.tmp_dir!(), "workbooks-doc-#{System.unique_integer([:positive])}")
      iex> File.mkdir_p!(folder)
      iex> log = Path.join(folder, "_steps.jsonl")
      iex> line = ~s({"run":"r1","kind":"component","step":1,"component":"a/b","status":"ok","ms":1.5})
      iex> File.write!(log, line <> "\\n")
      iex> {:ok, summary} = Workbooks.Workflow.Telemetry.summary(log)
      iex> {summary.runs, summary.steps, summary.errors, summary.total_ms}
      {1, 1, 0, 1.5}
      iex> Workbooks.Workflow.Telemetry.forget(log)
      iex> File.rm_rf!(folder)
  """

  use GenServer
  alias Workbooks.Workflow.Records

  # What is read at once, and by one process of several.
  @chunk 4 * 1024 * 1024
  # Enough to see that the file is another one than before: the time stands in each line.
  @tail 4096

  @type summary :: %{
          runs: non_neg_integer,
          steps: non_neg_integer,
          errors: non_neg_integer,
          total_ms: float,
          by_component: %{
            String.t() => %{steps: pos_integer, errors: non_neg_integer, ms: float, cached: non_neg_integer}
          },
          recent: [map],
          broken: non_neg_integer
        }

  @doc false
  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc """
  What the log at `path` says, up to its last whole line.

    * `runs`, `steps` - how many
    * `errors` - steps that failed or ran out of time
    * `total_ms` - all steps' times together
    * `by_component` - `steps`, `errors`, `ms` and `cached` steps by component id
    * `recent` - the last 20 records, the newest first, as maps with string keys
    * `broken` - lines that are no records

  `{:error, message}` when it cannot be read.
  """
  @spec summary(Path.t()) :: {:ok, summary} | {:error, String.t()}
  def summary(path) do
    path = Path.expand(path)

    case :file.open(path, [:read, :raw, :binary]) do
      {:ok, file} ->
        try do
          with {:ok, state} <- read_on(path, file), do: {:ok, told(path, state)}
        after
          :file.close(file)
        end
        |> explained(path)

      {:error, reason} ->
        explained({:error, reason}, path)
    end
  end

  defp explained({:error, reason}, path), do: {:error, "#{path}: #{:file.format_error(reason)}"}
  defp explained(answer, _path), do: answer

  @doc "Forgets what was read of a file."
  @spec forget(Path.t()) :: :ok
  def forget(path), do: GenServer.call(__MODULE__, {:forget, Path.expand(path)}, :infinity)

  # --- reading, in the process that asks -----------------------------------------------------------

  @new %{inode: nil, offset: 0, tail: "", runs: 0, steps: 0, errors: 0, total_ms: 0.0, broken: 0, recent: []}

  defp read_on(path, file) do
    with {:ok, info} <- :file.read_file_info(file),
         {:ok, before} <- known(path, file, info) do
      inode = elem(info, 11)

      case read(file, before.offset, elem(info, 1)) do
        {offset, _records} when offset == before.offset ->
          {:ok, before}

        {offset, records} ->
          {:ok, tail} = :file.pread(file, max(0, offset - @tail), min(@tail, offset))
          place = %{inode: inode, offset: offset, tail: tail}

          # Another may have read the same meanwhile, and was quicker.
          with :again <- GenServer.call(__MODULE__, {:merge, path, before, place, records}, :infinity) do
            read_on(path, file)
          end
      end
    end
  end

  # What was read before, if it is still the same file.
  defp known(path, file, info) do
    with [{^path, state}] <- :ets.lookup(__MODULE__, path),
         true <- state.inode == elem(info, 11) and state.offset <= elem(info, 1),
         {:ok, tail} when tail == state.tail <- tail(file, state) do
      {:ok, state}
    else
      [] ->
        {:ok, @new}

      _other_file ->
        forget(path)
        {:ok, @new}
    end
  end

  defp tail(_file, %{tail: ""}), do: {:ok, ""}
  defp tail(file, %{offset: offset, tail: tail}), do: :file.pread(file, offset - byte_size(tail), byte_size(tail))

  # What stands in whole lines from `offset` on, and where they end. Chunks are looked through at the
  # same time, and what they say is put together in their order.
  defp read(file, offset, size) do
    {offset, offset}
    |> Stream.unfold(fn {at, _} ->
      with {lines, next} <- lines(file, at, size, @chunk), do: {{lines, next}, {next, next}}
    end)
    |> Task.async_stream(fn {lines, next} -> {next, Records.of(lines)} end, timeout: :infinity)
    |> Enum.reduce({offset, Records.none()}, fn {:ok, {next, records}}, {_, all} ->
      {next, Records.join(all, records)}
    end)
  end

  defp lines(_file, at, size, _chunk) when at >= size, do: nil

  defp lines(file, at, size, chunk) do
    with {:ok, bytes} <- :file.pread(file, at, min(chunk, size - at)) do
      case last_newline(bytes) do
        # A line longer than a chunk, or one that is not whole yet.
        nil when at + chunk < size -> lines(file, at, size, chunk * 2)
        nil -> nil
        last -> {binary_part(bytes, 0, last + 1), at + last + 1}
      end
    else
      _gone_meanwhile -> nil
    end
  end

  defp last_newline(bytes), do: last_newline(bytes, byte_size(bytes) - 1)
  defp last_newline(_bytes, -1), do: nil
  defp last_newline(bytes, at), do: if(:binary.at(bytes, at) == ?\n, do: at, else: last_newline(bytes, at - 1))

  defp told(path, state) do
    rows = :ets.select(__MODULE__.Components, [{{{path, :"$1"}, :"$2", :"$3", :"$4", :"$5"}, [], [:"$$"]}])

    by_component =
      for [component, steps, errors, ms, cached] <- rows, into: %{} do
        {component, %{steps: steps, errors: errors, ms: ms, cached: cached}}
      end

    state |> Map.take([:runs, :steps, :errors, :total_ms, :recent, :broken]) |> Map.put(:by_component, by_component)
  end

  # --- keeping, in a process of its own: a reader that is killed leaves nothing half done ------------

  @impl true
  def init([]) do
    :ets.new(__MODULE__, [:named_table, :protected, read_concurrency: true])
    # Ordered, so that a file's rows stand together.
    :ets.new(__MODULE__.Components, [:named_table, :protected, :ordered_set, read_concurrency: true])
    :ets.new(__MODULE__.Runs, [:named_table, :protected, :ordered_set])
    {:ok, []}
  end

  @impl true
  def handle_call({:merge, path, before, place, records}, _from, state) do
    now =
      case :ets.lookup(__MODULE__, path) do
        [{^path, now}] -> now
        [] -> @new
      end

    if {now.inode, now.offset} == {before.inode, before.offset} do
      {:reply, {:ok, merge(path, now, place, records)}, state}
    else
      {:reply, :again, state}
    end
  end

  def handle_call({:forget, path}, _from, state) do
    :ets.delete(__MODULE__, path)
    :ets.match_delete(__MODULE__.Components, {{path, :_}, :_, :_, :_, :_})
    :ets.match_delete(__MODULE__.Runs, {{path, :_}})
    {:reply, :ok, state}
  end

  defp merge(path, now, place, records) do
    new_runs = Enum.count(records.runs, fn {run, true} -> :ets.insert_new(__MODULE__.Runs, {{path, run}}) end)

    for {component, {steps, errors, ms, cached}} <- records.components do
      row =
        case :ets.lookup(__MODULE__.Components, {path, component}) do
          [{key, s, e, m, c}] -> {key, s + steps, e + errors, m + ms, c + cached}
          [] -> {{path, component}, steps, errors, ms, cached}
        end

      :ets.insert(__MODULE__.Components, row)
    end

    merged = %{
      runs: now.runs + new_runs,
      steps: now.steps + records.steps,
      errors: now.errors + records.errors,
      total_ms: now.total_ms + records.total_ms,
      broken: now.broken + records.broken,
      recent: Records.recent(records.recent, now.recent)
    }

    state = now |> Map.merge(place) |> Map.merge(merged)
    :ets.insert(__MODULE__, {path, state})
    state
  end
end
