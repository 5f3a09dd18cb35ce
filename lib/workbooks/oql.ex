defmodule Workbooks.OQL do
  @moduledoc """
  The OQL kernel: reads Org, answers headlines, plan and lint, compares versions, renders
  HTML.

  The kernel is a WebAssembly component without imports (`wit/oql/kernel.wit`).
  Every call is a pure function of its arguments: no file, no clock, no network.

  Each answers `{:ok, value}` or `{:error, %Workbooks.Wasm.Error{}}`; maps have string
  keys in the shapes of the format's description. Bang forms raise the error. A
  document is text: one that is not UTF-8 is an error of kind `:type` whose message and
  `details.offset` say where; NUL is a character as others are.

  `timeout:` is in milliseconds, or `:infinity`, and covers the wait for an instance and
  the call; 5,000 and 2,000 more for each mebibyte. Errors: `:timeout`, or
  `:pool_timeout` when there was no instance in time.

  ## Instances

  They are in three pools, by how long the document is, so that a short one never waits
  for a long one to end: `Workbooks.OQL.Short` (to 64 KiB), `.Medium` (to 1 MiB) and
  `.Long`. Each has one instance for each scheduler at most; the
  options of `Workbooks.Wasm.Pool` hold for all three:

      config :workbooks, Workbooks.OQL, max: 8

  An instance that grew beyond 32 MiB for a document is not kept.
  """

  import Workbooks.Bang
  alias Workbooks.{JSON, Options, Telemetry}
  alias Workbooks.OQL.Lanes
  alias Workbooks.Wasm.{Error, Pool}

  @type answer(value) :: {:ok, value} | {:error, Error.t()}

  # Without one, what `Lanes.allowance/1` says.
  @timeout [timeout: {:timeout, nil}]

  @doc false
  defdelegate child_spec(options), to: Lanes

  @doc """
  Every heading of the document, in order.

      iex> {:ok, [heading]} = Workbooks.OQL.parse_headlines("* TODO [#A] Buy milk :home:")
      iex> {heading["title"], heading["todo"], heading["priority"], heading["tags"]}
      {"Buy milk", "TODO", "A", ["home"]}
  """
  @spec parse_headlines(String.t(), keyword) :: answer([map])
  def parse_headlines(org, options \\ []) when is_binary(org), do: ask("parse-headlines", [org], options)

  @doc """
  What the document says of itself: `title`, `description`, `author`, `language` and `date`.

      iex> {:ok, metadata} = Workbooks.OQL.metadata("#+TITLE: Tea")
      iex> {metadata["title"], metadata["author"]}
      {"Tea", nil}
  """
  @spec metadata(String.t(), keyword) :: answer(map)
  def metadata(org, options \\ []) when is_binary(org), do: ask("metadata", [org], options)

  @doc """
  The plan: worlds, components, edges, imports and exports.

      iex> {:ok, plan} = Workbooks.OQL.tangle_plan("* Prose alone")
      iex> plan["components"]
      []
  """
  @spec tangle_plan(String.t(), keyword) :: answer(map)
  def tangle_plan(org, options \\ []) when is_binary(org), do: ask("tangle-plan", [org], options)

  @doc """
  What is wrong or doubtful in the document: errors and warnings with code,
  message, line, column and a hint.
  """
  @spec lint(String.t(), keyword) :: answer([map])
  def lint(org, options \\ []) when is_binary(org), do: ask("lint", [org], options)

  @doc """
  `:ok`, or the errors among the document's issues.

      iex> {:error, [issue]} = Workbooks.OQL.validate("* No version here")
      iex> issue["code"]
      "missing_version"
  """
  @spec validate(String.t(), keyword) :: :ok | {:error, [map] | Error.t()}
  def validate(org, options \\ []) when is_binary(org) do
    with {:ok, issues} <- lint(org, options) do
      case Enum.filter(issues, &(&1["level"] == "error")) do
        [] -> :ok
        errors -> {:error, errors}
      end
    end
  end

  @doc """
  What those who use the old document would break on with the new one: issues in the
  shape of `lint/2`'s, none where nothing breaks.

  What is gone comes first, with its place in the old document; then what is new or
  another, with its place in the new one.

      iex> old = ~S\"""
      ...> * Tea
      ...> :PROPERTIES:
      ...> :WORKBOOK_VERSION: 1
      ...> :END:
      ...> ** Brew
      ...> :PROPERTIES:
      ...> :sig: minutes(leaf: string) -> u32
      ...> :END:
      ...> #+begin_src javascript
      ...> export const brew = (leaf) => leaf === "green" ? 2 : 4
      ...> #+end_src
      ...> \"""
      iex> new = String.replace(old, "-> u32", "-> string")
      iex> {:ok, [issue]} = Workbooks.OQL.check_upgrade(old, new)
      iex> {issue["level"], issue["code"], issue["line"], issue["message"]}
      {"error", "export_type_changed", 7, "the export `minutes` was `u32` and is `string` now"}
      iex> Workbooks.OQL.check_upgrade(old, old)
      {:ok, []}
  """
  @spec check_upgrade(String.t(), String.t(), keyword) :: answer([map])
  def check_upgrade(old, new, options \\ []) when is_binary(old) and is_binary(new) do
    ask("check-upgrade", [old, new], options)
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
    * `:math` - LaTeX in the form that MathJax and KaTeX read, or `:plain`, as it is written; `:mathjax`
  """
  @spec render(String.t(), keyword) :: answer(String.t())
  def render(org, options \\ []) when is_binary(org) do
    schema = [results: {:map, nil}, errors: {:map, nil}, allow_html: {:boolean, nil}] ++ layout() ++ @timeout
    {timeout, options} = options |> Options.validate!(schema, "render/2") |> Map.pop!(:timeout)
    given = for {key, value} <- options, not is_nil(value), into: %{}, do: {key, value}

    with {:ok, json} <- encode(given) do
      call("render", [org, json], timeout, fn
        {:ok, html} -> {:ok, html}
        {:error, message} -> {:error, Error.new(:type, message)}
      end)
    end
  end

  defp layout do
    [toc: {:any, nil}, num: {:any, nil}, title: {:boolean, nil}, headline_levels: {:positive, nil}] ++
      [math: {{:in, [nil, :mathjax, :plain]}, nil}]
  end

  defp encode(options) do
    with {:error, message} <- JSON.encode(options) do
      {:error, Error.new(:type, "render/2 cannot pass these options on: #{message}")}
    end
  end

  defp ask(function, texts, options) do
    %{timeout: timeout} = Options.validate!(options, @timeout, "#{function} of Workbooks.OQL")

    call(function, texts, timeout, fn json ->
      with {:error, message} <- JSON.decode(json) do
        {:error, Error.new(:internal, "the kernel's answer is not JSON: #{message}")}
      end
    end)
  end

  defp call(function, texts, timeout, read) do
    bytes = texts |> Enum.map(&byte_size/1) |> Enum.sum()
    pool = Lanes.of(bytes)

    Telemetry.span([:workbooks, :oql, :call], %{function: function, bytes: bytes, pool: pool}, fn ->
      answer =
        case Pool.call(pool, function, texts, timeout: timeout || Lanes.allowance(bytes)) do
          {:ok, value} -> read.(value)
          {:error, %Error{kind: :type} = error} -> {:error, Enum.find_value(texts, error, &no_text/1)}
          {:error, error} -> {:error, error}
        end

      {answer, %{result: Telemetry.result(answer)}}
    end)
  end

  # The engine has looked at each byte already and does not say which it was.
  defp no_text(text) do
    case :unicode.characters_to_binary(text) do
      valid when is_binary(valid) ->
        nil

      {_, valid, _} ->
        offset = byte_size(valid)
        message = "the document is not UTF-8: no character begins with the bytes at offset #{offset}"
        Error.new(:type, message, %{offset: offset})
    end
  end

  defbang(parse_headlines: 1, parse_headlines: 2, metadata: 1, metadata: 2, tangle_plan: 1, tangle_plan: 2)
  defbang(lint: 1, lint: 2, check_upgrade: 2, check_upgrade: 3, render: 1, render: 2)
end
