defmodule Workbooks.Vars.Writer do
  @moduledoc false
  # Writes to the store: what is given is looked through, secrets are sealed, and both again where the
  # key was changed meanwhile. No error's message has anything of a value.

  alias Workbooks.{Error, Names}
  alias Workbooks.Storage.Mirror
  alias Workbooks.Vars.Secrets

  # Each time more than this somebody else was quicker, or the key was changed.
  @tries 100

  @doc "Sets all of `pairs` (a map or a list of pairs) or nothing."
  @spec put(map, term, term, boolean, timeout) :: :ok | {:error, Error.t()}
  def put(settings, tenant, pairs, secret, timeout) do
    with :ok <- Names.tenant(tenant), {:ok, pairs} <- pairs(pairs, settings) do
      deadline = deadline(timeout)
      try_put(settings, fn -> rows(settings, tenant, pairs, secret, deadline) end, deadline, @tries)
    end
  end

  @doc "Sets rows, all or none: those that `rows` makes, with the key of the moment."
  @spec put_rows(map, (() -> {:ok, list} | {:error, Error.t()}), timeout) :: :ok | {:error, Error.t()}
  def put_rows(settings, rows, timeout), do: try_put(settings, rows, deadline(timeout), @tries)

  defp try_put(_settings, _rows, _deadline, 0), do: busy()

  defp try_put(settings, rows, deadline, tries) do
    with {:ok, made} <- rows.(),
         :reseal <- Mirror.write(settings.name, {:put, made}, left(deadline)) do
      try_put(settings, rows, deadline, tries - 1)
    end
  end

  @doc "Sets one if it is what is expected, `nil` for absent; `secret` is `nil` for as it is."
  @spec swap(map, term, term, term, term, boolean | nil, timeout) :: :ok | {:error, Error.t()}
  def swap(settings, tenant, key, expected, new, secret, timeout) do
    with :ok <- Names.tenant(tenant),
         {:ok, pairs} <- pairs([{key, new}], settings),
         :ok <- expected(expected) do
      try_swap(settings, tenant, pairs, expected, secret, deadline(timeout), @tries)
    end
  end

  defp try_swap(_settings, _tenant, _pairs, _expected, _secret, _deadline, 0), do: busy()

  defp try_swap(settings, tenant, [{key, _new}] = pairs, expected, secret, deadline, tries) do
    seen = Mirror.lookup(settings.name, {tenant, key})

    with {:ok, true} <- as_expected(seen, settings, tenant, key, expected, deadline),
         {:ok, [{place, row}]} <- rows(settings, tenant, pairs, secret?(secret, seen), deadline),
         :ok <- Mirror.write(settings.name, {:swap, place, seen, row}, left(deadline)) do
      :ok
    else
      {:ok, false} ->
        Error.tuple(:conflict, "#{inspect(key)} is not what it was expected to be: look at it and try again")

      again when again in [:moved, :reseal] ->
        try_swap(settings, tenant, pairs, expected, secret, deadline, tries - 1)

      {:error, error} ->
        {:error, error}
    end
  end

  defp as_expected(:error, _settings, _tenant, _key, expected, _deadline), do: {:ok, expected == nil}
  defp as_expected({:ok, _row}, _settings, _tenant, _key, nil, _deadline), do: {:ok, false}

  defp as_expected({:ok, {:plain, value}}, _settings, _tenant, _key, expected, _deadline), do: {:ok, value == expected}

  defp as_expected({:ok, {:secret, blob}}, settings, tenant, key, expected, deadline) do
    Secrets.same?(settings, tenant, key, blob, expected, left(deadline))
  end

  defp as_expected({:error, error}, _settings, _tenant, _key, _expected, _deadline), do: {:error, error}

  # What is a secret stays one unless it is said to be none.
  defp secret?(nil, seen), do: match?({:ok, {:secret, _blob}}, seen)
  defp secret?(secret, _seen), do: secret

  @doc "Removes one."
  @spec delete(map, term, term, timeout) :: :ok | {:error, Error.t()}
  def delete(settings, tenant, key, timeout) do
    with :ok <- Names.tenant(tenant), :ok <- Names.variable(key) do
      Mirror.write(settings.name, {:delete, {tenant, key}}, timeout)
    end
  end

  # --- what is given -------------------------------------------------------------------------------

  @doc "The pairs as a list, if each could be set and together they are within the limits."
  @spec pairs(term, map) :: {:ok, [{String.t(), binary}]} | {:error, Error.t()}
  def pairs(pairs, settings) when is_map(pairs), do: pairs(Map.to_list(pairs), settings)

  def pairs(pairs, settings) do
    with :ok <- check(pairs, 0, 0, settings), do: {:ok, pairs}
  end

  defp check([{key, value} | pairs], count, bytes, settings) do
    with :ok <- Names.variable(key), :ok <- value(key, value, settings) do
      bytes = bytes + byte_size(value)

      cond do
        count == settings.max_batch -> too_large("a batch", "#{settings.max_batch} variables (max_batch:)")
        bytes > settings.max_batch_bytes -> too_large("a batch", "#{settings.max_batch_bytes} bytes (max_batch_bytes:)")
        true -> check(pairs, count + 1, bytes, settings)
      end
    end
  end

  defp check([], _count, _bytes, _settings), do: :ok

  defp check(_other, _count, _bytes, _settings) do
    Error.tuple(:bad_value, "several variables are given as a map or as a list of {key, value}")
  end

  defp value(key, value, settings) do
    cond do
      not is_binary(value) ->
        Error.tuple(:bad_value, "the value of #{inspect(key)} must be a binary")

      byte_size(value) > settings.max_value_bytes ->
        too_large("the value of #{inspect(key)}", "#{settings.max_value_bytes} bytes (max_value_bytes:)")

      true ->
        :ok
    end
  end

  defp expected(expected) when is_binary(expected) or expected == nil, do: :ok
  defp expected(_other), do: Error.tuple(:bad_value, "what is expected must be a binary, or nil for absent")

  defp too_large(what, most), do: Error.tuple(:too_large, "#{what} is larger than #{most}")

  # --- rows ----------------------------------------------------------------------------------------

  defp rows(_settings, tenant, pairs, false, _deadline) do
    {:ok, for({key, value} <- pairs, do: {{tenant, key}, {:plain, value}})}
  end

  defp rows(_settings, _tenant, [], true, _deadline), do: {:ok, []}

  defp rows(settings, tenant, pairs, true, deadline) do
    with {:ok, blobs} <- Secrets.seal(settings, tenant, pairs, left(deadline)) do
      {:ok, Enum.zip_with(pairs, blobs, fn {key, _value}, blob -> {{tenant, key}, {:secret, blob}} end)}
    end
  end

  defp busy, do: Error.tuple(:overloaded, "somebody else was quicker #{@tries} times: try again later")

  defp deadline(:infinity), do: :infinity
  defp deadline(timeout), do: now() + timeout

  defp left(:infinity), do: :infinity
  defp left(deadline), do: max(deadline - now(), 0)

  defp now, do: System.monotonic_time(:millisecond)
end
