defmodule Workbooks.TestWitEcho do
  @moduledoc false
  # A component for a type of `Workbooks.TestWitTypes` that gives back what it is given.
  #
  # By the canonical ABI a parameter of up to sixteen flat values comes flat, a larger one
  # by a pointer, and a result of more than one by a pointer. So each function is made of
  # `local.get` and calls alone:
  #
  #   * `echo`, where the type has one flat value or more than sixteen
  #   * `echo-list`, of a list of the type
  #   * `echo-wide`, of the type and sixteen numbers beside it, by pointer in any case
  #   * `through` and `through-wide`, which ask the import `t:t/values` with what they got

  alias Workbooks.Wasm

  @pad List.duplicate(:u64, 16)

  @doc "What stands beside a value in a wide one."
  def pad, do: 1..16 |> Enum.to_list() |> List.to_tuple()

  @doc "The type that each export takes and gives."
  def exports(type) do
    wide = {:tuple, [type, {:tuple, @pad}]}
    both = [{"echo-wide", wide}, {"through", type}, {"through-wide", wide}]
    # A list of bytes is a binary, and drawn as a type of its own.
    all = if type == :u8, do: both, else: [{"echo-list", {:list, type}} | both]
    if length(flat(type)) in 2..16, do: all, else: [{"echo", type} | all]
  end

  @doc "A value of the export's type, of one of the type itself."
  def argument("echo-list", value), do: [value, value]
  def argument(wide, value) when wide in ["echo-wide", "through-wide"], do: {value, pad()}
  def argument(_plain, value), do: value

  @doc "The component."
  def component!(type) do
    {name, declarations} = wit(type, [])

    wit = """
    package t:t;
    interface values {
      #{declarations |> Enum.reverse() |> Enum.join("\n  ")}
      type it = #{name};
      type wide = tuple<#{name}, tuple<#{Enum.map_join(@pad, ", ", &to_string/1)}>>;
      ask: func(x: it) -> it;
      ask-wide: func(x: wide) -> wide;
    }
    world w {
      import values;
      use values.{it, wide};
      #{for {export, _} <- exports(type), do: "export #{export}: func(x: #{of(export)}) -> #{of(export)};\n  "}
    }
    """

    type |> core() |> Wasm.componentize!(wit: wit) |> Wasm.compile!(cache: false)
  end

  defp of("echo-list"), do: "list<it>"
  defp of(wide) when wide in ["echo-wide", "through-wide"], do: "wide"
  defp of(_plain), do: "it"

  defp core(type) do
    flat = flat(type)

    """
    (module
      (import "t:t/values" "ask" (func $ask #{params(flat)} #{lowered_result(flat)}))
      (import "t:t/values" "ask-wide" (func $ask-wide (param i32 i32)))
      (memory (export "memory") 2)
      (global $next (mut i32) (i32.const 65536))
      (func $reset (global.set $next (i32.const 65536)))
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
          (then (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536)))))))
        (local.get $at))
      #{if length(flat) in 2..16, do: "", else: ~s|(func (export "echo") #{params(flat)} #{result(flat)} (local.get 0))|}
      (func (export "echo-list") (param i32 i32) (result i32)
        (i32.store (i32.const 1024) (local.get 0))
        (i32.store (i32.const 1028) (local.get 1))
        (i32.const 1024))
      (func (export "echo-wide") (param i32) (result i32) (local.get 0))
      (func (export "through") #{params(flat)} #{result(flat)} #{through(flat)})
      (func (export "through-wide") (param i32) (result i32)
        (call $ask-wide (local.get 0) (i32.const 1024))
        (i32.const 1024))
      #{for {name, _} <- exports(type), do: ~s|(func (export "cabi_post_#{name}") #{if(name in ["echo", "through"], do: post(flat), else: "(param i32)")} (call $reset))|})
    """
  end

  defp params(flat) when length(flat) > 16, do: "(param i32)"
  defp params(flat), do: "(param #{Enum.join(flat, " ")})"

  defp result([one]), do: "(result #{one})"
  defp result(_several), do: "(result i32)"

  defp post([one]), do: "(param #{one})"
  defp post(_several), do: "(param i32)"

  # An import is told where to put what does not fit into its result.
  defp lowered_result([one]), do: "(result #{one})"
  defp lowered_result(_several), do: "(param i32)"

  defp through([_]), do: "(call $ask (local.get 0))"
  defp through(flat) when length(flat) > 16, do: "(call $ask (local.get 0) (i32.const 1024)) (i32.const 1024)"

  defp through(flat) do
    values = for i <- 0..(length(flat) - 1), do: "(local.get #{i})"
    "(call $ask #{values} (i32.const 1024)) (i32.const 1024)"
  end

  # --- the canonical ABI's flat types --------------------------------------------------------

  @doc "The core types that a type's values are passed as."
  def flat(type) when type in [:s64, :u64], do: [:i64]
  def flat(float) when float in [:f32, :f64], do: [float]
  def flat(pair) when pair == :string or elem(pair, 0) in [:list, :map], do: [:i32, :i32]
  def flat({:fixed, type, size}), do: type |> flat() |> List.duplicate(size) |> List.flatten()
  def flat({:tuple, types}), do: Enum.flat_map(types, &flat/1)
  def flat({:record, fields}), do: Enum.flat_map(fields, fn {_, type} -> flat(type) end)
  def flat({:option, some}), do: [:i32 | flat(some)]
  def flat({:result, ok, error}), do: [:i32 | joined([ok, error])]
  def flat({:variant, cases}), do: [:i32 | cases |> Keyword.values() |> joined()]
  def flat(_number_enum_or_flags), do: [:i32]

  defp joined(types) do
    types |> Enum.reject(&is_nil/1) |> Enum.map(&flat/1) |> Enum.reduce([], &join/2)
  end

  defp join([one | rest], [other | others]), do: [join_one(one, other) | join(rest, others)]
  defp join([], rest), do: rest
  defp join(rest, []), do: rest

  defp join_one(same, same), do: same
  defp join_one(one, other), do: if(Enum.sort([one, other]) == [:f32, :i32], do: :i32, else: :i64)

  # --- WIT -----------------------------------------------------------------------------------

  # A type's name, with the declarations it needs before the others.
  defp wit({:list, type}, declarations), do: within([type], declarations, fn [type] -> "list<#{type}>" end)
  defp wit({:option, type}, declarations), do: within([type], declarations, fn [type] -> "option<#{type}>" end)

  defp wit({:fixed, type, size}, declarations),
    do: within([type], declarations, fn [type] -> "list<#{type}, #{size}>" end)

  defp wit({:map, key, type}, declarations), do: within([key, type], declarations, fn [k, v] -> "map<#{k}, #{v}>" end)
  defp wit({:tuple, types}, declarations), do: within(types, declarations, &"tuple<#{Enum.join(&1, ", ")}>")

  defp wit({:result, ok, error}, declarations) do
    within([ok, error], declarations, fn
      [nil, nil] -> "result"
      [ok, nil] -> "result<#{ok}>"
      [ok, error] -> "result<#{ok || "_"}, #{error}>"
    end)
  end

  defp wit({:record, fields}, declarations) do
    declared("record", fields, declarations, fn {name, type} -> "%#{name}: #{type}" end)
  end

  defp wit({:variant, cases}, declarations) do
    declared("variant", cases, declarations, fn {name, type} -> if type, do: "%#{name}(#{type})", else: "%#{name}" end)
  end

  defp wit({kind, names}, declarations) when kind in [:enum, :flags] do
    declared(kind, Enum.map(names, &{&1, nil}), declarations, fn {name, nil} -> "%#{name}" end)
  end

  defp wit(simple, declarations), do: {to_string(simple), declarations}

  defp within(types, declarations, spell) do
    {names, declarations} =
      Enum.map_reduce(types, declarations, fn
        nil, declarations -> {nil, declarations}
        type, declarations -> wit(type, declarations)
      end)

    {spell.(names), declarations}
  end

  defp declared(kind, members, declarations, spell) do
    {names, types} = Enum.unzip(members)
    {members, declarations} = within(types, declarations, &(names |> Enum.zip(&1) |> Enum.map_join(", ", spell)))
    name = "own-#{length(declarations)}"
    {name, ["#{kind} #{name} { #{members} }" | declarations]}
  end
end
