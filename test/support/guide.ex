defmodule Workbooks.TestGuide do
  @moduledoc false
  # Runs what a guide shows:
  #
  #     defmodule Workbooks.Guides.WASITest do
  #       use ExUnit.Case, async: true
  #       import Workbooks.TestGuide
  #       guide "guides/wasi.md"
  #     end
  #
  # Every fence of `elixir` is run. One with `iex>` is read as a doctest is: what stands below a
  # prompt is what it answers, nothing there is an answer that does not matter; `** (Module) message`
  # is what it raises. Any other is run as a whole. There is a test for each section (`## …`), whose
  # fences share their variables and aliases; those above the first section are seen by all.

  @fence ~r/^```elixir\n(.*?)^```$/ms
  @section ~r/^## (.+)$/m

  @doc "A test for each section of the guide that has examples. The path is the project's."
  defmacro guide(path) do
    sections = path |> File.read!() |> sections()
    sections != [] || raise "#{path} has no fence of elixir"

    for {title, steps} <- sections do
      quote do
        test unquote("#{Path.basename(path)}: #{title}") do
          unquote(__MODULE__).run(unquote(path), unquote(Macro.escape(steps)))
        end
      end
    end
    |> then(&{:__block__, [], [quote(do: @external_resource(unquote(path))) | &1]})
  end

  @doc "`[{title, [{line, code, expected}]}]` of a guide's text, where `expected` may be nil."
  def sections(text) do
    fences = for [_, {at, length}] <- Regex.scan(@fence, text, return: :index), do: {at, binary_part(text, at, length)}

    titles =
      for [_, {at, length}] <- Regex.scan(@section, text, return: :index), do: {at, binary_part(text, at, length)}

    steps = fn from, to ->
      for {at, code} <- fences, at >= from, at < to, step <- steps(code, line(text, at)), do: step
    end

    ends = Enum.map(titles, &elem(&1, 0)) ++ [byte_size(text)]
    above = steps.(0, hd(ends))

    own =
      for {{from, title}, to} <- Enum.zip(titles, tl(ends)), steps = steps.(from, to), steps != [] do
        {title, above ++ steps}
      end

    if own == [] and above != [], do: [{"its examples", above}], else: own
  end

  defp line(text, at), do: text |> binary_part(0, at) |> String.split("\n") |> length()

  defp steps(code, line) do
    lines = code |> String.split("\n") |> Enum.with_index(line)
    if code =~ ~r/^iex>/m, do: prompts(lines), else: [{line, code, nil}]
  end

  defp prompts([]), do: []

  defp prompts([{"iex>" <> first, line} | rest]) do
    {more, rest} = Enum.split_while(rest, &match?({"...>" <> _, _}, &1))
    {answer, rest} = Enum.split_while(rest, fn {text, _} -> text != "" and not String.starts_with?(text, "iex>") end)
    code = Enum.map_join([first | for({"...>" <> text, _} <- more, do: text)], "\n", &unspaced/1)
    expected = if answer != [], do: Enum.map_join(answer, "\n", &elem(&1, 0))
    [{line, code, expected} | prompts(rest)]
  end

  defp prompts([{"", _} | rest]), do: prompts(rest)
  defp prompts([{text, line} | _]), do: raise("line #{line}: #{text} stands below no prompt")

  defp unspaced(" " <> text), do: text
  defp unspaced(text), do: text

  @doc "Runs the steps of a section."
  def run(path, steps) do
    env = Code.env_for_eval(file: path)
    Enum.reduce(steps, {[], env}, fn step, state -> step(path, step, state) end)
  end

  defp step(path, {line, code, "** (" <> raised}, {binding, env}) do
    eval(path, line, code, binding, env)
  rescue
    error ->
      shown = "(#{inspect(error.__struct__)}) #{Exception.message(error)}"
      check(path, line, code, shown, "(" <> raised, binding, env)
  else
    {answer, _, _} -> fail(path, line, code, "raised nothing and answered #{inspect(answer)}")
  end

  defp step(path, {line, code, nil}, {binding, env}) do
    {_answer, binding, env} = eval(path, line, code, binding, env)
    {binding, env}
  end

  defp step(path, {line, code, "#" <> _ = shown}, {binding, env}) do
    {answer, binding, env} = eval(path, line, code, binding, env)
    check(path, line, code, inspect(answer), shown, binding, env)
  end

  defp step(path, {line, code, expected}, {binding, env}) do
    {answer, binding, env} = eval(path, line, code, binding, env)
    {shown, _, _} = eval(path, line, expected, binding, env)
    check(path, line, code, answer, shown, binding, env)
  end

  defp eval(path, line, code, binding, env) do
    quoted = Code.string_to_quoted!(code, file: path, line: line)
    Code.eval_quoted_with_env(quoted, binding, %{env | line: line})
  end

  defp check(_path, _line, _code, same, same, binding, env), do: {binding, env}

  defp check(path, line, code, answer, shown, _binding, _env) do
    raise ExUnit.AssertionError, message: "#{path}:#{line} is not so", expr: code, left: answer, right: shown
  end

  @spec fail(String.t(), pos_integer, String.t(), String.t()) :: no_return
  defp fail(path, line, code, what) do
    raise ExUnit.AssertionError, message: "#{path}:#{line} #{what}", expr: code
  end
end
