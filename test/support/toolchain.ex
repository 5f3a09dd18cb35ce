defmodule Workbooks.Test.Toolchain do
  @moduledoc false
  # Native compilers for tests: what the machine has, or what the guests are built with.

  @guests "native/guests"

  @doc "Makes Zig known to the application where one is; else the reason to skip a test by."
  def zig do
    wanted = Path.wildcard(Path.join(@guests, ".toolchain/zig-*/ziglang/zig"))

    case {Application.get_env(:workbooks, :zig) || System.find_executable("zig"), wanted} do
      {nil, []} ->
        "no zig: put one on PATH, or build the guests (native/guests/build fetches PyPI's ziglang)"

      {nil, [zig | _]} ->
        Application.put_env(:workbooks, :zig, Path.expand(zig))
        # Its runtime library is compiled once for all test runs.
        Application.put_env(:workbooks, :zig_cache, Path.expand(Path.join(@guests, ".toolchain/zig-blocks")))
        false

      _ ->
        false
    end
  end
end
