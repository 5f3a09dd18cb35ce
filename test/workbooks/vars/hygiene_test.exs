defmodule Workbooks.Vars.HygieneTest do
  # A secret is in what asked for it, and sealed elsewhere: everything that can be looked into is looked into.
  # Not async: all processes of this VM are traced.
  use ExUnit.Case, async: false

  alias Workbooks.{Error, Storage, Telemetry, TestCanary, TestVars, TestWait}
  alias Workbooks.Vars.Store

  # --- what is overheard -----------------------------------------------------------------------------

  # Keeps whatever it is sent, and does nothing else.
  defp listener do
    pid = spawn(fn -> listen([]) end)
    on_exit(fn -> Process.exit(pid, :kill) end)
    pid
  end

  defp listen(heard) do
    receive do
      {:heard, from, reference} ->
        send(from, {reference, heard})
        listen([])

      message ->
        listen([message | heard])
    end
  end

  defp heard(listener) do
    send(listener, {:heard, self(), reference = make_ref()})
    receive do: ({^reference, heard} -> heard)
  end

  def log(event, %{config: listener}), do: send(listener, {:logged, event, :logger_formatter.format(event, %{})})
  def tell(event, measurements, metadata, listener), do: send(listener, {:event, event, measurements, metadata})

  defp overhear_logs(listener) do
    level = Logger.level()
    Logger.configure(level: :debug)
    :ok = :logger.add_handler(__MODULE__, __MODULE__, %{level: :all, config: listener})

    on_exit(fn ->
      :logger.remove_handler(__MODULE__)
      Logger.configure(level: level)
    end)
  end

  defp overhear_events(listener) do
    :ok = Telemetry.attach_many(__MODULE__, Telemetry.events(), &__MODULE__.tell/4, listener)
    on_exit(fn -> Telemetry.detach(__MODULE__) end)
  end

  # Messages of everybody, and the calls of everybody but those that have the secret by right.
  defp trace(listener, except) do
    for {module, _file} <- :code.all_loaded(),
        module in [:crypto, :ets, :gen_server, :gen, :proc_lib, :logger, :error_logger] or
          List.starts_with?(Module.split_any(module), ["Workbooks"]) do
      :erlang.trace_pattern({module, :_, :_}, [{:_, [], [{:return_trace}, {:exception_trace}]}], [:local])
    end

    :erlang.trace(:all, true, [:send, :receive, :call, :procs, {:tracer, listener}])
    for pid <- except, do: :erlang.trace(pid, false, [:call])
  end

  defp trace_no_more do
    :erlang.trace(:all, false, [:all])
    :erlang.trace_pattern({:_, :_, :_}, false, [:local])
  end
end
