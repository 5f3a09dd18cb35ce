defmodule Workbooks.HTTP.TLSTest do
  # Certificates by host name, replaced while it runs; HTTP/2 by a client that others wrote.
  use ExUnit.Case, async: true

  alias Workbooks.HTTP.{Error, Server}
  alias Workbooks.{TestCertificates, TestRouter}

  setup do
    {:ok, _started} = Application.ensure_all_started(:ssl)
    folder = Path.join(System.tmp_dir!(), "workbooks-tls-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    {one, authority} = TestCertificates.make!(folder, "one.example")
    {:ok, folder: folder, one: one, authority: authority}
  end

  defp start(options) do
    options = Keyword.merge([router: {TestRouter, self()}, listen: [{:tls, {127, 0, 0, 1}, 0}]], options)
    server = start_supervised!({Server, options})
    [{_ip, port}] = Server.addresses(server)
    {server, port}
  end

  # What is answered to one who believes `authority` and asks for `host`.
  defp get(port, host, authority) do
    options = [
      :binary,
      active: false,
      verify: :verify_peer,
      cacerts: [authority],
      server_name_indication: to_charlist(host)
    ]

    with {:ok, socket} <- :ssl.connect({127, 0, 0, 1}, port, options, 20_000) do
      :ok = :ssl.send(socket, "GET /conn HTTP/1.1\r\nhost: #{host}\r\nconnection: close\r\n\r\n")
      all(socket, "")
    end
  end

  defp all(socket, got) do
    case :ssl.recv(socket, 0, 20_000) do
      {:ok, more} -> all(socket, got <> more)
      {:error, :closed} -> {:ok, got}
    end
  end

  test "a request over TLS is known to be one", %{one: one, authority: authority} do
    {_server, port} = start(certificates: [one])
    assert {:ok, "HTTP/1.1 200 OK\r\n" <> rest} = get(port, "one.example", authority)
    [_head, body] = String.split(rest, "\r\n\r\n", parts: 2)
    assert %{scheme: :https, host: "one.example"} = :erlang.binary_to_term(body)
  end

  @tag :capture_log
  test "each host has its own certificate, and others can be shown while it runs", context do
    {two, other} = TestCertificates.make!(context.folder, "two.example")
    {server, port} = start(certificates: [context.one])
    assert {:error, _} = get(port, "two.example", other)
    assert :ok = Server.set_certificates(server, [context.one, two])
    assert {:ok, "HTTP/1.1 200" <> _} = get(port, "two.example", other)
    assert {:ok, "HTTP/1.1 200" <> _} = get(port, "one.example", context.authority)

    # What cannot be used changes nothing.
    File.write!(two[:key], File.read!(context.one[:key]))
    assert {:error, %Error{kind: :certificate, message: message}} = Server.set_certificates(server, [context.one, two])
    assert message =~ "the key for two.example cannot be used: it is not the certificate's"
    gone = Path.join(context.folder, "gone.pem")
    assert {:error, %Error{message: message}} = Server.set_certificates(server, [[cert: gone, key: gone]])
    assert message == "#{gone} cannot be read: no such file or directory"
    assert {:ok, "HTTP/1.1 200" <> _} = get(port, "two.example", other)
  end

  test "no certificate, or a key that is nowhere, is said when it starts" do
    Process.flag(:trap_exit, true)

    for {certificates, kind} <- [{[], :config}, {[[cert: "/none.pem", key: "/none.pem"]], :certificate}] do
      options = [router: {TestRouter, self()}, listen: [{:tls, {127, 0, 0, 1}, 0}], certificates: certificates]
      assert {:error, {:shutdown, {:failed_to_start_child, Server.Listener, error}}} = Server.start_link(options)
      assert %Error{kind: ^kind} = error
    end
  end

  test "a key stays in its file: nobody's state has it", %{one: one} do
    {server, _port} = start(certificates: [one])
    {_id, listener, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Server.Listener, 0)
    [_begin, secret | _] = one[:key] |> File.read!() |> String.split("\n")
    for pid <- [server, listener], do: refute(inspect(:sys.get_state(pid), limit: :infinity) =~ secret)
  end

  curl = System.find_executable("curl")
  h2? = curl != nil and elem(System.cmd(curl, ["--version"]), 0) =~ "HTTP2"

  describe "HTTP/2, by curl" do
    @describetag skip: if(h2?, do: false, else: "curl with HTTP/2 is not installed")

    test "is what TLS offers, and goes both ways", %{one: one} do
      {_server, port} = start(certificates: [one])
      assert curl(port, ["/hello"]) == {"hello\n", "2 200"}
      file = Path.join(System.tmp_dir!(), "workbooks-curl-#{System.unique_integer([:positive])}")
      File.write!(file, :binary.copy("body", 100_000))
      on_exit(fn -> File.rm(file) end)
      assert curl(port, ["/count", "--data-binary", "@" <> file]) == {"400000", "2 200"}
      assert {echoed, "2 200"} = curl(port, ["/echo", "--data-binary", "@" <> file])
      assert echoed == File.read!(file)
    end

    test "is spoken without TLS to those who know", %{one: _one} do
      server = start_supervised!({Server, router: {TestRouter, self()}, listen: [{{127, 0, 0, 1}, 0}], h2c: true})
      [{_ip, port}] = Server.addresses(server)
      arguments = ["-s", "--http2-prior-knowledge", "-w", "\n%{http_version}", "http://127.0.0.1:#{port}/hello"]
      assert {"hello\n\n2", 0} = System.cmd(System.find_executable("curl"), arguments)
    end
  end

  # The body, and "version status".
  defp curl(port, [path | arguments]) do
    target = ["https://one.example:#{port}#{path}", "--resolve", "one.example:#{port}:127.0.0.1"]
    arguments = ["-sk", "--max-time", "60", "-w", "\n%{http_version} %{http_code}"] ++ target ++ arguments
    {printed, 0} = System.cmd(System.find_executable("curl"), arguments)
    [said | body] = printed |> String.split("\n") |> Enum.reverse()
    {body |> Enum.reverse() |> Enum.join("\n"), said}
  end
end
