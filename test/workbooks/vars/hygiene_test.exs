defmodule Workbooks.Vars.HygieneTest do
  # A secret is in what asked for it, and sealed elsewhere: everything that can be looked into is looked into.
  # Not async: all processes of this VM are traced.
  use ExUnit.Case, async: false

  alias Workbooks.{Error, Storage, Telemetry, TestCanary, TestVars, TestWait}
  alias Workbooks.Vars.Store

  # --- what is overheard -----------------------------------------------------------------------------

  # Keeps whatever it is sent, and does nothing else.
  defp listener do
    pid = spawn(fn -> listen([]) end)
    on_exit(fn -> Process.exit(pid, :kill) end)
    pid
  end

  defp listen(heard) do
    receive do
      {:heard, from, reference} ->
        send(from, {reference, heard})
        listen([])

      message ->
        listen([message | heard])
    end
  end

  defp heard(listener) do
    send(listener, {:heard, self(), reference = make_ref()})
    receive do: ({^reference, heard} -> heard)
  end

  def log(event, %{config: listener}), do: send(listener, {:logged, event, :logger_formatter.format(event, %{})})
  def tell(event, measurements, metadata, listener), do: send(listener, {:event, event, measurements, metadata})

  defp overhear_logs(listener) do
    level = Logger.level()
    Logger.configure(level: :debug)
    :ok = :logger.add_handler(__MODULE__, __MODULE__, %{level: :all, config: listener})

    on_exit(fn ->
      :logger.remove_handler(__MODULE__)
      Logger.configure(level: level)
    end)
  end

  defp overhear_events(listener) do
    :ok = Telemetry.attach_many(__MODULE__, Telemetry.events(), &__MODULE__.tell/4, listener)
    on_exit(fn -> Telemetry.detach(__MODULE__) end)
  end

  # Whoever handles what somebody else sets, and what they stand on.
  @ours ~w(Vars Storage Telemetry Native JSON Names Options Error TestMemoryStorage)
  @beneath ~w(crypto ets gen gen_server proc_lib sys logger error_logger file prim_file persistent_term)a

  defp watched?(module) do
    module in [GenServer, Agent | @beneath] or
      Enum.any?(@ours, &String.starts_with?(Atom.to_string(module), "Elixir.Workbooks.#{&1}"))
  end

  # Messages of everybody, and the calls of everybody but those that have the secret by right.
  defp trace(listener, except) do
    for {module, _file} <- :code.all_loaded(), watched?(module) do
      :erlang.trace_pattern({module, :_, :_}, [{:_, [], [{:exception_trace}]}], [:local])
    end

    :erlang.trace(:all, true, [:send, :receive, :call, :procs, {:tracer, listener}])
    for pid <- except, do: :erlang.trace(pid, false, [:call])
    # Of the test's own nothing is listened to: it has the secret in its hands.
    :erlang.trace(self(), false, [:all])
  end

  defp trace_no_more do
    :erlang.trace(:all, false, [:all])
    :erlang.trace_pattern({:_, :_, :_}, false, [:local])
  end

  # --- what can be looked into -------------------------------------------------------------------------

  defp tables do
    for table <- :ets.all(), :ets.info(table, :protection) in [:public, :protected] do
      try do
        {table, :ets.tab2list(table)}
      rescue
        # It is gone by now.
        ArgumentError -> {table, []}
      end
    end
  end

  @looks [:messages, :dictionary, :current_stacktrace, :initial_call, :registered_name, :links, :monitors]

  defp processes(except) do
    for pid <- Process.list(), pid not in [self() | except], do: {pid, Process.info(pid, @looks)}
  end

  defp states(store) do
    for {_what, name} <- TestVars.processes(store) do
      state = :sys.get_state(name)
      {name, state, :sys.get_status(name), inspect(state, limit: :infinity, printable_limit: :infinity)}
    end
  end

  defp rest(store) do
    {:ok, stored} =
      Storage.fold("vars", [], fn key, value, all -> [{key, value} | all] end,
        storage: TestVars.processes(store)[:storage]
      )

    %{
      stored: stored,
      terms: :persistent_term.get(),
      settings: for({app, _, _} <- Application.loaded_applications(), do: Application.get_all_env(app)),
      children: Supervisor.which_children(Workbooks.Supervisor)
    }
  end

  # --- what is done with it ------------------------------------------------------------------------------

  # Made before anybody listens: what a process is made of is told to who traces.
  defp asker(function) do
    test = self()

    pid =
      spawn(fn ->
        receive do: (:go -> :ok)
        send(test, {:done, self(), function.()})
        receive do: (:end -> :ok)
      end)

    on_exit(fn -> Process.exit(pid, :kill) end)
    pid
  end

  defp ask(asker) do
    send(asker, :go)
    answered(asker)
  end

  defp answered(asker) do
    receive do: ({:done, ^asker, answers} -> answers)
  end

  # All that can be done, and what can be done wrong; the answers that have the secret by right are left out.
  defp everything(store, canary) do
    options = [store: store]
    secret = [secret: true] ++ options
    :ok = Store.subscribe("acme", options)
    :ok = Store.set("acme", "token", canary, secret)
    {:ok, ^canary} = Store.host_secret("acme", "token", options)
    {:ok, text} = Store.ref("acme", "{{token}} {{secret:token}}", :host, options)
    ^text = canary <> " " <> canary
    :ok = Store.compare_and_set("acme", "token", canary, canary <> "2", options)
    :ok = Store.compare_and_set("acme", "token", canary <> "2", canary, options)
    :ok = Store.set_all("acme", %{"a" => canary, "b" => String.duplicate(canary, 1_000)}, secret)
    {:ok, exported} = Store.export("acme", options)
    {:ok, rotated} = Store.rotate_key(options)
    large = String.duplicate(canary, 10_000)

    [
      exported,
      rotated,
      Store.import("acme", exported, options),
      Store.import("other", exported, options),
      Store.get("acme", "token", options),
      Store.list("acme", options),
      Store.ref("acme", "{{token}} {{secret:token}}", :guest, options),
      Store.ref("acme", "{{none}} {{token}}", :host, options),
      Store.ref("acme", String.duplicate("{{b}}", 1_000), :host, options),
      Store.compare_and_set("acme", "token", canary <> "x", canary, options),
      Store.compare_and_set("acme", "token", nil, canary, options),
      Store.compare_and_set("acme", "none", canary, canary, options),
      Store.compare_and_set("acme", "token", [canary], canary, options),
      Store.set("acme", "token", large, secret),
      Store.set("acme", "token", [canary], secret),
      Store.set("acme", "token", to_charlist(canary), secret),
      Store.set("acme", "token", {canary}, secret),
      Store.set_all("acme", [{"a", canary}, {"b", [canary]}], secret),
      Store.set_all("acme", [{"a", canary} | canary], secret),
      Store.set_all("acme", canary, secret),
      Store.set("../acme", "token", canary, secret),
      Store.set("acme", "../token", canary, secret),
      Store.set("acme", "token", canary, [timeout: 0] ++ secret),
      Store.set("acme", "token", canary, store: __MODULE__.Nobody, secret: true),
      raised(fn -> Store.set("acme", "token", canary, [wrong: 1] ++ secret) end),
      raised(fn -> Store.set("acme", "token", canary, [secret: canary] ++ options) end),
      raised(fn -> Store.set_all("acme", %{"token" => canary}, [timeout: -1] ++ secret) end)
    ]
    |> Enum.reject(&(&1 == :ok))
  end

  defp raised(function) do
    function.()
  rescue
    error -> {Exception.message(error), Exception.format(:error, error, __STACKTRACE__), __STACKTRACE__}
  end

  # Something of it is under way whenever something crashes.
  defp over_and_over(store, canary, over, errors \\ []) do
    answers = [
      Store.set("acme", "again", canary, store: store, secret: true),
      Store.compare_and_set("acme", "again", canary, canary, store: store),
      with({:ok, ^canary} <- Store.host_secret("acme", "again", store: store), do: :ok)
    ]

    errors = Enum.uniq(errors ++ for({:error, error} <- answers, do: error))
    if :atomics.get(over, 1) == 1, do: errors, else: over_and_over(store, canary, over, errors)
  end

  defp crash(name, how) do
    pid = Process.whereis(name)
    how.(pid)
    TestWait.until(fn -> Process.whereis(name) not in [nil, pid] end)
  end

  @tag capture_log: true
  @tag timeout: 300_000
  test "a secret is nowhere but with who asked for it" do
    canary = TestCanary.new()
    # What is no secret is found by the same means, or they would prove nothing.
    control = TestCanary.new()
    folder = TestVars.folder()
    store = TestVars.start(folder: folder, vars: [max_value_bytes: 100_000])
    over = :atomics.new(1, [])
    first = asker(fn -> everything(store, canary) end)
    second = asker(fn -> over_and_over(store, canary, over) end)
    listener = listener()
    overhear_logs(listener)
    overhear_events(listener)
    trace(listener, [first, second])
    on_exit(&trace_no_more/0)

    controller = asker(fn -> Store.set("acme", "control", control, store: store) end)
    :ok = ask(controller)
    answers = ask(first)
    found = [tables(), processes([first, second]), states(store), rest(store)]

    send(second, :go)

    for _ <- 1..3, {what, name} <- TestVars.processes(store) do
      crash(name, &Process.exit(&1, :kill))
      # The storage closes what it has opened before it ends, and so takes this for a message.
      if what != :storage, do: crash(name, &Process.exit(&1, :crash))
      crash(name, &GenServer.cast(&1, :nobody_expects_this))

      crash(name, fn pid ->
        :sys.replace_state(pid, fn _state -> :broken end)

        for request <- [:ready, :handle, {:add, "acme", self()}, :rotate],
            do: send(pid, {:"$gen_call", {self(), make_ref()}, request})

        GenServer.cast(pid, :nobody_expects_this)
      end)
    end

    crashed = [tables(), processes([first, second]), states(store)]
    :atomics.put(over, 1, 1)
    errors = answered(second)
    trace_no_more()
    overheard = heard(listener)
    Logger.flush()

    assert TestCanary.where(control, overheard) != []
    assert TestCanary.in?(control, hd(found))
    assert Enum.any?(overheard, &match?({:event, [:workbooks, :storage, :transaction, :stop], _, _}, &1))
    assert Enum.any?(overheard, &match?({:logged, %{level: :error}, _}, &1))
    assert Enum.any?(overheard, &match?({:trace, ^first, :send, _, _}, &1))
    assert Enum.count(answers, &match?({:error, %Error{}}, &1)) > 10

    # The key that all of the last part was sealed with is a secret too.
    key = folder |> Path.join("secret.key") |> File.read!() |> String.trim() |> Base.decode64!()

    for secret <- [canary, key],
        {where, things} <- [
          answers: answers,
          errors: errors,
          found: found,
          crashed: crashed,
          overheard: overheard ++ heard(listener)
        ] do
      assert {where, []} == {where, TestCanary.where(secret, things)}
    end

    assert Process.info(Process.whereis(TestVars.processes(store)[:vault]), :messages) in [nil, {:messages, []}]
  end

  # --- in a dump ------------------------------------------------------------------------------------------

  @dumped ~S"""
  alias Workbooks.Vars.Store
  {:ok, _} = Application.ensure_all_started(:crypto)
  folder = System.fetch_env!("FOLDER")
  [subscribers | vars] = Workbooks.Vars.children(name: Store, storage: Workbooks.Storage, folder: folder)
  storage = {Workbooks.Storage, backend: Workbooks.TestMemoryStorage, url: "memory", folder: folder}
  {:ok, _} = Supervisor.start_link([subscribers, storage | vars], strategy: :rest_for_one)

  # Made where it is needed: nothing in this text is what is looked for.
  made = fn what -> "canary" <> Base.encode16(:crypto.hash(:sha256, what)) end

  asked = fn function -> Task.await(Task.async(fn -> function.() && :ok end), :infinity) end

  asked.(fn ->
    secret = made.("secret")
    for value <- [secret, String.duplicate(secret, 100), binary_part(secret, 0, 50)] do
      :ok = Store.set("acme", "token", value, secret: true)
      {:ok, ^value} = Store.host_secret("acme", "token")
      {:ok, ^value} = Store.ref("acme", "{{secret:token}}", :host)
      :ok = Store.compare_and_set("acme", "token", value, value)
      {:ok, _} = Store.rotate_key()
    end
  end)

  # What is on its way when it ends, in a message that is not read any more.
  vault = Workbooks.Vars.Store.Vault
  :ok = :sys.suspend(vault)
  asked.(fn -> {:error, %{kind: :timeout}} = Store.set("acme", "token", made.("secret"), secret: true, timeout: 10) end)

  # These are to be found: a large and a small binary, a text, in a process's memory and in a message.
  asked.(fn -> :ok = Store.set("acme", "plain", made.("plain")) end)
  control = spawn(fn ->
    held = {made.("large"), binary_part(made.("small"), 0, 50), String.to_charlist(made.("text"))}
    receive do: (:never -> IO.inspect(held))
  end)
  spawn(fn -> send(control, made.("message")) end)
  Process.sleep(200)
  :erlang.halt(~c"to see what is in a dump")
  """

  defp made(what), do: "canary" <> Base.encode16(:crypto.hash(:sha256, what))

  @tag timeout: 300_000
  test "a dump of the virtual machine has no secret, nor a key" do
    folder = TestVars.folder()
    File.mkdir_p!(folder)
    File.chmod!(folder, 0o700)
    dump = Path.join(folder, "erl_crash.dump")
    paths = Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)])
    script = Path.join(folder, "dumped.exs")
    File.write!(script, @dumped)

    {said, _status} =
      System.cmd("elixir", paths ++ [script],
        env: [{"ERL_CRASH_DUMP", dump}, {"ERL_CRASH_DUMP_SECONDS", "-1"}, {"FOLDER", folder}],
        stderr_to_stdout: true
      )

    assert File.exists?(dump), said
    text = File.read!(dump)
    assert text =~ "to see what is in a dump"
    assert text =~ "=end"
    for what <- ["large", "message"], do: assert(TestCanary.in?(made(what), text), what)
    assert TestCanary.in?(binary_part(made("small"), 0, 50), text)
    refute TestCanary.in?(binary_part(made("secret"), 0, 50), text)
    refute TestCanary.in?(made("secret"), text)
    [key] = String.split(File.read!(Path.join(folder, "secret.key")))
    refute text =~ key
    refute TestCanary.in?(Base.decode64!(key), text)
  end
end
