defmodule Workbooks.Workflow.Assembly do
  @moduledoc false
  # What has to be there before the first step runs: each block compiled, the types of each edge
  # and of each value compared, and those components joined that call one another.

  alias Workbooks.Build
  alias Workbooks.Build.{Deadline, Link, Linker, Problem, Source}
  alias Workbooks.Workflow.Graph

  # A cold compiler may take this long, however short a step is to be.
  @compile_ms 60_000

  # For what a compiler's own limits do not end: it has this long to do it, in milliseconds.
  @grace 5_000

  @typedoc "What a step calls: its own artifact and those that it reaches through the host, or why there is none."
  @type part :: {:ok, %{Graph.id() => Linker.linked()}} | {:error, Problem.t()}

  @doc """
  The parts of all components that are evaluated, or the issues for which none may run. A block
  that does not compile is no such issue: it is its own step that fails.

  `inputs` are the caller's.
  """
  @spec make(map, map, %{concurrency: pos_integer, step_timeout: timeout, deadline: Deadline.t()}) ::
          {:ok, %{Graph.id() => part}} | {:error, [map]}
  def make(plan, inputs, options) do
    with {:ok, calls} <- calls(plan),
         compiled = compile(plan, options),
         artifacts = for({id, {:ok, artifact}} <- compiled, into: %{}, do: {id, artifact}),
         :ok <- Link.check(plan, artifacts),
         :ok <- Link.check_values(plan, artifacts, inputs),
         {:ok, linked} <- link(artifacts, calls, options, plan) do
      {:ok, Map.new(compiled, fn {id, compiled} -> {id, part(id, compiled, linked)} end)}
    end
  end

  defp calls(plan) do
    with {:error, wrong} <- Linker.calls(plan), do: {:error, Enum.map(wrong, &issue(&1, plan))}
  end

  defp link(artifacts, calls, options, plan) do
    with {:error, wrong} <- Linker.link(artifacts, calls, options.deadline), do: {:error, [issue(wrong, plan)]}
  end

  # One that is missing calls something that did not compile.
  defp part(_id, {:error, problem}, _linked), do: {:error, problem}

  defp part(id, {:ok, _artifact}, linked) do
    if is_map_key(linked, id),
      do: {:ok, reached([id], linked, %{})},
      else: {:error, Problem.new(:link, "not run: a component that it calls did not compile")}
  end

  defp reached([], _linked, reached), do: reached
  defp reached([id | rest], linked, reached) when is_map_key(reached, id), do: reached(rest, linked, reached)

  defp reached([id | rest], linked, reached) do
    callees = for {_name, {callee, _arity}} <- linked[id].calls, do: callee
    reached(callees ++ rest, linked, Map.put(reached, id, linked[id]))
  end

  defp compile(plan, options) do
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})

    sources =
      for component <- plan["components"],
          world = worlds[component["world"]],
          world["args"]["eval"] != false,
          do: Source.new(world, component)

    limit = limit(options.step_timeout)

    sources
    |> Task.async_stream(&compile_one(&1, earlier(Deadline.in_ms(limit), options.deadline)),
      max_concurrency: options.concurrency,
      timeout: if(limit == :infinity, do: :infinity, else: limit + @grace),
      on_timeout: :kill_task
    )
    |> Enum.zip_with(sources, fn
      {:ok, compiled}, source -> {source.id, compiled}
      {:exit, _timeout}, source -> {source.id, {:error, Problem.new(:timeout, "the block took too long to compile")}}
    end)
  end

  defp limit(:infinity), do: :infinity
  defp limit(timeout), do: max(timeout, @compile_ms)

  # Any number is less than an atom.
  defp earlier(one, other), do: min(one, other)

  defp compile_one(source, deadline) do
    Build.compile(source, deadline: deadline)
  rescue
    # A fault of ours must not take the run along.
    exception -> {:error, Problem.new(:internal, Exception.message(exception))}
  end

  # Shaped as the kernel's issues are.
  defp issue({id, problem}, plan) do
    component = Enum.find(plan["components"], &(&1["id"] == id))
    world = Enum.find(plan["worlds"], &(&1["id"] == component["world"]))

    %{
      "level" => "error",
      "code" => code(problem.kind),
      "message" => problem.message,
      "hint" => nil,
      "line" => world["position"]["line"],
      "column" => nil,
      "heading" => id |> String.split("/") |> List.last()
    }
  end

  defp code(:signature), do: "bad_sig"
  defp code(:type), do: "type_mismatch"
  defp code(_kind), do: "link"
end
