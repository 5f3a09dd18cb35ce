defmodule Workbooks.Build.ZigRuntimeTest do
  # Zig's runtime library is compiled when a block first needs it: in a VM that has a cache of its own.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.Build
  alias Workbooks.Build.{Deadline, Source}
  alias Workbooks.Test.Toolchain

  @moduletag skip: Toolchain.zig()
  @moduletag timeout: 600_000
  @moduletag :tmp_dir

  test "a block that needs nothing but mathematics of it", %{tmp_dir: folder} do
    in_vm(
      fn ->
        Toolchain.zig()
        Application.put_env(:workbooks, :zig_cache, folder)
        text = "const std = @import(\"std\");\npub fn most(xs: []const f64) f64 { return std.mem.max(f64, xs); }"
        source = %Source{id: "book/most", language: "zig", text: text, outputs: ["out"]}
        assert {:ok, artifact} = Build.compile(source, deadline: Deadline.in_ms(300_000))
        assert Build.call(artifact, [[1.5, 3.0, 2.0]]) == {:ok, 3.0}
      end,
      patience: 400_000
    )
  end
end
