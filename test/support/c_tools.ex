defmodule Workbooks.CTools do
  @moduledoc """
  What the tests of C stand on: clang in the sandbox, and the machine's own gcc and csmith.
  """

  alias Workbooks.Build.Clang.{Package, Program}

  @doc """
  A tag for tests that need these: nothing where all are here, else a reason to skip them, which is
  printed too.
  """
  @spec tag([:clang | :gcc | :csmith], String.t()) :: keyword
  def tag(needs, who) do
    case Enum.flat_map(needs, &missing/1) do
      [] ->
        [clang: true]

      missing ->
        reason = Enum.join(missing, "; ")
        IO.puts("skipped: #{who}: #{reason}")
        [skip: reason]
    end
  end

  defp missing(:clang) do
    with {:ok, package} <- Package.find(), false <- Program.state(package) in [:ready, :kept] do
      ["clang is no native code yet: mix workbooks.install clang"]
    else
      {:error, how} -> [how]
      _ready -> []
    end
  end

  defp missing(tool), do: if(System.find_executable("#{tool}"), do: [], else: ["no #{tool} on PATH"])
end
