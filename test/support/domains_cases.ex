defmodule Workbooks.TestDomainsCases do
  @moduledoc false
  # What domains do, over any storage:
  #
  #     defmodule Workbooks.Domains.EmbeddedTest do
  #       use ExUnit.Case, async: true
  #       use Workbooks.TestDomainsCases, storage: [folder: new_folder()]
  #     end
  #
  # `storage:` is the storage's settings, an expression that is evaluated for each test.

  import ExUnit.Assertions
  import ExUnit.Callbacks, only: [start_supervised!: 2]
  import Workbooks.TestProperty

  alias Workbooks.{Domains, Error, Storage, TestWait}

  defmacro __using__(storage: storage) do
    quote do
      @moduletag timeout: :infinity
      import Workbooks.TestDomainsCases, only: [domains: 1]
      alias Workbooks.TestDomainsCases, as: Cases

      test "a host leads where it was attached to, is moved, and is gone" do
        Cases.life(domains(unquote(storage)))
      end

      test "what was attached outlives the process" do
        Cases.outlives(domains(unquote(storage)))
      end

      test "a host is the same however it is written" do
        Cases.spellings(domains(unquote(storage)))
      end

      test "a random spelling of a random host resolves" do
        Cases.random_spellings(domains(unquote(storage)))
      end

      test "a host in Unicode is the one in punycode" do
        Cases.unicode(domains(unquote(storage)))
      end

      test "what is no host is refused with what is wrong, and resolves to nothing" do
        Cases.refused(domains(unquote(storage)))
      end

      test "whatever bytes are sent, nothing is raised and nothing but what is attached is found" do
        Cases.hostile(domains(unquote(storage)))
      end

      test "a wildcard stands for what is below it, and the most specific wins" do
        Cases.wildcards(domains(unquote(storage)))
      end

      test "what another tenant holds cannot be attached or detached, and is not told about" do
        Cases.tenants(domains(unquote(storage)))
      end

      test "any order of attaching and detaching comes to what trying all of them comes to" do
        Cases.model(domains(unquote(storage)))
      end

      test "of tenants that want the same host at once, one gets it" do
        Cases.race(domains(unquote(storage)))
      end

      test "what was acknowledged is there, however often the process is killed meanwhile" do
        Cases.kills(domains(unquote(storage)))
      end

      test "a host that stays is found at each moment while others come and go" do
        Cases.stays(domains(unquote(storage)))
      end
    end
  end

  @doc "Domains of their own, over a storage of their own: the option that calls take."
  def domains(storage_settings) do
    name = Module.concat(__MODULE__, "T#{System.unique_integer([:positive])}")
    storage = Module.concat(name, Storage)
    start_supervised!({Storage, [name: storage] ++ storage_settings}, id: storage)
    start_supervised!({Domains, name: name, storage: storage}, id: name)
    [domains: name]
  end

  # --- the cases -----------------------------------------------------------------------------------

  def life(o) do
    assert Domains.resolve("example.com", o) == :error
    assert Domains.attach("example.com", {"acme", "home"}, o) == :ok
    assert Domains.resolve("example.com", o) == {:ok, {"acme", "home"}}
    assert Domains.attach("example.com", {"acme", "home"}, o) == :ok
    assert Domains.attach("EXAMPLE.com.", {"acme", "shop"}, o) == :ok
    assert Domains.resolve("example.com", o) == {:ok, {"acme", "shop"}}
    assert Domains.attach("*.example.org", {"acme", "home"}, o) == :ok
    assert Domains.attach("example.net", {"other", "home"}, o) == :ok
    assert Domains.list("acme", o) == %{"example.com" => "shop", "*.example.org" => "home"}

    assert Domains.all(o) == %{
             "example.com" => {"acme", "shop"},
             "*.example.org" => {"acme", "home"},
             "example.net" => {"other", "home"}
           }

    assert Domains.detach("example.com", o) == :ok
    assert Domains.resolve("example.com", o) == :error
    assert {:error, %Error{kind: :not_found}} = Domains.detach("example.com", o)
    assert Domains.detach("*.example.org", "acme", o) == :ok
    assert Domains.list("acme", o) == %{}
    assert Domains.attach("example.com", {"other", "home"}, o) == :ok
    assert Domains.list("other", o) == %{"example.com" => "home", "example.net" => "home"}
  end

  def outlives([domains: name] = o) do
    assert Domains.attach("example.com", {"acme", "home"}, o) == :ok
    assert Domains.attach("*.example.com", {"acme", "rest"}, o) == :ok
    assert Domains.attach("gone.example.com", {"acme", "rest"}, o) == :ok
    assert Domains.detach("gone.example.com", o) == :ok
    all = Domains.all(o)
    TestWait.killed(name)
    assert Domains.all(o) == all
    assert Domains.resolve("example.com", o) == {:ok, {"acme", "home"}}
    assert Domains.resolve("gone.example.com", o) == {:ok, {"acme", "rest"}}
    assert {:error, %Error{kind: :conflict}} = Domains.attach("example.com", {"other", "home"}, o)
  end

  @spellings %{
    "example.com" => [
      "EXAMPLE.com",
      "example.com.",
      "example.com:8080",
      "example.com.:80",
      "Example.Com:",
      "example.com:0"
    ],
    "localhost" => ["LOCALHOST", "localhost:4001", "localhost."],
    "my_app.a-b.example" => ["My_App.A-B.example:65535"],
    "a--b.example" => ["A--B.Example"],
    "1password.example" => ["1password.example:443"],
    "0x7f.example" => ["0X7F.EXAMPLE"],
    "192.168.0.1" => ["192.168.0.1:80", "192.168.0.1."],
    "[::1]" => ["[0:0:0:0:0:0:0:1]", "[::1]:80", "[0000::0001]:", "[::0.0.0.1]"],
    "[2001:db8::a]" => ["[2001:DB8:0:0::A]:8443", "[2001:0db8::000a]"]
  }

  def spellings(o) do
    for {host, others} <- @spellings do
      for spelling <- [host | others] do
        assert Domains.attach(spelling, {"acme", "home"}, o) == :ok
        assert Domains.list("acme", o) == %{host => "home"}
        for other <- [host | others], do: assert({other, Domains.resolve(other, o)} == {other, {:ok, {"acme", "home"}}})
        assert Domains.detach(spelling, "acme", o) == :ok
      end
    end
  end

  def random_spellings(o) do
    check "a spelling of a host resolves as the host does", runs: runs(100, 5_000) do
      host = note(:host, Enum.join([label() | list_of(&label/0, 3)] ++ ["example"], "."))
      assert Domains.attach(host, {"acme", "home"}, o) == :ok
      spelling = note(:spelling, spelling(host))
      assert Domains.resolve(spelling, o) == {:ok, {"acme", "home"}}
      assert Domains.detach(spelling, "acme", o) == :ok
      assert Domains.all(o) == %{}
    end
  end

  defp label do
    ends = fn -> one_of(Enum.map('abz09_', &<<&1>>)) end
    one_of(["", "x", "Y"]) <> ends.() <> Enum.join(list_of(fn -> one_of(["-", "_", "q", "7"]) end, 5)) <> ends.()
  end

  defp spelling(host) do
    cased =
      for <<char <- host>>, into: "", do: if(rarely(2), do: String.upcase(<<char>>), else: String.downcase(<<char>>))

    cased <> one_of(["", "."]) <> one_of(["", ":", ":8080"])
  end

  def unicode(o) do
    assert Domains.attach("Bücher.example", {"acme", "home"}, o) == :ok
    assert Domains.list("acme", o) == %{"xn--bcher-kva.example" => "home"}

    for spelling <- [
          "xn--bcher-kva.example",
          "XN--BCHER-KVA.example:80",
          "bücher.example.",
          "BÜCHER。example",
          "bu\u0308cher.example"
        ] do
      assert {spelling, Domains.resolve(spelling, o)} == {spelling, {:ok, {"acme", "home"}}}
    end

    assert Domains.attach("*.bücher.example", {"acme", "rest"}, o) == :ok
    assert Domains.resolve("straße.bücher.example", o) == {:ok, {"acme", "rest"}}
    assert Domains.attach("１２７.0.0.1", {"acme", "address"}, o) == :ok
    assert Domains.resolve("127.0.0.1", o) == {:ok, {"acme", "address"}}

    # Of characters that look like others, and of punycode that is none.
    for host <- [
          "exa\uFF0Fmple.com",
          "a。。b",
          "xn--a.example",
          "xn--\u00fc.example",
          "＊.example.com",
          "a\u200b..b",
          "evil.com\uff20good.com"
        ] do
      assert {host, Domains.resolve(host, o)} == {host, :error}
      assert {^host, {:error, %Error{kind: :bad_name}}} = {host, Domains.attach(host, {"acme", "home"}, o)}
    end
  end

  @refused [
    {"", "empty"},
    {".", "nothing before"},
    {"..", "nothing before"},
    {"a..b", "nothing before"},
    {".example.com", "nothing before"},
    {"example.com..", "nothing after"},
    {"../etc/passwd", "nothing before"},
    {"a b", "is in no host name"},
    {" example.com", "is in no host name"},
    {"example.com ", "is in no host name"},
    {"a\0b", "is in no host name"},
    {"example.com\r\nX", "is in no host name"},
    {"example.com\r\nX: y", "port"},
    {"example.com\n", "is in no host name"},
    {"example.com/", "is in no host name"},
    {"a\\b", "is in no host name"},
    {"ex%61mple.com", "is in no host name"},
    {"me@example.com", "is in no host name"},
    {"me:secret@example.com", "port"},
    {"http://example.com", "port"},
    {"example.com:http", "port"},
    {"example.com:80:80", "port"},
    {"example.com:65536", "port"},
    {"example.com:-1", "port"},
    {"example.com:80\n", "port"},
    {"::1", "port"},
    {"-a.com", "begins or ends with -"},
    {"a-.com", "begins or ends with -"},
    {"a.-", "begins or ends with -"},
    {String.duplicate("a", 64) <> ".com", "63 bytes"},
    {String.duplicate("abc.", 64) <> "d", "253 bytes"},
    {String.duplicate("a", 2_000), "1024 bytes"},
    {<<0xFF, 0xFE>>, "no UTF-8"},
    {"a.\xC3", "no UTF-8"},
    {"1.2.3", "IPv4"},
    {"1.2.3.256", "IPv4"},
    {"1.2.3.04", "IPv4"},
    {"1.2.3.4.5", "IPv4"},
    {"2130706433", "IPv4"},
    {"0x7f.1", "IPv4"},
    {"0x7f000001", "IPv4"},
    {"a.0x", "IPv4"},
    {"example.1", "IPv4"},
    {"[]", "no IPv6"},
    {"[::1", "brackets"},
    {"[::1]x", "brackets"},
    {"[::1]]", "brackets"},
    {"[::1].", "brackets"},
    {"[1.2.3.4]", "no IPv6"},
    {"[::1%25eth0]", "no IPv6"},
    {"[fe80::1%eth0]", "no IPv6"},
    {"[:::1]", "no IPv6"},
    {"[example.com]", "no IPv6"},
    {"*", "nowhere but in front"},
    {"a.*.com", "nowhere but in front"},
    {"*a.example.com", "nowhere but in front"},
    {"**.example.com", "nowhere but in front"},
    {"*.*.example.com", "nowhere but in front"},
    {"*.", "empty"},
    {"*.com", "two labels"},
    {"*.localhost", "two labels"},
    {"*..example.com", "nothing before"},
    {"*.1.2.3.4", "address"},
    {"*.[::1]", "address"},
    {"*." <> String.duplicate("abc.", 62) <> "abcde", "253 bytes"}
  ]

  def refused(o) do
    for {host, wrong} <- @refused do
      assert {host, Domains.resolve(host, o)} == {host, :error}
      assert {^host, {:error, %Error{kind: :bad_name} = error}} = {host, Domains.attach(host, {"acme", "home"}, o)}

      assert {host, error.message} == {host, error.message} and error.message =~ wrong,
             "#{inspect(host)}: #{error.message}"

      assert byte_size(error.message) < 1_000
      assert {^host, {:error, %Error{kind: :bad_name}}} = {host, Domains.detach(host, o)}
    end

    # The longest that there is.
    longest = String.duplicate("abc.", 63) <> "d"
    assert Domains.attach(longest, {"acme", "home"}, o) == :ok
    assert Domains.resolve(longest <> ".:65535", o) == {:ok, {"acme", "home"}}

    for none <- [nil, :host, 1, 'example.com', ["example.com"], {:below, "example.com"}, <<1::1>>] do
      assert Domains.resolve(none, o) == :error
      assert {:error, %Error{kind: :bad_name}} = Domains.attach(none, {"acme", "home"}, o)
    end

    for name <- ["", nil, "a/b", "../x", "a\0", String.duplicate("a", 200)] do
      assert {:error, %Error{kind: :bad_name}} = Domains.attach("example.com", {name, "home"}, o)
      assert {:error, %Error{kind: :bad_name}} = Domains.attach("example.com", {"acme", name}, o)
      assert {:error, %Error{kind: :bad_name}} = Domains.detach("example.com", name, o)
      assert {:error, %Error{kind: :bad_name}} = Domains.list(name, o)
    end

    assert Domains.all(o) == %{longest => {"acme", "home"}}
    mebibyte = String.duplicate("a", 1_048_576)
    assert Domains.resolve(mebibyte, o) == :error
    assert {:error, %Error{kind: :bad_name, message: message}} = Domains.attach(mebibyte, {"acme", "home"}, o)
    assert byte_size(message) < 1_000
  end

  def hostile(o) do
    assert Domains.attach("example.com", {"acme", "home"}, o) == :ok
    assert Domains.attach("*.example.org", {"acme", "rest"}, o) == :ok
    attached = Domains.all(o)

    check "hostile bytes", runs: runs(2_000, 100_000) do
      host = note(:host, hostile_host())

      case Domains.resolve(host, o) do
        :error ->
          :ok

        {:ok, found} ->
          # Of ASCII, nothing but letters' case, ports and dots leads to what is attached.
          plain = host |> String.downcase(:ascii) |> String.replace(~r/\.?(:[0-9]*)?\z/, "")
          home? = plain == "example.com"
          rest? = plain =~ ~r/\A[a-z0-9._-]+\.example\.org\z/
          if ascii?(host), do: assert(home? or rest?)

          assert found in if(ascii?(host),
                   do: [{"acme", if(home?, do: "home", else: "rest")}],
                   else: Map.values(attached)
                 )
      end

      # Whoever else attaches it is refused, as a host that is held or as none; or it is a new one.
      case Domains.attach(host, {"other", "page"}, o) do
        :ok -> assert Domains.detach(host, "other", o) == :ok
        {:error, error} -> assert error.kind in [:bad_name, :conflict] and String.printable?(error.message)
      end

      assert Domains.all(o) == attached
    end
  end

  defp ascii?(text), do: text |> :binary.bin_to_list() |> Enum.all?(&(&1 < 128))

  defp hostile_host do
    any_of([
      fn -> Enum.join(list_of(&piece/0, 8)) end,
      fn -> bytes(40) end,
      fn -> one_of(["example.com", "a.example.org"]) <> piece() end,
      fn -> piece() <> one_of(["example.com", "a.example.org"]) end,
      fn -> String.duplicate(piece(), int(1..400)) end
    ])
  end

  defp piece do
    pieces =
      [
        "a",
        "Z",
        "0",
        "-",
        "_",
        ".",
        "..",
        "*",
        "*.",
        ":",
        ":80",
        "[",
        "]",
        "::",
        "::1",
        "@",
        "/",
        "\\",
        "%",
        "%2e",
        "%00"
      ] ++
        ["\0", "\r\n", " ", "\t", "\x7f", "example", "example.com", "com", "org", "127.0.0.1", "0x7f", "01"] ++
        ["\xFF", "\xC3", "\xED\xA0\x80", "?", "#", ";", ",", "'", "\"", "<", "user:pass@"] ++
        ["ü", "xn--", "xn--bcher-kva", "。", "\u200d", "\u202e", "ß", "１", "／", "＠"]

    one_of(pieces)
  end

  def wildcards(o) do
    assert Domains.attach("*.example.com", {"acme", "wide"}, o) == :ok
    assert Domains.resolve("example.com", o) == :error
    assert Domains.resolve("www.example.com", o) == {:ok, {"acme", "wide"}}
    assert Domains.resolve("WWW.example.com.:80", o) == {:ok, {"acme", "wide"}}
    assert Domains.resolve("a.b.c.example.com", o) == {:ok, {"acme", "wide"}}
    assert Domains.resolve("wwwexample.com", o) == :error
    assert Domains.resolve("www.example.com.org", o) == :error
    # What a wildcard is called is no host.
    assert Domains.resolve("*.example.com", o) == :error

    assert Domains.attach("*.b.example.com", {"acme", "narrow"}, o) == :ok
    assert Domains.attach("a.b.example.com", {"acme", "exact"}, o) == :ok
    assert Domains.resolve("a.b.example.com", o) == {:ok, {"acme", "exact"}}
    assert Domains.resolve("x.b.example.com", o) == {:ok, {"acme", "narrow"}}
    assert Domains.resolve("x.a.b.example.com", o) == {:ok, {"acme", "narrow"}}
    assert Domains.resolve("b.example.com", o) == {:ok, {"acme", "wide"}}

    assert Domains.detach("a.b.example.com", o) == :ok
    assert Domains.resolve("a.b.example.com", o) == {:ok, {"acme", "narrow"}}
    assert Domains.detach("*.b.example.com", o) == :ok
    assert Domains.resolve("a.b.example.com", o) == {:ok, {"acme", "wide"}}
    assert {:error, %Error{kind: :not_found}} = Domains.detach("a.b.example.com", o)
    assert Domains.detach("*.EXAMPLE.com", o) == :ok
    assert Domains.resolve("a.b.example.com", o) == :error
  end

  def tenants(o) do
    assert Domains.attach("example.com", {"acme-tenant", "hidden-book"}, o) == :ok
    assert Domains.attach("*.example.com", {"acme-tenant", "hidden-book"}, o) == :ok
    assert Domains.attach("ours.example.org", {"other", "page"}, o) == :ok
    assert Domains.attach("*.example.org", {"acme-tenant", "hidden-book"}, o) == :ok

    for host <- [
          "example.com",
          "*.example.com",
          "www.example.com",
          "*.www.example.com",
          "EXAMPLE.com:1",
          "new.example.org"
        ] do
      assert {:error, %Error{kind: :conflict} = error} = Domains.attach(host, {"other", "page"}, o)
      refute inspect(error) =~ "acme-tenant"
      refute inspect(error) =~ "hidden-book"
    end

    # Of what another holds and of what nobody does, the same is said.
    assert {:error, %Error{kind: :not_found} = held} = Domains.detach("example.com", "other", o)
    assert {:error, %Error{kind: :not_found} = free} = Domains.detach("example.net", "other", o)
    assert String.replace(held.message, "example.com", "example.net") == free.message
    assert held.details == free.details
    assert Domains.resolve("example.com", o) == {:ok, {"acme-tenant", "hidden-book"}}

    # What was somebody's before the wildcard above it stays theirs, and is theirs to move.
    assert Domains.attach("ours.example.org", {"other", "moved"}, o) == :ok
    assert Domains.resolve("ours.example.org", o) == {:ok, {"other", "moved"}}
    assert Domains.list("other", o) == %{"ours.example.org" => "moved"}
    assert Domains.detach("ours.example.org", "other", o) == :ok
    assert {:error, %Error{kind: :conflict}} = Domains.attach("ours.example.org", {"other", "page"}, o)
    assert Domains.list("other", o) == %{}
  end

  # --- against a model -----------------------------------------------------------------------------

  def model(o) do
    check "the naive answer", runs: runs(60, 3_000) do
      for {host, _} <- Domains.all(o), do: :ok = Domains.detach(host, o)
      model = Enum.reduce(1..int(1..12), %{}, fn _, model -> change(model, o) end)
      assert Domains.all(o) == model

      for _ <- 1..20 do
        host = model_host()
        assert {host, Domains.resolve(spelling(host), o)} == {host, naive(model, host)}
      end
    end
  end

  defp change(model, o) do
    host = model_pattern()
    tenant = one_of(["acme", "other"])

    case note(:change, {one_of([:attach, :attach, :detach, :detach_any]), host, tenant, one_of(["one", "two"])}) do
      {:attach, host, tenant, workbook} ->
        free? = match?(:error, naive(model, host)) or match?({:ok, {^tenant, _}}, naive(model, host))
        answer = Domains.attach(host, {tenant, workbook}, o)
        if free?, do: assert(answer == :ok), else: assert({:error, %Error{kind: :conflict}} = answer)
        if free?, do: Map.put(model, host, {tenant, workbook}), else: model

      {:detach, host, tenant, _} ->
        mine? = match?(%{^host => {^tenant, _}}, model)
        answer = Domains.detach(host, tenant, o)
        if mine?, do: assert(answer == :ok), else: assert({:error, %Error{kind: :not_found}} = answer)
        if mine?, do: Map.delete(model, host), else: model

      {:detach_any, host, _, _} ->
        assert if(model[host], do: :ok, else: :not_found) ==
                 with({:error, error} <- Domains.detach(host, o), do: error.kind)

        Map.delete(model, host)
    end
  end

  defp model_host, do: Enum.join(for(_ <- 1..int(1..4), do: one_of(["a", "b", "ab"])), ".")

  defp model_pattern do
    host = model_host()
    if host =~ "." and rarely(2), do: "*." <> host, else: host
  end

  # All that stand for it, the longest first; a host's own name comes before any wildcard.
  defp naive(model, host) do
    model
    |> Enum.filter(fn {pattern, _} -> pattern == host or stands_for?(pattern, host) end)
    |> Enum.max_by(fn {pattern, _} -> {pattern == host, byte_size(pattern)} end, fn -> nil end)
    |> then(&if &1, do: {:ok, elem(&1, 1)}, else: :error)
  end

  defp stands_for?("*" <> rest, host), do: String.ends_with?(host, rest)
  defp stands_for?(_host, _other), do: false

  # --- at once -------------------------------------------------------------------------------------

  def race(o) do
    for round <- 1..runs(20, 500) do
      host = "h#{round}.example.com"

      answers =
        1..16
        |> Enum.map(fn n -> Task.async(fn -> {n, Domains.attach(host, {"tenant#{n}", "home"}, o)} end) end)
        |> Task.await_many(60_000)

      assert [{n, :ok}] = Enum.filter(answers, &match?({_, :ok}, &1))
      assert Enum.count(answers, &match?({_, {:error, %Error{kind: :conflict}}}, &1)) == 15
      assert Domains.resolve(host, o) == {:ok, {"tenant#{n}", "home"}}
    end
  end

  def stays(o) do
    assert Domains.attach("stays.example.com", {"acme", "home"}, o) == :ok
    assert Domains.attach("*.example.com", {"acme", "one"}, o) == :ok
    done = :atomics.new(1, [])

    readers =
      for _ <- 1..4 do
        Task.async(fn ->
          Stream.repeatedly(fn ->
            assert Domains.resolve("stays.example.com", o) == {:ok, {"acme", "home"}}
            assert {:ok, {"acme", leads_to}} = Domains.resolve("moves.example.com", o)
            assert leads_to in ["one", "two", "exact"]
            # Those who write are on the same cores.
            :erlang.yield()
          end)
          |> Enum.find(fn _ -> :atomics.get(done, 1) == 1 end)
        end)
      end

    for n <- 1..runs(100, 2_000) do
      assert Domains.attach("*.example.com", {"acme", if(rem(n, 2) == 0, do: "one", else: "two")}, o) == :ok
      assert Domains.attach("moves.example.com", {"acme", "exact"}, o) == :ok
      assert Domains.detach("moves.example.com", "acme", o) == :ok
    end

    :atomics.put(done, 1, 1)
    Task.await_many(readers, 60_000)
  end

  def kills([domains: name] = o) do
    writers =
      for writer <- 1..4 do
        Task.async(fn ->
          for n <- 1..runs(50, 1_000) do
            host = "h#{n}.w#{writer}.example"
            {host, Domains.attach(host, {"acme", "home"}, o), rem(n, 3) == 0 and Domains.detach(host, "acme", o)}
          end
        end)
      end

    TestWait.killed_while(name, writers, runs(20, 400))

    for {host, attached, detached} <- List.flatten(Task.await_many(writers, :infinity)) do
      case {attached, detached, Domains.resolve(host, o)} do
        {_any, :ok, found} -> assert found == :error
        {:ok, false, found} -> assert found == {:ok, {"acme", "home"}}
        {_lost, _lost_too, found} -> assert found in [:error, {:ok, {"acme", "home"}}]
      end

      for {:error, error} <- [attached, detached], do: assert(error.kind in [:unavailable, :not_found])
    end
  end
end
