defmodule Workbooks.Build.Fuel do
  @moduledoc """
  The fuel of a step: about as many WebAssembly instructions as it may take. All instances of one
  step take of it, those of the components whose functions it calls through the host too.

      iex> alias Workbooks.Build.Fuel
      iex> fuel = Fuel.new(100)
      iex> Fuel.take(fuel, 70)
      iex> {Fuel.left(fuel), Fuel.taken(fuel), Fuel.empty?(fuel)}
      {30, 70, false}
      iex> Fuel.take(fuel, 31)
      iex> {Fuel.left(fuel), Fuel.taken(fuel), Fuel.empty?(fuel)}
      {0, 101, true}

  `nil` is no limit, and nothing that is counted.
  """

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Instance}

  @enforce_keys [:limit, :counter]
  defstruct [:limit, :counter]

  @type t :: %__MODULE__{limit: pos_integer, counter: :atomics.atomics_ref()}

  @taken 1
  @unknown 2

  # How a call ends that has run, and whose use is known.
  @ran [:trap, :fuel, :memory_limit, :limit, :host_error]

  # More has no place in a counter, and takes longer than any machine runs.
  @most 0x7FFF_FFFF_FFFF_FFFF

  @doc "A step's."
  @spec new(pos_integer | nil) :: t | nil
  def new(nil), do: nil
  def new(limit), do: %__MODULE__{limit: min(limit, @most), counter: :atomics.new(2, [])}

  @doc "What is left of it."
  @spec left(t) :: non_neg_integer
  def left(%__MODULE__{limit: limit, counter: counter}), do: max(limit - :atomics.get(counter, @taken), 0)

  @doc "Takes of it; `nil` when nobody knows how much."
  @spec take(t | nil, non_neg_integer | nil) :: :ok
  def take(nil, _used), do: :ok
  def take(%__MODULE__{counter: counter}, nil), do: :atomics.put(counter, @unknown, 1)
  def take(%__MODULE__{counter: counter}, used), do: :atomics.add(counter, @taken, used)

  @doc "What was taken; `nil` when that is not known."
  @spec taken(t | nil) :: non_neg_integer | nil
  def taken(nil), do: nil

  def taken(%__MODULE__{counter: counter}) do
    if :atomics.get(counter, @unknown) == 0, do: :atomics.get(counter, @taken)
  end

  @doc "Whether more was taken than there was."
  @spec empty?(t | nil) :: boolean
  def empty?(nil), do: false
  def empty?(%__MODULE__{limit: limit, counter: counter}), do: :atomics.get(counter, @taken) > limit

  @doc "The options of `Workbooks.Wasm.instantiate/2` for an instance that takes of it."
  @spec options(t | nil) :: keyword
  def options(nil), do: []
  def options(fuel), do: [fuel: left(fuel)]

  @doc "As `Workbooks.Wasm.call/4`, of such an instance."
  @spec call(t | nil, Instance.t(), term, list, timeout) :: {:ok, term} | {:error, Error.t()}
  def call(nil, instance, function, arguments, timeout),
    do: Wasm.call(instance, function, arguments, timeout: timeout)

  def call(fuel, instance, function, arguments, timeout) do
    case Wasm.call(instance, function, arguments, timeout: timeout, metrics: true) do
      {:ok, value, metrics} ->
        take(fuel, metrics.fuel)
        {:ok, value}

      {:error, error} ->
        take(fuel, used(error, Wasm.metrics(instance)))
        {:error, error}
    end
  end

  @doc "What a call that failed used, by the metrics of its instance."
  @spec used(Error.t(), map | nil) :: non_neg_integer | nil
  def used(%Error{kind: kind}, %{fuel: fuel}) when kind in @ran, do: fuel
  def used(%Error{kind: kind}, _metrics) when kind in [:type, :export], do: 0
  def used(_error, _metrics), do: nil
end
