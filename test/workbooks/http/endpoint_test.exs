defmodule Workbooks.HTTP.EndpointTest do
  # Not async: settings come from the environment and the application's configuration.
  use ExUnit.Case, async: false

  import Workbooks.TestHTTP
  alias Workbooks.HTTP.{Endpoint, Server}
  alias Workbooks.{PublicWeb, TestRouter, TestWait, Web}

  @plane %{router: TestRouter, port: 4000, prefix: "WORKBOOKS_"}

  setup do
    before = for {name, _value} = variable <- System.get_env(), String.starts_with?(name, "WORKBOOKS_"), do: variable
    server = Application.fetch_env(:workbooks, :server)

    on_exit(fn ->
      for {name, _value} <- System.get_env(), String.starts_with?(name, "WORKBOOKS_"), do: System.delete_env(name)
      System.put_env(before)
      with {:ok, value} <- server, do: Application.put_env(:workbooks, :server, value)
      if server == :error, do: Application.delete_env(:workbooks, :server)
    end)

    for name <- ~w(SERVER PORT PUBLIC_PORT BIND SOCKET PUBLIC_SOCKET TLS_CERT TLS_KEY PUBLIC_TLS_CERT PUBLIC_TLS_KEY),
        do: System.delete_env("WORKBOOKS_" <> name)

    :ok
  end

  defp settings(given), do: Endpoint.server(Web.Endpoint, given, @plane)
  defp listen(given), do: settings(given)[:listen]
  defp message(function), do: Exception.message(catch_error(function.()))

  describe "the settings of an endpoint" do
    test "have defaults that nobody else can reach" do
      options = settings([])
      assert options[:listen] == [{{127, 0, 0, 1}, 4000}]
      assert options[:name] == Web.Endpoint
      assert options[:router] == TestRouter
      assert options[:certificates] == []
      assert options[:limits] == []
    end

    test "come from the environment, and what is configured goes before it" do
      System.put_env("WORKBOOKS_PORT", "4100")
      System.put_env("WORKBOOKS_BIND", "::1")
      System.put_env("WORKBOOKS_LIMIT_BODY_BYTES", "1000")
      assert listen([]) == [{{0, 0, 0, 0, 0, 0, 0, 1}, 4100}]
      assert settings([])[:limits] == [body_bytes: 1000]
      assert listen(port: 4200, ip: "0.0.0.0") == [{{0, 0, 0, 0}, 4200}]
      assert listen(port: 0, ip: {127, 0, 0, 2}) == [{{127, 0, 0, 2}, 0}]
      assert settings(limits: [body_bytes: 2, in_flight: 3])[:limits] == [body_bytes: 2, in_flight: 3]
    end

    test "with a socket need no port" do
      assert listen(socket: "/run/a.sock") == [{:unix, "/run/a.sock"}]
      assert listen(socket: "/run/a.sock", port: 1) == [{:unix, "/run/a.sock"}, {{127, 0, 0, 1}, 1}]
      System.put_env("WORKBOOKS_SOCKET", "/run/b.sock")
      assert listen([]) == [{:unix, "/run/b.sock"}]
    end

    test "with a certificate speak TLS" do
      certificates = [[cert: "/c.pem", key: "/k.pem", hosts: ["a.example"]]]
      assert listen(certificates: certificates) == [{:tls, {127, 0, 0, 1}, 4000}]
      assert settings(certificates: certificates)[:certificates] == certificates
      System.put_env("WORKBOOKS_TLS_CERT", "/c.pem")
      assert message(fn -> settings([]) end) =~ "WORKBOOKS_TLS_KEY is nil, and must be a file in PEM"
      System.put_env("WORKBOOKS_TLS_KEY", "/k.pem")
      assert settings([])[:certificates] == [[cert: "/c.pem", key: "/k.pem"]]
      assert settings(certificates: [])[:listen] == [{{127, 0, 0, 1}, 4000}]
    end

    test "that are none are named, with what is allowed" do
      for {given, said} <- [
            {[port: "4000"], ~s(config :workbooks, Workbooks.Web.Endpoint, port: is "4000", and must be a port)},
            {[port: 65_536], "65536"},
            {[ip: "localhost"], ~s(ip: is "localhost", and must be an IP address)},
            {[ip: {1, 2, 3}], "ip: is {1, 2, 3}"},
            {[socket: 1], "socket: is 1, and must be a path"},
            {[h2: 1], "option :h2 of config :workbooks, Workbooks.Web.Endpoint must be true or false"},
            {[prot: 1], "has no option :prot"}
          ] do
        assert message(fn -> settings(given) end) =~ said
      end

      for {name, value, said} <- [
            {"WORKBOOKS_PORT", "http", ~s(WORKBOOKS_PORT is "http", and must be a port)},
            {"WORKBOOKS_BIND", "localhost", ~s(WORKBOOKS_BIND is "localhost", and must be an IP address)},
            {"WORKBOOKS_LIMIT_IN_FLIGHT", "-1", ~s(WORKBOOKS_LIMIT_IN_FLIGHT is "-1", and must be an integer from 0)}
          ] do
        System.put_env(name, value)
        assert message(fn -> settings([]) end) =~ said
        # What is set to nothing is not set.
        System.put_env(name, "")
        assert settings([])[:listen] == [{{127, 0, 0, 1}, 4000}]
      end
    end
  end

  describe "server?/0" do
    test "is false unless somebody says so, and the configuration goes before the environment" do
      Application.delete_env(:workbooks, :server)
      refute Endpoint.server?()
      System.put_env("WORKBOOKS_SERVER", "true")
      assert Endpoint.server?()
      Application.put_env(:workbooks, :server, false)
      refute Endpoint.server?()
      Application.put_env(:workbooks, :server, "yes")
      assert message(&Endpoint.server?/0) == ~s(config :workbooks, server: is "yes", and must be true or false)
      Application.delete_env(:workbooks, :server)
      System.put_env("WORKBOOKS_SERVER", "perhaps")
      assert message(&Endpoint.server?/0) == ~s(WORKBOOKS_SERVER is "perhaps", and must be true or false)
    end
  end

  describe "the endpoints" do
    test "are servers of their planes, each under its name, that outlive each other" do
      for module <- [Web.Endpoint, PublicWeb.Endpoint] do
        start_supervised!({module, port: 0, router: TestRouter, drain_ms: 100})
      end

      [web] = Web.Endpoint.addresses()
      [public] = PublicWeb.Endpoint.addresses()
      assert %{status: 200} = request(web, "GET", "/hello")
      TestWait.killed(Web.Endpoint)
      assert %{status: 200} = request(public, "GET", "/hello")
      TestWait.until(fn -> Process.whereis(Web.Endpoint) end)
      [again] = Web.Endpoint.addresses()
      assert %{status: 200} = request(again, "GET", "/hello")
      assert Server.stats(PublicWeb.Endpoint).requests >= 1
    end

    test "have ports of their own" do
      assert %{id: Web.Endpoint, start: {_, _, [web]}} = Web.Endpoint.child_spec([])
      assert %{id: PublicWeb.Endpoint, start: {_, _, [public]}} = PublicWeb.Endpoint.child_spec([])
      assert {web[:listen], public[:listen]} == {[{{127, 0, 0, 1}, 4000}], [{{127, 0, 0, 1}, 4001}]}
      assert {web[:router], public[:router]} == {Web.Router, PublicWeb.Router}
      System.put_env("WORKBOOKS_PUBLIC_PORT", "1")
      assert %{start: {_, _, [public]}} = PublicWeb.Endpoint.child_spec([])
      assert public[:listen] == [{{127, 0, 0, 1}, 1}]
    end
  end
end
