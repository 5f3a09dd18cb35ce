defmodule Workbooks.Build.C.Glue do
  @moduledoc false
  # The C code between a block's function and the canonical ABI: an export that takes what the ABI
  # gives, calls the function, and gives what the ABI wants. It stands behind the block's own code.

  alias Workbooks.Build.C.{Declarations, Types}

  # The ABI passes as many flat values; beyond that it passes where they lie.
  @most_flat 16

  @by_lines "setvbuf(stdout, 0, _IOLBF, 0); "

  @typedoc "The function, what to call it outside, and its parameters' and its result's types and their shapes."
  @type entry :: %{
          name: String.t(),
          export: String.t(),
          params: [{Declarations.ctype(), Types.shape()}],
          result: {Declarations.ctype(), Types.shape()}
        }

  @doc """
  The code, or why there can be none. Standard output of a block that `prints?` is written out line by
  line, as to a terminal: what was printed before a trap is to be seen.
  """
  @spec code(entry, Declarations.t(), prints? :: boolean) :: {:ok, String.t()} | {:error, String.t()}
  def code(entry, declarations, prints?) do
    params = for {{type, shape}, n} <- Enum.with_index(entry.params), do: param(n, type, shape, declarations)
    {type, shape} = entry.result
    result = result(type, shape, Types.text?(type, declarations))

    {:ok,
     IO.iodata_to_binary([
       prelude(prints?),
       Enum.map([entry.result | entry.params], &assertion(&1, declarations)),
       "__attribute__((export_name(\"#{entry.export}\"))) #{result.type} wb__entry(",
       parameters(params),
       ")\n{\n    wb__begin();\n",
       Enum.map(params, & &1.code),
       "    ",
       result.before,
       "#{entry.name}(#{Enum.map_join(params, ", ", & &1.value)})",
       result.after,
       "}\n"
     ])}
  catch
    {:no_glue, why} -> {:error, why}
  end

  # Constructors run before anything else does: nobody calls a block's own start. Standard output
  # is written out after each call, if the block has one: who calls it does not end the program.
  defp prelude(prints?) do
    """
    extern void __wasm_call_ctors(void);
    extern void __stdio_exit(void) __attribute__((weak));
    extern void *realloc(void *, __SIZE_TYPE__);
    static void wb__begin(void)
    {
        static _Bool begun;
        if (!begun) { begun = 1; #{if prints?, do: @by_lines}__wasm_call_ctors(); }
    }
    __attribute__((export_name("cabi_realloc")))
    void *wb__realloc(void *old, __SIZE_TYPE__ old_size, __SIZE_TYPE__ align, __SIZE_TYPE__ size)
    {
        (void)old_size; (void)align;
        wb__begin();
        char *room = size == (__SIZE_TYPE__)-1 ? 0 : (char *)realloc(old, size + 1);
        if (!room) __builtin_trap();
        room[size] = 0;
        return room;
    }
    """
  end

  # That the block's type lies in memory as the ABI has it: an attribute may have moved it.
  defp assertion({type, shape}, declarations) do
    if shape in [nil, :string] or Types.text?(type, declarations) or scalar?(shape) do
      []
    else
      {size, _align} = Types.size(Types.layout(shape))
      ["_Static_assert(sizeof(#{spell(type)}) == #{size}, \"#{spell(type)} is not laid out as its fields say\");\n"]
    end
  end

  # --- what the block calls ----------------------------------------------------------------------

  @doc "Code for a function that another component has: what the block declares, made of what the ABI gives."
  @spec import_code(entry, Declarations.t()) :: {:ok, String.t()} | {:error, String.t()}
  def import_code(entry, declarations) do
    params = for {{type, shape}, n} <- Enum.with_index(entry.params), do: given("p#{n}", type, shape, declarations)
    {type, shape} = entry.result
    {flat, before, after_call, extra} = taken(type, shape, Types.text?(type, declarations))
    flats = Enum.flat_map(params, & &1.flat) ++ extra
    declared = listed(Enum.map(params, & &1.declared))
    if length(flats) > @most_flat, do: throw({:no_glue, "it takes more than #{@most_flat} values together"})

    {:ok,
     IO.iodata_to_binary([
       "__attribute__((import_module(\"$root\"), import_name(\"#{entry.export}\")))\n",
       "#{flat} wb__import_#{entry.name}(#{listed(Enum.map(flats, &elem(&1, 0)))});\n",
       # Under a name of its own in C, as what the block declares may have const where this has none.
       "#{spell(type)} wb__call_#{entry.name}(#{declared}) __asm__(\"#{entry.name}\");\n",
       "#{spell(type)} wb__call_#{entry.name}(#{declared})\n{\n    #{before}",
       "wb__import_#{entry.name}(#{Enum.map_join(flats, ", ", &elem(&1, 1))});\n#{after_call}}\n"
     ])}
  catch
    {:no_glue, why} -> {:error, why}
  end

  defp listed([]), do: "void"
  defp listed(list), do: Enum.join(list, ", ")

  # The flat values of a parameter, as expressions.
  defp given(name, type, :string, declarations) do
    declared = "#{spell(type)} #{name}"

    if Types.text?(type, declarations),
      do: %{declared: declared, flat: [{"const char *", name}, {"__SIZE_TYPE__", "__builtin_strlen(#{name})"}]},
      else: %{declared: declared, flat: flats(name, :string)}
  end

  defp given(name, type, shape, _declarations), do: %{declared: "#{spell(type)} #{name}", flat: flats(name, shape)}

  defp flats(place, shape) when shape == :string or (is_tuple(shape) and elem(shape, 0) == :list),
    do: [{"const void *", "#{place}.ptr"}, {"__SIZE_TYPE__", "#{place}.len"}]

  defp flats(place, {:option, shape}), do: [{"int", "#{place}.is_some"} | flats("#{place}.value", shape)]

  defp flats(place, {:fields, fields}),
    do: Enum.flat_map(fields, fn {name, shape} -> flats("#{place}.#{name}", shape) end)

  defp flats(place, shape) do
    if scalar?(shape),
      do: [{flat(shape), place}],
      else: throw({:no_glue, "a value of type #{inspect(shape)} cannot be given from C"})
  end

  # What the ABI's function returns, how its result is kept, what is made of it, and the parameter
  # where a result of several values is written.
  defp taken(_type, nil, _text?), do: {"void", "", "", []}

  defp taken(type, :string, true) do
    {"void", "struct { char *ptr; __SIZE_TYPE__ len; } result;\n    ", "    return (#{spell(type)})result.ptr;\n",
     [{"void *", "&result"}]}
  end

  defp taken(type, shape, _text?) do
    case leaves("", shape) do
      [{path, leaf}] -> {flat(leaf), "#{spell(type)} result;\n    result#{path} = ", "    return result;\n", []}
      _ -> {"void", "#{spell(type)} result;\n    ", "    return result;\n", [{"void *", "&result"}]}
    end
  end

  # --- parameters --------------------------------------------------------------------------------

  defp parameters(params) do
    flat = Enum.flat_map(params, & &1.flat)

    cond do
      flat == [] -> "void"
      length(flat) > @most_flat -> throw({:no_glue, "the parameters are more than #{@most_flat} values together"})
      true -> Enum.map_join(flat, ", ", fn {type, name} -> "#{type} #{name}" end)
    end
  end

  defp param(n, type, :string, declarations) do
    # A string that comes in has a NUL after it: cabi_realloc sees to that.
    if Types.text?(type, declarations),
      do: %{flat: [{"char *", "p#{n}"}, {"__SIZE_TYPE__", "p#{n}_len"}], code: "    (void)p#{n}_len;\n", value: "p#{n}"},
      else: structured(n, type, :string)
  end

  defp param(n, type, shape, _declarations) do
    if scalar?(shape),
      do: %{flat: [{flat(shape), "p#{n}"}], code: [], value: "(#{spell(type)})p#{n}"},
      else: structured(n, type, shape)
  end

  defp structured(n, type, shape) do
    {flat, code, _next} = fill("v#{n}", shape, "p#{n}_", 0)
    %{flat: flat, code: ["    #{spell(type)} v#{n};\n" | code], value: "v#{n}"}
  end

  # The flat values of a type, and the code that puts them into a variable.
  defp fill(place, shape, prefix, next) when shape == :string or (is_tuple(shape) and elem(shape, 0) == :list) do
    {pointer, length} = {"#{prefix}#{next}", "#{prefix}#{next + 1}"}
    code = "    #{place}.ptr = (__typeof__(#{place}.ptr))#{pointer}; #{place}.len = #{length};\n"
    {[{"void *", pointer}, {"__SIZE_TYPE__", length}], [code], next + 2}
  end

  defp fill(place, {:option, shape}, prefix, next) do
    some = "#{prefix}#{next}"
    {flat, code, next} = fill("#{place}.value", shape, prefix, next + 1)
    {[{"int", some} | flat], ["    #{place}.is_some = #{some};\n" | code], next}
  end

  defp fill(place, {:fields, fields}, prefix, next) do
    {parts, next} =
      Enum.map_reduce(fields, next, fn {name, shape}, next ->
        {flat, code, next} = fill("#{place}.#{name}", shape, prefix, next)
        {{flat, code}, next}
      end)

    {Enum.flat_map(parts, &elem(&1, 0)), Enum.map(parts, &elem(&1, 1)), next}
  end

  defp fill(_place, {:result, _, _}, _prefix, _next),
    do: throw({:no_glue, "a result can be answered, but not taken as a parameter"})

  defp fill(place, shape, prefix, next) do
    if scalar?(shape),
      do: {[{flat(shape), "#{prefix}#{next}"}], ["    #{place} = #{prefix}#{next};\n"], next + 1},
      else: throw({:no_glue, "a value of type #{inspect(shape)} cannot be passed to C"})
  end

  # --- the result --------------------------------------------------------------------------------

  defp result(_type, nil, _text?), do: %{type: "void", before: "", after: ";\n#{flush()}"}

  defp result(_type, :string, true) do
    %{
      type: "void *",
      before: "static struct { const char *ptr; __SIZE_TYPE__ len; } result;\n    result.ptr = ",
      after: ";\n    result.len = result.ptr ? __builtin_strlen(result.ptr) : 0;\n#{flush()}    return &result;\n"
    }
  end

  defp result(type, shape, _text?) do
    case leaves("", shape) do
      [{path, leaf}] ->
        %{
          type: flat(leaf),
          before: "#{spell(type)} result = ",
          after: ";\n#{flush()}    return result#{path};\n"
        }

      _ ->
        %{
          type: "void *",
          before: "static #{spell(type)} result;\n    result = ",
          after: ";\n#{flush()}    return &result;\n"
        }
    end
  end

  defp flush, do: "    if (__stdio_exit) __stdio_exit();\n"

  # The flat values of a result; of lists and what has cases there are several in any case.
  defp leaves(path, {:fields, fields}),
    do: Enum.flat_map(fields, fn {name, shape} -> leaves("#{path}.#{name}", shape) end)

  defp leaves(path, shape), do: if(scalar?(shape), do: [{path, shape}], else: [{path, shape}, {path, shape}])

  # --- types -------------------------------------------------------------------------------------

  defp scalar?(shape) when is_atom(shape), do: shape not in [nil, :string]
  defp scalar?(_shape), do: false

  defp flat(shape) when shape in [:s64, :u64], do: "long long"
  defp flat(:f32), do: "float"
  defp flat(:f64), do: "double"
  defp flat(_shape), do: "int"

  defp spell({:base, "bool"}), do: "_Bool"
  defp spell({:base, name}), do: name
  defp spell({:named, name}), do: name
  defp spell({:struct, tag}) when is_binary(tag), do: "struct " <> tag
  defp spell({:pointer, type}), do: spell(type) <> " *"
  defp spell(:enum), do: "int"
  defp spell(_type), do: throw({:no_glue, "a type without a name cannot be passed: give it one by typedef"})
end
