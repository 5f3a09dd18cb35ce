defmodule Workbooks.Properties.CoreTest do
  # Values of core modules, through every place that holds one.
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.{TestBits, Wasm}
  alias Workbooks.Wasm.{Error, Global, Table}

  @moduletag timeout: :infinity

  @types ~w(i32 i64 f32 f64 v128 externref anyref)

  # Of each type a function that gives back what it gets, one that asks the host, one of
  # all types at once, a global and, of references, a table.
  defp module do
    all = Enum.join(@types, " ")
    gets = for i <- 0..(length(@types) - 1), do: "(local.get #{i})"

    Wasm.compile!("""
    (module
      #{for type <- @types, do: ~s|(import "ask" "#{type}" (func $#{type} (param #{type}) (result #{type})))\n  |}
      (import "ask" "all" (func $all (param #{all}) (result #{all})))
      #{for type <- @types do
      """
      (func (export "echo #{type}") (param #{type}) (result #{type}) (local.get 0))
        (func (export "through #{type}") (param #{type}) (result #{type}) (call $#{type} (local.get 0)))
        (global (export "#{type}") (mut #{type}) #{zero(type)})
      """
    end}
      (table (export "table externref") 3 100 externref)
      (table (export "table anyref") 3 100 anyref)
      (func (export "echo all") (param #{all}) (result #{all}) #{gets})
      (func (export "through all") (param #{all}) (result #{all}) (call $all #{gets})))
    """)
  end

  defp zero("v128"), do: "(v128.const i64x2 0 0)"
  defp zero("externref"), do: "(ref.null extern)"
  defp zero("anyref"), do: "(ref.null any)"
  defp zero(number), do: "(#{number}.const 0)"

  # A pair: what is given, and what comes back.
  defp value("i32"), do: integer(32)
  defp value("i64"), do: integer(64)
  defp value("f32"), do: float(32, 23)
  defp value("f64"), do: float(64, 52)
  defp value("v128"), do: same(<<draw(2 ** 64)::64, draw(2 ** 64)::64>>)
  defp value(_reference), do: same(term(3))

  defp same(value), do: {value, value}

  defp integer(size) do
    bits =
      any_of([
        fn -> draw(100) end,
        fn -> 2 ** size - 1 - draw(3) end,
        fn -> 2 ** (size - 1) - draw(2) end,
        fn -> draw(2 ** size) end
      ])

    signed = TestBits.signed(bits, size)
    {one_of([bits, signed]), signed}
  end

  # {:nan, bits} for whatever is no number, so that every bit is compared.
  defp float(size, mantissa) do
    bits =
      any_of([
        fn -> 0 end,
        fn -> draw(4) * 2 ** mantissa + draw(3) + draw(2) * 2 ** (size - 1) end,
        fn -> (2 ** (size - 1 - mantissa) - 1) * 2 ** mantissa + draw(2 ** mantissa) + draw(2) * 2 ** (size - 1) end,
        fn -> draw(2 ** size) end
      ])

    cond do
      float = TestBits.float(bits, size) -> same(float)
      rem(bits, 2 ** mantissa) != 0 -> same({:nan, bits})
      bits < 2 ** (size - 1) -> same(:infinity)
      true -> same(:neg_infinity)
    end
  end

  # Whatever there is.
  defp term(depth) do
    leaves = [
      fn -> one_of([nil, true, :atom, [], {}, %{}, "", 1.5, -0.0]) end,
      fn -> draw(2 ** 70) - 2 ** 69 end,
      fn -> one_of([self(), make_ref(), &is_nil/1, fn -> depth end, 2 ** 5000, <<5::size(3)>>, :nan, {:nan, 1}]) end,
      fn -> bytes(200) end,
      fn -> :binary.copy(<<draw(256)>>, draw(300_000)) end,
      fn -> Enum.reduce(1..(1 + draw(20_000)), [], fn _, deep -> [deep] end) end,
      fn -> :binary.part(:binary.copy("shared", 1000), draw(100), 500) end
    ]

    nested = [
      fn -> list_of(fn -> term(depth - 1) end, 4) end,
      fn -> fn -> term(depth - 1) end |> list_of(4) |> List.to_tuple() end,
      fn -> Map.new(list_of(fn -> {term(depth - 1), term(depth - 1)} end, 4)) end,
      fn -> [term(depth - 1) | term(0)] end,
      fn -> %Error{kind: :io, message: term(depth - 1)} end
    ]

    any_of(if depth > 0, do: leaves ++ nested, else: leaves)
  end

  # Equal to the bit: -0.0 is not 0.0.
  defp same!(one, other), do: assert(:erlang.term_to_binary(one) == :erlang.term_to_binary(other))

  test "a value that is given comes back, wherever it was" do
    module = module()
    test = self()

    ask = fn value ->
      send(test, {:asked, value})
      value
    end

    all = fn a, b, c, d, e, f, g -> {a, b, c, d, e, f, g} end
    imports = %{"ask" => Map.new(@types, &{&1, ask}) |> Map.put("all", all)}

    check "core values", runs: runs(40, 3_000) do
      instance = Wasm.instantiate!(module, imports: imports)

      pairs =
        for type <- @types do
          {given, back} = value(type)
          note(type, given)
          same!(Wasm.call(instance, "echo #{type}", [given], nan: :payload), {:ok, back})
          same!(Wasm.call(instance, "through #{type}", [given], nan: :payload), {:ok, back})
          assert_received {:asked, asked}
          unless match?({:nan, _}, given), do: same!(asked, back)
          assert Global.set(instance, type, given) == :ok
          same!(Global.get(instance, type), {:ok, back})
          {given, back}
        end

      {given, back} = Enum.unzip(pairs)

      for name <- ["echo all", "through all"] do
        same!(Wasm.call(instance, name, given, nan: :payload), {:ok, List.to_tuple(back)})
      end

      # The references go on living after all these calls, and where the garbage is collected.
      :erlang.garbage_collect()
      for {type, {_, back}} <- Enum.zip(@types, pairs), do: same!(Global.get(instance, type), {:ok, back})
      Wasm.close(instance)
    end
  end

  test "a table of references is as a list that grows" do
    module = module()
    ask = Map.new(@types, &{&1, fn value -> value end})
    imports = %{"ask" => Map.put(ask, "all", fn a, b, c, d, e, f, g -> {a, b, c, d, e, f, g} end)}

    check "tables", runs: runs(30, 2_000) do
      instance = Wasm.instantiate!(module, imports: imports)
      table = note("table", one_of(["table externref", "table anyref"]))

      Enum.reduce(1..int(1..12), [nil, nil, nil], fn _, model ->
        index =
          one_of([
            0,
            1,
            2,
            length(model) - 1,
            length(model),
            99,
            2 ** 32 - 1,
            2 ** 32,
            2 ** 64 - 1,
            2 ** 64,
            -1,
            1.0,
            :x
          ])

        inside? = is_integer(index) and index in 0..(length(model) - 1)
        outside = if is_integer(index) and index in 0..(2 ** 64 - 1), do: :limit, else: :type

        case one_of([:get, :set, :grow, :size]) do
          :get when inside? ->
            same!(Table.get(instance, table, index), {:ok, Enum.at(model, index)})
            model

          :get ->
            assert {:error, %Error{kind: ^outside}} = Table.get(instance, table, index)
            model

          :set when inside? ->
            value = term(2)
            assert Table.set(instance, table, index, value) == :ok
            List.replace_at(model, index, value)

          :set ->
            assert {:error, %Error{kind: ^outside}} = Table.set(instance, table, index, :x)
            model

          :size ->
            assert Table.size(instance, table) == {:ok, length(model)}
            model

          :grow ->
            value = term(1)

            case Table.grow(instance, table, index, value) do
              {:ok, before} ->
                assert before == length(model)
                assert before + index <= 100
                model ++ List.duplicate(value, index)

              {:error, %Error{kind: kind}} ->
                assert kind == outside
                assert kind == :type or length(model) + index > 100
                model
            end
        end
      end)

      Wasm.close(instance)
    end
  end

  test "what is no such value is refused, and the instance goes on" do
    module = module()
    ask = Map.new(@types, &{&1, fn value -> value end})
    imports = %{"ask" => Map.put(ask, "all", fn a, b, c, d, e, f, g -> {a, b, c, d, e, f, g} end)}

    check "wrong core values", runs: runs(40, 3_000) do
      instance = Wasm.instantiate!(module, imports: imports)
      type = note("type", one_of(~w(i32 i64 f32 f64 v128)))
      given = note("given", any_of([fn -> term(1) end, fn -> elem(value(one_of(@types)), 0) end]))

      if fits?(type, given) do
        assert {:ok, _} = Wasm.call(instance, "echo #{type}", [given])
        assert Global.set(instance, type, given) == :ok
      else
        assert {:error, %Error{kind: :type, message: message}} = Wasm.call(instance, "echo #{type}", [given])
        assert message =~ "argument p0 of echo #{type}: expected #{type}, got "
        assert {:error, %Error{kind: :type}} = Global.set(instance, type, given)
      end

      assert Wasm.call(instance, "echo i32", [7]) == {:ok, 7}
      Wasm.close(instance)
    end
  end

  defp fits?("i32", value), do: is_integer(value) and value in -(2 ** 31)..(2 ** 32 - 1)
  defp fits?("i64", value), do: is_integer(value) and value in -(2 ** 63)..(2 ** 64 - 1)
  defp fits?("v128", value), do: is_binary(value) and byte_size(value) == 16
  defp fits?("f32", {:nan, bits}), do: is_integer(bits) and bits in 0..(2 ** 32 - 1)
  defp fits?("f64", {:nan, bits}), do: is_integer(bits) and bits in 0..(2 ** 64 - 1)
  defp fits?(_, float) when is_float(float) or float in [:nan, :infinity, :neg_infinity], do: true
  defp fits?(_, value), do: fits?("i64", value)
end
