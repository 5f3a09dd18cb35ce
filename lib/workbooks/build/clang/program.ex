defmodule Workbooks.Build.Clang.Program do
  @moduledoc """
  Clang as native code.

  To compile seventy megabytes of WebAssembly takes minutes of one core and two gigabytes of
  memory, so it is done once: in the background, by a thread of the engine's, for all who wait for
  it. The result is a file beside the package, or in the user's cache folder where that one cannot be
  written; every later virtual machine maps it in milliseconds. The file is used only when this
  user, or root, owns it and nobody else may write it.

  While it is made, `[:workbooks, :build, :clang, :progress]` tells how long that is so.
  """

  @behaviour GenServer

  alias Workbooks.{Telemetry, Wasm}
  alias Workbooks.Build.Clang.{Owner, Package}
  alias Workbooks.Build.{Deadline, Problem}

  @span [:workbooks, :build, :clang, :prepare]
  @progress [:workbooks, :build, :clang, :progress]
  @progress_every 5_000
  # Temporary files this old, in seconds, are of a writer that was killed.
  @abandoned 3_600

  # --- for those who need it ---------------------------------------------------------------------

  @doc """
  The program, ready to be instantiated. Waits until the deadline for it to be compiled; who does not
  wait long enough gets a problem of kind `:timeout`, and the work goes on. `progress` is told in words
  now and then that it does.
  """
  @spec get(Package.t(), Deadline.t(), (String.t() -> term) | nil) :: {:ok, Wasm.Module.t()} | {:error, Problem.t()}
  def get(package, deadline, progress \\ nil) do
    case :persistent_term.get(key(package), nil) do
      nil -> wait_for(package, deadline, progress)
      program -> {:ok, program}
    end
  end

  defp wait_for(package, deadline, progress) do
    left = Deadline.left(deadline)
    turn = if progress, do: min(left, @progress_every), else: left

    case GenServer.call(__MODULE__, {:get, package, turn}, :infinity) do
      {:error, %Problem{kind: :timeout}} when turn < left ->
        with {:compiling, ms} <- state(package),
             do: progress.("clang is being compiled to native code, this once, for #{div(ms, 1000)} s now")

        wait_for(package, deadline, progress)

      answer ->
        answer
    end
  end

  @doc "Whether the program is `:ready`, has been `{:compiling, ms}`, is on disk as native code (`:kept`), or `:absent`."
  @spec state(Package.t()) :: :ready | {:compiling, non_neg_integer} | :kept | :absent
  def state(package) do
    if :persistent_term.get(key(package), nil),
      do: :ready,
      else: GenServer.call(__MODULE__, {:state, package}, :infinity)
  end

  @doc false
  def child_spec(options), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [options]}}

  @doc false
  def start_link(options), do: GenServer.start_link(__MODULE__, options, name: __MODULE__)

  # --- the process -------------------------------------------------------------------------------

  # Work under way, by package: since when, who does it, who waits for it.
  @impl true
  def init(_options), do: {:ok, %{}}

  @impl true
  def handle_call({:get, package, timeout}, from, works) do
    if is_map_key(works, package) do
      {:noreply, wait(works, package, from, timeout)}
    else
      case loaded(package) do
        {:ok, program} -> {:reply, {:ok, program}, works}
        :error -> {:noreply, works |> begin(package) |> wait(package, from, timeout)}
      end
    end
  end

  def handle_call({:state, package}, _from, works) do
    state =
      case works do
        %{^package => work} -> {:compiling, since(work.begun)}
        _ -> if Enum.any?(files(package), &usable?/1), do: :kept, else: :absent
      end

    {:reply, state, works}
  end

  @impl true
  def handle_info({:late, package, reference}, works) do
    case works do
      %{^package => %{waiting: %{^reference => from}} = work} ->
        GenServer.reply(from, {:error, Problem.new(:timeout, late(since(work.begun)))})
        {:noreply, put_in(works[package].waiting, Map.delete(work.waiting, reference))}

      _ ->
        {:noreply, works}
    end
  end

  def handle_info({:progress, package}, works) do
    with %{^package => work} <- works do
      Telemetry.execute(@progress, %{elapsed_ms: since(work.begun)}, %{program: package.program})
      Process.send_after(self(), {:progress, package}, @progress_every)
    end

    {:noreply, works}
  end

  def handle_info({:DOWN, monitor, :process, _pid, reason}, works) do
    case Enum.find(works, fn {_, work} -> work.monitor == monitor end) do
      {package, work} ->
        answer = ended(reason, package)
        for {_, from} <- work.waiting, do: GenServer.reply(from, answer)
        {:noreply, Map.delete(works, package)}

      nil ->
        {:noreply, works}
    end
  end

  def handle_info(_other, works), do: {:noreply, works}

  defp ended({:made, program}, package) do
    :persistent_term.put(key(package), program)
    {:ok, program}
  end

  defp ended({:failed, message}, _package),
    do: {:error, Problem.new(:compile, "clang cannot be made ready: #{message}")}

  defp ended(reason, _package), do: {:error, Problem.new(:internal, "clang cannot be made ready: #{inspect(reason)}")}

  defp late(elapsed) do
    "clang is still being compiled to native code, for #{div(elapsed, 1000)} s now. That takes some minutes and " <>
      "happens once, in the background: run this again later. mix workbooks.install clang does it beforehand"
  end

  defp begin(works, package) do
    {_pid, monitor} = spawn_monitor(fn -> exit(make(package)) end)
    Process.send_after(self(), {:progress, package}, @progress_every)
    Map.put(works, package, %{begun: now(), monitor: monitor, waiting: %{}})
  end

  defp wait(works, package, from, timeout) do
    reference = make_ref()
    if timeout != :infinity, do: Process.send_after(self(), {:late, package, reference}, timeout)
    put_in(works[package].waiting[reference], from)
  end

  defp now, do: System.monotonic_time(:millisecond)
  defp since(begun), do: now() - begun
  defp key(package), do: {__MODULE__, package.program}

  # --- native code, kept -------------------------------------------------------------------------

  defp loaded(package) do
    # Who asked before it was there may only be heard now.
    case :persistent_term.get(key(package), nil) do
      nil -> Enum.find_value(files(package), :error, &load(&1, package))
      program -> {:ok, program}
    end
  end

  # What is of another engine or machine, or not to be trusted, is made anew and replaced.
  defp load(file, package) do
    with true <- usable?(file), {:ok, program} <- Wasm.load_file(file) do
      :persistent_term.put(key(package), program)
      {:ok, program}
    else
      _ -> nil
    end
  end

  defp usable?(file), do: Owner.trusted?(Path.dirname(file)) and Owner.trusted?(file)

  # The first of them that can be written is used.
  defp files(package) do
    name = "llvm-#{Application.spec(:workbooks, :vsn)}-#{:erlang.system_info(:system_architecture)}.cwasm"

    for folder <- [package.folder | own(package)], do: Path.join([folder, "native", name])
  end

  # For a package in somebody else's folder.
  defp own(package) do
    with {:ours, folder} <- Package.default(), {:ok, digest} <- Package.digest(package) do
      [Path.join(Path.dirname(folder), String.slice(digest, 0, 16))]
    else
      _ -> []
    end
  end

  defp make(package) do
    Telemetry.span(@span, %{program: package.program}, fn ->
      outcome = with {:ok, code} <- compile(package.program), do: keep(code, files(package))

      case outcome do
        {:ok, program} -> {{:made, program}, %{program: package.program, result: :ok}}
        {:error, message} -> {{:failed, message}, %{program: package.program, result: :compile}}
      end
    end)
  end

  defp compile(path) do
    with {:ok, bytes} <- message(File.read(path), path),
         {:error, error} <- Wasm.precompile(bytes, timeout: :infinity, max_bytes: max(byte_size(bytes), 1)) do
      {:error, error.message}
    end
  end

  defp keep(code, files) do
    case Enum.find(files, &(write(&1, code) == :ok)) do
      # It serves this virtual machine at least.
      nil -> taken(Wasm.deserialize(code))
      file -> taken(Wasm.load_file(file))
    end
  end

  defp taken({:ok, program}), do: {:ok, program}
  defp taken({:error, error}), do: {:error, error.message}

  # Whole or not at all.
  defp write(file, code) do
    folder = Path.dirname(file)
    temporary = "#{file}.#{System.pid()}-#{System.unique_integer([:positive])}.tmp"

    with :ok <- File.mkdir_p(folder),
         :ok <- File.chmod(folder, 0o700),
         :ok <- sweep(folder),
         :ok <- File.write(temporary, code),
         :ok <- File.chmod(temporary, 0o600),
         :ok <- File.rename(temporary, file) do
      :ok
    else
      error ->
        File.rm(temporary)
        error
    end
  end

  defp sweep(folder) do
    for file <- Path.wildcard(Path.join(folder, "*.tmp")),
        {:ok, %{mtime: mtime}} <- [File.stat(file, time: :posix)],
        System.os_time(:second) - mtime > @abandoned,
        do: File.rm(file)

    :ok
  end

  defp message({:error, reason}, path), do: {:error, "#{path}: #{:file.format_error(reason)}"}
  defp message(answer, _path), do: answer
end
