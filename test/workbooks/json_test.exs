defmodule Workbooks.JSONTest do
  use ExUnit.Case, async: true
  doctest Workbooks.JSON

  alias Workbooks.JSON

  test "what is decoded encodes to itself, small and large" do
    large = for n <- 1..20_000, do: %{"n" => n, "text" => "line #{n}", "half" => n / 2, "list" => [nil, true, []]}

    for term <- [nil, true, "", "𝄞\n\"\\", 0, -1, 1.5, [], %{}, %{"a" => %{"b" => [1]}}, large] do
      assert term |> JSON.encode!() |> JSON.decode!() == term
    end
  end

  test "integers of 64 bits stay whole" do
    for n <- [9_223_372_036_854_775_807, -9_223_372_036_854_775_808, 18_446_744_073_709_551_615] do
      assert JSON.decode!(JSON.encode!(n)) == n
    end

    assert {:error, _} = JSON.encode(18_446_744_073_709_551_616)
  end

  test "a key given twice counts once, the last time" do
    assert JSON.decode!(~s({"a":1,"b":2,"a":3})) == %{"a" => 3, "b" => 2}
  end

  test "what has no JSON form is an error" do
    for term <- [self(), {1}, <<1::3>>, <<255>>, [1 | 2], %{{1} => 2}, fn -> 1 end] do
      assert {:error, message} = JSON.encode(term)
      assert is_binary(message)
    end
  end

  test "what is no JSON is an error with its place" do
    for text <- ["", "{", "[1,]", "nul", "\"\xff\"", "1 2"] do
      assert {:error, message} = JSON.decode(text)
      assert message =~ "line 1 column"
    end
  end

  test "hostile nesting is refused both ways" do
    deep = String.duplicate("[", 100_000)
    assert {:error, _} = JSON.decode(deep)
    term = Enum.reduce(1..100_000, [], fn _, inner -> [inner] end)
    assert {:error, message} = JSON.encode(term)
    assert message =~ "nested deeper"
  end
end
