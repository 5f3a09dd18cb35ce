defmodule Workbooks.OQL.IdentityTest do
  # The same bytes in give the same bytes out, whichever instance it is and whatever it did before.
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.{OQL, TestWait}
  alias Workbooks.OQL.Short
  alias Workbooks.Wasm.Pool

  @examples Path.expand("../../../examples/*.org", __DIR__) |> Path.wildcard()
  @pieces [
    "* TODO [#A] One :tag:\n",
    "** Two\n:PROPERTIES:\n:in: a\n:out: b\n:END:\n#+begin_src js\nexport const f = (a) => a\n#+end_src\n",
    "- item\n  - [X] below\n",
    "| a | b |\n|---+---|\n| 1 | 2 |\n",
    "*bold /italic/ ~code~*, [[https://example.org][a link]] and a note[fn:1].\n\n",
    "[fn:1] Noted.\n\n",
    "#+begin_quote\nquoted\n",
    "#+end_quote\n",
    "\\alpha -- $x$ <2024-01-01 Mon>\n",
    "\0\u200Fעברית e\u0301\n"
  ]

  defp answers(org), do: {OQL.render!(org), OQL.parse_headlines!(org), OQL.tangle_plan!(org), OQL.lint!(org)}

  defp everywhere(documents) do
    documents
    |> List.duplicate(8)
    |> Enum.concat()
    |> Task.async_stream(&answers/1, max_concurrency: 16, timeout: 60_000)
    |> Enum.map(fn {:ok, answer} -> answer end)
    |> Enum.chunk_every(length(documents))
    |> Enum.uniq()
  end

  test "from every instance, to many callers at a time" do
    documents = Enum.map(@examples, &File.read!/1)
    assert documents != []
    # The last is for another lane.
    assert [_one] = everywhere(documents ++ [Enum.join(List.duplicate(Enum.join(documents, "\n"), 40), "\n")])
  end

  test "from instances that took another's place" do
    documents = Enum.map(@examples, &File.read!/1)
    before = Enum.map(documents, &answers/1)
    terminated = Pool.stats(Short).terminated

    # As many at once as there are, each killed while it has its instance.
    me = self()

    for _ <- 1..3 do
      hold = fn -> Pool.run(Short, fn _ -> send(me, :held) && Process.sleep(:infinity) end, timeout: :infinity) end
      pids = for _ <- 1..Pool.stats(Short).max, do: spawn(hold)
      for _ <- pids, do: assert_receive(:held, 20_000)
      for pid <- pids, do: Process.exit(pid, :kill)
    end

    TestWait.until(fn -> Pool.stats(Short).terminated >= terminated + 3 end)
    assert [^before] = everywhere(documents)
  end

  test "for whatever is written" do
    check "the answers are the same as before" do
      documents = for _ <- 0..draw(3), do: Enum.map_join(0..draw(20), fn _ -> Enum.at(@pieces, draw(10)) end)
      assert [_one] = everywhere(documents)
    end
  end
end
