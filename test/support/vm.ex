defmodule Workbooks.TestVM do
  @moduledoc false
  # A virtual machine of its own for each test of what might end one, or harm it for good.
  #
  #     use Workbooks.TestVM
  #
  #     test "…" do
  #       in_vm(fn -> … assert … end)
  #     end
  #
  # The function runs in a new VM, in a process that ends with it. Then that VM is asked
  # whether it is whole: see `unharmed!/0`.

  import ExUnit.Assertions, only: [assert: 2, flunk: 1]
  import ExUnit.Callbacks, only: [on_exit: 1]

  alias Workbooks.{TestGuests, TestWait, Wasm}

  # Each has as many schedulers as there are cores: more of them at once tell nothing.
  @at_once 2
  @patience 60_000
  # Within which everything must answer that a guest may not hold up.
  @seconds 10_000

  defmacro __using__(_options) do
    quote do
      @moduletag timeout: 300_000
      # The other VM needs the code of the functions it is given.
      @after_compile Workbooks.TestVM
      import Workbooks.TestVM, only: [in_vm: 1, in_vm: 2, each_scheduler!: 0, settled!: 0, whole!: 0]
      import Workbooks.TestWait, only: [until: 1, until: 2]
    end
  end

  def __after_compile__(env, code), do: :persistent_term.put({__MODULE__, env.module}, {env.file, code})

  @doc """
  What `function` answers in a VM of its own, which must then be whole: nothing may be left
  `within:` so many milliseconds. `unharmed: false` looks no further. The test itself has
  `patience:` milliseconds.
  """
  def in_vm(function, options \\ []) do
    {:module, module} = :erlang.fun_info(function, :module)

    queued(fn ->
      {file, code} = code(module)
      vm = start!()
      on_exit(fn -> stop(vm) end)
      system_pid = ask(vm, fn -> System.pid() end, "did not start")
      {:module, ^module} = ask(vm, {:code, :load_binary, [module, to_charlist(file), code]}, "did not take the test")
      answer = ask(vm, function, "ended, or hung", Keyword.get(options, :patience, @patience))

      if Keyword.get(options, :unharmed, true) do
        within = Keyword.get(options, :within, @seconds)
        ask(vm, {__MODULE__, :unharmed!, [within]}, "did not outlive the test")
      end

      stop(vm)
      TestWait.until(fn -> not File.exists?("/proc/#{system_pid}") end, fn -> "process #{system_pid} does not end" end)
      answer
    end)
  end

  # An async module's tests begin while it is still being compiled.
  defp code(module) do
    TestWait.until(fn -> :persistent_term.get({__MODULE__, module}, nil) end)
    :persistent_term.get({__MODULE__, module})
  end

  @doc "In such a VM, after the test: schedulers, timers and messages, the counters, and the next call."
  def unharmed!(within) do
    each_scheduler!()
    settled!(within)
    whole!()
    settled!(within)
  end

  @doc "A message makes a round trip to each scheduler, by way of a timer there, whatever else goes on."
  def each_scheduler! do
    test = self()
    schedulers = Enum.to_list(1..:erlang.system_info(:schedulers_online))

    for scheduler <- schedulers do
      pid = :erlang.spawn_opt(fn -> receive(do: (:ping -> pong(test, scheduler))) end, scheduler: scheduler)
      send(pid, :ping)
    end

    for scheduler <- schedulers do
      receive do
        {:pong, ^scheduler, where} -> assert where == scheduler, "a process of scheduler #{scheduler} ran on #{where}"
      after
        @seconds -> flunk("scheduler #{scheduler} did not answer within #{@seconds} ms")
      end
    end

    # Twice as many as there are dirty schedulers of a kind, so that none can be left out for long.
    for {kind, count} <- [dirty_cpu: :dirty_cpu_schedulers_online, dirty_io: :dirty_io_schedulers] do
      count = 2 * :erlang.system_info(count)
      for _ <- 1..count, do: spawn(fn -> send(test, {kind, apply(:erts_debug, kind, [:wait, 5])}) end)

      for _ <- 1..count do
        receive do
          {^kind, _} -> :ok
        after
          @seconds -> flunk("a #{kind} scheduler did not answer within #{@seconds} ms")
        end
      end
    end

    :ok
  end

  defp pong(test, scheduler) do
    Process.send_after(self(), :timer, 5)
    receive do: (:timer -> send(test, {:pong, scheduler, :erlang.system_info(:scheduler_id)}))
  end

  @doc "Nothing is left of what was: neither stores nor fibers, suspended calls or compilations."
  def settled!(within \\ @seconds) do
    counters = fn -> Map.take(Wasm.stats(), [:stores, :fibers, :suspended, :compiling]) end

    TestWait.until(
      fn ->
        # Some ended with the last process that could reach them.
        Enum.each(Process.list(), &:erlang.garbage_collect/1)
        Enum.all?(counters.(), &match?({_, 0}, &1))
      end,
      counters,
      System.monotonic_time(:millisecond) + within
    )
  end

  @doc "The next guest is compiled, made and called, of either kind; on a normal and on a dirty scheduler."
  def whole! do
    for program <- [TestGuests.misbehaving(), TestGuests.misbehaving_module()] do
      instance = Wasm.instantiate!(program)

      for schedule <- [:auto, :normal, :dirty] do
        assert Wasm.call(instance, "add", [20, 3], schedule: schedule) == {:ok, 23}, "the next call does not work"
      end

      Wasm.close(instance)
    end

    :ok
  end

  # --- the other VM ------------------------------------------------------------------------------

  defp start! do
    options = %{
      # No distribution: neither a name nor a port mapper is needed.
      connection: :standard_io,
      wait_boot: 60_000,
      args: Enum.flat_map(:code.get_path(), &[~c"-pa", &1]),
      env: [{~c"ERL_CRASH_DUMP_SECONDS", ~c"0"}]
    }

    vm =
      case :peer.start(options) do
        {:ok, vm, _node} -> vm
        {:ok, vm} -> vm
      end

    ask(vm, &__MODULE__.prepare/0, "did not start")
    vm
  end

  @doc false
  def prepare do
    {:ok, _} = Application.ensure_all_started(:workbooks)
    Application.load(:ex_unit)
    # Processes are killed here by design.
    :logger.set_primary_config(:level, :none)
    :ok
  end

  # Runs it there. What it raises is raised here; that there is nobody to run it is told apart.
  defp ask(vm, function, wrong, patience \\ @patience) do
    case :peer.call(vm, __MODULE__, :attempt, [function], patience) do
      {:ok, answer} -> answer
      {:raised, kind, reason, stacktrace} -> :erlang.raise(kind, reason, stacktrace)
    end
  catch
    :exit, {reason, {:gen_server, :call, _}} -> flunk("the virtual machine #{wrong}: #{inspect(reason)}")
  end

  @doc false
  def attempt(function) do
    {:ok, if(is_tuple(function), do: apply_tuple(function), else: function.())}
  catch
    kind, reason -> {:raised, kind, reason, __STACKTRACE__}
  end

  defp apply_tuple({module, name, arguments}), do: apply(module, name, arguments)

  defp stop(vm) do
    :peer.stop(vm)
  catch
    :exit, _ -> :ok
  end

  # One of so many places.
  defp queued(function) do
    place = Enum.find(1..@at_once, &:global.set_lock({{__MODULE__, &1}, self()}, [node()], 0))

    if place do
      try do
        function.()
      after
        :global.del_lock({{__MODULE__, place}, self()}, [node()])
      end
    else
      Process.sleep(20)
      queued(function)
    end
  end
end
