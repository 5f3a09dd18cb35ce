defmodule Workbooks.Web.RestartTest do
  # What the control plane keeps is there again whichever of its processes was killed. Not async: they are everybody's.
  use ExUnit.Case, async: false

  import Workbooks.TestWeb

  alias Workbooks.{TestConn, TestWait}
  alias Workbooks.Web.{Keys, Limits, Sessions, Signer}

  @moduletag :capture_log

  defp status(browser), do: request("GET", "/api/keys", headers: [{"cookie", browser.cookie}]).status

  test "keys and sessions outlive their processes, and what was ended stays so" do
    # Another test may have put a new key of secrets in the old one's place: what sessions are signed with is made anew
    # then, the next time that somebody asks a new process for it.
    TestWait.killed(Signer)
    {tenant, key} = tenant()
    {:ok, gone} = Keys.create(tenant)
    {:ok, %{id: id}} = Keys.verify(gone)
    :ok = Keys.revoke(tenant, id)
    [browser, over] = [browser(key), browser(key)]
    {:ok, conn} = Sessions.resume(TestConn.conn("GET", "/", headers: [{"cookie", over.cookie}]))
    Sessions.sign_out(conn)

    for process <- [Signer, Keys, Limits] do
      TestWait.killed(process)
      assert {process, request("GET", "/api/keys", key: key).status} == {process, 200}
      assert {process, request("GET", "/api/keys", key: gone).status} == {process, 401}
      assert {process, status(browser)} == {process, 200}
      assert {process, status(over)} == {process, 401}
      write = [headers: [{"cookie", browser.cookie}, {"x-csrf-token", browser.csrf}]]
      assert {process, request("POST", "/api/keys", write).status} == {process, 201}
    end
  end
end
