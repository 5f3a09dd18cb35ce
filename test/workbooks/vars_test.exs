defmodule Workbooks.VarsTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Storage, TestVars, Vars}
  alias Workbooks.Vars.Store

  # As Workbooks.State has it.
  defp tree(options \\ []) do
    name = Module.concat(__MODULE__, "T#{System.unique_integer([:positive])}")
    storage = Module.concat(name, "Storage")

    [subscribers | vars] = Vars.children([name: name, storage: storage, folder: TestVars.folder()] ++ options)

    children = [subscribers, {Storage, name: storage, backend: Workbooks.TestMemoryStorage, url: "memory"} | vars]
    start_supervised!(%{id: name, start: {Supervisor, :start_link, [children, [strategy: :rest_for_one]]}})
    {name, storage}
  end

  test "who subscribed stays so when the storage is started anew, and what is in memory is what is stored" do
    {store, storage} = tree()
    :ok = Store.subscribe("acme", store: store)
    :ok = Store.set("acme", "a", "1", store: store)
    assert_received {:vars, "acme", "a", :set}
    TestVars.kill(storage)
    # Of this storage nothing is left then.
    assert Store.get("acme", "a", store: store) == :error
    :ok = Store.set("acme", "b", "2", store: store, secret: true)
    assert_received {:vars, "acme", "b", :set}
    assert Store.host_secret("acme", "b", store: store) == {:ok, "2"}
  end

  test "nothing is opened, read or made before it is needed" do
    folder = TestVars.folder()
    test = self()
    {store, storage} = tree(folder: folder, secret_key: fn -> send(test, :asked) && nil end)
    assert :sys.get_state(storage).handle == nil
    assert :ets.whereis(store) == :undefined
    :ok = Store.set("acme", "a", "1", store: store)
    refute_received :asked
    refute File.exists?(folder)
    :ok = Store.set("acme", "a", "1", store: store, secret: true)
    assert_received :asked
    assert File.exists?(folder)
  end

  test "settings that are none are refused with what is allowed" do
    for {options, words} <- [
          {[max_value_bytes: 0], "an integer from 1"},
          {[max_value_bytes: 33_554_433], "at most 33554432"},
          {[max_batch: nil], "an integer from 1"},
          {[keys: 1], "no option :keys"}
        ] do
      assert Exception.message(catch_error(Vars.children(options))) =~ words
    end
  end

  test "a store is called by its name" do
    {store, _} = tree()
    pid = Process.whereis(store)

    for call <- [
          fn -> Store.get("acme", "a", store: pid) end,
          fn -> Store.list("acme", store: pid) end,
          fn -> Store.set("acme", "a", "1", store: pid) end
        ] do
      assert Exception.message(catch_error(call.())) =~ "option :store of Workbooks.Vars.Store."
    end
  end

  test "a key that cannot be used stops the start, and is not told" do
    script = """
    Application.put_all_env(workbooks: [{Workbooks.Vars, Code.eval_string(System.get_env("SETTINGS", "[]")) |> elem(0)}])
    IO.inspect(Application.ensure_all_started(:workbooks), printable_limit: :infinity)
    """

    for {env, words} <- [
          {[{"WORKBOOKS_SECRET_KEY", "c2hvcnQ="}], "WORKBOOKS_SECRET_KEY cannot be used: key 1 of it has 5 bytes"},
          {[{"SETTINGS", ~s([secret_key: "c2hvcnQ="])}], "secret_key: of Workbooks.Vars cannot be used: key 1 of it"}
        ] do
      arguments = ["-pa", Application.app_dir(:workbooks, "ebin"), "-e", script]
      {output, 0} = System.cmd("elixir", arguments, env: env, stderr_to_stdout: true)
      assert output =~ "{:error"
      assert output =~ words
      refute output =~ "c2hvcnQ"
      refute output =~ "short"
    end
  end
end
