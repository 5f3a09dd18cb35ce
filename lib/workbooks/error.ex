defmodule Workbooks.Error do
  @moduledoc """
  What went wrong with state (variables, domains, sources and where they are kept), as a value:
  `{:error, %Workbooks.Error{}}`. It is an exception too, for those who want to raise it.

  | kind | meaning |
  | --- | --- |
  | `:bad_name` | a tenant, key, host or id that is none |
  | `:bad_value` | a value of another type than asked for |
  | `:too_large` | a value, a key or a batch beyond its limit |
  | `:conflict` | somebody else was first: the state is not what the call was made for |
  | `:not_found` | no such thing |
  | `:secret_key` | a secret cannot be opened or made: the key is not there, not readable, or another |
  | `:locked` | another virtual machine has the store open |
  | `:damaged` | the store is not what was written; its file was left as it is |
  | `:missing` | there was a store here, and its file is gone |
  | `:version` | the store was written by a newer version of this library |
  | `:full` | the disk is full: nothing was written |
  | `:read_only` | the store may not be written to |
  | `:io` | a file could not be read or written |
  | `:unavailable` | the database, or the process that keeps this, does not answer now |
  | `:timeout` | no answer in time: whether it was written is not known |
  | `:closed` | the store was closed |
  | `:overloaded` | too much work is waiting already |
  | `:internal` | a fault of this library: please report it |
  """

  @kinds ~w(bad_name bad_value too_large conflict not_found secret_key locked damaged missing version full read_only
            io unavailable timeout closed overloaded internal)a

  @type kind ::
          :bad_name
          | :bad_value
          | :too_large
          | :conflict
          | :not_found
          | :secret_key
          | :locked
          | :damaged
          | :missing
          | :version
          | :full
          | :read_only
          | :io
          | :unavailable
          | :timeout
          | :closed
          | :overloaded
          | :internal
  @type t :: %__MODULE__{kind: kind, message: String.t(), details: map}

  defexception [:kind, :message, details: %{}]

  @doc """
  Every kind there is.

      iex> :conflict in Workbooks.Error.kinds()
      true
  """
  @spec kinds :: [kind]
  def kinds, do: @kinds

  @doc """
  An error of `kind`.

      iex> Workbooks.Error.new(:not_found, "no such workbook").kind
      :not_found
  """
  @spec new(kind, String.t(), map) :: t
  def new(kind, message, details \\ %{}) when kind in @kinds and is_binary(message) and is_map(details) do
    %__MODULE__{kind: kind, message: message, details: details}
  end

  @doc false
  # As `{:error, error}`, which is what most callers answer.
  def tuple(kind, message, details \\ %{}), do: {:error, new(kind, message, details)}

  @doc false
  # Of a process that somebody asked for.
  def not_running(name),
    do: tuple(:unavailable, "#{inspect(name)} is not running: is the application :workbooks started?")

  @doc false
  # As the NIF gives it.
  def from_native({kind, message, details}), do: new(kind, message, details)
end
