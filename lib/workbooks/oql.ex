defmodule Workbooks.OQL do
  @moduledoc """
  The OQL kernel: reads Org, answers headlines, plan and lint, renders HTML.

  The kernel is a WebAssembly component without imports (`wit/oql/kernel.wit`);
  this module is a pool of its instances, one for each scheduler unless
  `config :workbooks, Workbooks.OQL, max: n` says otherwise. Every call is a pure
  function of its arguments: no file, no clock, no network.

  Each takes `timeout:` in milliseconds (5,000) and answers `{:ok, value}` or
  `{:error, %Workbooks.Wasm.Error{}}`; maps have string keys in the shapes of the
  format's description. Bang forms raise the error.
  """

  import Workbooks.Bang
  alias Workbooks.{Guests, JSON, Options}
  alias Workbooks.Wasm.{Error, Pool}

  @type answer(value) :: {:ok, value} | {:error, Error.t()}

  @timeout [timeout: {:timeout, 5_000}]

  @doc false
  def child_spec(options) do
    defaults = [name: __MODULE__, component: fn -> Guests.component(:oql) end]
    Pool.child_spec(Keyword.merge(defaults, options))
  end

  @doc """
  Every heading of the document, in order.

      iex> {:ok, [heading]} = Workbooks.OQL.parse_headlines("* TODO [#A] Buy milk :home:")
      iex> {heading["title"], heading["todo"], heading["priority"], heading["tags"]}
      {"Buy milk", "TODO", "A", ["home"]}
  """
  @spec parse_headlines(String.t(), keyword) :: answer([map])
  def parse_headlines(org, options \\ []), do: ask("parse-headlines", org, options)

  @doc """
  What the document says of itself: `title`, `description`, `author`, `language` and `date`.

      iex> {:ok, metadata} = Workbooks.OQL.metadata("#+TITLE: Tea")
      iex> {metadata["title"], metadata["author"]}
      {"Tea", nil}
  """
  @spec metadata(String.t(), keyword) :: answer(map)
  def metadata(org, options \\ []), do: ask("metadata", org, options)

  @doc """
  The plan: worlds, components, edges, imports and exports.

      iex> {:ok, plan} = Workbooks.OQL.tangle_plan("* Prose alone")
      iex> plan["components"]
      []
  """
  @spec tangle_plan(String.t(), keyword) :: answer(map)
  def tangle_plan(org, options \\ []), do: ask("tangle-plan", org, options)

  @doc """
  What is wrong or doubtful in the document: errors and warnings with code,
  message, line, column and a hint.
  """
  @spec lint(String.t(), keyword) :: answer([map])
  def lint(org, options \\ []), do: ask("lint", org, options)

  @doc """
  `:ok`, or the errors among the document's issues.

      iex> {:error, [issue]} = Workbooks.OQL.validate("* No version here")
      iex> issue["code"]
      "missing_version"
  """
  @spec validate(String.t(), keyword) :: :ok | {:error, [map] | Error.t()}
  def validate(org, options \\ []) do
    with {:ok, issues} <- lint(org, options) do
      case Enum.filter(issues, &(&1["level"] == "error")) do
        [] -> :ok
        errors -> {:error, errors}
      end
    end
  end

  @doc """
  The document as an HTML fragment, as Emacs' exporter structures it, safe by default.

      iex> {:ok, html} = Workbooks.OQL.render("Hello *Org*")
      iex> html =~ "<b>Org</b>"
      true

  Options beside `timeout:`:

    * `:results` - `%{component_id => %{output => value}}`, placed under their blocks
    * `:errors` - `%{component_id => %{kind: …, message: …, line: …}}`, placed there too
    * `:allow_html` - let raw HTML of a trusted document through; `false`
    * `:toc` - a table of contents: `true`, `false` or a depth; `false`
    * `:num` - section numbers: `true`, `false` or a depth; `true`
    * `:title` - the document's title as a heading; `false`
    * `:headline_levels` - deeper headings become lists; 3
  """
  @spec render(String.t(), keyword) :: answer(String.t())
  def render(org, options \\ []) when is_binary(org) do
    schema = [results: {:map, nil}, errors: {:map, nil}, allow_html: {:boolean, nil}] ++ layout() ++ @timeout
    {timeout, options} = options |> Options.validate!(schema, "render/2") |> Map.pop!(:timeout)
    given = for {key, value} <- options, not is_nil(value), into: %{}, do: {key, value}

    with {:ok, json} <- encode(given),
         {:ok, answer} <- Pool.call(__MODULE__, "render", [org, json], timeout: timeout) do
      with {:error, message} <- answer, do: {:error, Error.new(:type, message)}
    end
  end

  defp layout, do: [toc: {:any, nil}, num: {:any, nil}, title: {:boolean, nil}, headline_levels: {:positive, nil}]

  defp encode(options) do
    with {:error, message} <- JSON.encode(options) do
      {:error, Error.new(:type, "render/2 cannot pass these options on: #{message}")}
    end
  end

  defp ask(function, org, options) when is_binary(org) do
    %{timeout: timeout} = Options.validate!(options, @timeout, "#{function} of Workbooks.OQL")

    with {:ok, text} <- Pool.call(__MODULE__, function, [org], timeout: timeout) do
      case JSON.decode(text) do
        {:ok, value} -> {:ok, value}
        {:error, message} -> {:error, Error.new(:internal, "the kernel's answer is not JSON: #{message}")}
      end
    end
  end

  defbang(parse_headlines: 1, parse_headlines: 2, metadata: 1, metadata: 2, tangle_plan: 1, tangle_plan: 2)
  defbang(lint: 1, lint: 2, render: 1, render: 2)
end
