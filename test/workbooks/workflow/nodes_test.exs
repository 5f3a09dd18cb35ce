defmodule Workbooks.Workflow.NodesTest do
  use ExUnit.Case, async: false
  use Workbooks.TestVM

  alias Workbooks.TestWorkbook

  # Twelve independent components, each of which takes a while, and one that adds them up.
  defp workbook(rounds) do
    parts =
      for n <- 1..12 do
        source =
          "export const f = (x) => { let s = x + #{n}; for (let i = 0; i < #{rounds}; i++) s = (s * 31 + i) % 65521; console.log('#{n}'); return s }"

        {"Part #{n}", [in: "x", out: "n#{n}"], "js", source}
      end

    sum =
      {"Sum", [in: Enum.map_join(1..12, " ", &"n#{&1}"), out: "sum"], "js",
       "export const f = (...all) => all.reduce((a, b) => a + b)"}

    TestWorkbook.book(parts ++ [sum])
  end

  # A virtual machine with a name, and as many others that it is connected to.
  defp cluster(count) do
    name = "workbooks#{System.pid()}"
    {_, 0} = System.cmd("epmd", ["-daemon"])
    {:ok, _} = Node.start(:"#{name}@127.0.0.1", :longnames)
    paths = Enum.flat_map(:code.get_path(), &[~c"-pa", &1])

    for n <- 1..count do
      arguments = %{name: ~c"#{name}_#{n}", host: ~c"127.0.0.1", longnames: true, args: paths, connection: :standard_io}
      {:ok, peer, node} = :peer.start_link(arguments)
      {:ok, _} = :erpc.call(node, Application, :ensure_all_started, [:workbooks], 60_000)
      {peer, node}
    end
  end

  defp places(nodes),
    do: for(node <- nodes, into: %{}, do: {node, :erpc.call(node, :ets, :info, [Workbooks.Build.Cache, :size])})

  test "steps run on all connected nodes, with the same answer, and their logs come home" do
    in_vm(
      fn ->
        peers = for {_peer, node} <- cluster(2), do: node
        {:ok, alone} = Workbooks.run(workbook(1_000), inputs: %{"x" => 1}, cache: false)
        {:ok, run} = Workbooks.run(workbook(1_000), inputs: %{"x" => 1}, cache: false, nodes: :all, concurrency: 1)

        assert run.exports == alone.exports

        assert Enum.map(run.steps, &{&1.component, &1.status, &1.log}) ==
                 Enum.map(alone.steps, &{&1.component, &1.status, &1.log})

        # What a node has run it has in its cache.
        for {_node, artifacts} <- places(peers), do: assert(artifacts > 0)
      end,
      unharmed: false
    )
  end

  @tag :tmp_dir
  test "what a block names travels, not its path", %{tmp_dir: folder} do
    seven =
      <<0, "asm", 1::32-little, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 7, 5, 1, 1, ?a, 0, 0, 10, 6, 1, 4, 0, 0x41, 7,
        0x0B>>

    File.write!(Path.join(folder, "seven.wasm"), seven)

    in_vm(
      fn ->
        [{_peer, node}] = cluster(1)
        # It is another folder there.
        :ok = :erpc.call(node, File, :cd, ["/"])
        org = TestWorkbook.book([{"Seven", [out: "n"], "wasm", "seven.wasm"}])
        assert {:ok, run} = Workbooks.run(org, folder: folder, cache: false, nodes: [node])
        assert run.exports == %{"n" => 7}
        assert %{^node => artifacts} = places([node])
        assert artifacts > 0
      end,
      unharmed: false
    )
  end

  test "fuel is counted there as here" do
    in_vm(
      fn ->
        [{_peer, node}] = cluster(1)

        steps = fn options ->
          elem(Workbooks.run(workbook(1_000), [inputs: %{"x" => 1}, cache: false] ++ options), 1).steps
        end

        alone = for step <- steps.(fuel: 50_000_000), do: step.fuel
        assert Enum.all?(alone, &(&1 > 0))
        assert Enum.map(steps.(fuel: 50_000_000, nodes: [node]), & &1.fuel) == alone
        assert %{status: :failed, error: %{kind: :fuel}} = hd(steps.(fuel: 1_000, nodes: [node]))
      end,
      unharmed: false
    )
  end

  test "steps of a node that is lost are run on another" do
    in_vm(
      fn ->
        [{_peer, lost}, {_other, stays}] = cluster(2)
        options = [inputs: %{"x" => 1}, cache: false, nodes: [lost, stays], concurrency: 2, subscriber: self()]
        {:ok, handle} = Workbooks.start_run(workbook(2_000_000), options)
        # One step is over: others are under way on both.
        receive do: ({:workbooks_run, _, {:step, _, _}} -> :ok)
        :erpc.cast(lost, :erlang, :halt, [0, [flush: false]])
        assert {:ok, run} = Workbooks.await(handle, 120_000)
        assert Enum.all?(run.steps, &(&1.status == :ok))
        refute lost in Node.list()
      end,
      unharmed: false
    )
  end

  test "a step that is cancelled ends on the node where it runs" do
    in_vm(
      fn ->
        [{_peer, node}] = cluster(1)
        book = TestWorkbook.book([TestWorkbook.spin("Spin", out: "x")])
        stores = fn -> :erpc.call(node, Workbooks.Wasm, :stats, []).stores end
        idle = stores.()
        {:ok, handle} = Workbooks.start_run(book, nodes: [node], cache: false)
        until(fn -> stores.() > idle end)
        :ok = Workbooks.cancel(handle)
        assert {:error, %{status: :cancelled}} = Workbooks.await(handle)
        until(fn -> stores.() == idle end)
      end,
      unharmed: false
    )
  end

  test "nodes that are none are the caller's mistake" do
    assert_raise ArgumentError, ~r/option :nodes of Workbooks.run\/2 takes a list of nodes, or :all/, fn ->
      Workbooks.run("* Nothing", nodes: "here")
    end
  end
end
