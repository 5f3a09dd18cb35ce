defmodule Workbooks.HTTP.Server.Acceptor do
  @moduledoc false
  # Starts a process for each request. It does nothing else, so that nothing waits here; it is a
  # process of OTP's by hand, since a request's way through it is much of what it costs.
  #
  # Requests wait in a line of the NIF's. A message says when there are some, and then they are taken
  # until there are none.

  alias Workbooks.HTTP.Server.Request
  alias Workbooks.Native

  # Few enough that another acceptor finds some too.
  @most 8

  # Words, in which most requests are answered without a collection of garbage.
  @heap 1_000

  def start_link(gate, number, key), do: :proc_lib.start_link(__MODULE__, :init, [self(), gate, number, key])

  @doc false
  def init(parent, gate, number, key) do
    # A request's process that is killed takes nobody along.
    Process.flag(:trap_exit, true)
    :ok = Native.http_accept(gate, number)
    :proc_lib.init_ack({:ok, self()})
    loop({parent, gate, number, key}, 0)
  end

  # What is in the mailbox goes first: it is a message for each request that has ended.
  defp loop({parent, _gate, _number, _key} = state, patience) do
    receive do
      {:EXIT, ^parent, reason} ->
        exit(reason)

      {:EXIT, _pid, :normal} ->
        loop(state, patience)

      {:EXIT, _pid, _killed} ->
        # If it was killed before it began, nobody but this process's garbage holds its request.
        :erlang.garbage_collect()
        loop(state, patience)

      :http_request ->
        loop(state, 0)

      {:system, from, request} ->
        :sys.handle_system_msg(request, from, parent, __MODULE__, [], state)

      _other ->
        loop(state, patience)
    after
      patience -> take(state)
    end
  end

  defp take({_parent, gate, number, key} = state) do
    case Native.http_take(gate, number, @most) do
      [] ->
        loop(state, :infinity)

      exchanges ->
        begin(exchanges, key)
        loop(state, 0)
    end
  end

  defp begin([], _key), do: :ok

  defp begin([exchange | rest], key) do
    :erlang.spawn_opt(Request, :run, [exchange, key], [:link, min_heap_size: @heap])
    begin(rest, key)
  end

  @doc false
  def system_continue(_parent, _debug, state), do: loop(state, 0)

  @doc false
  def system_terminate(reason, _parent, _debug, _state), do: exit(reason)

  @doc false
  def system_get_state(state), do: {:ok, state}

  @doc false
  def system_code_change(state, _module, _old, _extra), do: {:ok, state}
end
