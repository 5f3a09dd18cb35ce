defmodule Workbooks.Build.Call.Command do
  @moduledoc """
  Runs a WASI program's `main`.

  One input that is text is its standard input as it is; other inputs are there as one JSON
  object. What it prints is the output, as text without the newline at its end; with several
  outputs it prints a JSON object of them. What it writes to standard error is the log's. A
  status that is not nought is a problem of kind `:exit`.

  The artifact's bytes are the program, its data `%{inputs: names, outputs: names}`.
  """

  @behaviour Workbooks.Build.Call

  alias Workbooks.JSON
  alias Workbooks.Wasm.WASI
  alias Workbooks.Build.{Artifact, Call, Deadline, Fuel, Problem, Source}

  # Of what it prints, standard output and error together.
  @most_output 16 * 1024 * 1024

  @doc """
  The artifact of a program that a block was compiled to. What it takes and gives is of any type.

      iex> source = %Workbooks.Build.Source{id: "a/b", language: "zig", text: "", inputs: ["text"], outputs: ["size"]}
      iex> artifact = Workbooks.Build.Call.Command.artifact(source, "…")
      iex> {artifact.params, artifact.result, artifact.data}
      {[{"text", :any}], :any, %{inputs: ["text"], outputs: ["size"]}}
  """
  @spec artifact(Source.t(), binary) :: Artifact.t()
  def artifact(%Source{} = source, program) do
    Artifact.new(
      language: source.language,
      bytes: program,
      convention: __MODULE__,
      data: %{inputs: source.inputs, outputs: source.outputs},
      params: for(name <- source.inputs, do: {name, :any}),
      result: :any
    )
  end

  @impl true
  def prepare(artifact, deadline), do: Call.compiled(artifact, deadline)

  @impl true
  def metered(artifact, deadline), do: Call.compiled(artifact, deadline, fuel: true)

  @impl true
  def call(%Artifact{data: data} = artifact, inputs, environment) do
    with {:ok, stdin} <- stdin(data.inputs, inputs) do
      ran = WASI.run(artifact.program, options(environment, stdin))
      measured(ran, environment)
      ended(ran, data.outputs, environment)
    end
  end

  defp measured({:ok, %{metrics: metrics}}, environment), do: measured(metrics, metrics[:fuel], environment)

  defp measured({:error, %{details: %{metrics: metrics}} = error}, environment),
    do: measured(metrics, Fuel.used(error, metrics), environment)

  # It never began.
  defp measured({:error, _error}, _environment), do: :ok

  defp measured(metrics, used, environment) do
    Fuel.take(environment.fuel, used)
    environment.meter.(%{memory_peak: metrics.memory_peak})
  end

  defp options(environment, stdin) do
    deterministic = if environment.seed, do: [deterministic: environment.seed], else: []

    [
      wasi: [args: ["block"], stdin: stdin] ++ deterministic ++ environment.wasi,
      limits: [memory: environment.memory, output_bytes: @most_output],
      timeout: Deadline.left(environment.deadline),
      metrics: true
    ] ++ Fuel.options(environment.fuel)
  end

  defp stdin([], []), do: {:ok, ""}
  defp stdin([_name], [text]) when is_binary(text), do: {:ok, text}

  defp stdin(names, values) do
    case names |> Enum.zip(values) |> Map.new() |> JSON.encode() do
      {:ok, json} -> {:ok, json}
      {:error, message} -> {:error, Problem.new(:type, "the inputs cannot be written as JSON: #{message}")}
    end
  end

  defp ended({:ok, %{status: 0} = ran}, outputs, environment) do
    log(ran.stderr, environment)
    output(ran.stdout, outputs)
  end

  defp ended({:ok, ran}, _outputs, environment) do
    log(ran.stderr, environment)
    {:error, Problem.new(:exit, "the program ended with status #{ran.status}#{last_words(ran.stderr)}")}
  end

  defp ended({:error, error}, _outputs, environment) do
    output = error.details[:output] || %{stdout: "", stderr: ""}
    log(output.stderr, environment)

    # One that takes no notice that its writes fail runs out of time in the end; that is not what is wrong with it.
    if error.details[:code] == :output_bytes or (error.kind == :timeout and full?(output)),
      do: {:error, Problem.new(:limit, "the program printed more than #{@most_output} bytes, the most that is taken")},
      else: {:error, Call.problem(error, environment)}
  end

  defp full?(%{stdout: stdout, stderr: stderr}), do: byte_size(stdout) + byte_size(stderr) >= @most_output

  defp log("", _environment), do: :ok

  defp log(text, environment),
    do: text |> String.trim_trailing("\n") |> String.split("\n") |> Enum.each(environment.log)

  defp last_words(stderr) do
    case stderr |> String.trim() |> String.split("\n") |> List.last() do
      "" -> ""
      line -> ": " <> line
    end
  end

  defp output(stdout, [_one]) do
    if String.valid?(stdout),
      do: {:ok, String.trim_trailing(stdout, "\n")},
      else: {:ok, stdout}
  end

  defp output(_stdout, []), do: {:ok, nil}

  defp output(stdout, _several) do
    with {:error, message} <- JSON.decode(stdout) do
      {:error, Problem.new(:output, "the program has several outputs, and what it printed is no JSON: #{message}")}
    end
  end
end
