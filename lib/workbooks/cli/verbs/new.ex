defmodule Workbooks.CLI.Verbs.New do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Files}

  @impl true
  def name, do: "new"
  @impl true
  def summary, do: "writes a first workbook, to begin with"
  @impl true
  def usage, do: ["new FILE.org [--title TITLE] [--force]"]

  @impl true
  def about do
    """
    Writes a workbook of two JavaScript blocks, one of which takes what the other answers: it runs as it is,
    and says in its own text how. A file that is there already stays as it is, unless --force is given.
    """
  end

  @impl true
  def options do
    [
      {:title, :string, "TITLE", "the document's title; made of the file's name"},
      {:force, :boolean, "", "write over a file that is there"}
    ]
  end

  @impl true
  def examples do
    [
      {"wb new tea.org", "a workbook in this folder"},
      {"wb new reports/costs.org --title 'What it costs'", "with a title, in a folder that need not be there"}
    ]
  end

  @impl true
  def run([path], options) do
    path = if Path.extname(path) == ".org", do: path, else: path <> ".org"
    title = options.title || title(path)

    with :ok <- free(path, options), :ok <- one_line(title), :ok <- Files.write(path, text(title, path)) do
      {:ok, {"#{path}\nrun it: wb run #{path} --input name=Ada\n", %{file: path}}}
    end
  end

  def run([], _options), do: {:error, Failure.new(:usage, "what is it to be called? usage: wb #{hd(usage())}")}
  def run([_, other | _], _options), do: {:error, Failure.new(:usage, "one file at a time, not #{other} too")}

  defp free(path, options) do
    if File.exists?(path) and not (options.force || false),
      do: {:error, Failure.new(:conflict, "#{path} is there already: name another file, or give --force")},
      else: :ok
  end

  defp one_line(title) do
    if title =~ ~r/\A[^\r\n\0]+\z/, do: :ok, else: {:error, Failure.new(:bad_value, "a title is one line of text")}
  end

  defp title(path) do
    path |> Path.basename(".org") |> String.replace(~r/[-_\s]+/, " ") |> String.trim() |> String.capitalize()
  end

  defp text(title, path) do
    """
    #+TITLE: #{title}
    #+EXPORTS: greeting letters

    * #{title}
    :PROPERTIES:
    :WORKBOOK_VERSION: 1
    :END:

    A heading with a source block is a component: its drawer says what goes in and what comes out.

    ** Greet
    :PROPERTIES:
    :in:       name
    :out:      greeting
    :END:

    Nothing here supplies a =name=, so whoever runs the workbook does:

    #+begin_example
    wb run #{Path.basename(path)} --input name=Ada
    #+end_example

    #+begin_src javascript
      export function greet(name) {
        return { greeting: `Hello, ${name}!` }
      }
    #+end_src

    ** Count
    :PROPERTIES:
    :in:       greeting
    :out:      letters
    :deps:     greet
    :END:

    #+begin_src javascript
      export function count(greeting) {
        return { letters: [...greeting].filter((c) => /\\p{L}/u.test(c)).length }
      }
    #+end_src
    """
  end
end
