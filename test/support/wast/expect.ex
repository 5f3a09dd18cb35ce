defmodule Workbooks.Wast.Expect do
  @moduledoc """
  Whether what came of a command is what the file says: `:ok`, or `{:error, text}` with both.
  """

  alias Workbooks.Wasm.Error
  alias Workbooks.Wast.Value

  # The trap codes that the specification's texts stand for. A null reference is one code, whatever
  # it would have referred to; calling a null function through a table is another than by reference.
  @traps %{
    "unreachable" => [:unreachable],
    "out of bounds memory access" => [:out_of_bounds],
    "out of bounds table access" => [:table_out_of_bounds],
    "undefined element" => [:table_out_of_bounds],
    "uninitialized element" => [:indirect_call_to_null],
    "uninitialized element 2" => [:indirect_call_to_null],
    "indirect call type mismatch" => [:bad_signature],
    "integer overflow" => [:integer_overflow],
    "integer divide by zero" => [:integer_division_by_zero],
    "invalid conversion to integer" => [:bad_conversion_to_integer],
    "call stack exhausted" => [:stack_overflow],
    "out of bounds array access" => [:array_out_of_bounds],
    "cast failure" => [:cast_failure],
    "null reference" => [:null_reference],
    "null function reference" => [:null_reference, :indirect_call_to_null],
    "null array reference" => [:null_reference],
    "null structure reference" => [:null_reference],
    "null i31 reference" => [:null_reference],
    "null exception reference" => [:null_reference]
  }

  @type verdict :: :ok | {:error, String.t()}

  @doc "That it succeeded."
  @spec success(term) :: verdict
  def success({:ok, _}), do: :ok
  def success(other), do: {:error, describe(other)}

  @doc "That a call answered with these values, in their order."
  @spec values(term, [map]) :: verdict
  def values({:ok, value} = outcome, expected) do
    actual = list(value, length(expected))

    if length(actual) == length(expected) and Enum.all?(Enum.zip(expected, actual), &same?/1),
      do: :ok,
      else: {:error, "#{describe(outcome)}, expected #{inspect(expected)}"}
  end

  def values(outcome, expected), do: {:error, "#{describe(outcome)}, expected #{inspect(expected)}"}

  defp same?({expected, actual}), do: Value.matches?(expected, actual)

  # As many as are expected; what does not fit is one value too many.
  defp list(nil, 0), do: []
  defp list(values, count) when count > 1 and tuple_size(values) == count, do: Tuple.to_list(values)
  defp list(value, _), do: [value]

  @doc """
  That it trapped, for the reason that `text` gives: the code that it stands for or, where components
  are concerned, the words themselves.
  """
  @spec trap(term, String.t()) :: verdict
  def trap(outcome, text) do
    case {outcome, @traps[text]} do
      {{:error, %Error{kind: :trap, details: %{code: code}}}, codes} when is_list(codes) ->
        if code in codes, do: :ok, else: unexpected(outcome, text)

      {{:error, %Error{kind: :trap, message: message}}, nil} ->
        if message =~ text or message =~ ended(text), do: :ok, else: unexpected(outcome, text)

      # Nothing enters a component after a trap. The bridge says so by a kind.
      {{:error, %Error{kind: :closed}}, nil} ->
        if text =~ "cannot enter component instance", do: :ok, else: unexpected(outcome, text)

      _ ->
        unexpected(outcome, text)
    end
  end

  # Where the suite says what it was that ended, a stream or a future, wasmtime says it of both alike.
  defp ended(text) do
    cond do
      text =~ "readable end dropped" -> "cannot write after being notified that the readable end dropped"
      text =~ "writable end dropped" -> "cannot read after being notified that the writable end dropped"
      true -> text
    end
  end

  @doc "That an exception left the call."
  @spec exception(term) :: verdict
  def exception({:error, %Error{kind: :trap, details: %{code: :uncaught_exception}}}), do: :ok
  def exception(outcome), do: unexpected(outcome, "an uncaught exception")

  @doc "That it failed with one of the kinds. The words are each implementation's own."
  @spec kind(term, [Error.kind()], String.t()) :: verdict
  def kind({:error, %Error{kind: kind, message: message}} = outcome, kinds, text) do
    if kind in kinds and message != "", do: :ok, else: unexpected(outcome, text)
  end

  def kind(outcome, _kinds, text), do: unexpected(outcome, text)

  defp unexpected(outcome, text), do: {:error, "#{describe(outcome)}, expected: #{text}"}

  defp describe({:ok, value}), do: "answered #{inspect(value)}"

  defp describe({:error, %Error{} = error}) do
    "#{error.kind}#{error.details[:code] && " (#{error.details.code})"}: #{error.message}"
  end

  defp describe({:error, reason}) when is_binary(reason), do: reason
  defp describe(other), do: inspect(other)
end
