defmodule Workbooks.Build.ValuesTest do
  use ExUnit.Case, async: true
  import Workbooks.TestProperty

  doctest Workbooks.Build.Types
  doctest Workbooks.Build.Values

  alias Workbooks.Build.{Types, Values}
  alias Workbooks.TestWitTypes

  # --- drawn -----------------------------------------------------------------------------------

  # As exports/1 shows types.
  defp type(depth), do: depth |> TestWitTypes.type() |> shown()

  defp shown({:fixed, type, size}), do: {:list, shown(type), size}
  defp shown({kind, type}) when kind in [:list, :option], do: {kind, shown(type)}
  defp shown({:tuple, types}), do: {:tuple, Enum.map(types, &shown/1)}
  defp shown({kind, named}) when kind in [:record, :variant], do: {kind, for({n, t} <- named, do: {n, shown(t)})}
  defp shown({:result, ok, error}), do: {:result, shown(ok), shown(error)}
  defp shown({:map, key, type}), do: {:map, key, shown(type)}
  defp shown(other), do: other

  # A JSON-like value of a type.
  defp value(nil), do: nil
  defp value(float) when float in [:f32, :f64], do: (draw(2_000) - 1_000) / 8
  defp value({:list, :u8}), do: bytes(20)
  defp value({:list, type}), do: list_of(fn -> value(type) end, 4)
  defp value({:list, type, size}), do: for(_ <- 1..size, do: value(type))
  defp value({:tuple, types}), do: Enum.map(types, &value/1)
  defp value({:record, fields}), do: Map.new(fields, fn {name, type} -> {name, value(type)} end)
  defp value({:option, type}), do: if(draw(3) == 0, do: nil, else: value(type))
  defp value({:map, :string, type}), do: Map.new(list_of(fn -> {value(:string), value(type)} end, 3))

  defp value({:map, key, type}) do
    pairs = list_of(fn -> [value(key), value(type)] end, 3)
    pairs |> Enum.uniq_by(&hd/1) |> Enum.sort()
  end

  defp value({:result, ok, error}) do
    {side, type} = one_of([{"ok", ok}, {"error", error}])
    %{side => value(type)}
  end

  defp value({:variant, cases}) do
    case one_of(cases) do
      {name, nil} -> name
      {name, type} -> %{name => value(type)}
    end
  end

  defp value(type), do: TestWitTypes.value(type)

  test "a value of a type is the same after the way there and back" do
    check "there and back", runs: runs(300, 20_000) do
      type = note("type", type(int(0..4)))
      value = note("value", value(type))
      assert {:ok, wit} = Values.to_wit(value, type, "x")
      assert Values.from_wit(wit, type) == value
    end
  end

  test "whatever is given for whatever type, there is a value or a problem of kind :type" do
    check "never raised", runs: runs(300, 20_000) do
      type = note("type", type(int(0..3)))
      value = note("value", value(type(int(0..3))))

      case Values.to_wit(value, type, "x") do
        {:ok, wit} -> assert {:ok, ^wit} = type |> then(&Values.from_wit(wit, &1)) |> Values.to_wit(type, "x")
        {:error, problem} -> assert %{kind: :type, message: "x" <> _} = problem
      end
    end
  end

  test "what fits by its type fits by its value" do
    check "widened", runs: runs(300, 20_000) do
      from = note("from", type(int(0..3)))
      to = note("to", wider(from))
      assert Types.fits?(from, to)
      assert {:ok, _} = from |> value() |> Values.to_wit(to, "x")
    end
  end

  @wider %{
    s8: [:s16, :s32, :s64, :f32, :f64],
    u8: [:s16, :u16, :u64, :f32],
    s16: [:s32, :f32],
    u16: [:u32, :s32, :f32],
    s32: [:s64, :f64],
    u32: [:s64, :u64, :f64],
    f32: [:f64]
  }

  # The same type, or one that holds it.
  defp wider(type) when is_map_key(@wider, type), do: one_of([type | @wider[type]])
  defp wider({:list, :u8}), do: {:list, :u8}
  defp wider({:list, type}), do: if(type == :any, do: {:list, type}, else: {:list, not_bytes(type)})
  defp wider({:tuple, types}), do: {:tuple, Enum.map(types, &wider/1)}
  defp wider({:option, type}), do: {:option, wider(type)}
  defp wider({:result, ok, error}), do: {:result, ok && wider(ok), error && wider(error)}
  defp wider({:record, fields}), do: {:record, fields |> Enum.map(fn {n, t} -> {n, wider(t)} end) |> Enum.reverse()}
  defp wider(type), do: one_of([type, {:option, type}, :any])

  defp not_bytes(type), do: with(:u8 <- wider(type), do: type)

  # --- one by one ------------------------------------------------------------------------------

  defp message(value, type) do
    assert {:error, %{kind: :type, message: message}} = Values.to_wit(value, type, "items")
    message
  end

  test "a mistake is named with its place" do
    row = {:record, [{"price", :u8}, {"tags", {:list, :string}}]}
    assert message([%{"price" => 300, "tags" => []}], {:list, row}) == "items[0].price: 300 does not fit u8"

    assert message([%{"price" => 3, "tags" => ["a", 1]}], {:list, row}) ==
             "items[0].tags[1]: expected string, got 1"

    assert message(%{"price" => 1}, row) == "items: the field tags is missing: it is list<string>"

    assert message(%{"price" => 1, "tags" => [], "size" => 2}, row) ==
             "items: there is no field size in record{price: u8, tags: list<string>}"

    assert message(3.5, :s32) == "items: 3.5 is no whole number, which s32 is"
    assert message(-1, :u64) == "items: -1 does not fit u64"
    assert message(nil, :f64) == "items: expected f64, got nothing (null)"
    assert message(1.0e39, :f32) == "items: 1.0e39 does not fit f32"
    assert message(Bitwise.bsl(1, 1100), :f64) == "items: a number beyond 64 bits does not fit f64"
    assert message("ab", :char) == ~s(items: expected char, got the text "ab")
    assert message(<<255>>, :string) == "items: these bytes are no text, which is UTF-8"
    assert message([1], {:tuple, [:u8, :u8]}) == "items: expected tuple<u8, u8>, got a list of 1"
    assert message([1 | 2], {:list, :u16}) == "items: expected list<u16>, got no list"
    assert message(%{"ok" => 1, "error" => 2}, {:result, :u8, :u8}) =~ "expected result<u8, u8>, got an object with"
    assert message("blue", {:enum, ["red", "green"]}) == ~s(items: expected enum{red, green}, got the text "blue")
    assert message(["r", "x"], {:flags, ["r", "w"]}) == ~s(items: expected flags{r, w}, got the text "x")

    assert message(%{"circle" => "x"}, {:variant, [{"circle", :f64}]}) ==
             ~s(items.circle: expected f64, got the text "x")

    assert message("circle", {:variant, [{"circle", :f64}]}) =~ "the case circle has a value"
    assert message(self(), :string) =~ "expected string, got #PID"
  end

  test "what is said of a value is short" do
    type = {:record, for(n <- 1..500, do: {"field#{n}", :string})}
    assert String.length(message(String.duplicate("long ", 100_000), type)) < 200
    assert String.length(message(Map.new(1..9_000, &{"key#{&1}", &1}), type)) < 200
  end

  test "numbers cross as what they are" do
    assert Values.to_wit(3.0, :u8, "x") == {:ok, 3}
    assert Values.to_wit(3, :f64, "x") === {:ok, 3.0}
    assert Values.to_wit([1, 2.0], {:list, :u8}, "x") == {:ok, <<1, 2>>}
    assert Values.to_wit({1, [2.0]}, {:tuple, [:u8, {:list, :u8}]}, "x") == {:ok, {1, <<2>>}}
    assert Values.to_wit(:nan, :f32, "x") == {:ok, :nan}
    assert Values.to_wit(3.4028234663852886e38, :f32, "x") == {:ok, 3.4028234663852886e38}
  end

  test "a record's names are those of its type, WIT has its own" do
    type = {:record, [{"firstName", :string}, {"zip_code", {:option, :string}}]}
    assert {:ok, wit} = Values.to_wit(%{"firstName" => "Ada"}, type, "x")
    assert wit == %{"first-name" => "Ada", "zip-code" => nil}
    assert Values.from_wit(wit, type) == %{"firstName" => "Ada", "zip_code" => nil}
    assert Values.to_wit(%{firstName: "Ada"}, type, "x") == {:ok, wit}
    assert message(%{"firstName" => "Ada", "lastName" => "L"}, type) =~ "there is no field lastName in record{"
    assert message(%{"firstName" => "Ada", 1 => 2}, type) == "items: 1 is no field's name"
  end

  test "arguments are checked by place and number" do
    params = [{"n", :u8}, {"text", :string}]
    assert Values.arguments([1, "a"], params) == {:ok, [1, "a"]}
    assert {:error, %{kind: :type, message: "text: expected string, got 2"}} = Values.arguments([1, 2], params)
    assert {:error, %{message: "the function takes n, text, and is given 1 values"}} = Values.arguments([1], params)
  end
end
