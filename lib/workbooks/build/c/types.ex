defmodule Workbooks.Build.C.Types do
  @moduledoc """
  C's types as WIT's, and how both lie in memory.

  | C | WIT |
  | --- | --- |
  | `bool` | `bool` |
  | `signed char`, `int8_t`; `char` | `s8` |
  | `unsigned char`, `uint8_t` | `u8` |
  | `short`, `unsigned short`, `int16_t`, `uint16_t` | `s16`, `u16` |
  | `int`, `long`, `int32_t`, `ptrdiff_t`, an `enum` | `s32` |
  | `unsigned`, `unsigned long`, `uint32_t`, `size_t` | `u32` |
  | `long long`, `unsigned long long`, `int64_t`, `uint64_t` | `s64`, `u64` |
  | `float`, `double` | `f32`, `f64` |
  | `char *`, `const char *` (of an entry itself), `wb_string` | `string` |
  | `wb_char` | `char` |
  | `wb_list_f64` and the like, `WB_LIST(name, T)` | `list<T>` |
  | `WB_OPTION(name, T)` | `option<T>` |
  | `WB_RESULT(name, T, E)` | `result<T, E>` |
  | a struct of these | a record with its fields' names |

  Arrays, unions, bit fields and other pointers are none of these.
  """

  alias Workbooks.Build.C.Declarations

  @typedoc "As a WIT type, but that a struct is `{:fields, [{name, shape}]}` with C's own names, and `void` is `nil`."
  @type shape :: atom | tuple
  @type wit :: Workbooks.Wasm.Component.wit_type() | nil

  @base %{
    "bool" => :bool,
    "char" => :s8,
    "unsigned char" => :u8,
    "short" => :s16,
    "unsigned short" => :u16,
    "int" => :s32,
    "unsigned int" => :u32,
    "long" => :s32,
    "unsigned long" => :u32,
    "long long" => :s64,
    "unsigned long long" => :u64,
    "float" => :f32,
    "double" => :f64
  }

  @known %{
    "int8_t" => :s8,
    "uint8_t" => :u8,
    "int16_t" => :s16,
    "uint16_t" => :u16,
    "int32_t" => :s32,
    "uint32_t" => :u32,
    "int64_t" => :s64,
    "uint64_t" => :u64,
    "size_t" => :u32,
    "ssize_t" => :s32,
    "ptrdiff_t" => :s32,
    "intptr_t" => :s32,
    "uintptr_t" => :u32,
    "wb_char" => :char,
    "wb_string" => :string
  }

  # A type that is made of itself ends somewhere.
  @deepest 50

  @doc "The shape of a parameter's or a result's type, or why it cannot be one."
  @spec shape(Declarations.ctype(), Declarations.t()) :: {:ok, shape} | {:error, String.t()}
  def shape({:base, "void"}, _declarations), do: {:ok, nil}

  def shape(type, declarations) do
    if text?(type, declarations), do: {:ok, :string}, else: {:ok, inner(type, declarations, 0)}
  catch
    {:no_type, why} -> {:error, why}
  end

  @doc """
  The WIT type of a shape.

      iex> Workbooks.Build.C.Types.wit({:fields, [{"bestScore", :f64}, {"first_name", :string}]})
      {:record, [{"bestScore", :f64}, {"first_name", :string}]}
  """
  @spec wit(shape) :: wit
  def wit({:fields, fields}), do: {:record, for({name, shape} <- fields, do: {name, wit(shape)})}
  def wit({:list, shape}), do: {:list, wit(shape)}
  def wit({:option, shape}), do: {:option, wit(shape)}
  def wit({:result, ok, error}), do: {:result, wit(ok), wit(error)}
  def wit(simple), do: simple

  @doc "Whether it is a `char *`, which becomes a string although it does not lie in memory as one does."
  @spec text?(Declarations.ctype(), Declarations.t()) :: boolean
  def text?(type, declarations), do: match?({:pointer, {:base, "char"}}, resolved(type, declarations, 0))

  defp resolved({:named, name}, declarations, depth) when depth < @deepest and not is_map_key(@known, name) do
    case declarations.types do
      %{^name => type} -> resolved(type, declarations, depth + 1)
      _ -> {:named, name}
    end
  end

  defp resolved({:pointer, type}, declarations, depth) when depth < @deepest,
    do: {:pointer, resolved(type, declarations, depth + 1)}

  defp resolved(type, _declarations, _depth), do: type

  defp inner(_type, _declarations, @deepest), do: throw({:no_type, "a type is made of too many others"})
  defp inner({:base, name}, _declarations, _depth) when is_map_key(@base, name), do: Map.fetch!(@base, name)
  defp inner(:enum, _declarations, _depth), do: :s32
  defp inner({:named, name}, _declarations, _depth) when is_map_key(@known, name), do: Map.fetch!(@known, name)

  defp inner({:named, name}, declarations, depth) do
    case declarations.types do
      %{^name => type} -> inner(type, declarations, depth + 1)
      _ -> throw({:no_type, "the type #{name} is not declared in the block"})
    end
  end

  defp inner({:list, type}, declarations, depth), do: {:list, inner(type, declarations, depth + 1)}
  defp inner({:option, type}, declarations, depth), do: {:option, inner(type, declarations, depth + 1)}

  defp inner({:result, ok, error}, declarations, depth),
    do: {:result, inner(ok, declarations, depth + 1), inner(error, declarations, depth + 1)}

  defp inner({:struct, tag}, declarations, depth) when is_binary(tag) do
    case declarations.structs do
      %{^tag => fields} -> inner({:struct, fields}, declarations, depth + 1)
      _ -> throw({:no_type, "struct #{tag} is not declared in the block"})
    end
  end

  defp inner({:struct, []}, _declarations, _depth), do: throw({:no_type, "a struct without fields has no type"})

  # A pointer and its length are a list, whoever declares them.
  defp inner({:struct, [{"ptr", {:pointer, type}}, {"len", {:named, "size_t"}}]}, declarations, depth),
    do: {:list, inner(type, declarations, depth + 1)}

  defp inner({:struct, fields}, declarations, depth) do
    {:fields, for({name, type} <- fields, do: {name, inner(type, declarations, depth + 1)})}
  end

  defp inner({:pointer, {:base, "char"}}, _declarations, _depth),
    do: throw({:no_type, "char * within another type does not tell its length: use wb_string"})

  defp inner({:pointer, _}, _declarations, _depth),
    do: throw({:no_type, "a pointer does not tell how much it points to: use a list of workbooks.h"})

  defp inner({:base, "void"}, _declarations, _depth), do: throw({:no_type, "void is no value"})
  defp inner(_type, _declarations, _depth), do: throw({:no_type, "an array, a union or the like has no type of WIT's"})

  # --- in memory ---------------------------------------------------------------------------------

  @doc """
  What matters of a shape or a WIT type for C: how it lies in memory. Types of the same layout can stand for one another.

      iex> Workbooks.Build.C.Types.layout({:list, :u32}) == Workbooks.Build.C.Types.layout({:list, :s32})
      true
  """
  @spec layout(shape | wit) :: term
  def layout(nil), do: nil
  def layout(type) when type in [:bool, :s8, :u8], do: {:int, 1}
  def layout(type) when type in [:s16, :u16], do: {:int, 2}
  def layout(type) when type in [:s32, :u32, :char], do: {:int, 4}
  def layout(type) when type in [:s64, :u64], do: {:int, 8}
  def layout(:f32), do: {:float, 4}
  def layout(:f64), do: {:float, 8}
  def layout(:string), do: {:list, {:int, 1}}
  def layout({:list, type}), do: {:list, layout(type)}
  def layout({:option, type}), do: {:cases, [nil, layout(type)]}
  def layout({:result, ok, error}), do: {:cases, [layout(ok), layout(error)]}
  def layout({kind, fields}) when kind in [:record, :fields], do: {:struct, for({_, type} <- fields, do: layout(type))}
  def layout({:tuple, types}), do: {:struct, Enum.map(types, &layout/1)}
  def layout({:enum, names}), do: {:int, tag(length(names))}
  def layout({:variant, cases}), do: {:cases, for({_, type} <- cases, do: layout(type))}
  def layout({:flags, names}), do: {:int, flags(length(names))}
  def layout(other), do: {:other, other}

  defp tag(cases) when cases <= 256, do: 1
  defp tag(cases) when cases <= 65_536, do: 2
  defp tag(_cases), do: 4

  defp flags(count) when count <= 8, do: 1
  defp flags(count) when count <= 16, do: 2
  defp flags(_count), do: 4

  @doc "Size and alignment of a layout, in bytes."
  @spec size(term) :: {non_neg_integer, pos_integer}
  def size(nil), do: {0, 1}
  def size({kind, bytes}) when kind in [:int, :float], do: {bytes, bytes}
  def size({:list, _}), do: {8, 4}

  def size({:struct, fields}) do
    {end_of_last, align} =
      for field <- fields, reduce: {0, 1} do
        {offset, align} ->
          {size, its} = size(field)
          {up(offset, its) + size, max(align, its)}
      end

    {up(end_of_last, align), align}
  end

  def size({:cases, cases}) do
    sizes = Enum.map(cases, &size/1)
    tag = tag(length(cases))
    align = sizes |> Enum.map(&elem(&1, 1)) |> Enum.max() |> max(tag)
    payload = sizes |> Enum.map(&elem(&1, 0)) |> Enum.max()
    {up(up(tag, align) + payload, align), align}
  end

  def size({:other, _}), do: {0, 1}

  defp up(offset, align), do: div(offset + align - 1, align) * align
end
