defmodule Workbooks.Properties.SuspensionTest do
  # Calls that are suspended and taken up again, by many processes, in any order; a model
  # says which of them succeed. Not async: the counters are the whole VM's.
  use ExUnit.Case, async: false

  import Workbooks.TestProperty
  alias Workbooks.{TestWait, Wasm}
  alias Workbooks.Wasm.{Error, Suspension}

  @moduletag timeout: :infinity

  @core ~S"""
  (module
    (import "host" "ask" (func $ask (param i64) (result i64)))
    (func (export "run") (param $n i32) (result i64)
      (local $sum i64)
      (loop $more
        (if (local.get $n) (then
          (local.set $sum (i64.add (local.get $sum) (call $ask (local.get $sum))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $more))))
      (local.get $sum)))
  """
  @wit """
  package t:t;
  world w {
    import host: interface { ask: func(x: s64) -> s64; }
    export run: func(n: u32) -> s64;
  }
  """

  # A process that does what it is told, until it is killed.
  defmodule Worker do
    def start, do: spawn(&loop/0)

    def run(worker, fun) do
      answer = begin(worker, fun)
      finish(answer)
    end

    def begin(worker, fun) do
      monitor = Process.monitor(worker)
      send(worker, {:run, self(), monitor, fun})
      monitor
    end

    def finish(monitor) do
      receive do
        {^monitor, answer} ->
          Process.demonitor(monitor, [:flush])
          answer

        {:DOWN, ^monitor, :process, _, reason} ->
          exit({:worker, reason})
      end
    end

    def kill(worker) do
      monitor = Process.monitor(worker)
      Process.exit(worker, :kill)
      receive do: ({:DOWN, ^monitor, :process, _, _} -> :ok)
    end

    defp loop do
      receive do
        {:run, from, tag, fun} ->
          send(from, {tag, fun.()})
          # Holds nothing that it was given or gave.
          :erlang.garbage_collect()
          loop()
      end
    end
  end

  # What is known of an instance. phase: :idle, :closed, or {:suspended, suspension, calls left, sum}.
  defmodule Model do
    defstruct [:instance, :owner, phase: :idle, past: []]
  end

  test "whoever resumes first, the model knows" do
    programs = [Wasm.compile!(@core), @core |> Wasm.componentize!(wit: @wit) |> Wasm.compile!()]
    before = settled()

    check "suspensions", runs: runs(60, 5_000) do
      workers = for _ <- 1..3, do: Worker.start()
      state = %{workers: workers, models: for(_ <- 1..int(1..3), do: model(one_of(programs), one_of(workers)))}

      state = Enum.reduce(1..int(1..40), state, fn _, state -> step(state) end)

      for model <- state.models do
        assert_phase(model)
        assert Wasm.close(model.instance) == :ok

        for suspension <- suspensions(model) do
          assert {:error, %Error{kind: :closed}} = Wasm.resume(suspension, 1)
        end
      end

      Enum.each(state.workers, &Worker.kill/1)
    end

    :erlang.garbage_collect()
    TestWait.until(fn -> back?(before) end, fn -> {before, Wasm.stats()} end)
  end

  test "of many that resume the same at once, one does" do
    module = Wasm.compile!(@core)
    before = settled()

    check "race", runs: runs(20, 2_000) do
      owner = Worker.start()
      workers = for _ <- 1..int(2..6), do: Worker.start()
      %{instance: instance} = model(module, owner)
      assert {:suspended, suspension} = Wasm.call(instance, "run", [1], on_host_call: :suspend)

      answers =
        workers
        |> Enum.with_index(1)
        |> Enum.map(fn {worker, i} -> Worker.begin(worker, fn -> Wasm.resume(suspension, i) end) end)
        |> Enum.map(&Worker.finish/1)

      assert [{{:ok, number}, index}] = answers |> Enum.with_index(1) |> Enum.filter(&match?({{:ok, _}, _}, &1))
      assert number == index
      lost = Enum.reject(answers, &match?({:ok, _}, &1))
      for lost <- lost, do: assert({:error, %Error{kind: :closed}} = lost)
      Enum.each([owner | workers], &Worker.kill/1)
    end

    :erlang.garbage_collect()
    TestWait.until(fn -> back?(before) end, fn -> {before, Wasm.stats()} end)
  end

  defp settled do
    TestWait.until(fn -> :erlang.garbage_collect() && Wasm.stats().suspended == 0 end)
    Wasm.stats()
  end

  defp back?(before) do
    stats = Wasm.stats()
    stats.suspended == 0 and stats.fibers <= before.fibers and stats.stores <= before.stores
  end

  defp model(program, owner) do
    # Never run: every call here is suspended.
    imports = %{"host" => %{"ask" => fn _ -> exit(:not_suspended) end}}
    %Model{instance: Wasm.instantiate!(program, imports: imports, owner: owner), owner: owner}
  end

  defp suspensions(%{phase: {:suspended, suspension, _, _}, past: past}), do: [suspension | past]
  defp suspensions(%{past: past}), do: past

  defp step(state) do
    {model, at} = state.models |> Enum.with_index() |> one_of()
    worker = one_of(state.workers)

    step = one_of(steps(model.phase))

    note("step", {step, at, Enum.find_index(state.workers, &(&1 == worker)), model.phase})

    case step do
      :kill -> killed(state, worker)
      step -> %{state | models: List.replace_at(state.models, at, step(step, model, worker))}
    end
  end

  # What can be tried; what succeeds, more often than what does not.
  defp steps(:idle), do: [:call, :call, :call, :call, :call, :resume_past, :lose, :expire, :kill, :close]
  defp steps(:closed), do: [:call, :resume_past, :close, :renew, :renew, :renew]

  defp steps({:suspended, _, _, _}) do
    [:resume, :resume, :resume, :resume_to_the_end, :resume_past, :wrong_answer, :wrong_answer, :call, :kill, :close]
  end

  defp step(:renew, model, worker), do: model(model.instance.program, worker)

  defp step(:call, model, worker) do
    n = one_of([1, 2, 3, 0])
    answer = Worker.run(worker, fn -> Wasm.call(model.instance, "run", [n], on_host_call: :suspend) end)

    case {model.phase, answer} do
      {:idle, {:ok, 0}} when n == 0 -> model
      {:idle, {:suspended, %Suspension{arguments: [0]} = s}} when n > 0 -> suspended(model, s, n, 0)
      {:closed, {:error, %Error{kind: :closed}}} -> model
      {{:suspended, _, _, _}, {:error, %Error{kind: :busy}}} -> model
      {phase, answer} -> flunk("a call of one that is #{inspect(phase)} answered #{inspect(answer)}")
    end
  end

  defp step(:resume, %{phase: {:suspended, suspension, left, sum}} = model, worker) do
    answer = draw(100)
    more = Worker.run(worker, fn -> Wasm.resume(suspension, answer, on_host_call: :suspend) end)
    sum = sum + answer
    model = %{model | past: [suspension | model.past]}

    case more do
      {:ok, ^sum} when left == 1 -> %{model | phase: :idle, owner: worker}
      {:suspended, %Suspension{arguments: [^sum]} = next} when left > 1 -> suspended(model, next, left - 1, sum)
      other -> flunk("with #{left} calls left, the next answered #{inspect(other)}")
    end
  end

  # Without on_host_call: the host function runs, and this one exits.
  defp step(:resume_to_the_end, %{phase: {:suspended, suspension, left, sum}} = model, worker) do
    answer = Worker.run(worker, fn -> Wasm.resume(suspension, 5) end)
    sum = sum + 5
    model = %{model | past: [suspension | model.past], owner: worker}

    case answer do
      {:ok, ^sum} when left == 1 -> %{model | phase: :idle}
      {:error, %Error{kind: :host_error}} when left > 1 -> %{model | phase: after_host_error(model)}
      other -> flunk("with #{left} calls left, the next answered #{inspect(other)}")
    end
  end

  defp step(:resume_past, %{past: []} = model, _worker), do: model

  defp step(:resume_past, %{past: past} = model, worker) do
    suspension = one_of(past)
    assert {:error, %Error{kind: :closed}} = Worker.run(worker, fn -> Wasm.resume(suspension, 1) end)
    model
  end

  defp step(:wrong_answer, %{phase: {:suspended, suspension, _, _}} = model, worker) do
    wrong = one_of([nil, "1", 1.5, {1}, 2 ** 64, :ok])
    assert {:error, %Error{kind: :type}} = Worker.run(worker, fn -> Wasm.resume(suspension, wrong) end)
    model
  end

  defp step(:close, model, worker) do
    assert Worker.run(worker, fn -> Wasm.close(model.instance) end) == :ok
    closed(model)
  end

  # A call whose suspension is with one process alone, and goes with it.
  defp step(:lose, %{phase: :idle} = model, _worker) do
    holder = Worker.start()
    test = self()

    monitor =
      Worker.begin(holder, fn ->
        {:suspended, suspension} = Wasm.call(model.instance, "run", [1], on_host_call: :suspend)
        send(test, {:held, self()})
        receive do: (:never -> suspension)
      end)

    receive do: ({:held, ^holder} -> :ok)
    Worker.kill(holder)
    receive do: ({:DOWN, ^monitor, :process, _, _} -> :ok)
    TestWait.until(fn -> Wasm.state(model.instance) == :closed end)
    closed(model)
  end

  # One that nobody takes up in time.
  defp step(:expire, %{phase: :idle} = model, worker) do
    call = fn -> Wasm.call(model.instance, "run", [1], on_host_call: :suspend, ttl: 1) end
    assert {:suspended, suspension} = Worker.run(worker, call)
    TestWait.until(fn -> Wasm.state(model.instance) == :closed end)
    closed(%{model | past: [suspension | model.past]})
  end

  # A core instance goes on after its host function failed, a component does not.
  defp after_host_error(%{instance: %{program: %Wasm.Module{}}}), do: :idle
  defp after_host_error(_component), do: :closed

  defp suspended(model, suspension, left, sum) do
    assert suspension.name == ["host", "ask"]
    %{model | phase: {:suspended, suspension, left, sum}}
  end

  defp closed(%{phase: {:suspended, suspension, _, _}} = model),
    do: %{model | phase: :closed, past: [suspension | model.past]}

  defp closed(model), do: %{model | phase: :closed}

  # An instance ends with its owner, unless it is suspended: then it has none.
  defp killed(state, worker) do
    Worker.kill(worker)
    workers = List.replace_at(state.workers, Enum.find_index(state.workers, &(&1 == worker)), Worker.start())

    models =
      for model <- state.models do
        if model.owner == worker and model.phase == :idle do
          TestWait.until(fn -> Wasm.state(model.instance) == :closed end)
          closed(model)
        else
          model
        end
      end

    %{state | workers: workers, models: models}
  end

  defp assert_phase(model) do
    case {model.phase, Wasm.state(model.instance)} do
      {:idle, :idle} -> :ok
      {:closed, :closed} -> :ok
      {{:suspended, _, _, _}, state} when state in [:running, :suspended] -> :ok
      {phase, state} -> flunk("it should be #{inspect(phase)}, and is #{state}")
    end
  end
end
