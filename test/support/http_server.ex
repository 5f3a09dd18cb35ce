defmodule Workbooks.TestHTTPServer do
  @moduledoc false
  # A server of the test's own, for one connection.

  @doc "Answers one request with these bytes: `{port, task}`, where the task answers what it was sent."
  def start(answer) do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, ip: {127, 0, 0, 1}])
    {:ok, port} = :inet.port(listener)

    task =
      Task.async(fn ->
        {:ok, socket} = :gen_tcp.accept(listener, 20_000)
        request = request(socket, "")
        :ok = :gen_tcp.send(socket, answer)
        :gen_tcp.close(socket)
        request
      end)

    {port, task}
  end

  @doc "Sends these bytes to the first who connects: its port."
  def greet(bytes) do
    {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, ip: {127, 0, 0, 1}])
    {:ok, port} = :inet.port(listener)

    spawn_link(fn ->
      with {:ok, socket} <- :gen_tcp.accept(listener, 20_000) do
        :gen_tcp.send(socket, bytes)
        :gen_tcp.close(socket)
      end
    end)

    # The listener is this process's; it ends with the test.
    port
  end

  defp request(socket, got) do
    if got =~ "\r\n\r\n" do
      got
    else
      {:ok, more} = :gen_tcp.recv(socket, 0, 20_000)
      request(socket, got <> more)
    end
  end
end
