defmodule Workbooks.TestRunner do
  @moduledoc false
  # A virtual machine that runs workbooks until it is killed.
  #
  #     Workbooks.TestRunner.killed!(folder, 100)
  #
  # begins one, kills it so many milliseconds after it began to run, as `kill -9` does, and
  # answers its exit status. What it runs is `workbook/0`, again and again, with its step log
  # and its results in `folder`.

  import Workbooks.TestWorkbook, only: [book: 1]

  # One that nobody killed must not run on.
  @patience 120_000

  @doc "A chain of forty components, which adds 40 to `x`."
  def workbook do
    book(
      for n <- 1..40 do
        input = if n == 1, do: "x", else: "n#{n - 1}"
        source = "export const f = (n) => { console.log('#{String.duplicate("x", 200)}'); return n + 1 }"
        {"N#{n}", [in: input, out: "n#{n}"], "js", source}
      end
    )
  end

  def killed!(folder, milliseconds) do
    code = "'Elixir.#{inspect(__MODULE__)}':main(<<\"#{folder}\"/utf8>>)."
    paths = Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)])

    port =
      Port.open({:spawn_executable, System.find_executable("erl")}, [
        :binary,
        :exit_status,
        args: paths ++ ["-noinput", "-noshell", "-eval", code]
      ])

    {:os_pid, system_pid} = Port.info(port, :os_pid)
    wait_for(port, "running")
    Process.sleep(milliseconds)
    {_, 0} = System.cmd("kill", ["-9", to_string(system_pid)])
    receive do: ({^port, {:exit_status, status}} -> status)
  end

  defp wait_for(port, word) do
    receive do
      {^port, {:data, data}} -> if data =~ word, do: :ok, else: wait_for(port, word)
      {^port, {:exit_status, status}} -> raise "the virtual machine ended with status #{status}"
    after
      @patience -> raise "the virtual machine did not begin to run"
    end
  end

  @doc false
  def main(folder) do
    spawn(fn ->
      Process.sleep(2 * @patience)
      System.halt(1)
    end)

    {:ok, _} = Application.ensure_all_started(:workbooks)
    run(folder, 0)
    IO.puts("running")
    forever(folder, :rand.uniform(1_000_000))
  end

  defp forever(folder, x) do
    run(folder, x)
    forever(folder, x + 1)
  end

  defp run(folder, x), do: Workbooks.run!(workbook(), inputs: %{"x" => x}, cache_dir: folder, workdir: folder)
end
