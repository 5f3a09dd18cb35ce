defmodule Workbooks.CLI.RemoteTest do
  # The same verbs against a control plane: the real one, on a free port.
  use ExUnit.Case, async: false

  import Workbooks.TestCLI
  alias Workbooks.{JSON, Library, Web}

  @moduletag :tmp_dir
  # The control plane tells of each write.
  @moduletag :capture_log

  setup_all do
    start_supervised!({Web.Endpoint, port: 0})
    [{_ip, port} | _] = Web.Endpoint.addresses()
    {:ok, url: "http://127.0.0.1:#{port}"}
  end

  setup %{url: url, tmp_dir: folder} do
    tenant = "remote-#{System.unique_integer([:positive])}"
    {:ok, key} = Web.Keys.create(tenant)
    System.put_env(%{"WB_URL" => url, "WB_KEY" => key})
    on_exit(fn -> for name <- ~w(WB_URL WB_KEY), do: System.delete_env(name) end)
    org = Path.join(folder, "tea.org")
    File.write!(org, workbook())
    {:ok, tenant: tenant, key: key, org: org}
  end

  test "run puts a file there and follows its run; an id runs what is stored", %{
    org: org,
    tenant: tenant,
    tmp_dir: folder
  } do
    assert wb!(["run", org, "-i", "tea=green"]) =~
             ~r/\A  tea\/look-up  ok .*\n  tea\/brew     ok .*\nok, in .* ms\n  minutes = 2\n\z/

    assert {:ok, %{source: source}} = Library.get(tenant, "tea")
    assert source == workbook()

    page = Path.join(folder, "page.html")
    assert %{"exports" => %{"minutes" => 4}, "page" => ^page} = json!(["run", "tea", "-i", "tea=black", "--out", page])
    assert File.read!(page) =~ "<title>Tea</title>"
  end

  test "a failed run is one here, too", %{org: org} do
    assert {1, printed, "wb: " <> complaint} = wb(["run", org, "-i", "tea=none"])
    assert complaint == "#{org} failed: tea/look-up at line 15: Error: no tea today\n"
    assert printed =~ ~r/exception at line 15: Error: no tea today\n +15 \|/
    assert complaint(["run", org]) =~ "is invalid: the input tea was not given"
    assert complaint(["run", "nothing", "-i", "a=b"]) =~ ~s(there is no workbook "nothing")
  end

  test "a stored workbook is queried, planned, linted and rendered", %{tenant: tenant} do
    {:ok, _info} = Library.put(tenant, "tea", workbook())
    assert for(heading <- json!(["query", "tea", "--tag", "leaf"]), do: heading["title"]) == ["Look up"]
    assert json!(["tangle", "tea"]) == Workbooks.plan!(workbook())
    assert json!(["lint", "tea"]) == []
    assert wb!(["render", "tea"]) =~ "<title>Tea</title>"
    assert wb!(["render", "tea", "--fragment", "--toc"]) =~ "table-of-contents"
    {:ok, _info} = Library.put(tenant, "bad", "* A\n")
    assert {1, "bad:1:1: error missing_version" <> _, "wb: 1 error\n"} = wb(["lint", "bad"])
    assert complaint(["tangle", "gone"]) =~ ~s(there is no workbook "gone")
  end

  test "variables are the key's tenant's", %{tenant: tenant} do
    assert wb!(["var", "set", "größe", "42 ✓"]) == "größe is set\n"
    assert wb!(["var", "set", "token", "k3y", "--secret"]) == "token is set, as a secret\n"
    assert Workbooks.Vars.Store.get(tenant, "größe") == {:ok, "42 ✓"}
    assert wb!(["var", "get", "größe"]) == "42 ✓\n"
    assert wb!(["var", "get", "token"]) == "a secret of 3 bytes\n"
    assert json!(["var", "list"]) == %{"größe" => "plain", "token" => "secret"}
    assert wb!(["var", "ref", "{{größe}} {{secret:token}}"]) == "42 ✓ {{secret:token}}\n"
    assert complaint(["var", "ref", "{{none}}"]) =~ "there is nothing called none"
    assert wb!(["var", "delete", "größe"]) == "größe is gone\n"
    assert complaint(["var", "get", "größe"]) =~ "there is no variable"
  end

  test "so are hosts, keys and pages", %{tenant: tenant, org: org} do
    host = "#{tenant}.example"
    assert wb!(["domain", "attach", host, "tea"]) == "#{host} leads to tea\n"
    assert json!(["domain", "list"]) == %{host => "tea"}
    assert wb!(["publish", "page", org, host, "-i", "tea=green"]) == "tea is published: version 1, at #{host}\n"
    assert {:ok, _site} = Library.published(tenant, "tea")
    assert wb!(["domain", "detach", host]) == "#{host} leads nowhere\n"

    key = json!(["key", "create", "--name", "second"])["key"]
    assert {:ok, %{tenant: ^tenant, id: id}} = Web.Keys.verify(key)
    assert [%{"name" => "second"}, %{"name" => "key"}] = json!(["key", "list"])
    assert wb!(["key", "revoke", id]) == "#{id} opens nothing any more\n"
    assert Web.Keys.verify(key) == :error
  end

  test "telemetry tells of the runs there", %{org: org} do
    %{"id" => id} = json!(["run", org, "-i", "tea=green"])
    assert %{"runs" => 1} = json!(["telemetry"])
    assert %{"id" => ^id, "steps" => [_, _]} = json!(["telemetry", id])
    assert wb!(["telemetry"]) =~ ~r/^runs +1$/m
    assert complaint(["telemetry", "nobody"]) =~ "there is no such run"
  end

  test "a wrong key, no key and no server are told", %{url: url, key: key} do
    wrong = if String.ends_with?(key, "a"), do: "b", else: "a"
    System.put_env("WB_KEY", String.slice(key, 0..-2) <> wrong)

    for arguments <- [["var", "list"], ["run", "tea"], ["lint", "tea"], ["domain", "list"], ["telemetry"]] do
      assert complaint(arguments) =~ "#{url} does not know this key"
      assert {1, printed, _} = wb(arguments ++ ["--json"])
      assert %{"error" => %{"code" => "unauthorized"}} = JSON.decode!(printed)
    end

    System.delete_env("WB_KEY")
    assert complaint(["var", "list"]) == "#{url} wants a key: set WB_KEY, or give --key KEY"
    assert wb!(["var", "list", "--key", key]) == ""
    assert complaint(["var", "list", "--key", "a b"]) =~ "the key is none"
    # Nobody listens on a port that was just given back.
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    none = "http://127.0.0.1:#{port}"

    assert complaint(["var", "list", "--url", none, "--key", key]) ==
             "no control plane answers at #{none} (connection refused): is wb serve running there?"

    assert complaint(["run", "tea", "--url", none, "--key", key]) =~ "no control plane answers"
    assert complaint(["var", "list", "--url", "ftp://x", "--key", key]) =~ "is no control plane's address"
  end

  test "an answer that no control plane gives is told", %{key: key} do
    start_supervised!({Workbooks.PublicWeb.Endpoint, port: 0})
    [{_ip, port} | _] = Workbooks.PublicWeb.Endpoint.addresses()
    url = "http://127.0.0.1:#{port}"

    assert complaint(["var", "list", "--url", url, "--key", key]) =~
             "#{url} answers with status 404 as no control plane does"
  end
end
