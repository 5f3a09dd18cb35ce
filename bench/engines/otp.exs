# dets and mnesia, asked as the Rust program beside this asks the others, with the same answers:
#
#     elixir bench/engines/otp.exs fill|load|rates|write|crash|check dets|mnesia FOLDER [NUMBER]

defmodule Engines.Records do
  @moduledoc false
  # The value follows from the key, so what was never written can be told.

  def key(i), do: <<rem(i, 1_000)::64, i::64>>

  def value(i) do
    words = for n <- 0..6, into: <<>>, do: :erlang.md5(<<i::64, n>>)
    binary_part(words, 0, 100)
  end

  def record(i), do: {key(i), value(i)}

  def verify(store, state) do
    seen =
      store.fold(state, MapSet.new(), fn
        {<<_::64, i::64>> = key, value}, seen ->
          if {key, value} != record(i) or i in seen, do: throw({:wrong, i})
          MapSet.put(seen, i)

        other, _seen ->
          throw({:wrong, other})
      end)

    count = MapSet.size(seen)
    {count, Enum.all?(0..(count - 1)//1, &(&1 in seen))}
  end
end

defmodule Engines.Dets do
  @moduledoc false

  def open(folder) do
    case :dets.open_file(:records, file: ~c"#{folder}/dets") do
      {:ok, table} -> table
      {:error, reason} -> throw({:refused, reason})
    end
  end

  # Nothing here makes several one: after a crash some of them may be there.
  def write(table, records) do
    with :ok <- :dets.insert(table, records), :ok <- :dets.sync(table) do
      :ok
    else
      {:error, reason} -> throw({:refused, reason})
    end
  end

  def fold(table, initial, function) do
    case :dets.foldl(function, initial, table) do
      {:error, reason} -> throw({:refused, reason})
      folded -> folded
    end
  end

  def close(table) do
    with {:error, reason} <- :dets.close(table), do: throw({:refused, reason})
  end
end

defmodule Engines.Mnesia do
  @moduledoc false

  @patience 60_000

  def open(folder) do
    :logger.set_primary_config(:level, :none)
    Application.put_env(:mnesia, :dir, ~c"#{folder}/mnesia")
    # What it writes where it gives up.
    Application.put_env(:mnesia, :core_dir, ~c"#{folder}")
    new = not File.exists?("#{folder}/mnesia/schema.DAT")
    if new, do: :ok = :mnesia.create_schema([node()])
    with {:error, reason} <- :mnesia.start(), do: throw({:refused, reason})
    if new, do: {:atomic, :ok} = :mnesia.create_table(:records, disc_copies: [node()], attributes: [:key, :value])

    case :mnesia.wait_for_tables([:records], @patience) do
      :ok -> :ok
      other -> throw({:refused, other})
    end
  end

  def write(:ok, records) do
    written = :mnesia.transaction(fn -> for {key, value} <- records, do: :mnesia.write({:records, key, value}) end)

    with {:atomic, _} <- written, :ok <- :mnesia.sync_log() do
      :ok
    else
      other -> throw({:refused, other})
    end
  end

  # As what stands above it would read it: its own table in memory.
  def fold(:ok, initial, function) do
    :ets.foldl(fn {:records, key, value}, folded -> function.({key, value}, folded) end, initial, :records)
  end

  def close(:ok), do: :mnesia.stop()
end

defmodule Engines do
  @moduledoc false

  alias Engines.Records

  @fill_batch 10_000

  def main([command, engine, folder | number]) do
    File.mkdir_p!(folder)
    store = %{"dets" => Engines.Dets, "mnesia" => Engines.Mnesia}[engine]

    try do
      number = Enum.map(number, &String.to_integer/1)
      IO.puts(run(command, store, folder, number))
    catch
      {:wrong, what} -> halt(4, "wrong: #{inspect(what)}")
      {:refused, reason} -> halt(3, inspect(reason))
    end
  end

  defp halt(status, words) do
    IO.puts(words)
    System.halt(status)
  end

  defp run("fill", store, folder, [count]) do
    state = store.open(folder)

    0..(count - 1)
    |> Stream.chunk_every(min(@fill_batch, div(count, 4)))
    |> Enum.each(fn numbers -> store.write(state, Enum.map(numbers, &Records.record/1)) end)

    store.close(state)
    "records=#{count}"
  end

  defp run("load", store, folder, []) do
    {opened, state} = :timer.tc(fn -> store.open(folder) end)

    {took, {records, bytes}} =
      :timer.tc(fn ->
        store.fold(state, {0, 0}, fn {key, value}, {records, bytes} ->
          {records + 1, bytes + byte_size(key) + byte_size(value)}
        end)
      end)

    "records=#{records} bytes=#{bytes} open_us=#{opened} us=#{opened + took} rss_kb=#{peak_memory_kb()}"
  end

  defp run("rates", store, folder, [seconds]) do
    state = store.open(folder)
    {next, _} = Records.verify(store, state)
    {single, next} = rate(store, state, next, 1, seconds)
    {batch, _next} = rate(store, state, next, 100, seconds)
    "single=#{single} batch=#{batch}"
  end

  defp run("write", store, folder, []) do
    state = store.open(folder)
    {next, _} = Records.verify(store, state)

    for i <- Stream.iterate(next, &(&1 + 1)) do
      store.write(state, [Records.record(i)])
      IO.puts(i)
    end
  end

  defp run("crash", store, folder, []) do
    state = store.open(folder)
    store.write(state, [Records.record(0xFFFFFFFF)])
    System.cmd("kill", ["-9", System.pid()])
  end

  defp run("check", store, folder, []) do
    state = store.open(folder)
    {before, whole} = Records.verify(store, state)
    store.write(state, [Records.record(before)])
    store.close(state)

    {later, _} = Records.verify(store, store.open(folder))
    if later < before, do: throw({:wrong, "#{before} records, after a write #{later}"})
    "records=#{before} whole=#{whole}"
  end

  defp rate(store, state, next, batch, seconds) do
    begun = now()
    last = write_until(store, state, next, batch, begun + seconds * 1_000_000)
    {div((last - next) * 1_000_000, now() - begun), last}
  end

  defp write_until(store, state, next, batch, deadline) do
    if now() >= deadline do
      next
    else
      store.write(state, Enum.map(next..(next + batch - 1), &Records.record/1))
      write_until(store, state, next + batch, batch, deadline)
    end
  end

  defp now, do: System.monotonic_time(:microsecond)

  # Where the system does not say: 0.
  defp peak_memory_kb do
    with {:ok, text} <- File.read("/proc/self/status"), [_, kb] <- Regex.run(~r/VmHWM:\s*(\d+)/, text) do
      kb
    else
      _ -> 0
    end
  end
end

Engines.main(System.argv())
