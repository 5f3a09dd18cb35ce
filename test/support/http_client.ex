defmodule Workbooks.TestHTTP do
  @moduledoc false
  # A client of HTTP/1.1 that does what a test says, and no more.

  @patience 30_000

  @doc "A connection to an address as `Workbooks.HTTP.Server.addresses/1` has it."
  def connect(address, options \\ [])

  def connect({:unix, path}, options) do
    {:ok, socket} = :gen_tcp.connect({:local, path}, 0, [:binary, active: false] ++ options)
    socket
  end

  def connect({ip, port}, options) do
    {:ok, socket} = :gen_tcp.connect(ip, port, [:binary, active: false] ++ options, @patience)
    socket
  end

  @doc "One request on a connection of its own: `%{status:, headers:, body:}`."
  def request(address, method, path, headers \\ [], body \\ "") do
    socket = connect(address)
    ask(socket, method, path, headers, body)
    answer = answer(socket, method)
    :gen_tcp.close(socket)
    answer
  end

  @doc "Sends a request, its body in one piece."
  def ask(socket, method, path, headers \\ [], body \\ "") do
    length = if body == "", do: [], else: [{"content-length", byte_size(body)}]
    :ok = :gen_tcp.send(socket, [head(method, path, headers ++ length), body])
  end

  @doc "A request's head."
  def head(method, path, headers) do
    lines = for {name, value} <- [{"host", "test.example"} | headers], do: "#{name}: #{value}\r\n"
    ["#{method} #{path} HTTP/1.1\r\n", lines, "\r\n"]
  end

  @doc "The next answer of a connection; `{:cut, what}` where it ends before its end."
  def answer(socket, method \\ "GET") do
    with {:ok, head, rest} <- upto(socket, "", "\r\n\r\n") do
      [line | lines] = String.split(head, "\r\n")
      ["HTTP/1." <> _, status | _] = String.split(line, " ")

      headers =
        for line <- lines do
          [name, value] = String.split(line, ": ", parts: 2)
          {String.downcase(name), value}
        end

      with {:ok, body} <- body(socket, method, headers, rest) do
        %{status: String.to_integer(status), headers: headers, body: body}
      end
    end
  end

  defp body(_socket, "HEAD", _headers, ""), do: {:ok, ""}

  defp body(socket, _method, headers, rest) do
    case {header(headers, "content-length"), header(headers, "transfer-encoding")} do
      {nil, "chunked"} -> chunks(socket, rest, "")
      {nil, nil} -> {:ok, rest}
      {length, nil} -> exactly(socket, rest, String.to_integer(length))
    end
  end

  defp header(headers, name), do: with({_name, value} <- List.keyfind(headers, name, 0), do: value)

  defp chunks(socket, got, body) do
    with {:ok, line, rest} <- upto(socket, got, "\r\n"),
         size = String.to_integer(line, 16),
         {:ok, chunk, rest} <- some(socket, rest, size + 2) do
      if size == 0, do: {:ok, body}, else: chunks(socket, rest, body <> binary_part(chunk, 0, size))
    end
  end

  defp exactly(socket, got, length), do: with({:ok, body, ""} <- some(socket, got, length), do: {:ok, body})

  defp some(_socket, got, length) when byte_size(got) >= length do
    <<some::binary-size(length), rest::binary>> = got
    {:ok, some, rest}
  end

  defp some(socket, got, length), do: with({:ok, got} <- more(socket, got), do: some(socket, got, length))

  defp upto(socket, got, mark) do
    case :binary.split(got, mark) do
      [before, rest] -> {:ok, before, rest}
      [_none] -> with({:ok, got} <- more(socket, got), do: upto(socket, got, mark))
    end
  end

  defp more(socket, got) do
    case :gen_tcp.recv(socket, 0, @patience) do
      {:ok, bytes} -> {:ok, got <> bytes}
      {:error, reason} -> {:cut, {reason, got}}
    end
  end

  @doc "Waits until the server has closed a connection; what it sent before."
  def closed(socket, got \\ "") do
    case more(socket, got) do
      {:ok, got} -> closed(socket, got)
      {:cut, {:timeout, _got}} -> raise ExUnit.AssertionError, message: "the server did not close the connection"
      {:cut, {_reason, got}} -> got
    end
  end
end
