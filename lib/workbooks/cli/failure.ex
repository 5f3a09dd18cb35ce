defmodule Workbooks.CLI.Failure do
  @moduledoc false
  # What went wrong, as one line for a person and a code for a program.

  # Of an error that nobody thought of: what it was about may be of any length.
  @most 400

  @derive {Inspect, only: [:code, :message]}
  defstruct [:code, :message]

  @type t :: %__MODULE__{code: String.t(), message: String.t()}
  @type cause :: t | String.t() | Exception.t()

  @doc "A failure of that code."
  @spec new(atom | String.t(), String.t()) :: t
  def new(code, message), do: %__MODULE__{code: to_string(code), message: one_line(message)}

  @doc "Any error of this library, or a sentence, as a failure."
  @spec of(cause) :: t
  def of(%__MODULE__{} = failure), do: failure
  def of(%{kind: :locked, message: message}), do: new(:locked, message <> locked())
  def of(%{kind: kind, message: message}), do: new(kind, message)
  def of(message) when is_binary(message), do: new(:failed, message)
  def of(error) when is_exception(error), do: new(:failed, Exception.message(error))

  # What one can do about the commonest of all: a server is running.
  defp locked, do: "; if that is wb serve, ask it: set WB_URL and WB_KEY"

  @doc "What should not have happened: a setting that is none, or a fault of this program."
  @spec crash(atom, term, Exception.stacktrace()) :: t
  # Settings that cannot be are raised, with all that there is to say.
  def crash(:error, %ArgumentError{message: message}, _stacktrace), do: new(:bad_value, message)

  def crash(kind, reason, stacktrace) do
    where = stacktrace |> Enum.take(1) |> Enum.map_join(&Exception.format_stacktrace_entry/1)
    what = kind |> Exception.format_banner(reason, stacktrace) |> String.slice(0, @most)
    new(:internal, "a fault of wb, please report it: #{what} (#{String.slice(where, 0, @most)})")
  end

  # A line is what scripts and people read of it.
  defp one_line(message), do: message |> String.trim() |> String.replace(~r/\s*\n\s*/u, "; ")
end
