defmodule Workbooks.HTTP.Server.Acceptor do
  @moduledoc false
  # Starts a process for each request that comes to it. It does nothing else, so that nothing waits
  # here; it is a process of OTP's by hand, since a request's way through it is most of what it costs.

  alias Workbooks.HTTP.Server.Request
  alias Workbooks.Native

  def start_link(gate, number, key), do: :proc_lib.start_link(__MODULE__, :init, [self(), gate, number, key])

  @doc false
  def init(parent, gate, number, key) do
    # A request's process that is killed takes nobody along.
    Process.flag(:trap_exit, true)
    :ok = Native.http_accept(gate, number)
    :proc_lib.init_ack({:ok, self()})
    loop(parent, key)
  end

  defp loop(parent, key) do
    receive do
      {:http_request, head, body?, exchange} ->
        pid = :proc_lib.spawn_link(Request, :run, [head, body?, exchange, key])
        Native.http_own(exchange, pid)
        loop(parent, key)

      {:EXIT, ^parent, reason} ->
        exit(reason)

      {:system, from, request} ->
        :sys.handle_system_msg(request, from, parent, __MODULE__, [], key)

      _other ->
        loop(parent, key)
    end
  end

  @doc false
  def system_continue(parent, _debug, key), do: loop(parent, key)

  @doc false
  def system_terminate(reason, _parent, _debug, _key), do: exit(reason)

  @doc false
  def system_get_state(key), do: {:ok, key}

  @doc false
  def system_code_change(key, _module, _old, _extra), do: {:ok, key}
end
