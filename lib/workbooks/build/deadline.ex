defmodule Workbooks.Build.Deadline do
  @moduledoc false
  # A point in time that several calls share.

  @type t :: integer | :infinity

  @doc "The point `timeout` milliseconds from now."
  @spec in_ms(timeout) :: t
  def in_ms(:infinity), do: :infinity
  def in_ms(timeout), do: System.monotonic_time(:millisecond) + timeout

  @doc "Milliseconds until then, never negative."
  @spec left(t) :: timeout
  def left(:infinity), do: :infinity
  def left(deadline), do: max(0, deadline - System.monotonic_time(:millisecond))
end
