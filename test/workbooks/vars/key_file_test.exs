defmodule Workbooks.Vars.KeyFileTest do
  use ExUnit.Case, async: true

  import Bitwise

  alias Workbooks.{TestProperty, TestVars}
  alias Workbooks.Vars.KeyFile

  # Rotates for ever: `[n + 1, n]`, then `[n + 1]`, and says so once that is done.
  @rotating ~S"""
  path = System.fetch_env!("KEY_FILE")
  key = fn n -> :crypto.hash(:sha256, <<n::64>>) end
  IO.puts("pid #{System.pid()}")
  first = String.to_integer(System.fetch_env!("FIRST"))
  :ok = if first == 0, do: Workbooks.Vars.KeyFile.create(path, [key.(0)]), else: :ok

  Enum.each(Stream.iterate(first, &(&1 + 1)), fn n ->
    :ok = Workbooks.Vars.KeyFile.replace(path, [key.(n + 1), key.(n)])
    :ok = Workbooks.Vars.KeyFile.replace(path, [key.(n + 1)])
    IO.puts("at #{n + 1}")
  end)
  """

  defp key(n), do: :crypto.hash(:sha256, <<n::64>>)

  @tag timeout: 600_000
  test "whenever it is cut off, the file has the keys of before or of after, whole, for its owner alone" do
    folder = TestVars.folder()
    path = KeyFile.path(folder)

    Enum.reduce(1..TestProperty.runs(3, 40), 0, fn _round, first ->
      told = killed(path, first)
      assert {:ok, keys} = KeyFile.read(path)
      assert (File.stat!(path).mode &&& 0o777) == 0o600
      # What was told is in it; it may be further than could be told.
      at = Enum.find(told..(told + 5), &(keys in [[key(&1)], [key(&1 + 1), key(&1)]]))
      assert at, "neither of before nor of after"
      if length(keys) == 2, do: at + 1, else: at
    end)

    # What is left of the last one is in nobody's way.
    assert KeyFile.replace(path, [key(0)]) == :ok
    assert File.ls!(folder) == ["secret.key"]
  end

  defp killed(path, first) do
    port =
      Port.open({:spawn_executable, System.find_executable("elixir")}, [
        :binary,
        :exit_status,
        line: 1_000,
        args: Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)]) ++ ["-e", @rotating],
        env: [{~c"KEY_FILE", to_charlist(path)}, {~c"FIRST", to_charlist(first)}]
      ])

    "pid " <> pid = line(port)
    rounds = :rand.uniform(30)
    for _ <- 1..rounds, do: "at " <> _ = line(port)
    Process.sleep(:rand.uniform(5))
    {_, 0} = System.cmd("kill", ["-9", pid])
    last(port, first + rounds)
  end

  # What it still said, and its end.
  defp last(port, told) do
    receive do
      {^port, {:data, {:eol, "at " <> n}}} -> last(port, String.to_integer(n))
      {^port, {:exit_status, _status}} -> told
    end
  end

  defp line(port) do
    receive do
      {^port, {:data, {:eol, line}}} -> line
      {^port, {:exit_status, status}} -> flunk("it ended with #{status}")
    end
  end
end
