defmodule Workbooks.Wasm.Error do
  @moduledoc """
  What went wrong, as a value: `{:error, %Workbooks.Wasm.Error{}}`. It is an
  exception too, which the bang functions raise.

  | kind | meaning |
  | --- | --- |
  | `:compile` | the bytes are no WebAssembly this engine takes |
  | `:link` | an import was given with the wrong type, or cannot be given yet |
  | `:trap` | the guest trapped; `details.code` says how, `details.frames` where: function, module, index, offset and, with debug information, file and line |
  | `:timeout` | the time was over |
  | `:fuel` | the fuel was used up, or was given to what is not metered |
  | `:memory_limit` | a memory would have outgrown its limit |
  | `:limit` | another limit was reached; `details.code` names it where it is `:value_bytes`, `:output_bytes` or `:handles` (files, sockets and streams at once) |
  | `:busy` | the instance is in a call already |
  | `:closed` | the instance was closed, or ended by a trap, a timeout or a kill |
  | `:type` | a value does not fit the type it was given for |
  | `:export` | no such export |
  | `:import` | an import was not given |
  | `:host_error` | a host function failed: `details.kind`, `details.reason`, `details.stacktrace` |
  | `:exit` | the program ended itself; `details.status` is not nought |
  | `:cancelled` | the work was called off |
  | `:overloaded` | too much work is waiting already |
  | `:pool_timeout` | no instance of a pool was free in time |
  | `:io` | a file could not be read or written |
  | `:not_found` | no such file, memory, global or table |
  | `:internal` | a fault of this library: please report it |
  """

  @kinds ~w(compile link trap timeout fuel memory_limit limit busy closed type export import host_error exit
            cancelled overloaded pool_timeout io not_found internal)a

  @type kind ::
          :compile
          | :link
          | :trap
          | :timeout
          | :fuel
          | :memory_limit
          | :limit
          | :busy
          | :closed
          | :type
          | :export
          | :import
          | :host_error
          | :exit
          | :cancelled
          | :overloaded
          | :pool_timeout
          | :io
          | :not_found
          | :internal
  @type t :: %__MODULE__{kind: kind, message: String.t(), details: map}

  defexception [:kind, :message, details: %{}]

  @doc """
  Every kind there is.

      iex> :timeout in Workbooks.Wasm.Error.kinds()
      true
  """
  @spec kinds :: [kind]
  def kinds, do: @kinds

  @doc """
  An error of `kind`.

      iex> Workbooks.Wasm.Error.new(:busy, "in a call").kind
      :busy
  """
  @spec new(kind, String.t(), map) :: t
  def new(kind, message, details \\ %{}) when kind in @kinds and is_binary(message) and is_map(details) do
    %__MODULE__{kind: kind, message: message, details: details}
  end

  @doc false
  # As the NIF gives it.
  def from_native({kind, message, details}), do: new(kind, message, details)
end
