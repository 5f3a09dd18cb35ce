defmodule Workbooks.Storage.BoxTest do
  use ExUnit.Case, async: true

  alias Workbooks.Native

  test "its reader empties it, once" do
    box = Native.box_new("secret", self())
    assert Task.await(Task.async(fn -> Native.box_take(box) end)) == :error
    assert Native.box_take(box) == {:ok, "secret"}
    assert Native.box_take(box) == :error
  end

  test "it may be empty, or large" do
    for secret <- ["", :binary.copy("s", 1_000_000)] do
      assert Native.box_take(Native.box_new(secret, self())) == {:ok, secret}
    end
  end

  test "nothing shows what is in it" do
    box = Native.box_new("secret-canary", self())
    refute inspect(box, limit: :infinity) =~ "canary"
    refute :erlang.term_to_binary(box) =~ "canary"
    refute List.to_string(:io_lib.format("~p ~w", [box, box])) =~ "canary"
    # As one that was dumped and read again is: nobody's.
    assert_raise ArgumentError, fn -> Native.box_take(make_ref()) end
  end

  test "of many that want it one has it" do
    for _ <- 1..50 do
      test = self()
      reader = spawn(fn -> receive(do: (box -> send(test, for(_ <- 1..3, do: Native.box_take(box))))) end)
      box = Native.box_new("secret", reader)
      others = for _ <- 1..8, do: Task.async(fn -> Native.box_take(box) end)
      send(reader, box)
      assert_receive [{:ok, "secret"}, :error, :error], 20_000
      assert Enum.uniq(Task.await_many(others)) == [:error]
    end
  end
end
