defmodule Workbooks.Build.Types do
  @moduledoc """
  WIT types, as terms: what they are called, and which values may pass where.

  A type is as `Workbooks.Wasm.exports/1` shows it (`:f64`, `{:list, :string}`), or `:any`
  where nothing is known.
  """

  @type t :: Workbooks.Wasm.Component.wit_type() | :any

  @doc """
  A type as a `:sig:` writes it.

      iex> Workbooks.Build.Types.text({:record, [{"name", :string}, {"marks", {:list, :u8}}]})
      "record{name: string, marks: list<u8>}"
      iex> Workbooks.Build.Types.text({:result, nil, :string})
      "result<_, string>"
  """
  @spec text(t | nil) :: String.t()
  def text(nil), do: "nothing"
  def text({:list, type}), do: "list<#{text(type)}>"
  def text({:list, type, size}), do: "list<#{text(type)}, #{size}>"
  def text({:option, type}), do: "option<#{text(type)}>"
  def text({:tuple, types}), do: "tuple<#{Enum.map_join(types, ", ", &text/1)}>"
  def text({:result, nil, nil}), do: "result"
  def text({:result, ok, nil}), do: "result<#{text(ok)}>"
  def text({:result, nil, error}), do: "result<_, #{text(error)}>"
  def text({:result, ok, error}), do: "result<#{text(ok)}, #{text(error)}>"
  def text({:record, fields}), do: "record{#{fields(fields)}}"
  def text({:variant, cases}), do: "variant{#{Enum.map_join(cases, ", ", &case_text/1)}}"
  def text({:enum, names}), do: "enum{#{Enum.join(names, ", ")}}"
  def text({:flags, names}), do: "flags{#{Enum.join(names, ", ")}}"
  def text({:map, key, type}), do: "map<#{text(key)}, #{text(type)}>"
  def text({kind, name}) when kind in [:own, :borrow], do: "#{kind}<#{name}>"
  def text({_other, name}), do: to_string(name)
  def text(primitive) when is_atom(primitive), do: Atom.to_string(primitive)

  defp fields(fields), do: Enum.map_join(fields, ", ", fn {name, type} -> "#{name}: #{text(type)}" end)

  defp case_text({name, nil}), do: name
  defp case_text({name, type}), do: "#{name}(#{text(type)})"

  @doc """
  A name as WIT has it: `movingAverage` and `moving_average` are `moving-average`. What is
  a WIT name already stays.

      iex> Workbooks.Build.Types.wit_name("movingAverage")
      "moving-average"
      iex> Workbooks.Build.Types.wit_name("HTTP-code")
      "HTTP-code"
  """
  @spec wit_name(String.t()) :: String.t()
  def wit_name(name) do
    # Asked for each field of each record that crosses.
    if lower?(name) or wit_name?(name), do: name, else: kebab(name, "")
  end

  defp lower?(<<c, rest::binary>>) when c != ?_ and c not in ?A..?Z, do: lower?(rest)
  defp lower?(rest), do: rest == ""

  @doc """
  Whether WIT can call something so: words of letters and digits with hyphens between them.

      iex> Enum.map(["moving-average", "größe", "a--b"], &Workbooks.Build.Types.wit_name?/1)
      [true, false, false]
  """
  @spec wit_name?(String.t()) :: boolean
  def wit_name?(name), do: name =~ ~r/\A([a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(-([a-z0-9]+|[A-Z0-9]+))*\z/

  # As the engine does it with the names of core functions.
  defp kebab(<<>>, kebab), do: kebab
  defp kebab(<<c, rest::binary>>, kebab) when c in [?_, ?-], do: kebab(rest, kebab <> "-")

  defp kebab(<<c, rest::binary>>, kebab) when c in ?A..?Z do
    hyphen = if kebab == "" or String.ends_with?(kebab, "-"), do: "", else: "-"
    kebab(rest, <<kebab::binary, hyphen::binary, c - ?A + ?a>>)
  end

  defp kebab(<<c, rest::binary>>, kebab), do: kebab(rest, <<kebab::binary, c>>)

  @doc """
  Whether two types are one in WIT, where `firstName` and `first_name` are the same field.

      iex> Workbooks.Build.Types.same?({:record, [{"firstName", :u8}]}, {:record, [{"first-name", :u8}]})
      true
  """
  @spec same?(t | nil, t | nil) :: boolean
  def same?(one, other), do: wit(one) == wit(other)

  defp wit({:record, fields}), do: {:record, for({name, type} <- fields, do: {wit_name(name), wit(type)})}
  defp wit({:tuple, types}), do: {:tuple, Enum.map(types, &wit/1)}
  defp wit({:variant, cases}), do: {:variant, for({name, type} <- cases, do: {name, wit(type)})}
  defp wit({:result, ok, error}), do: {:result, wit(ok), wit(error)}
  defp wit({kind, type}) when kind in [:list, :option], do: {kind, wit(type)}
  defp wit(other), do: other

  @doc """
  Whether every value of the first type may be given where the second is wanted.

  That is so for the same type, records' fields in any order and names as WIT has them; for
  numbers into a type that holds each of them exactly (`u8` into `s32`, `s32` into `f64`,
  `f32` into `f64`; not `s64` into `f64`); for a value where it is an option; and for lists, tuples,
  records, options and results whose parts do. `:any` fits everything, and is checked when
  there is a value.

      iex> import Workbooks.Build.Types, only: [fits?: 2]
      iex> {fits?({:list, :u8}, {:list, :u8}), fits?(:s32, :f64), fits?(:s64, :f64), fits?(:f64, {:option, :f64})}
      {true, true, false, true}
  """
  @spec fits?(t | nil, t | nil) :: boolean
  def fits?(type, type), do: true
  def fits?(:any, _to), do: true
  def fits?(_from, :any), do: true
  def fits?({:option, from}, {:option, to}), do: fits?(from, to)
  def fits?(from, {:option, to}), do: fits?(from, to)
  # Bytes cross as a binary, which no other list is.
  def fits?({:list, from}, {:list, to}) when from == :u8 or to == :u8, do: from == to
  def fits?({:list, from}, {:list, to}), do: fits?(from, to)
  def fits?({:list, from, size}, {:list, to, size}), do: fits?(from, to)
  def fits?({:list, from, _size}, {:list, to}) when to != :u8, do: fits?(from, to)

  def fits?({:tuple, from}, {:tuple, to}) do
    length(from) == length(to) and Enum.all?(Enum.zip(from, to), fn {from, to} -> fits?(from, to) end)
  end

  def fits?({:result, ok, error}, {:result, to_ok, to_error}), do: fits?(ok, to_ok) and fits?(error, to_error)

  def fits?({:record, from}, {:record, to}) do
    from = Map.new(from, fn {name, type} -> {wit_name(name), type} end)
    to = Map.new(to, fn {name, type} -> {wit_name(name), type} end)

    Enum.all?(from, fn {name, _type} -> is_map_key(to, name) end) and
      Enum.all?(to, fn {name, type} ->
        case from do
          %{^name => given} -> fits?(given, type)
          # Left out, it is none.
          _ -> match?({:option, _}, type)
        end
      end)
  end

  def fits?({:variant, from}, {:variant, to}) do
    Enum.sort(Enum.map(from, &elem(&1, 0))) == Enum.sort(Enum.map(to, &elem(&1, 0))) and
      Enum.all?(from, fn {name, type} -> fits?(type, to |> List.keyfind(name, 0) |> elem(1)) end)
  end

  def fits?(from, to) when is_atom(from) and is_atom(to), do: widens?(range(from), range(to))
  def fits?(_from, _to), do: false

  # A number's kind and the bits it has for whole numbers.
  defp range(:s8), do: {:signed, 7}
  defp range(:s16), do: {:signed, 15}
  defp range(:s32), do: {:signed, 31}
  defp range(:s64), do: {:signed, 63}
  defp range(:u8), do: {:unsigned, 8}
  defp range(:u16), do: {:unsigned, 16}
  defp range(:u32), do: {:unsigned, 32}
  defp range(:u64), do: {:unsigned, 64}
  defp range(:f32), do: {:float, 24}
  defp range(:f64), do: {:float, 53}
  defp range(_other), do: nil

  defp widens?({_kind, bits}, {:float, wider}), do: bits <= wider
  defp widens?({:signed, bits}, {:signed, wider}), do: bits <= wider
  defp widens?({:unsigned, bits}, {kind, wider}) when kind in [:signed, :unsigned], do: bits <= wider
  defp widens?(_from, _to), do: false
end
