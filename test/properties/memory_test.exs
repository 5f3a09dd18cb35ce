defmodule Workbooks.Properties.MemoryTest do
  # Linear memories against a model: a map from page-sized places to what was written there.
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Memory}

  @moduletag timeout: :infinity

  @page 65_536
  @max_pages 6

  defp module do
    Wasm.compile!("""
    (module
      (memory (export "memory") 1 #{@max_pages})
      (memory (export "other") 0 #{@max_pages})
      (memory (export "wide") i64 1 #{@max_pages})
      (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
    """)
  end

  defp start, do: %{"memory" => zeros(1), "other" => zeros(0), "wide" => zeros(1)}
  defp zeros(pages), do: :binary.copy(<<0>>, pages * @page)

  test "read, write, size and grow do what the same on a binary does" do
    module = module()

    check "memories", runs: runs(40, 3_000) do
      instance = Wasm.instantiate!(module)
      Enum.reduce(1..int(1..15), start(), fn _, model -> step(instance, model) end)
      Wasm.close(instance)
    end
  end

  defp step(instance, model) do
    name = note("memory", one_of(["memory", "other", "wide"]))
    bytes = model[name]
    options = if name == "memory" and draw(2) == 0, do: [], else: [memory: name]

    case note("step", one_of([:read, :write, :grow, :size, :guest])) do
      :size ->
        assert Memory.size(instance, options) == {:ok, byte_size(bytes)}
        model

      :read ->
        {offset, length} = {note("offset", number(bytes)), note("length", number(bytes))}
        assert kind(Memory.read(instance, offset, length, options)) == read(bytes, offset, length)
        model

      :write ->
        {offset, written} = {note("offset", number(bytes)), note("bytes", written())}

        case {kind(Memory.write(instance, offset, written, options)), write(bytes, offset, written)} do
          {:ok, {:ok, now}} -> Map.put(model, name, now)
          {same, same} -> model
          {got, expected} -> flunk("the answer was #{inspect(got)}, the model's #{inspect(expected, limit: 5)}")
        end

      :grow ->
        pages =
          note(
            "pages",
            one_of([0, 1, 2, @max_pages, 65_536, 2 ** 32, 2 ** 47, 2 ** 48, 2 ** 63, 2 ** 64 - 1, 2 ** 64, -1, 0.5])
          )

        case grow(bytes, pages) do
          {before, now} ->
            assert Memory.grow(instance, pages, options) == {:ok, before}
            Map.put(model, name, now)

          kind ->
            assert kind(Memory.grow(instance, pages, options)) == kind
            model
        end

      :guest ->
        guest(instance, model)
    end
  end

  # The guest sees what is written here, and the other way round; it grows its memory too.
  defp guest(instance, %{"memory" => bytes} = model) do
    at = note("at", one_of([0, 1, @page - 1, @page, byte_size(bytes) - 1, byte_size(bytes), 2 ** 32 - 1]))

    case note("guest", one_of([:load, :store, :grow])) do
      :load when at < byte_size(bytes) ->
        assert Wasm.call(instance, "load", [at]) == {:ok, :binary.at(bytes, at)}
        model

      :store when at < byte_size(bytes) ->
        assert Wasm.call(instance, "store", [at, 0xAB]) == {:ok, nil}
        {:ok, now} = write(bytes, at, <<0xAB>>)
        %{model | "memory" => now}

      :grow ->
        assert {:ok, before} = Wasm.call(instance, "grow", [1])

        case grow(bytes, 1) do
          {^before, now} ->
            %{model | "memory" => now}

          :memory_limit ->
            assert before == -1
            model
        end

      function ->
        arguments = if function == :load, do: [at], else: [at, 1]
        assert {:error, %Error{kind: :trap}} = Wasm.call(instance, to_string(function), arguments)
        model
    end
  end

  # Around the edges of the memory, of pages and of what machines can count; and what is no number.
  defp number(bytes) do
    edges = [0, 1, @page, byte_size(bytes), 2 ** 31, 2 ** 32, 2 ** 60, 2 ** 63, 2 ** 64]

    any_of([
      fn -> draw(byte_size(bytes) + 10) end,
      fn -> max(0, one_of(edges) + int(-2..2)) end,
      fn -> one_of(edges) + int(-2..2) end,
      fn -> one_of([-1, -(2 ** 63), 1.0, nil, "1", :infinity, 2 ** 200]) end
    ])
  end

  defp written do
    any_of([
      fn -> bytes(40) end,
      fn -> "" end,
      fn -> :binary.copy(<<draw(256)>>, draw(2 * @page)) end,
      fn -> zeros(5) end
    ])
  end

  # --- the model -----------------------------------------------------------------------------

  defp read(bytes, offset, length) do
    cond do
      not (number?(offset) and number?(length)) -> :type
      offset + length > byte_size(bytes) -> :limit
      true -> {:ok, binary_part(bytes, offset, length)}
    end
  end

  defp write(bytes, offset, written) do
    cond do
      not number?(offset) -> :type
      offset + byte_size(written) > byte_size(bytes) -> :limit
      true -> {:ok, replaced(bytes, offset, written)}
    end
  end

  defp replaced(bytes, offset, written) do
    after_it = offset + byte_size(written)

    IO.iodata_to_binary([
      binary_part(bytes, 0, offset),
      written,
      binary_part(bytes, after_it, byte_size(bytes) - after_it)
    ])
  end

  defp grow(bytes, pages) do
    before = div(byte_size(bytes), @page)

    cond do
      not number?(pages) -> :type
      before + pages > @max_pages -> :memory_limit
      true -> {before, bytes <> zeros(pages)}
    end
  end

  defp number?(number), do: is_integer(number) and number in 0..(2 ** 64 - 1)

  defp kind({:error, %Error{kind: kind, message: message}}) when is_binary(message), do: kind
  defp kind(answer), do: answer
end
