defmodule Workbooks.Build.Clang.Scratch do
  @moduledoc false
  # A temporary folder that goes with the process that wanted it, however that ends.

  alias Workbooks.Build.Problem

  @doc "Calls `function` with a new, empty folder, which is removed when it is done or its process killed."
  @spec with_folder((Path.t() -> result)) :: result | {:error, Problem.t()} when result: term
  def with_folder(function) do
    folder =
      Path.join(System.tmp_dir!(), "workbooks-clang-#{System.pid()}-#{Base.encode16(:crypto.strong_rand_bytes(8))}")

    keeper = keeper(self(), folder)

    try do
      case make(folder) do
        :ok -> function.(folder)
        {:error, reason} -> {:error, Problem.new(:io, "#{folder}: #{:file.format_error(reason)}")}
      end
    after
      send(keeper, :done)
      File.rm_rf(folder)
    end
  end

  # Made here: mkdir_p would take one that somebody else made before.
  defp make(folder) do
    with :ok <- File.mkdir(folder), do: File.chmod(folder, 0o700)
  end

  # A process that is killed clears up nothing itself.
  defp keeper(owner, folder) do
    spawn(fn ->
      monitor = Process.monitor(owner)

      receive do
        :done -> :ok
        {:DOWN, ^monitor, :process, _, _} -> File.rm_rf(folder)
      end
    end)
  end
end
