defmodule Workbooks.HTTP.Server.Request do
  @moduledoc false
  # The process of one request. Whatever it does is caught here, so that it needs nothing of `:proc_lib`'s.

  require Logger

  alias Workbooks.HTTP.{Conn, Error, Native}
  alias Workbooks.Telemetry

  @event [:workbooks, :http, :request]

  @doc "Has the router answer a request; `key` is where it is kept."
  def run(exchange, key) do
    {module, options} = :persistent_term.get(key)
    conn = Native.conn(exchange)

    try do
      if Telemetry.listening?(@event), do: observed(conn, module, options), else: served(conn, module, options)
    catch
      kind, reason -> failed(conn, exchange, {kind, reason, __STACKTRACE__})
    end
  end

  defp observed(conn, module, options) do
    Telemetry.span(@event, %{router: module, method: conn.method, path: conn.path}, fn ->
      {status, result} = served(conn, module, options)
      {:ok, %{status: status, result: result}}
    end)
  end

  defp served(conn, module, options) do
    case module.call(conn, options) do
      %Conn{state: :set} = answered -> delivered(Conn.deliver(answered))
      %Conn{state: :finished, status: status} -> {status, :ok}
      %Conn{state: :begun} = begun -> abandoned(begun, module)
      %Conn{state: :unset} -> raise "#{inspect(module)} has answered nothing"
    end
  end

  defp delivered({:ok, conn}), do: {conn.status, :ok}
  # The router's fault, not the client's.
  defp delivered({:error, %Error{kind: kind} = error, _conn}) when kind in [:answer, :length], do: raise(error)
  defp delivered({:error, %Error{kind: kind}, conn}), do: {conn.status, kind}

  # Nobody finishes what a client has left; to any other it would be half an answer.
  defp abandoned(conn, module) do
    case Conn.chunk(conn, "") do
      {:error, %Error{kind: kind}, conn} -> {conn.status, kind}
      {:ok, _conn} -> raise "#{inspect(module)} has begun an answer and not finished it"
    end
  end

  defp failed(conn, exchange, {kind, reason, stacktrace}) do
    Logger.error(["#{conn.method} #{conn.path} was not answered: ", told(kind, reason) | traced(stacktrace)])
    Native.release(exchange)
  end

  # A log is read by more people than a request is: what an exception prints of terms may be headers or a body, so
  # that only words are told which a programmer wrote.
  defp told(:error, reason) do
    case Exception.normalize(:error, reason) do
      %module{message: message} when is_binary(message) -> "(#{inspect(module)}) #{message}"
      %module{} -> "(#{inspect(module)})"
    end
  end

  defp told(kind, reason) when is_atom(reason), do: "(#{kind}) #{inspect(reason)}"
  defp told(kind, _reason), do: "(#{kind})"

  defp traced(stacktrace) do
    for {module, function, arity, location} <- stacktrace do
      arity = if is_list(arity), do: length(arity), else: arity
      ["\n    ", Exception.format_stacktrace_entry({module, function, arity, location})]
    end
  end
end
