defmodule Workbooks.Wasm.HTTPTest do
  use ExUnit.Case, async: true

  alias Workbooks.{TestHTTPServer, TestWASIGuests, Wasm}
  alias Workbooks.Wasm.{Error, HTTP, Pool}

  describe "a request" do
    test "has defaults" do
      assert HTTP.request!(%{path: "/"}) == {"GET", "/", [], ""}
    end

    test "comes as the engine takes it" do
      ask = fn _ -> :eof end

      assert HTTP.request!(%{method: :post, url: "http://example.org/a?b", headers: [{"a", <<0xFF>>}], body: ask}) ==
               {"POST", "http://example.org/a?b", [{"a", <<0xFF>>}], {:ask, ask}}

      assert HTTP.request!(%{method: "PROPFIND", path: "/", body: "x"}) == {"PROPFIND", "/", [], "x"}
    end

    test "that is none is the caller's mistake, said with what is allowed" do
      for {request, allowed} <- [
            {[], "a map"},
            {%{}, ":path or a :url"},
            {%{path: "a"}, "begins with a slash"},
            {%{path: "/", url: "http://a/"}, "not both"},
            {%{path: "/", methode: "GET"}, ":method, :url"},
            {%{path: "/", method: nil}, "a string such as"},
            {%{path: "/", headers: %{}}, "a list of {name, value}"},
            {%{path: "/", headers: [{"a", 1}]}, "a list of {name, value}"},
            {%{path: "/", body: [?x]}, "a binary or a function"}
          ] do
        message = Exception.message(assert_raise ArgumentError, fn -> HTTP.request!(request) end)
        assert message =~ allowed, message
      end
    end
  end

  describe "a component that serves HTTP" do
    setup do
      {:ok, handler: TestWASIGuests.handler()}
    end

    test "answers with status, headers, body and trailers", %{handler: handler} do
      instance = TestWASIGuests.start(handler, [])
      request = %{method: "POST", path: "/echo?a=b", headers: [{"X-Name", <<"v", 0xE9>>}], body: <<0, 0xFF, "body">>}

      assert HTTP.handle(instance, request) ==
               {:ok,
                %{
                  status: 201,
                  headers: [{"x-echo", <<"v", 0xE9>>}],
                  body: <<0, 0xFF, "body">>,
                  trailers: [{"x-trailer", "end"}]
                }}

      # One request after the other.
      assert {:ok, %{body: "", headers: []}} = HTTP.handle(instance, %{url: "http://example.org/echo"})
      large = :binary.copy("0123456789", 50_000)
      assert {:ok, %{body: ^large}} = HTTP.handle(instance, %{path: "/echo", body: large})
      assert Wasm.state(instance) == :idle
    end

    test "is given a body piece by piece, by the process that asks", %{handler: handler} do
      test = self()
      {:ok, pieces} = Agent.start_link(fn -> ["a", "", :binary.copy("b", 10_000), :eof] end)

      body = fn most when most > 0 ->
        send(test, {:asked, self()})
        Agent.get_and_update(pieces, fn [first | rest] -> {first, rest} end)
      end

      assert {:ok, %{body: answer}} = HTTP.handle(TestWASIGuests.start(handler, []), %{path: "/echo", body: body})
      assert answer == "a" <> :binary.copy("b", 10_000)
      assert_received {:asked, ^test}
    end

    test "whose request's body fails, fails as by any host function", %{handler: handler} do
      instance = TestWASIGuests.start(handler, [])

      assert {:error, %Error{kind: :host_error, details: %{reason: %RuntimeError{message: "gone"}}}} =
               HTTP.handle(instance, %{path: "/echo", body: fn _ -> raise "gone" end})
    end

    test "that gives no answer, or too long a one, can be asked again", %{handler: handler} do
      instance = TestWASIGuests.start(handler, [], limits: [output_bytes: 100_000])
      assert {:error, %Error{kind: :io, message: message}} = HTTP.handle(instance, %{path: "/none"})
      assert message =~ "no answer"
      assert {:ok, %{body: "x"}} = HTTP.handle(instance, %{path: "/echo", body: "x"})
      assert {:error, %Error{kind: :limit}} = HTTP.handle(instance, %{path: "/long"})
      assert {:ok, %{body: "y"}} = HTTP.handle(instance, %{path: "/echo", body: "y"})
      assert {:error, %Error{kind: :type}} = HTTP.handle(instance, %{url: "not a url"})
      assert {:ok, %{body: "z"}} = HTTP.handle(instance, %{path: "/echo", body: "z"})
    end

    test "that traps is closed", %{handler: handler} do
      instance = TestWASIGuests.start(handler, [])
      assert {:error, %Error{kind: :trap}} = HTTP.handle(instance, %{path: "/trap"})
      assert {:error, %Error{kind: :closed}} = HTTP.handle(instance, %{path: "/echo"})
    end

    test "serves many in a pool", %{handler: handler} do
      pool = start_supervised!({Pool, component: handler, instance: [wasi: []], max: 2})

      answers =
        1..20
        |> Task.async_stream(fn n ->
          Pool.run(pool, fn instance -> HTTP.handle(instance, %{path: "/echo", body: "#{n}"}) end)
        end)
        |> Enum.map(fn {:ok, {:ok, answer}} -> answer.body end)

      assert answers == Enum.map(1..20, &to_string/1)
    end

    test "is one that exports a handler" do
      instance = TestWASIGuests.start(TestWASIGuests.system(), [])
      assert {:error, %Error{kind: :export}} = HTTP.handle(instance, %{path: "/"})
    end
  end

  describe "a component that sends requests" do
    # The places of wasi:http's error codes.
    @ip_prohibited 4
    @refused 6
    @denied 15

    defp fetch(wasi, authority, path \\ "/") do
      instance = TestWASIGuests.start(TestWASIGuests.fetcher(), wasi)
      assert {:ok, answer} = Wasm.call(instance, "fetch", [authority, path])
      answer
    end

    test "reaches the server that it is granted" do
      {port, asked} = TestHTTPServer.start("HTTP/1.1 203 Fine\r\ncontent-length: 5\r\n\r\n\xFFbody")
      assert fetch([network: ["127.0.0.1:#{port}"]], "127.0.0.1:#{port}", "/a?b") == {:ok, {203, "\xFFbody"}}
      request = Task.await(asked)
      assert request =~ ~r"^GET /a\?b HTTP/1.1\r\n"
      assert request =~ ~r"^host: 127.0.0.1:#{port}\r$"mi
    end

    test "reaches no other" do
      {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, ip: {127, 0, 0, 1}])
      {:ok, port} = :inet.port(listener)
      here = "127.0.0.1:#{port}"
      assert fetch([], here) == {:error, @denied}
      assert fetch([network: ["example.org"]], here) == {:error, @denied}
      assert fetch([network: ["127.0.0.1:#{port + 1}"]], here) == {:error, @denied}
      assert fetch([network: ["https://127.0.0.1:#{port}"]], here) == {:error, @denied}
      assert fetch([network: ["0.0.0.0/0"]], here) == {:error, @denied}
      # The name is granted, but not the address that it resolves to.
      assert fetch([network: ["localhost:#{port}"]], "localhost:#{port}") == {:error, @ip_prohibited}
      assert :gen_tcp.accept(listener, 0) == {:error, :timeout}
      :gen_tcp.close(listener)
      assert fetch([network: [here]], here) == {:error, @refused}
    end

    test "reaches a private address by a name where both are granted" do
      {port, asked} = TestHTTPServer.start("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
      network = ["localhost:#{port}", "127.0.0.0/8", "::1"]
      assert fetch([network: network], "localhost:#{port}") == {:ok, {200, "ok"}}
      assert Task.await(asked) =~ "GET / "
    end

    test "waits without holding anybody up, until its time is over" do
      {:ok, listener} = :gen_tcp.listen(0, [:binary, active: false, ip: {127, 0, 0, 1}])
      {:ok, port} = :inet.port(listener)
      here = "127.0.0.1:#{port}"
      instance = TestWASIGuests.start(TestWASIGuests.fetcher(), network: [here])
      # Nobody answers.
      assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "fetch", [here, "/"], timeout: 100)
    end
  end
end
