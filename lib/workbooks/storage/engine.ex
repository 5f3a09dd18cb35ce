defmodule Workbooks.Storage.Engine do
  @moduledoc false
  # What both of this library's stores have in common: the native library takes a request, does it on
  # threads of its own, and answers by a message. An open store ends with the process that opened it.

  alias Workbooks.{Error, Native}

  @enforce_keys [:ref, :backend]
  @derive {Inspect, only: [:backend]}
  defstruct [:ref, :backend]

  @type t :: %__MODULE__{ref: reference, backend: :embedded | :postgres}

  # Opening takes what checking every record takes: there is no use in giving up.
  def open(options) do
    with {:ok, ref} <- ask(:infinity, &Native.store_open(&1, options)) do
      {:ok, %__MODULE__{ref: ref, backend: elem(options, 0)}}
    end
  end

  def get(%__MODULE__{ref: ref}, table, key, timeout) do
    case ask(timeout, &Native.store_get(&1, ref, table, key)) do
      {:ok, nil} -> :error
      answer -> answer
    end
  end

  def transaction(%__MODULE__{ref: ref}, operations, timeout) do
    done(ask(timeout, &Native.store_commit(&1, ref, operations)))
  end

  def page(%__MODULE__{ref: ref}, table, after_key, bytes, timeout) do
    with {:ok, {rows, next}} <- ask(timeout, &Native.store_page(&1, ref, table, after_key, bytes)),
         do: {:ok, rows, next}
  end

  def backup(%__MODULE__{ref: ref}, path, timeout) do
    with :ok <- path(path), do: done(ask(timeout, &Native.store_backup(&1, ref, path), :begun))
  end

  def restore(path, options, replace, timeout) do
    with :ok <- path(path), do: done(ask(timeout, &Native.store_restore(&1, path, options, replace), :begun))
  end

  def info(%__MODULE__{ref: ref}, timeout), do: ask(timeout, &Native.store_info(&1, ref))

  def close(%__MODULE__{ref: ref}) do
    # One that is closed already is closed.
    _ = ask(:infinity, &Native.store_close(&1, ref))
    :ok
  end

  @doc false
  # A path that the native library can take.
  def path(path) do
    if String.valid?(path),
      do: :ok,
      else: Error.tuple(:bad_value, "a path of the storage is UTF-8, got: #{inspect(path)}")
  end

  defp done({:ok, :ok}), do: :ok
  defp done(error), do: error

  # `waiting` is how far a request is that does not say so itself: what reads can be called off.
  defp ask(timeout, submit, waiting \\ :never) do
    reference = make_ref()

    case submit.(reference) do
      {:ok, request} -> await(reference, request, timeout, waiting)
      {:error, error} -> {:error, Error.from_native(error)}
    end
  end

  defp await(reference, request, timeout, waiting) do
    receive do
      {^reference, {:ok, value}} -> {:ok, value}
      {^reference, {:error, error}} -> {:error, Error.from_native(error)}
    after
      timeout -> given_up(reference, request, timeout, waiting)
    end
  end

  # Called off, a request has no message any more that somebody would have to take out of the mailbox.
  defp given_up(reference, request, timeout, waiting) do
    case Native.store_cancel(request) do
      :answered -> await(reference, request, :infinity, waiting)
      :never when waiting == :never -> Error.tuple(:timeout, "the storage did not answer within #{timeout} ms")
      _goes_on -> Error.tuple(:timeout, unknown(timeout), %{unknown: true})
    end
  end

  defp unknown(timeout) do
    "the storage was not done within #{timeout} ms; whether it will be written is not known"
  end
end
