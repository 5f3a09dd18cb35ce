defmodule Workbooks.TestCrashWriter do
  @moduledoc """
  Writers that are to be killed, in a virtual machine of its own, and the model they are held to.

  What a writer does in its n-th step follows from its number and n alone, so all that has to be known
  of one that was killed is how many of its steps were acknowledged: the state is what these came to,
  or these and one more.
  """

  alias Workbooks.Vars.Store

  @keys 12
  @most_bytes 3_000

  @type state :: %{String.t() => {:plain | :secret, binary}}

  @doc "What a writer's variables are after so many more steps."
  def after_steps(state, writer, steps), do: Enum.reduce(steps, state, &apply_step(step(writer, &1), &2))

  defp apply_step({:set, variables, kind}, state) do
    Enum.reduce(variables, state, fn {key, value}, state -> Map.put(state, key, {kind, value}) end)
  end

  defp apply_step({:delete, key}, state), do: Map.delete(state, key)

  @doc "The n-th step of a writer."
  def step(writer, n) do
    case :erlang.phash2({writer, n}, 100) do
      n100 when n100 < 45 -> {:set, [variable(writer, n, 0)], :plain}
      n100 when n100 < 60 -> {:set, [variable(writer, n, 0)], :secret}
      n100 when n100 < 80 -> {:delete, key(writer, n, 0)}
      n100 when n100 < 95 -> {:set, batch(writer, n), :plain}
      _ -> {:set, batch(writer, n), :secret}
    end
  end

  defp batch(writer, n), do: Enum.uniq_by(for(i <- 0..3, do: variable(writer, n, i)), &elem(&1, 0))
  defp variable(writer, n, i), do: {key(writer, n, i), value({writer, n, i})}
  defp key(writer, n, i), do: "k#{:erlang.phash2({writer, n, i, :key}, @keys)}"

  # What is cut or mixed with another is no other value.
  defp value(seed) do
    digest = :crypto.hash(:sha256, :erlang.term_to_binary(seed))
    bytes = :erlang.phash2({seed, :bytes}, @most_bytes)
    binary_part(String.duplicate(digest, div(bytes, 32) + 1), 0, bytes)
  end

  @doc """
  What the other virtual machine runs. It tells on standard output, a line each, without a buffer:

  - `state WRITER KEY KIND SHA-256` for each variable that is there, then `ready`
  - `done WRITER N` for each step that was acknowledged
  - `failed …` for what was not
  """
  def main(first_steps) do
    tell = teller()

    with {:ok, _} <- Application.ensure_all_started(:workbooks), :ok <- Workbooks.Storage.Mirror.ready(Store) do
      writers = first_steps |> Enum.map(&String.to_integer/1) |> Enum.with_index()
      for {_first, writer} <- writers, do: tell_state(writer, tell)
      tell.("ready")
      for {first, writer} <- writers, do: spawn_link(fn -> write(writer, first, teller()) end)
      Process.sleep(:infinity)
    else
      wrong -> tell.("failed #{inspect(wrong)}")
    end
  end

  # What the virtual machine buffers would be lost with it. Such a file is one process's alone.
  defp teller do
    {:ok, out} = :file.open("/dev/stdout", [:raw, :write, :append])
    &(:ok = :file.write(out, [&1, ?\n]))
  end

  defp tell_state(writer, tell) do
    for {key, kind} <- Store.list(tenant(writer)) do
      {:ok, value} =
        if kind == :secret, do: Store.host_secret(tenant(writer), key), else: Store.get(tenant(writer), key)

      tell.("state #{writer} #{key} #{kind} #{digest(value)}")
    end
  end

  defp write(writer, n, tell) do
    case run(step(writer, n), tenant(writer)) do
      :ok -> tell.("done #{writer} #{n}")
      wrong -> tell.("failed #{inspect(wrong)}")
    end

    write(writer, n + 1, tell)
  end

  defp run({:set, [{key, value}], kind}, tenant), do: Store.set(tenant, key, value, secret: kind == :secret)
  defp run({:set, variables, kind}, tenant), do: Store.set_all(tenant, Map.new(variables), secret: kind == :secret)
  defp run({:delete, key}, tenant), do: Store.delete(tenant, key)

  @doc "The tenant that a writer writes for."
  def tenant(writer), do: "tenant#{writer}"

  @doc "A value as the lines have it."
  def digest(value), do: Base.encode16(:crypto.hash(:sha256, value))
end
