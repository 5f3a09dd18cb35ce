defmodule Workbooks.OQL.Lanes do
  @moduledoc false
  # The kernel's instances, in a pool for each order of length. A document waits for an instance
  # behind others of its order alone. With longer ones it shares the cores, as all guests do, slice
  # by slice.

  use Supervisor

  alias Workbooks.Guests
  alias Workbooks.Wasm.Pool

  # {the pool's name, bytes that it takes at most}: an integer is less than an atom. A step is as long
  # as those before it a sixteenth: milliseconds, tens of them, and what is longer.
  @lanes [
    {Workbooks.OQL.Short, 64 * 1024},
    {Workbooks.OQL.Medium, 1024 * 1024},
    {Workbooks.OQL.Long, :infinity}
  ]

  # What an instance grew to for one document of a few megabytes is given back.
  @keep_memory 32 * 1024 * 1024

  # All that 32 bits address. The kernel bounds what it takes by what it is given.
  @most_memory 4 * 1024 * 1024 * 1024
  # An answer of ten megabytes of headings is some fifty times as long.
  @most_answer 1024 * 1024 * 1024

  @doc "`options` are those of `Workbooks.Wasm.Pool`, for each lane."
  def start_link(options), do: Supervisor.start_link(__MODULE__, options)

  @impl true
  def init(options) do
    # Pools do not know of each other: one that fails takes no other along.
    children = for {name, most} <- @lanes, do: {Pool, Keyword.merge(defaults(name, most), options)}
    Supervisor.init(children, strategy: :one_for_one)
  end

  @doc "The pool for so many bytes."
  @spec of(non_neg_integer) :: module
  def of(bytes), do: Enum.find_value(@lanes, fn {name, most} -> bytes <= most && name end)

  @doc "Milliseconds that a call with so many bytes may take where nobody says: many times what it should."
  @spec allowance(non_neg_integer) :: pos_integer
  def allowance(bytes), do: 5_000 + div(bytes, 512)

  defp defaults(name, most) do
    limits = if most == :infinity, do: [limits: [memory: @most_memory, value_bytes: @most_answer]], else: []
    [name: name, component: fn -> Guests.component(:oql) end, keep_memory: @keep_memory, instance: limits]
  end
end
