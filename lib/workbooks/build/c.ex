defmodule Workbooks.Build.C do
  @moduledoc """
  C blocks, compiled by clang inside the sandbox.

  A block that defines `main` is a program: inputs come by standard input, what it prints is its
  output. Of any other one function is the entry: the only one that is not static, or the one named
  as the `:sig:` or the heading. Its types come from its declaration, as `Workbooks.Build.C.Types`
  has them; strings, lists and more from `<workbooks.h>`.

  C99, and what clang takes beyond (`-std=gnu17`), with the WASI C library.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Wasm
  alias Workbooks.Build.{Artifact, Call, Clang, Deadline, Entry, Problem, Signature, Source}
  alias Workbooks.Build.C.{Declarations, Glue, Types}
  alias Workbooks.Build.Types, as: Wit

  @header Path.join([__DIR__, "../../../priv/c/workbooks.h"])
  @external_resource @header
  @header_text File.read!(@header)

  # Changes with what is made of the same source by the same clang.
  @revision 2
  @own :crypto.hash(:sha256, [@header_text, <<@revision>>]) |> Base.encode16(case: :lower) |> binary_part(0, 16)

  # A person writes less; what is larger was generated, and is no block.
  @most_source 1024 * 1024

  @flags ~w(-O2 -std=gnu17 -debug-info-kind=line-tables-only -dwarf-version=4)
  # What setjmp needs, which makes other programs no better.
  @jumping ~w(-mllvm -wasm-enable-sjlj -mllvm -wasm-use-legacy-eh=false -target-feature +exception-handling) ++
             ["-exception-model=wasm"]

  @impl true
  def languages, do: ["c"]

  @impl true
  def available, do: Clang.available()

  @impl true
  def version do
    with {:ok, clang} <- Clang.version(), do: {:ok, "c #{@own} #{clang}"}
  end

  @impl true
  def compile(%Source{text: text}, _options) when byte_size(text) > @most_source do
    {:error, Problem.new(:limit, "a C block of #{byte_size(text)} bytes is too large: #{@most_source} are the most")}
  end

  def compile(%Source{} = source, options) do
    declarations = Declarations.merge(header(), source.text)

    if Enum.any?(declarations.functions, &(&1.name == "main")),
      do: command(source, options),
      else: source |> typed(declarations, options) |> or_syntax(source, options)
  end

  # Where the block is no C to begin with, that is the thing to say.
  defp or_syntax({:error, %Problem{kind: kind}} = refused, source, options) when kind in [:entry, :signature] do
    with {:ok, _object, _warnings} <- object(source.text, "", options), do: refused
  end

  defp or_syntax(answer, _source, _options), do: answer

  # Read once for all blocks.
  defp header do
    key = {__MODULE__, :header, @own}

    with nil <- :persistent_term.get(key, nil) do
      header = Declarations.read(@header_text)
      :persistent_term.put(key, header)
      header
    end
  end

  # --- a program ---------------------------------------------------------------------------------

  defp command(source, options) do
    with {:ok, module, notes} <- build(source.text, "", :command, options) do
      {:ok, %{Call.Command.artifact(source, module) | notes: notes}}
    end
  end

  # --- a function --------------------------------------------------------------------------------

  defp typed(source, declarations, options) do
    with {:ok, function} <- entry(source, declarations),
         :ok <- arity(function, source),
         {:ok, params, result} <- shapes(function, declarations),
         {:ok, signature, raises?} <- agreed(source.sig, function, params, result),
         {:ok, wit} <- Signature.to_wit(signature),
         glued = %{name: function.name, export: Wit.wit_name(signature.name), params: params, result: result},
         {:ok, glue} <- glue(glued, function, declarations, prints?(source.text)),
         {:ok, imports} <- imports(signature.using, declarations),
         {:ok, module, notes} <- build(source.text, glue <> imports, :reactor, options),
         {:ok, component} <-
           Problem.from_answer(Wasm.componentize(module, wit: wit, timeout: Deadline.left(options.deadline))) do
      {:ok,
       Artifact.new(
         language: source.language,
         bytes: component,
         convention: if(raises?, do: Call.Raising, else: Call.Typed),
         data: [glued.export],
         params: signature.params,
         result: if(raises?, do: elem(signature.result, 1), else: signature.result),
         notes: notes
       )}
    end
  end

  defp entry(_source, %{functions: []}) do
    {:error, Problem.new(:entry, "the block defines no function to call: write one that is not static, or main")}
  end

  defp entry(source, %{functions: functions}) do
    with {:ok, name} <- Entry.find(Enum.uniq(for(function <- functions, do: function.name)), source) do
      {:ok, Enum.find(functions, &(&1.name == name))}
    end
  end

  defp shapes(function, declarations) do
    with {:ok, params} <- params(function, declarations),
         {:ok, result} <- shape("the result", function.result, function, declarations) do
      {:ok, params, result}
    end
  end

  defp params(function, declarations) do
    function.params
    |> Enum.with_index(1)
    |> Enum.reduce_while({:ok, []}, fn {{name, type}, n}, {:ok, params} ->
      case shape("parameter #{name || n}", type, function, declarations) do
        {:ok, param} -> {:cont, {:ok, params ++ [param]}}
        {:error, problem} -> {:halt, {:error, problem}}
      end
    end)
  end

  defp shape(what, type, function, declarations) do
    case Types.shape(type, declarations) do
      {:ok, shape} -> {:ok, {type, shape}}
      {:error, why} -> {:error, Problem.new(:signature, "#{what} of #{function.name}: #{why}", line: function.line)}
    end
  end

  defp glue(glued, function, declarations, prints?) do
    with {:error, why} <- Glue.code(glued, declarations, prints?) do
      {:error, Problem.new(:signature, "#{function.name} cannot be called from outside: #{why}", line: function.line)}
    end
  end

  # The functions of other components, which the `:sig:` names and the block declares.
  defp imports(used, declarations) do
    Enum.reduce_while(used, {:ok, ""}, fn signature, {:ok, code} ->
      case imported(signature, declarations) do
        {:ok, more} -> {:cont, {:ok, code <> more}}
        {:error, problem} -> {:halt, {:error, problem}}
      end
    end)
  end

  defp imported(signature, declarations) do
    wanted = Wit.wit_name(signature.name)

    case Enum.find(declarations.prototypes, fn {name, _} -> Wit.wit_name(name) == wanted end) do
      nil ->
        {:error, Problem.new(:signature, "the :sig: uses #{signature.name}, which the block does not declare")}

      {_name, function} ->
        with {:ok, params, result} <- shapes(function, declarations),
             {:ok, same, false} <- agreed(signature, function, params, result),
             glued = %{name: function.name, export: Wit.wit_name(same.name), params: params, result: result},
             {:error, why} <- Glue.import_code(glued, declarations) do
          {:error, Problem.new(:signature, "#{function.name} cannot be called: #{why}", line: function.line)}
        else
          {:ok, _raising, true} ->
            {:error, Problem.new(:signature, "#{function.name} gives a result", line: function.line)}

          answer ->
            answer
        end
    end
  end

  defp arity(function, %Source{inputs: inputs}) do
    case length(function.params) do
      count when count == length(inputs) or inputs == [] ->
        :ok

      count ->
        said =
          "#{function.name} takes #{count} values, the block's inputs are #{length(inputs)}: #{Enum.join(inputs, " ")}"

        {:error, Problem.new(:signature, said, line: function.line)}
    end
  end

  # The types are the declaration's, or those of the `:sig:`, which has to lie in memory as they do. A
  # function that fails by its result raises, unless the `:sig:` says that it gives a result.
  defp agreed(nil, function, params, {_type, shape}) do
    params =
      for {{name, _}, {_type, shape}, n} <- Enum.zip([function.params, params, 0..length(params)]),
          do: {param(name, n), Types.wit(shape)}

    result = Types.wit(shape)
    {:ok, %Signature{name: function.name, params: params, result: result}, match?({:result, _, :string}, result)}
  end

  defp agreed(sig, function, params, result) when is_binary(sig) do
    with {:ok, signature} <- Signature.parse(sig), do: agreed(signature, function, params, result)
  end

  defp agreed(%Signature{} = signature, function, params, {_type, shape}) do
    same? = Enum.map(signature.params, &Types.layout(elem(&1, 1))) == Enum.map(params, &Types.layout(elem(&1, 1)))
    wanted = Types.layout(signature.result)
    raised = {:result, signature.result, :string}

    cond do
      same? and Types.layout(shape) == wanted ->
        {:ok, signature, false}

      same? and Types.layout(shape) == Types.layout(raised) ->
        {:ok, %{signature | result: raised}, true}

      true ->
        {:ok, declared, _} = agreed(nil, function, params, {nil, shape})
        said = "the :sig: says #{Signature.text(signature)}, the function is #{Signature.text(declared)}"
        {:error, Problem.new(:signature, said, line: function.line)}
    end
  end

  # A name that is none in WIT matters to nobody.
  defp param(name, n) do
    if name && Wit.wit_name?(Wit.wit_name(name)), do: name, else: "p#{n}"
  end

  # --- both --------------------------------------------------------------------------------------

  defp build(text, glue, kind, options) do
    libraries =
      for {true, name} <- [{jumps?(text), "setjmp"}, {long_double?(text), "c-printscan-long-double"}], do: name

    options.progress.("compiling")

    with {:ok, object, warnings} <- object(text, glue, options) do
      options.progress.("linking")

      case Clang.link([object], kind, libraries: libraries, deadline: options.deadline) do
        {:ok, module} -> {:ok, module, warnings}
        {:error, problem} -> {:error, placed(problem, text)}
      end
    end
  end

  defp object(text, glue, options) do
    flags = if jumps?(text), do: @flags ++ @jumping, else: @flags
    folder = Application.app_dir(:workbooks, "priv/c")

    Clang.object(text, flags: flags, more: glue, include: folder, deadline: options.deadline, progress: options.progress)
  end

  defp jumps?(text), do: text =~ "setjmp"

  # Only then does the block bring the C library's streams along.
  defp prints?(text) do
    text =~ ~r/#\s*include\s*<stdio\.h>/ and text =~ ~r/\b(v?f?printf|f?puts|f?putc|putchar|fwrite|perror|stdout)\b/
  end

  # The C library prints and reads these only with another one before it, which is large.
  defp long_double?(text), do: text =~ ~r/long\s+double|%[-+ #0-9.*]*L/

  # The linker knows no lines; where a name is missing, its first use is what a person looks for.
  defp placed(%Problem{line: nil, message: "undefined symbol: " <> name} = problem, text) do
    lines = text |> String.split("\n") |> Enum.with_index(1)
    used = ~r/(?<![A-Za-z0-9_])#{Regex.escape(name)}(?![A-Za-z0-9_])/

    case Enum.find(lines, fn {line, _} -> line =~ used end) do
      {_, line} -> %{problem | line: line}
      nil -> problem
    end
  end

  defp placed(problem, _text), do: problem
end
