defmodule Workbooks.Build.Rust.Glue do
  @moduledoc false
  # What stands behind a Rust block so that its entry is a component's function: its type in WIT, and
  # the Rust that takes the values over. See priv/rust/workbooks.rs.

  alias Workbooks.Build.Problem
  alias Workbooks.Build.Rust.Declarations

  @most_flat 16

  @doc """
  The entry's declared type, as `Workbooks.Build.Declared` has it, and the lines to add. What is left of
  a line that a block that `prints?` began is written out when its function is over.
  """
  @spec make(Declarations.entry(), Declarations.t(), export :: String.t(), prints? :: boolean) ::
          {:ok, String.t(), String.t()} | {:error, Problem.t()}
  def make(entry, declarations, export, prints?) do
    params = for {name, type} <- entry.params, do: {name, resolve(type, declarations, [])}
    result = resolve(entry.result, declarations, [])

    cond do
      entry.generic? -> refuse(entry, "a function with type parameters has no one type")
      why = Enum.find_value(params, &bad_param/1) -> refuse(entry, why)
      why = bad(result, :result) -> refuse(entry, "its result: #{why}")
      true -> {:ok, signature(entry, params, result), lines({entry, export, prints?}, params, result, declarations)}
    end
  end

  defp refuse(entry, why) do
    {:error,
     Problem.new(:signature, "#{entry.name} cannot be called as a component's: #{why}",
       line: entry.line,
       column: entry.column
     )}
  end

  # --- types -------------------------------------------------------------------------------------

  # Names are what they stand for: {:record, name, fields}.
  defp resolve({:named, name}, declarations, seen) do
    cond do
      name in seen -> {:other, "#{name}, which holds itself"}
      alias_of = declarations.aliases[name] -> resolve(alias_of, declarations, [name | seen])
      fields = declarations.structs[name] -> struct_of(name, fields, declarations, [name | seen])
      true -> {:other, name}
    end
  end

  defp resolve({:reference, {:slice, type}}, declarations, seen),
    do: {:reference, {:list, resolve(type, declarations, seen)}}

  defp resolve({:tuple, types}, declarations, seen), do: {:tuple, Enum.map(types, &resolve(&1, declarations, seen))}

  defp resolve({:result, type, error}, declarations, seen),
    do: {:result, resolve(type, declarations, seen), resolve(error, declarations, seen)}

  defp resolve({kind, type}, declarations, seen) when kind in [:reference, :list, :option],
    do: {kind, resolve(type, declarations, seen)}

  defp resolve(type, _declarations, _seen), do: type

  defp struct_of(name, fields, declarations, seen) when is_list(fields) and fields != [],
    do: {:record, name, for({field, type} <- fields, do: {field, resolve(type, declarations, seen)})}

  defp struct_of(name, :generic, _declarations, _seen), do: {:other, "#{name}, which has type parameters"}
  defp struct_of(name, _fields, _declarations, _seen), do: {:other, "#{name}, which has no named fields"}

  defp bad_param({name, type}) do
    why = bad(type, :param)
    why && "its parameter #{name}: #{why}"
  end

  # A reference is taken as a parameter itself, and text as a result: nothing else can be borrowed.
  defp bad({:reference, type}, :param), do: bad(type, :inside)
  defp bad({:reference, :string}, :result), do: nil
  defp bad({:reference, _}, _where), do: "a reference can stand for a whole parameter alone, take what owns its value"
  defp bad(:unit, :result), do: nil
  defp bad({:result, type, _error}, :result), do: if(type != :unit, do: bad(type, :inside))
  defp bad({:result, type, :string}, _where), do: if(type != :unit, do: bad(type, :inside))
  defp bad({:result, _, _}, _where), do: "a Result within a value has a String for its error"
  defp bad({kind, type}, _where) when kind in [:list, :option], do: bad(type, :inside)
  defp bad({:tuple, types}, _where) when length(types) > 8, do: "a tuple has eight values at most"
  defp bad({:tuple, types}, _where), do: Enum.find_value(types, &bad(&1, :inside))
  defp bad({:record, _name, fields}, _where), do: Enum.find_value(fields, fn {_, type} -> bad(type, :inside) end)
  defp bad(known, _where) when known in [:bool, :char, :string], do: nil
  defp bad({:number, _}, _where), do: nil
  defp bad(:unit, _where), do: unknown("()")
  defp bad({:slice, _}, _where), do: "a slice is taken as &[T]"
  defp bad({:other, text}, _where), do: unknown(text)

  defp unknown(text) do
    "no value of the type #{text} can pass between components; take bool, char, numbers to 64 bits, String, &str, " <>
      "Vec, slices, Option, Result, tuples, and structs with named fields that stand in the block"
  end

  # --- WIT ---------------------------------------------------------------------------------------

  defp signature(entry, params, result) do
    params = for {{_name, type}, i} <- Enum.with_index(params), do: "##{i}: #{wit(type)}"
    text = "#{entry.name}(#{Enum.join(params, ", ")})"
    if result == :unit, do: text, else: "#{text} -> #{wit(result)}"
  end

  defp wit({:number, "usize"}), do: "u32"
  defp wit({:number, "isize"}), do: "s32"
  defp wit({:number, "i" <> bits}), do: "s" <> bits
  defp wit({:number, number}), do: number
  defp wit(known) when known in [:bool, :char, :string], do: to_string(known)
  defp wit({:reference, type}), do: wit(type)
  defp wit({:list, type}), do: "list<#{wit(type)}>"
  defp wit({:option, type}), do: "option<#{wit(type)}>"
  defp wit({:result, :unit, _}), do: "result<_, string>"
  defp wit({:result, type, _}), do: "result<#{wit(type)}, string>"
  defp wit({:tuple, types}), do: "tuple<#{Enum.map_join(types, ", ", &wit/1)}>"

  defp wit({:record, _name, fields}) do
    "record{" <> Enum.map_join(fields, ", ", fn {name, type} -> "#{name}: #{wit(type)}" end) <> "}"
  end

  # --- core types --------------------------------------------------------------------------------

  defp flat(:unit), do: []
  defp flat({:number, number}) when number in ["i64", "u64"], do: ["u64"]
  defp flat({:number, number}) when number in ["f32", "f64"], do: [number]
  defp flat({:reference, type}), do: flat(type)
  defp flat(type) when type == :string or elem(type, 0) == :list, do: ["u32", "u32"]
  defp flat({:option, type}), do: ["u32" | flat(type)]
  defp flat({:result, type, _error}), do: ["u32" | join(flat(type), ["u32", "u32"])]
  defp flat({:tuple, types}), do: Enum.flat_map(types, &flat/1)
  defp flat({:record, _name, fields}), do: Enum.flat_map(fields, fn {_, type} -> flat(type) end)
  defp flat(_narrow), do: ["u32"]

  defp join([], b), do: b
  defp join(a, []), do: a
  defp join([same | a], [same | b]), do: [same | join(a, b)]
  defp join([x | a], [y | b]), do: [if("u64" in [x, y] or "f64" in [x, y], do: "u64", else: "u32") | join(a, b)]

  # --- Rust --------------------------------------------------------------------------------------

  defp lines(exported, params, result, declarations) do
    types = Enum.map(params, &elem(&1, 1))

    Enum.join(
      ["", "#[path = \"workbooks.rs\"]", "mod __workbooks;"] ++
        records([result | types], declarations) ++ shim(exported, types, result) ++ [""],
      "\n"
    )
  end

  # Fields' types as written: an alias is known where the block is.
  defp records(types, declarations) do
    for name <- types |> Enum.flat_map(&names/1) |> Enum.uniq() do
      fields = for {field, type} <- declarations.structs[name], do: "#{field}: #{written(type)}"
      "__workbooks::record!(#{name} { #{Enum.join(fields, ", ")} });"
    end
  end

  defp names({:record, name, fields}), do: [name | Enum.flat_map(fields, fn {_, type} -> names(type) end)]
  defp names({:tuple, types}), do: Enum.flat_map(types, &names/1)
  defp names({:result, type, error}), do: names(type) ++ names(error)
  defp names({:number, _}), do: []
  defp names({:other, _}), do: []
  defp names({_kind, type}), do: names(type)
  defp names(_), do: []

  defp written({:number, number}), do: number
  defp written(:bool), do: "bool"
  defp written(:char), do: "char"
  defp written(:string), do: "std::string::String"
  defp written(:unit), do: "()"
  defp written({:list, type}), do: "std::vec::Vec<#{written(type)}>"
  defp written({:option, type}), do: "std::option::Option<#{written(type)}>"
  defp written({:result, type, error}), do: "std::result::Result<#{written(type)}, #{written(error)}>"
  defp written({:tuple, types}), do: "(" <> Enum.map_join(types, &(written(&1) <> ",")) <> ")"
  defp written({:named, name}), do: name
  defp written({:record, name, _fields}), do: name

  defp shim({entry, export, prints?}, types, result) do
    flats = Enum.flat_map(types, &flat/1)
    spilled? = length(flats) > @most_flat
    core = Enum.with_index(if(spilled?, do: ["u32"], else: flats))
    params = Enum.map_join(core, ", ", fn {type, i} -> "p#{i}: #{type}" end)
    returned = flat(result)

    taken =
      if spilled? do
        loads(types)
      else
        slots = Enum.map_join(core, ", ", fn {type, i} -> widened(type, "p#{i}") end)

        ["let values: [u64; #{length(core)}] = [#{slots}];", "let mut slots = __workbooks::Slots::new(&values);"] ++
          for {type, i} <- Enum.with_index(types) do
            "let a#{i} = <#{owned(type)} as __workbooks::Value>::lift(&mut slots);"
          end
      end

    arguments =
      for {type, i} <- Enum.with_index(types), do: if(match?({:reference, _}, type), do: "&a#{i}", else: "a#{i}")

    call = "#{entry.name}(#{Enum.join(arguments, ", ")})"
    call = if prints?, do: "__workbooks::printed(#{call})", else: call

    ["#[export_name = #{inspect(export)}]"] ++
      ["#[allow(unused_mut, unused_variables)]"] ++
      ["extern \"C\" fn __workbooks_entry(#{params})#{arrow(returned)} {"] ++
      Enum.map(taken, &("    " <> &1)) ++ ["    " <> answer(call, result, returned), "}"]
  end

  # More than sixteen pass as one pointer to all of them, one behind the other.
  defp loads(types) do
    ["let mut at = p0 as usize;"] ++
      for {type, i} <- Enum.with_index(types) do
        value = "<#{owned(type)} as __workbooks::Value>"

        "at = __workbooks::up(at, #{value}::ALIGN); let a#{i} = unsafe { #{value}::load(at) }; at += #{value}::SIZE;"
      end
  end

  defp owned({:reference, type}), do: written(type)
  defp owned(type), do: written(type)

  defp widened("f32", name), do: "#{name}.to_bits() as u64"
  defp widened("f64", name), do: "#{name}.to_bits()"
  defp widened(_, name), do: "#{name} as u64"

  defp arrow([]), do: ""
  defp arrow([one]), do: " -> #{one}"
  defp arrow(_several), do: " -> u32"

  defp answer(call, :unit, _), do: call <> ";"
  defp answer(call, {:reference, :string}, _), do: "__workbooks::area(std::string::String::from(#{call}))"

  defp answer(call, {:result, _, _}, _),
    do: "__workbooks::area(#{call}.map_err(|error| std::string::ToString::to_string(&error)))"

  defp answer(call, type, [_one]), do: single(call, type)
  defp answer(call, _type, _several), do: "__workbooks::area(#{call})"

  # A value that passes as one of core WebAssembly.
  defp single(value, {:record, _name, [{field, type}]}), do: single("#{value}.#{field}", type)
  defp single(value, {:tuple, [type]}), do: single("#{value}.0", type)
  defp single(value, {:number, number}) when number in ["f32", "f64"], do: value
  defp single(value, {:number, number}) when number in ["i64", "u64"], do: "(#{value}) as u64"
  defp single(value, _narrow), do: "(#{value}) as u32"
end
