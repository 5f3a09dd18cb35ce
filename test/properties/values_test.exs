defmodule Workbooks.Properties.ValuesTest do
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.{TestWitEcho, TestWitTypes, Wasm}
  alias Workbooks.Wasm.Error

  @moduletag timeout: :infinity

  # An instance whose host function tells what it was given, and gives it back.
  defp instance(type) do
    test = self()

    ask = fn value ->
      send(test, {:asked, value})
      value
    end

    Wasm.instantiate!(TestWitEcho.component!(type), imports: %{"t:t/values" => %{"ask" => ask, "ask-wide" => ask}})
  end

  # However a call is made, its answer is the same.
  @ways [
    [],
    [timeout: 60_000],
    [schedule: :normal],
    [schedule: :dirty],
    [host: :isolated],
    [metrics: true],
    [on_host_call: :suspend]
  ]

  defp answer(instance, name, argument, options) do
    case Wasm.call(instance, name, [argument], options) do
      {:ok, value, _metrics} ->
        {:ok, value}

      {:suspended, suspension} ->
        [asked] = suspension.arguments
        send(self(), {:asked, asked})
        Wasm.resume(suspension, asked)

      answer ->
        answer
    end
  end

  # -0.0 and 0.0 are equal; written out they are not.
  defp same!(one, other), do: assert(:erlang.term_to_binary(one) == :erlang.term_to_binary(other))

  test "every value of every type comes back, from exports and through imports" do
    check "round trip", runs: runs(40, 3_000) do
      type = note("type", TestWitTypes.type(int(0..4)))
      instance = instance(type)

      for _ <- 1..4 do
        value = note("value", TestWitTypes.value(type))
        same!(TestWitTypes.expected(type, value), {:ok, value})

        for {name, _} <- TestWitEcho.exports(type) do
          argument = TestWitEcho.argument(name, value)
          note("export", name)
          same!(answer(instance, name, argument, note("way", one_of(@ways))), {:ok, argument})

          if String.starts_with?(name, "through") do
            assert_received {:asked, asked}
            same!(asked, argument)
          end
        end
      end

      Wasm.close(instance)
    end
  end

  test "large ones too, which cross on dirty schedulers" do
    check "large", runs: runs(3, 100) do
      element = note("element", TestWitTypes.type(int(0..1)))
      type = one_of([:string, {:list, :u8}, {:list, element}, {:option, {:list, element}}])
      instance = instance(type)

      value =
        case TestWitTypes.value({:list, element}) do
          "" -> <<7>>
          [] -> [TestWitTypes.value(element)]
          value -> value
        end

      large =
        case type do
          :string -> String.duplicate("0123456789ä", int(1..100_000))
          {:list, :u8} -> :binary.copy(<<1, 2, 3>>, int(1..400_000))
          _ when is_binary(value) -> :binary.copy(value, int(1..50_000))
          _ -> value |> List.duplicate(int(1..2_000)) |> Enum.concat()
        end

      for {name, _} <- TestWitEcho.exports(type) do
        argument = TestWitEcho.argument(name, large)
        same!(answer(instance, name, argument, one_of(@ways)), {:ok, argument})
      end

      Wasm.close(instance)
    end
  end

  test "a value that is written otherwise comes back as it is documented" do
    check "otherwise", runs: runs(30, 2_000) do
      type = note("type", TestWitTypes.type(int(0..3)))
      instance = instance(type)

      for _ <- 1..4 do
        value = note("value", TestWitTypes.value(type))
        given = note("given", TestWitTypes.otherwise(type, value))

        for {name, _} <- TestWitEcho.exports(type) do
          answer = Wasm.call(instance, name, [TestWitEcho.argument(name, given)])
          same!(answer, {:ok, TestWitEcho.argument(name, value)})
        end
      end

      Wasm.close(instance)
    end
  end

  test "a value that does not fit is refused with where it does not, and nothing is lost" do
    check "wrong values", runs: runs(60, 5_000) do
      type = note("type", TestWitTypes.type(int(0..3)))
      instance = instance(type)
      right = TestWitTypes.value(type)

      for _ <- 1..4 do
        given = note("given", wrong(type))

        for {name, whole} <- TestWitEcho.exports(type) do
          note("export", name)
          argument = TestWitEcho.argument(name, given)
          agrees!(whole, name, argument, Wasm.call(instance, name, [argument]))
          right_argument = TestWitEcho.argument(name, right)
          same!(Wasm.call(instance, name, [right_argument]), {:ok, right_argument})
        end
      end

      Wasm.close(instance)
    end
  end

  test "a host function's answer that does not fit ends the call, and says where" do
    check "wrong answers", runs: runs(30, 2_000) do
      type = note("type", TestWitTypes.type(int(0..3)))
      component = TestWitEcho.component!(type)
      answer = note("answer", wrong(type))
      ask = fn _ -> answer end
      imports = %{"t:t/values" => %{"ask" => ask, "ask-wide" => fn _ -> {answer, TestWitEcho.pad()} end}}

      for name <- ["through", "through-wide"] do
        note("export", name)
        instance = Wasm.instantiate!(component, imports: imports)
        argument = TestWitEcho.argument(name, TestWitTypes.value(type))
        {_, whole} = List.keyfind!(TestWitEcho.exports(type), name, 0)

        case {TestWitTypes.expected(whole, TestWitEcho.argument(name, answer)), Wasm.call(instance, name, [argument])} do
          {{:ok, expected}, answered} ->
            same!(answered, {:ok, expected})

          {{:error, path}, {:error, %Error{kind: :host_error, message: message}}} ->
            assert message =~ "answered with the wrong type: "
            [_, mismatch] = String.split(message, "answered with the wrong type: ", parts: 2)
            assert_path(mismatch, path)

          {_, other} ->
            flunk("it answered #{inspect(other)}")
        end

        Wasm.close(instance)
      end
    end
  end

  test "resources that a refused call was given are still there" do
    component = holder()

    check "resources", runs: runs(20, 500) do
      instance = Wasm.instantiate!(component)
      numbers = for _ <- 1..3, do: draw(1000)
      [a, b, c] = for number <- numbers, do: Wasm.call!(instance, "make", [number])

      for _ <- 1..int(1..5) do
        # The first is handed over, the second lent, before the third is looked at.
        wrong = one_of([nil, :x, "text", 1, [a], [b, 1], [c, c], [a, b, nil]])
        arguments = note("arguments", [a, b, wrong])
        assert {:error, %Error{kind: :type, message: message}} = Wasm.call(instance, "take", arguments)
        assert message =~ "argument others of take: "
        assert for(one <- [a, b, c], do: Wasm.call!(instance, "get", [one])) == numbers
      end

      assert Wasm.call(instance, "take", [a, b, [c]]) == {:ok, Enum.at(numbers, 1)}
      assert {:error, %Error{kind: :type}} = Wasm.call(instance, "get", [a])
      assert {:error, %Error{kind: :type}} = Wasm.call(instance, "get", [c])
      assert Wasm.call(instance, "get", [b]) == {:ok, Enum.at(numbers, 1)}
      Wasm.close(instance)
    end
  end

  # --- what is wrong -------------------------------------------------------------------------

  # Another type's value, one with another's inside, or something of no type at all.
  defp wrong(type) do
    any_of([
      fn -> TestWitTypes.value(TestWitTypes.type(2)) end,
      fn -> type |> TestWitTypes.value() |> spoiled() end,
      fn -> term(2) end
    ])
  end

  # Something inside it becomes something else.
  defp spoiled(value) do
    cond do
      rarely(3) -> term(1)
      is_list(value) and value != [] -> List.update_at(value, draw(length(value)), &spoiled/1)
      is_tuple(value) and value != {} -> spoiled_at(value, draw(tuple_size(value)))
      is_map(value) and value != %{} -> spoiled_field(value, value |> Map.keys() |> one_of())
      true -> term(1)
    end
  end

  defp spoiled_at(tuple, i), do: put_elem(tuple, i, spoiled(elem(tuple, i)))
  defp spoiled_field(map, key), do: if(rarely(3), do: Map.delete(map, key), else: Map.update!(map, key, &spoiled/1))

  defp term(depth) do
    leaves = [
      fn -> one_of([nil, :ok, :error, :none, :x, true, :nan, :infinity]) end,
      fn -> one_of([0, -1, 256, 1.5, -0.0, 1.0e300, 2 ** 63, 2 ** 64, -(2 ** 63) - 1, 2 ** 200]) end,
      fn -> one_of(["", "a", "ab", "name", <<255>>, <<1::size(3)>>, String.duplicate("long ", 100)]) end,
      fn -> one_of([self(), make_ref(), &is_nil/1, {}, [], %{}, [1 | 2], {:nan, 1}, {:nan, 2 ** 23}, {:nan, -1}]) end,
      fn -> one_of([%Error{kind: :io, message: ""}, 1..2, MapSet.new([1])]) end
    ]

    nested = [
      fn -> list_of(fn -> term(depth - 1) end, 3) end,
      fn -> fn -> term(depth - 1) end |> list_of(3) |> List.to_tuple() end,
      fn -> {one_of([:ok, :error, :some, "a", "name", 1]), term(depth - 1)} end,
      fn -> Map.new(list_of(fn -> {term(depth - 1), term(depth - 1)} end, 3)) end,
      fn -> %{"a" => term(depth - 1), :name => term(depth - 1)} end
    ]

    any_of(if depth > 0, do: leaves ++ nested, else: leaves)
  end

  # The answer is what the documentation says of that value.
  defp agrees!(type, name, argument, answer) do
    case {TestWitTypes.expected(type, argument), answer} do
      {{:ok, expected}, answer} ->
        same!(answer, {:ok, expected})

      {{:error, path}, {:error, %Error{kind: :type, message: message}}} ->
        prefix = "argument x of #{name}: "
        assert String.starts_with?(message, prefix)
        message |> String.replace_prefix(prefix, "") |> assert_path(path)

      {{:error, path}, other} ->
        flunk("what is wrong at #{inspect(path)} was answered with #{inspect(other)}")
    end
  end

  # "at PATH: expected …, got …"
  defp assert_path(mismatch, "") do
    assert mismatch =~ ~r/\Aexpected .+, got .+\z/s
  end

  defp assert_path(mismatch, path) do
    rest = if String.ends_with?(path, "["), do: "", else: ": expected "
    assert String.starts_with?(mismatch, "at #{path}#{rest}")
    assert mismatch =~ ~r/: expected .+, got .+\z/s
  end

  defp holder do
    Wasm.compile!(~S"""
    (component
      (type $r' (resource (rep i32)))
      (core func $new (canon resource.new $r'))
      (core func $drop (canon resource.drop $r'))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
        (func (export "get") (param i32) (result i32) (local.get 0))
        (func (export "take") (param i32 i32 i32 i32) (result i32)
          (call $drop (local.get 0))
          (if (local.get 3) (then (call $drop (i32.load (local.get 2)))))
          (local.get 1)))
      (core instance $m (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
      (export $r "thing" (type $r'))
      (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $m "make")))
      (func (export "get") (param "self" (borrow $r)) (result u32) (canon lift (core func $m "get")))
      (func (export "take") (param "x" (own $r)) (param "y" (borrow $r)) (param "others" (list (own $r))) (result u32)
        (canon lift (core func $m "take") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
    """)
  end
end
