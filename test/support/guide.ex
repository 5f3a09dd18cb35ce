defmodule Workbooks.TestGuide do
  @moduledoc false
  # Runs what a guide shows, as a doctest does: the `iex>` blocks of a section, one after the
  # other, with the names that the earlier ones bound. A section is what stands under one `##`.

  import ExUnit.Assertions

  @doc "Every section that has something to run: `{title, line, [{code, expected, line}]}`."
  def sections(path) do
    path
    |> lines()
    |> Enum.chunk_while([], &chunk/2, fn section -> {:cont, Enum.reverse(section), []} end)
    |> Enum.map(fn [{_, {heading, line}} | _] = section -> {String.trim_leading(heading, "# "), line, steps(section)} end)
    |> Enum.reject(fn {_title, _line, steps} -> steps == [] end)
  end

  @doc "The fenced blocks: `{language, text, line}`."
  def fences(path) do
    path
    |> lines()
    |> Enum.chunk_by(fn {where, _} -> where end)
    |> Enum.filter(&match?([{{:code, _, _}, _} | _], &1))
    |> Enum.map(fn [{{:code, language, line}, _} | _] = block ->
      {language, Enum.map_join(block, "\n", fn {_, {text, _}} -> text end), line}
    end)
  end

  @doc "Runs a section's steps."
  def run(steps, path) do
    Enum.reduce(steps, {[], __ENV__}, fn {code, expected, line}, {binding, env} ->
      env = %{env | file: Path.relative_to_cwd(path), line: line}
      {value, binding, env} = eval(code, binding, env)
      if expected, do: compare(value, expected, binding, env)
      {binding, env}
    end)

    :ok
  end

  defp eval(code, binding, env) do
    Code.eval_quoted_with_env(Code.string_to_quoted!(code, file: env.file, line: env.line), binding, env)
  end

  defp compare(value, expected, binding, env) do
    {wanted, _, _} = eval(expected, binding, env)

    assert value == wanted,
      message: "#{env.file}:#{env.line}: answered\n\n    #{inspect(value, pretty: true)}\n\nnot\n\n    #{expected}"
  end

  # Each line with where it stands: in the text, or in the block that begins there.
  defp lines(path) do
    path
    |> File.read!()
    |> String.split("\n")
    |> Enum.with_index(1)
    |> Enum.map_reduce(:text, fn
      {"```" <> language, line}, :text -> {{:fence, {"", line}}, {:code, language, line}}
      {"```", line}, _code -> {{:fence, {"", line}}, :text}
      {text, line}, where -> {{where, {text, line}}, where}
    end)
    |> elem(0)
  end

  defp chunk({:text, {"## " <> _, _}} = line, section), do: {:cont, Enum.reverse(section), [line]}
  defp chunk(line, section), do: {:cont, [line | section]}

  defp steps(section) do
    {steps, _open} = Enum.reduce(section, {[], false}, &step/2)

    steps
    |> Enum.map(fn {code, expected, line} -> {text(code), if(expected != [], do: text(expected)), line} end)
    |> Enum.reverse()
  end

  # What stands under an example, up to an empty line or the next one, is its answer.
  defp step({{:code, _, _}, {"iex> " <> code, line}}, {steps, _}), do: {[{[code], [], line} | steps], true}

  defp step({{:code, _, _}, {"...>" <> code, _}}, {[{codes, [], line} | steps], true}),
    do: {[{[unspaced(code) | codes], [], line} | steps], true}

  defp step({{:code, _, _}, {"", _}}, {steps, _}), do: {steps, false}
  defp step({{:code, _, _}, {text, _}}, {[{code, answer, line} | steps], true}), do: {[{code, [text | answer], line} | steps], true}
  defp step(_line, {steps, _}), do: {steps, false}

  defp unspaced(" " <> code), do: code
  defp unspaced(code), do: code
  defp text(lines), do: lines |> Enum.reverse() |> Enum.join("\n")
end
