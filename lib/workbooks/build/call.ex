defmodule Workbooks.Build.Call do
  @moduledoc """
  How artifacts are called: a convention each for what compilers make.

  An environment is what a call may use:

    * `:deadline` - when it ends (`Workbooks.Build.Deadline`)
    * `:memory` - bytes its instance may hold
    * `:log` - a function that is given each line it prints
    * `:seed` - random numbers come from it, and the clock is virtual; `nil` for the real ones
    * `:functions` - host functions by name, for those who import some
    * `:fuel` - what it and those that it calls may take (`Workbooks.Build.Fuel`); `nil` for no limit.
      With one an artifact is called that `c:metered/2` made
    * `:meter` - a function that is given what was measured of the call: `%{memory_peak: bytes}`
    * `:wasi` - further grants of `Workbooks.Wasm.WASI`: files, hosts, variables
  """

  alias Workbooks.Build.{Artifact, Deadline, Fuel, Problem}
  alias Workbooks.Wasm
  alias Workbooks.Wasm.Error

  @type environment :: %{
          deadline: Deadline.t(),
          memory: pos_integer,
          log: (String.t() -> term),
          seed: non_neg_integer | nil,
          functions: %{String.t() => function},
          fuel: Fuel.t() | nil,
          meter: (map -> term),
          wasi: keyword
        }

  @too_much_copied "what passes between the block and its host comes to more than 128 MiB, the most that is copied " <>
                     "piece by piece: pass less, or text"

  @doc "What has to be done once for a virtual machine: the artifact with its program."
  @callback prepare(Artifact.t(), Deadline.t()) :: {:ok, Artifact.t()} | {:error, Problem.t()}

  @doc "The artifact with a program that counts fuel. Made anew for each who asks, but compiled once."
  @callback metered(Artifact.t(), Deadline.t()) :: {:ok, Artifact.t()} | {:error, Problem.t()}

  @doc "One call, in an instance of its own; the values of the inputs in the order of the parameters."
  @callback call(Artifact.t(), inputs :: [term], environment) :: {:ok, term} | {:error, Problem.t()}

  @doc """
  An environment with defaults: 30 seconds, 256 MiB, no log, seed 0 and nothing granted.

      iex> Workbooks.Build.Call.environment(seed: 7).seed
      7
  """
  @spec environment(Enumerable.t()) :: environment
  def environment(parts \\ []) do
    Enum.into(parts, %{
      deadline: Deadline.in_ms(30_000),
      memory: 256 * 1024 * 1024,
      log: fn _line -> :ok end,
      seed: 0,
      functions: %{},
      fuel: nil,
      meter: fn _measured -> :ok end,
      wasi: []
    })
  end

  @doc "An artifact whose bytes are a program of WebAssembly, ready to be called. Options as for `Workbooks.Wasm.compile/2`."
  @spec compiled(Artifact.t(), Deadline.t(), keyword) :: {:ok, Artifact.t()} | {:error, Problem.t()}
  def compiled(%Artifact{} = artifact, deadline, options \\ []) do
    with {:ok, program} <-
           Problem.from_answer(Wasm.compile(artifact.bytes, [timeout: Deadline.left(deadline)] ++ options)),
         do: {:ok, %{artifact | program: program}}
  end

  @doc """
  What the bridge reports of a call in that environment, as a problem of the block: with the limit
  that it came to.

      iex> error = Workbooks.Wasm.Error.new(:memory_limit, "the memory is full")
      iex> Workbooks.Build.Call.problem(error, Workbooks.Build.Call.environment(memory: 1024 * 1024)).message
      "the block needs more than its 1 MiB of memory: the memory is full"
  """
  @spec problem(Error.t(), environment) :: Problem.t()
  def problem(%Error{kind: :memory_limit} = error, environment) do
    problem = Problem.from_wasm(error)
    %{problem | message: "#{needs_more(environment)}: #{problem.message}"}
  end

  # By the memory that they take on WebAssembly's side.
  def problem(%Error{kind: :limit, details: %{code: :value_bytes}} = error, _environment) do
    %{Problem.from_wasm(error) | message: @too_much_copied}
  end

  def problem(error, _environment), do: Problem.from_wasm(error)

  @doc """
  That the memory of an environment is not enough, in words.

      iex> Workbooks.Build.Call.needs_more(Workbooks.Build.Call.environment())
      "the block needs more than its 256 MiB of memory"
  """
  @spec needs_more(environment) :: String.t()
  def needs_more(%{memory: bytes}) when rem(bytes, 1024 * 1024) == 0,
    do: "the block needs more than its #{div(bytes, 1024 * 1024)} MiB of memory"

  def needs_more(%{memory: bytes}), do: "the block needs more than its #{bytes} bytes of memory"
end
