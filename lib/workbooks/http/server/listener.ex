defmodule Workbooks.HTTP.Server.Listener do
  @moduledoc false
  # The owner of a native server, which ends with it.

  use GenServer

  alias Workbooks.HTTP.Error
  alias Workbooks.HTTP.Server.Settings
  alias Workbooks.Native

  # One that is being stopped lets go of its address within this time.
  @patience 3_000
  @pause 20

  def start_link(gate, key, settings), do: GenServer.start_link(__MODULE__, {gate, key, settings})

  @impl true
  def init({gate, {_server, _reference} = key, settings}) do
    # It drains when its supervisor ends it.
    Process.flag(:trap_exit, true)
    {module, options} = settings.router
    :persistent_term.put(key, {module, module.init(options)})

    with {:ok, native} <- Settings.native(settings),
         {:ok, server, addresses} <- listen(gate, native, now() + @patience) do
      {:ok, %{server: server, addresses: addresses, key: key, drain_ms: settings.drain_ms, drains: %{}}}
    else
      {:error, %Error{} = error} ->
        :persistent_term.erase(key)
        {:stop, error}
    end
  end

  defp listen(gate, native, deadline) do
    case Native.http_start(gate, native) do
      {:ok, server, addresses} ->
        {:ok, server, addresses}

      {:error, :bind, message} ->
        if now() < deadline do
          Process.sleep(@pause)
          listen(gate, native, deadline)
        else
          {:error, Error.new(:bind, message)}
        end

      {:error, kind, message} ->
        {:error, Error.new(kind, message)}
    end
  end

  defp now, do: System.monotonic_time(:millisecond)

  @impl true
  def handle_call(:addresses, _from, state), do: {:reply, state.addresses, state}

  def handle_call(:stats, _from, state), do: {:reply, Native.http_stats(state.server), state}

  def handle_call({:drain, ms}, from, state) do
    reference = make_ref()
    _asked = Native.http_drain(reference, state.server, ms)
    {:noreply, put_in(state.drains[reference], from)}
  end

  def handle_call({:set_certificates, certificates}, _from, state) do
    shown =
      with {:ok, read} <- Settings.read(certificates),
           {:error, kind, message} <- Native.http_set_certificates(state.server, read) do
        {:error, Error.new(kind, message)}
      end

    {:reply, shown, state}
  end

  @impl true
  def handle_info({reference, drained}, %{drains: drains} = state) when is_map_key(drains, reference) do
    {from, drains} = Map.pop(drains, reference)
    GenServer.reply(from, drained(drained))
    {:noreply, %{state | drains: drains}}
  end

  def handle_info(_other, state), do: {:noreply, state}

  defp drained({:drained, cut}), do: {:ok, cut}
  defp drained({:error, kind, message}), do: {:error, Error.new(kind, message)}

  @impl true
  def terminate(_reason, state) do
    reference = make_ref()
    _asked = Native.http_drain(reference, state.server, state.drain_ms)
    receive do: ({^reference, _drained} -> :ok)
    Native.http_stop(state.server)
    :persistent_term.erase(state.key)
  end
end
