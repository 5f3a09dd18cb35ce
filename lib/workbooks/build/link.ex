defmodule Workbooks.Build.Link do
  @moduledoc """
  Whether the components of a plan fit together, told before any of them runs.

  Types come from `:sig:`, else from what the block compiled to; a block whose types are not
  known (JavaScript without a `:sig:`) gives and takes anything, which is checked when there is
  a value. What fits what is told in `Workbooks.Build.Types.fits?/2`.

  Issues are maps shaped as the kernel's: `"level"`, `"code"`, `"message"`, `"hint"`, `"line"`,
  `"column"`, `"heading"`.
  """

  alias Workbooks.Build
  alias Workbooks.Build.{Artifact, Deadline, Linker, Problem, Signature, Source, Types, Values}

  # What ends at its deadline has this long to say so.
  @grace_ms 5_000

  @type id :: String.t()
  @type issue :: %{String.t() => term}
  @typedoc "The types of a component's inputs and outputs, by name."
  @type ports :: %{in: [{String.t(), Types.t()}], out: %{String.t() => Types.t()}}

  @doc """
  All that can be told of a plan before it runs: `check/2` with the types of what compiles,
  `check_values/3`, and whether the functions that components use are there (`Workbooks.Build.Linker`).
  Options as for `artifacts/3`.
  """
  @spec check_plan(map, %{String.t() => term}, Deadline.t(), keyword) :: :ok | {:error, [issue]}
  def check_plan(plan, given, deadline, options \\ []) do
    artifacts = artifacts(plan, deadline, options)
    checks = [check(plan, artifacts), check_values(plan, artifacts, given), check_calls(plan)]
    answer(for {:error, issues} <- checks, issue <- issues, do: issue)
  end

  defp check_calls(plan) do
    lines = lines(plan)

    with {:error, problems} <- Linker.calls(plan) do
      {:error, for({id, problem} <- problems, do: issue("bad_sig", problem.message, id, lines))}
    end
  end

  @doc """
  Checks the outputs of each component and each edge of a plan. What has no artifact (it did not
  compile, or was not tried) is known by its `:sig:` alone.

  Codes: `bad_sig`, `output_type` (the result's type cannot be those outputs), `type_mismatch`.
  """
  @spec check(map, %{id => Artifact.t()}) :: :ok | {:error, [issue]}
  def check(plan, artifacts) do
    lines = lines(plan)
    read = for component <- plan["components"], do: {component["id"], ports(component, artifacts[component["id"]])}

    wrong =
      for {id, {:error, problem}} <- read do
        issue(
          if(problem.kind == :signature, do: "bad_sig", else: "output_type"),
          "#{id}: #{problem.message}",
          id,
          lines
        )
      end

    ports = for {id, {:ok, ports}} <- read, into: %{}, do: {id, %{ports | in: Map.new(ports.in)}}
    mismatches = for edge <- plan["edges"], issue = mismatch(edge, ports, lines), do: issue
    answer(wrong ++ mismatches)
  end

  @doc """
  Checks the values that are there before the run: those that the caller gives for imports, by
  name, and those of `:var`. Code `input_type`.
  """
  @spec check_values(map, %{id => Artifact.t()}, %{String.t() => term}) :: :ok | {:error, [issue]}
  def check_values(plan, artifacts, given) do
    lines = lines(plan)
    fed = for %{"to" => %{"port" => port} = to} <- plan["edges"], port, into: MapSet.new(), do: {to["component"], port}

    issues =
      for component <- plan["components"],
          id = component["id"],
          {:ok, ports} <- [ports(component, artifacts[id])],
          {name, type} <- ports.in,
          type != :any,
          {:ok, value} <- [known(name, id, component["values"] || %{}, fed, given)],
          {:error, problem} <- [Values.to_wit(value, type, name)] do
        issue("input_type", "#{id} takes #{name}: #{Types.text(type)}. #{problem.message}", id, lines)
      end

    answer(issues)
  end

  defp known(name, id, values, fed, given) do
    cond do
      is_map_key(values, name) -> Map.fetch(values, name)
      {id, name} in fed -> :error
      true -> Map.fetch(given, name)
    end
  end

  @doc """
  The artifacts whose types `check/2` needs: of the components without a `:sig:`, compiled at the
  same time, where they are not kept. What does not compile is left out; it is the step that says why.

  Options: `:folder`, the workbook's, where its blocks may name files; `:progress`, a function that is told
  a component's id, and in words how far its compiling is.
  """
  @spec artifacts(map, Deadline.t(), keyword) :: %{id => Artifact.t()}
  def artifacts(plan, deadline, options \\ []) do
    progress = options[:progress] || fn _id, _words -> :ok end
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})

    sources =
      for %{"sig" => nil} = component <- plan["components"],
          world = worlds[component["world"]],
          world["args"]["eval"] != false,
          # Its functions take and give anything.
          Build.compiler(world["lang"]) != {:ok, Build.JavaScript},
          do: Source.new(world, component, options[:folder])

    sources
    # Compilers look at the deadline; what reads a source for them does not.
    |> Task.async_stream(&{&1.id, artifact(&1, deadline, progress)},
      timeout: grace(Deadline.left(deadline)),
      on_timeout: :kill_task,
      ordered: false
    )
    |> Enum.flat_map(fn
      {:ok, {id, {:ok, artifact}}} -> [{id, artifact}]
      _problem_or_late -> []
    end)
    |> Map.new()
  end

  defp grace(:infinity), do: :infinity
  defp grace(left), do: left + @grace_ms

  # Of what is kept the types are known without loading its code.
  defp artifact(source, deadline, progress) do
    with :error <- Build.known(source),
         do: Build.compile(source, deadline: deadline, progress: &progress.(source.id, &1))
  end

  @doc """
  The types of a component's ports, by its `:sig:` or else its artifact.

      iex> component = %{"id" => "tea/steep", "in" => ["leaf"], "out" => ["minutes", "celsius"],
      ...>   "sig" => "steep(leaf: string) -> tuple<u8, f64>"}
      iex> {:ok, ports} = Workbooks.Build.Link.ports(component, nil)
      iex> ports
      %{in: [{"leaf", :string}], out: %{"minutes" => :u8, "celsius" => :f64}}
  """
  @spec ports(map, Artifact.t() | nil) :: {:ok, ports} | {:error, Problem.t()}
  # What is there for its callers alone takes and gives by no port.
  def ports(%{"library" => true}, _artifact), do: {:ok, %{in: [], out: %{}}}

  def ports(component, artifact) do
    with {:ok, params, result} <- types(component["sig"], artifact),
         {:ok, inputs} <- inputs(component["in"], params),
         {:ok, outputs} <- outputs(component["out"], result) do
      {:ok, %{in: inputs, out: outputs}}
    end
  end

  defp types(nil, nil), do: {:ok, :any, :any}
  defp types(nil, artifact), do: {:ok, Enum.map(artifact.params, &elem(&1, 1)), artifact.result}

  defp types(sig, _artifact) do
    with {:ok, signature} <- Signature.parse(sig) do
      {:ok, Enum.map(signature.params, &elem(&1, 1)), signature.result}
    end
  end

  defp inputs(names, :any), do: {:ok, for(name <- names, do: {name, :any})}
  defp inputs(names, types) when length(names) == length(types), do: {:ok, Enum.zip(names, types)}

  defp inputs(names, types) do
    message = "there are #{length(names)} inputs, and the function takes #{length(types)} parameters"
    {:error, Problem.new(:type, message)}
  end

  # As the run names what a function gives.
  defp outputs([], _result), do: {:ok, %{}}
  defp outputs(names, :any), do: {:ok, Map.new(names, &{&1, :any})}

  defp outputs([name], {:record, fields} = result) do
    case List.keyfind(fields, name, 0) do
      {_name, type} -> {:ok, %{name => type}}
      nil -> {:ok, %{name => result}}
    end
  end

  defp outputs([name], nil), do: {:error, Problem.new(:output, "the function gives nothing, and :out: names #{name}")}
  defp outputs([name], type), do: {:ok, %{name => type}}

  defp outputs(names, {:tuple, types}) when length(names) == length(types) do
    {:ok, names |> Enum.zip(types) |> Map.new()}
  end

  defp outputs(names, {:record, fields}) do
    fields = Map.new(fields)

    case Enum.reject(names, &is_map_key(fields, &1)) do
      [] -> {:ok, Map.take(fields, names)}
      missing -> {:error, Problem.new(:output, "the record that it gives has no field #{Enum.join(missing, ", ")}")}
    end
  end

  defp outputs(names, type) do
    message =
      ":out: names #{Enum.join(names, ", ")}, and the function gives #{Types.text(type)}: " <>
        "give a tuple of #{length(names)}, or a record with these fields"

    {:error, Problem.new(:output, message)}
  end

  # An edge for order alone has no port.
  defp mismatch(%{"from" => from, "to" => %{"port" => port} = to}, ports, lines) when port != nil do
    with %{} = giver <- ports[from["component"]],
         %{} = taker <- ports[to["component"]],
         {:ok, gives} <- Map.fetch(giver.out, from["port"]),
         {:ok, takes} <- Map.fetch(taker.in, port),
         false <- Types.fits?(gives, takes) do
      message =
        "#{from["component"]} gives #{from["port"]}: #{Types.text(gives)}#{at(lines, from["component"])}, " <>
          "#{to["component"]} takes it as #{called(port, from["port"])}#{Types.text(takes)}#{at(lines, to["component"])}"

      issue("type_mismatch", message, to["component"], lines)
    else
      _fits_or_unknown -> nil
    end
  end

  defp mismatch(_edge, _ports, _lines), do: nil

  defp called(name, name), do: ""
  defp called(port, _output), do: "#{port}: "

  defp at(lines, id), do: if(lines[id], do: " (line #{lines[id]})", else: "")

  defp lines(plan), do: Map.new(plan["worlds"], &{&1["id"], &1["position"]["line"]})

  @hints %{
    "bad_sig" => "write it as name(a: type, b: type) -> type",
    "output_type" => "make :out: and the type of the result agree",
    "type_mismatch" => "give both ends the same type, or put a component between them that converts it",
    "input_type" => "give a value of that type"
  }

  defp issue(code, message, id, lines) do
    %{
      "level" => "error",
      "code" => code,
      "message" => message,
      "hint" => @hints[code],
      "line" => lines[id],
      "column" => nil,
      "heading" => id |> String.split("/") |> List.last()
    }
  end

  defp answer([]), do: :ok
  defp answer(issues), do: {:error, issues}
end
