defmodule Workbooks.DocsTest do
  # "docs" in CI means full @doc and @spec coverage, which is counted here, and doctests.
  use ExUnit.Case, async: true

  # The modules whose own tests stand elsewhere run their examples there.
  doctest Workbooks.OQL

  @modules (case Application.load(:workbooks) do
              _loaded -> Application.spec(:workbooks, :modules)
            end)

  # The library's own: what test/support adds is no part of it. An implementation of a protocol
  # is documented by the protocol.
  defp modules do
    for module <- @modules,
        Code.ensure_loaded?(module),
        not (source(module) =~ "/test/support/"),
        not function_exported?(module, :__impl__, 1),
        do: module
  end

  defp source(module), do: to_string(module.module_info(:compile)[:source])

  defp docs(module) do
    assert {:docs_v1, _, :elixir, "text/markdown", moduledoc, metadata, docs} = Code.fetch_docs(module)
    {moduledoc, metadata, docs}
  end

  defp documented, do: for(module <- modules(), {%{"en" => _}, _, _} <- [docs(module)], do: module)

  test "there is something to count" do
    assert Workbooks in documented()
    assert Workbooks.Wasm in documented()
    assert length(documented()) > 15
    refute Workbooks.Native in documented()
  end

  test "every module says what it is, or that it is internal" do
    assert [] == for(module <- modules(), {:none, _, _} <- [docs(module)], do: module)
  end

  test "a moduledoc is more than a word" do
    assert [] ==
             for(
               module <- documented(),
               {%{"en" => text}, _, _} <- [docs(module)],
               String.length(text) < 30,
               do: module
             )
  end

  test "every public function, macro and callback of a documented module has a @doc" do
    missing =
      for module <- documented(),
          {_, _, docs} = docs(module),
          {{kind, name, arity}, _, _, :none, _} <- docs,
          kind in [:function, :macro, :callback, :macrocallback],
          not generated?(module, name, arity),
          do: "#{kind} #{inspect(module)}.#{name}/#{arity}"

    assert missing == []
  end

  test "every public function of a documented module has a @spec" do
    missing =
      for module <- documented(),
          specs = specs(module),
          {_, _, docs} = docs(module),
          # What is hidden, callbacks of others' behaviours for one, is nobody's to call.
          {{:function, name, arity}, _, _, doc, _} <- docs,
          doc != :hidden,
          not generated?(module, name, arity),
          not MapSet.member?(specs, {name, arity}),
          do: "#{inspect(module)}.#{name}/#{arity}"

    assert missing == []
  end

  test "every module with examples has them run, once" do
    run = doctests()

    # Those of internal modules too.
    examples =
      for module <- modules(),
          {moduledoc, _, docs} = docs(module),
          example?(moduledoc) or Enum.any?(docs, &example?/1),
          do: module

    assert Workbooks in examples

    for module <- examples do
      files = for {file, name} <- run, List.starts_with?(reversed(module), Enum.reverse(name)), do: file

      assert length(files) == 1,
             "doctest #{inspect(module)} should stand once in the tests, it stands in: #{inspect(files)}"
    end

    # And none that has nothing to run.
    for {file, name} <- run do
      assert Enum.any?(examples, &List.starts_with?(reversed(&1), Enum.reverse(name))),
             "#{file}: doctest #{Enum.join(name, ".")} runs no example"
    end
  end

  # `defexception` and `defstruct` make functions that need no words.
  defp generated?(module, name, arity) do
    String.starts_with?(to_string(name), "__") or
      (function_exported?(module, :exception, 1) and {name, arity} in [exception: 1, message: 1])
  end

  defp specs(module) do
    {:ok, specs} = Code.Typespec.fetch_specs(module)
    MapSet.new(specs, fn {name_arity, _} -> name_arity end)
  end

  defp example?(%{"en" => text}), do: example?(text)
  defp example?({_, _, _, doc, _}), do: example?(doc)
  defp example?(text) when is_binary(text), do: text =~ ~r/^\s*iex(\(\d+\))?>/m
  defp example?(_none_or_hidden), do: false

  # {file, ["Workbooks", "OQL"]} for each `doctest`; under an alias the last names alone.
  defp doctests do
    for file <- Path.wildcard(Path.join(__DIR__, "**/*_test.exs")),
        {:ok, ast} = Code.string_to_quoted(File.read!(file)),
        name <- ast |> Macro.prewalker() |> Enum.flat_map(&named/1),
        do: {Path.relative_to(file, __DIR__), name}
  end

  defp named({:doctest, _, [{:__aliases__, _, names} | _]}), do: [Enum.map(names, &to_string/1)]
  defp named(_other), do: []

  defp reversed(module), do: module |> Module.split() |> Enum.reverse()
end
