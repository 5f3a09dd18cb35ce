defmodule Workbooks.CLI.StateTest do
  # Variables, keys, hosts and pages in the store of this machine; sites as files.
  use ExUnit.Case, async: false

  import Workbooks.TestCLI
  alias Workbooks.JSON

  @moduletag :tmp_dir

  setup do
    {:ok, tenant: "cli-#{System.unique_integer([:positive])}"}
  end

  describe "var" do
    test "sets, gets, lists, fills in and deletes", %{tenant: tenant} do
      of = ["--tenant", tenant]
      assert wb!(["var", "list" | of]) == ""
      assert wb!(["var", "set", "city", "Lisboa ✓" | of]) == "city is set\n"
      assert wb!(["var", "set", "token", "--secret" | of], "k3y\n") == "token is set, as a secret\n"
      assert wb!(["var", "get", "city" | of]) == "Lisboa ✓\n"
      assert json!(["var", "get", "city" | of]) == %{"name" => "city", "value" => "Lisboa ✓", "secret" => false}
      assert wb!(["var", "get", "token" | of]) == "a secret of 3 bytes\n"
      assert json!(["var", "get", "token" | of]) == %{"name" => "token", "bytes" => 3, "secret" => true}
      assert wb!(["var", "list" | of]) == "city   plain\ntoken  secret\n"
      assert json!(["var", "list" | of]) == %{"city" => "plain", "token" => "secret"}
      assert wb!(["var", "ref", "{{city}} {{secret:token}}" | of]) == "Lisboa ✓ {{secret:token}}\n"
      assert wb!(["var", "ref", "-" | of], "in {{city}}") == "in Lisboa ✓\n"
      assert wb!(["var", "delete", "city" | of]) == "city is gone\n"
      assert complaint(["var", "get", "city" | of]) == "there is no variable city (wb var list names all)"
      assert complaint(["var", "ref", "{{city}} {{x}}" | of]) =~ "there is nothing called city, x"
      # Another's are not seen.
      assert json!(["var", "list", "--tenant", tenant <> "-other"]) == %{}
    end

    test "says what is wrong", %{tenant: tenant} do
      assert complaint(["var"]) == "wb var: what is to be done? set, get, list, delete, ref"
      assert complaint(["var", "lst"]) =~ "lst is none of set, get, list, delete, ref: did you mean list?"
      assert complaint(["var", "get"]) == "wb var: usage: wb var get NAME"
      assert complaint(["var", "set", "a b", "c", "--tenant", tenant]) =~ "is no variable name"
      assert complaint(["var", "set", "a", "c", "--tenant", "../x"]) =~ "is no tenant"
      assert {1, printed, _} = wb(["var", "get", "none", "--tenant", tenant, "--json"])
      assert %{"error" => %{"code" => "not_found"}} = JSON.decode!(printed)
    end
  end

  test "key creates, lists and revokes", %{tenant: tenant} do
    of = ["--tenant", tenant]
    assert "wb_" <> _ = key = String.trim(wb!(["key", "create", "--name", "ci" | of]))
    assert {:ok, %{tenant: ^tenant, id: id}} = Workbooks.Web.Keys.verify(key)
    assert wb!(["key", "list" | of]) =~ ~r/\A#{id}  ci  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n\z/
    assert wb!(["key", "revoke", id | of]) == "#{id} opens nothing any more\n"
    assert Workbooks.Web.Keys.verify(key) == :error
    assert [%{"id" => ^id, "revoked" => revoked}] = json!(["key", "list" | of])
    assert is_binary(revoked)
    # The second time it is another.
    refute json!(["key", "create" | of])["key"] == key
    assert complaint(["key", "revoke", "nobody" | of]) =~ "key"
    assert complaint(["key", "make"]) =~ "make is none of create, list, revoke"
  end

  test "domain attaches, lists and detaches", %{tenant: tenant} do
    host = "#{tenant}.example"
    of = ["--tenant", tenant]
    assert wb!(["domain", "attach", host, "tea" | of]) == "#{host} leads to tea\n"
    assert wb!(["domain", "list" | of]) == "#{host}  tea\n"
    assert json!(["domain", "list" | of]) == %{host => "tea"}
    assert complaint(["domain", "attach", host, "tea", "--tenant", tenant <> "-other"]) =~ "is held by another tenant"
    assert wb!(["domain", "detach", host | of]) == "#{host} leads nowhere\n"
    assert complaint(["domain", "detach", host | of]) =~ host
    assert complaint(["domain", "attach", "no host", "tea" | of]) =~ "is no host"
    assert complaint(["domain", "attach", host]) == "wb domain: usage: wb domain attach HOST WORKBOOK_ID"
  end

  describe "publish" do
    defp site(folder) do
      File.write!(Path.join(folder, "site.org"), "#+TITLE: Books\n\n- [[file:tea.org][Tea]]\n")
      File.write!(Path.join(folder, "tea.org"), String.replace(workbook(), ":in: tea", ":in: tea"))
      folder
    end

    test "site writes pages", %{tmp_dir: folder} do
      out = Path.join(folder, "public")
      assert wb!(["publish", "site", site(folder), "--out", out, "-i", "tea=green"]) =~ "#{out}: 2 pages"
      assert File.read!(Path.join(out, "tea.html")) =~ "Brew"
      assert %{"pages" => [_, _], "broken" => []} = json!(["publish", "site", folder, "--out", out, "-i", "tea=green"])
    end

    test "site says where a link leads nowhere, and is strict about it when told", %{tmp_dir: folder} do
      site(folder)
      File.write!(Path.join(folder, "site.org"), "#+TITLE: B\n\n- [[file:tea.org]]\n\n[[file:gone.png]]\n")
      assert wb!(["publish", "site", folder, "-i", "tea=green"]) =~ "broken link: site.org links to gone.png"
      assert complaint(["publish", "site", folder, "--strict", "-i", "tea=green"]) =~ "gone.png"
    end

    test "init, validate and apply", %{tmp_dir: folder, tenant: tenant} do
      site(folder)
      assert wb!(["publish", "init", folder]) =~ "wrote #{folder}/publish.org\n"
      assert complaint(["publish", "init", folder]) =~ "is there already"
      assert wb!(["publish", "validate", folder]) =~ "files in "
      assert %{"plans" => [%{"target" => "local"}]} = json!(["publish", "validate", folder])
      assert wb!(["publish", "apply", folder, "--tenant", tenant, "-i", "tea=green"]) =~ "2 pages"
      assert File.exists?(Path.join(folder, "_site/index.html"))
      File.write!(Path.join(folder, "publish.org"), "* Nothing\n")
      assert {1, printed, _} = wb(["publish", "validate", folder, "--json"])
      assert %{"error" => %{"message" => _}} = JSON.decode!(printed)
    end

    test "page publishes a workbook under a host", %{tmp_dir: folder, tenant: tenant} do
      org = Path.join(folder, "tea.org")
      File.write!(org, workbook())
      host = "#{tenant}.example"
      of = ["--tenant", tenant]
      assert wb!(["publish", "page", org, host, "-i", "tea=green" | of]) == "tea is published: version 1, at #{host}\n"
      assert Workbooks.Domains.resolve(host) == {:ok, {tenant, "tea"}}
      # What is stored goes by its id.
      assert %{"host" => ^host, "version" => 1} = json!(["publish", "page", "tea", host, "-i", "tea=green" | of])
      assert complaint(["publish", "page", "tea", host, "-i", "tea=none" | of]) =~ "tea's run ended failed"
      assert complaint(["publish", "page", "nothing", host | of]) =~ "nothing"
      Workbooks.Domains.detach(host)
    end
  end
end
