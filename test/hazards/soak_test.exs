defmodule Workbooks.Hazards.SoakTest do
  @moduledoc """
  Both planes under mixed traffic, while the kernels, the listeners and the processes of requests are killed: nothing that
  was acknowledged is lost, what is read is whole, and nothing is left in the end.
  """
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  import Workbooks.TestProperty, only: [runs: 2]

  @moduletag timeout: :infinity
  # What the allocators of both sides, caches and kept runs may keep, whatever the time.
  @kept_kb 200 * 1024

  @tag :tmp_dir
  test "traffic and kills, for a while", %{tmp_dir: folder} do
    ms = runs(45_000, 600_000)
    soak = in_vm(fn -> Workbooks.TestSoak.run(folder, ms) end, patience: ms + 240_000, unharmed: false)

    assert soak.lost == []
    # Otherwise nothing was tried.
    assert soak.acknowledged > 100
    assert soak.done[:page] > 100
    for kind <- [:request, :kernel], do: assert(soak.kills[kind] > 0)
    assert soak.now.resident - soak.before.resident < @kept_kb
    assert soak.now.ports <= soak.before.ports + 10
  end
end
