defmodule Workbooks.Library do
  @moduledoc """
  The sources of workbooks, with their versions and what was published of them.

      iex> alias Workbooks.Library
      iex> {:ok, first} = Library.put("acme", "tea", "* Green")
      iex> first.version
      1
      iex> {:ok, second} = Library.put("acme", "tea", "* Green\\n* Black", if_match: first.etag)
      iex> {:error, error} = Library.put("acme", "tea", "* White", if_match: first.etag)
      iex> {error.kind, error.details.etag == second.etag}
      {:conflict, true}
      iex> {:ok, tea} = Library.get("acme", "tea")
      iex> {tea.source, tea.version, tea.bytes}
      {"* Green\\n* Black", 2, 15}
      iex> {:ok, tea} = Library.get("acme", "tea", version: 1)
      iex> tea.source
      "* Green"
      iex> {:ok, _} = Library.publish("acme", "tea", "<h1>Green</h1>", version: 1)
      iex> {:ok, page} = Library.published("acme", "tea")
      iex> {page.artifact, page.version}
      {"<h1>Green</h1>", 1}
      iex> Library.delete("acme", "tea")
      :ok

  A workbook belongs to a tenant and has an id (`Workbooks.Names`). Its source is UTF-8 text; each one
  that differs from the one before is a version, numbered from 1. An etag is the SHA-256 of a source, or of
  an artifact, in hexadecimal digits: a strong one, for HTTP in quotes. What `put/4` and the others
  answer `{:ok, …}` to is durable.

  The newest `keep_versions` versions are kept, and the one that is published; what was published before as many
  times. A content that is not what was written any more is `kind: :damaged`, and is never handed out; the same
  content put again mends it.

  ## Settings

      config :workbooks, Workbooks.Library, keep_versions: 20

  | setting | default | what |
  | --- | --- | --- |
  | `storage:` | `Workbooks.Storage` | the storage that keeps them |
  | `keep_versions:` | `100` | how many versions of a workbook are kept, up to 10,000 |
  | `max_source_bytes:` | 10 MiB | the largest source, up to 64 MiB |
  | `max_artifact_bytes:` | 64 MiB | the largest artifact, up to 64 MiB, which is what a stored value may have |

  Every function takes `library:`, the process's name (`Workbooks.Library`), and those that write
  `timeout:`, in milliseconds (30,000). Where the storage cannot be read they answer its error.
  """

  alias Workbooks.{Error, Names, Options, Storage}
  alias Workbooks.Library.{Contents, Head, Table}
  alias Workbooks.Storage.Mirror

  @type tenant :: String.t()
  @type id :: String.t()
  @typedoc "Of a version, or of what is published: then `version` is what it was made of."
  @type info :: %{etag: String.t(), version: pos_integer, at: DateTime.t(), bytes: non_neg_integer}
  @type option :: {:library, atom} | {:timeout, timeout}
  @type if_match :: {:if_match, String.t() | :any | :absent}

  @stored 67_108_864
  @limits [keep_versions: 10_000, max_source_bytes: @stored, max_artifact_bytes: @stored]

  @schema [
    name: {:any, __MODULE__},
    storage: {:any, Storage},
    keep_versions: {:positive, 100},
    max_source_bytes: {:positive, 10_485_760},
    max_artifact_bytes: {:positive, @stored}
  ]

  @options [library: {:any, __MODULE__}, timeout: {:timeout, 30_000}]

  @doc "Starts the process that keeps them: `name:` (`Workbooks.Library`) and the settings above."
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.Library")

    for {key, most} <- @limits, settings[key] > most do
      raise ArgumentError, "#{inspect(key)} of Workbooks.Library is up to #{most}, got: #{settings[key]}"
    end

    # For those who call: they read contents themselves, and measure what they bring.
    :persistent_term.put({__MODULE__, settings.name}, settings)

    Mirror.start_link(
      name: settings.name,
      module: Table,
      table: "library",
      storage: settings.storage,
      context: settings.keep_versions
    )
  end

  @doc false
  # What `put/4` takes, for who reads a source from somebody who may send more.
  @spec max_source_bytes :: pos_integer
  def max_source_bytes do
    with {:ok, settings} <- settings(%{library: __MODULE__}),
         do: settings.max_source_bytes,
         else: (_not_running -> @stored)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  Puts a source. The one that is there already makes no new version.

  `if_match:` says what has to be there: `:any` (the default) anything or nothing, `:absent` nothing, an
  etag the version that has it. Else it is `kind: :conflict`, with the etag of what is there, or nil, in its
  details.

      iex> {:ok, one} = Workbooks.Library.put("acme", "plan", "* Plan", if_match: :absent)
      iex> {:ok, same} = Workbooks.Library.put("acme", "plan", "* Plan")
      iex> same == one
      true
      iex> Workbooks.Library.delete("acme", "plan", if_match: one.etag)
      :ok
  """
  @spec put(tenant, id, source :: String.t(), [option | if_match]) :: {:ok, info} | {:error, Error.t()}
  def put(tenant, id, source, options \\ []) do
    options = validate!(options, [if_match: {:any, :any}], "put/4")
    if_match!(options, [:any, :absent], "put/4")

    with {:ok, key} <- key(tenant, id),
         {:ok, settings} <- settings(options),
         :ok <- sized(source, settings.max_source_bytes, "a source"),
         :ok <- text(source) do
      {entry, content} = entry(source, nil, key, settings)
      written({:put, key, entry, content, options.if_match}, options)
    end
  end

  @doc """
  A source, with its version, etag, time and size: the newest, or that of `version:`. `:error` where there is none.

      iex> Workbooks.Library.get("acme", "nothing")
      :error
  """
  @spec get(tenant, id, [option | {:version, pos_integer}]) ::
          {:ok, %{source: String.t(), etag: String.t(), version: pos_integer, at: DateTime.t(), bytes: non_neg_integer}}
          | :error
          | {:error, Error.t()}
  def get(tenant, id, options \\ []) do
    options = validate!(options, [version: {:positive, nil}], "get/3")
    which = if options.version, do: &Head.version(&1, options.version), else: &Head.latest/1
    read(tenant, id, which, :source, options)
  end

  @doc """
  Removes a workbook: its source, all versions and whatever was published. `if_match:` is an etag or `:any`.

      iex> {:error, error} = Workbooks.Library.delete("acme", "nothing")
      iex> error.kind
      :not_found
  """
  @spec delete(tenant, id, [option | {:if_match, String.t() | :any}]) :: :ok | {:error, Error.t()}
  def delete(tenant, id, options \\ []) do
    options = validate!(options, [if_match: {:any, :any}], "delete/3")
    if_match!(options, [:any], "delete/3")
    with {:ok, key} <- key(tenant, id), do: written({:delete, key, options.if_match}, options)
  end

  @doc """
  The workbooks of a tenant: `%{id => %{etag:, version:, at:, bytes:, published: version | nil}}`.

      iex> Workbooks.Library.list("nobody")
      %{}
  """
  @spec list(tenant, [option]) ::
          %{
            id => %{
              etag: String.t(),
              version: pos_integer,
              at: DateTime.t(),
              bytes: non_neg_integer,
              published: pos_integer | nil
            }
          }
          | {:error, Error.t()}
  def list(tenant, options \\ []) do
    options = validate!(options, [], "list/2")

    with :ok <- Names.tenant(tenant),
         {:ok, rows} <- Mirror.select(options.library, [{{{tenant, :"$1"}, :"$2"}, [], [{{:"$1", :"$2"}}]}]) do
      Map.new(rows, fn {id, head} ->
        published = Head.published(head)
        {id, head |> Head.latest() |> info() |> Map.put(:published, published && published.version)}
      end)
    end
  end

  @doc """
  The versions of a workbook that are kept, the newest first. `:error` where there is no such workbook.

      iex> {:ok, one} = Workbooks.Library.put("acme", "log", "* One")
      iex> {:ok, two} = Workbooks.Library.put("acme", "log", "* Two")
      iex> Workbooks.Library.versions("acme", "log") == {:ok, [two, one]}
      true
      iex> Workbooks.Library.delete("acme", "log")
      :ok
  """
  @spec versions(tenant, id, [option]) :: {:ok, [info, ...]} | :error | {:error, Error.t()}
  def versions(tenant, id, options \\ []) do
    options = validate!(options, [], "versions/3")

    with {:ok, key} <- key(tenant, id),
         {:ok, head} <- Mirror.lookup(options.library, key),
         do: {:ok, Enum.map(Head.versions(head), &info/1)}
  end

  @doc """
  Publishes an artifact: whatever bytes a workbook's page is served from.

  `version:` is the one it was made of (the newest); one that is not kept is `kind: :not_found`.

      iex> {:ok, _} = Workbooks.Library.put("acme", "page", "* Hello")
      iex> {:ok, info} = Workbooks.Library.publish("acme", "page", "<h1>Hello</h1>")
      iex> {info.version, info.bytes}
      {1, 14}
      iex> Workbooks.Library.delete("acme", "page")
      :ok
  """
  @spec publish(tenant, id, artifact :: binary, [option | {:version, pos_integer}]) :: {:ok, info} | {:error, Error.t()}
  def publish(tenant, id, artifact, options \\ []) do
    options = validate!(options, [version: {:positive, :latest}], "publish/4")

    with {:ok, key} <- key(tenant, id),
         {:ok, settings} <- settings(options),
         :ok <- sized(artifact, settings.max_artifact_bytes, "an artifact") do
      {entry, content} = entry(artifact, options.version, key, settings)
      written({:publish, key, entry, content}, options)
    end
  end

  @doc """
  What is published of a workbook, with the version it was made of. `:error` where nothing is.

      iex> Workbooks.Library.published("acme", "nothing")
      :error
  """
  @spec published(tenant, id, [option]) ::
          {:ok, %{artifact: binary, etag: String.t(), version: pos_integer, at: DateTime.t(), bytes: non_neg_integer}}
          | :error
          | {:error, Error.t()}
  def published(tenant, id, options \\ []) do
    read(tenant, id, &Head.published/1, :artifact, validate!(options, [], "published/3"))
  end

  @doc """
  The SHA-256, as 32 bytes, of what is published of a workbook; `:error` where nothing is.

  It comes from memory and is not looked at twice: for those who keep what they read, and ask with each
  request whether it is still that.

      iex> {:ok, _} = Workbooks.Library.put("acme", "kept", "* Kept")
      iex> {:ok, page} = Workbooks.Library.publish("acme", "kept", "<h1>Kept</h1>")
      iex> {:ok, digest} = Workbooks.Library.published_digest("acme", "kept")
      iex> Base.encode16(digest, case: :lower) == page.etag
      true
      iex> Workbooks.Library.delete("acme", "kept")
      :ok
      iex> Workbooks.Library.published_digest("acme", "kept")
      :error
  """
  @spec published_digest(tenant, id, library :: atom) :: {:ok, <<_::256>>} | :error | {:error, Error.t()}
  def published_digest(tenant, id, library \\ __MODULE__) do
    with {:ok, head} <- Mirror.lookup(library, {tenant, id}), do: Head.published_digest(head)
  end

  @doc """
  Publishes again what was published before what is published now, or before `unpublish/3`; it answers what that is.

  What was published now is kept no longer: rolling back again goes back further.

      iex> {:ok, _} = Workbooks.Library.put("acme", "news", "* News")
      iex> {:ok, good} = Workbooks.Library.publish("acme", "news", "good")
      iex> {:ok, _} = Workbooks.Library.publish("acme", "news", "bad")
      iex> Workbooks.Library.rollback("acme", "news") == {:ok, good}
      true
      iex> Workbooks.Library.delete("acme", "news")
      :ok
  """
  @spec rollback(tenant, id, [option]) :: {:ok, info} | {:error, Error.t()}
  def rollback(tenant, id, options \\ []) do
    options = validate!(options, [], "rollback/3")
    with {:ok, key} <- key(tenant, id), do: written({:roll_back, key}, options)
  end

  @doc """
  Has nothing of a workbook published. What was is kept for `rollback/3`.

      iex> {:ok, _} = Workbooks.Library.put("acme", "old", "* Old")
      iex> {:ok, page} = Workbooks.Library.publish("acme", "old", "<h1>Old</h1>")
      iex> Workbooks.Library.unpublish("acme", "old")
      :ok
      iex> Workbooks.Library.published("acme", "old")
      :error
      iex> Workbooks.Library.rollback("acme", "old") == {:ok, page}
      true
      iex> Workbooks.Library.delete("acme", "old")
      :ok
  """
  @spec unpublish(tenant, id, [option]) :: :ok | {:error, Error.t()}
  def unpublish(tenant, id, options \\ []) do
    options = validate!(options, [], "unpublish/3")
    with {:ok, key} <- key(tenant, id), do: written({:unpublish, key}, options)
  end

  # --- reading -------------------------------------------------------------------------------------

  defp read(tenant, id, which, as, options) do
    with {:ok, key} <- key(tenant, id),
         {:ok, settings} <- settings(options),
         {:ok, entry, content} <- content(key, which, settings, nil) do
      {:ok, entry |> info() |> Map.put(as, content)}
    end
  end

  # A head is read from memory and its content from the storage, a moment later: a writer may have removed
  # that between. Memory says so once the write is done. Only where it still says the same is the content lost.
  defp content(key, which, settings, before) do
    with {:ok, head} <- Mirror.lookup(settings.name, key),
         %{} = entry <- which.(head) || :error do
      case Contents.read(key, entry.digest, settings.storage) do
        {:ok, content} -> {:ok, entry, content}
        :damaged -> damaged(key, entry, "is not what was written: its SHA-256 is another")
        :error when before == head -> damaged(key, entry, "is not there any more")
        :error -> with :ok <- Mirror.write(settings.name, :settle), do: content(key, which, settings, head)
        {:error, error} -> {:error, error}
      end
    end
  end

  defp damaged({_tenant, id}, entry, what) do
    Error.tuple(
      :damaged,
      "the content #{Contents.etag(entry.digest)} of the workbook #{inspect(id)} #{what}. Put it again, or " <>
        "restore a backup by Workbooks.Storage.restore/2",
      %{etag: Contents.etag(entry.digest), version: entry.version}
    )
  end

  defp info(%{version: version, at: at, bytes: bytes, digest: digest}) do
    %{version: version, at: DateTime.from_unix!(at, :microsecond), bytes: bytes, etag: Contents.etag(digest)}
  end

  # --- writing -------------------------------------------------------------------------------------

  # With the content, and whether that has to be written though it is known: it may be damaged.
  defp entry(content, version, key, settings) do
    digest = Contents.digest(content)
    at = System.os_time(:microsecond)

    {%{version: version, at: at, bytes: byte_size(content), digest: digest},
     {digest, content, lost?(key, digest, settings)}}
  end

  defp lost?(key, digest, settings) do
    with {:ok, head} <- Mirror.lookup(settings.name, key),
         true <- digest in Head.digests(head) do
      not match?({:ok, _content}, Contents.read(key, digest, settings.storage))
    else
      _unknown -> false
    end
  end

  defp written(request, options) do
    with {:ok, entry} <- Mirror.write(options.library, request, options.timeout), do: {:ok, info(entry)}
  end

  # --- what is asked for ---------------------------------------------------------------------------

  defp key(tenant, id) do
    with :ok <- Names.tenant(tenant),
         :ok <- Names.workbook(id),
         do: {:ok, {:binary.copy(tenant), :binary.copy(id)}}
  end

  defp sized(content, most, _what) when is_binary(content) and byte_size(content) <= most, do: :ok

  defp sized(content, most, what) when is_binary(content) do
    Error.tuple(:too_large, "#{what} is up to #{most} bytes, this one has #{byte_size(content)}", %{most: most})
  end

  defp sized(_other, _most, what), do: Error.tuple(:bad_value, "#{what} is a binary")

  defp text(source) do
    if String.valid?(source), do: :ok, else: Error.tuple(:bad_value, "a source is UTF-8 text, and this is none")
  end

  defp settings(%{library: library}) do
    case :persistent_term.get({__MODULE__, library}, nil) do
      nil -> Error.tuple(:unavailable, "#{inspect(library)} is not running: is the application :workbooks started?")
      settings -> {:ok, settings}
    end
  end

  defp validate!(options, schema, where) do
    Options.validate!(options, schema ++ @options, "Workbooks.Library.#{where}")
  end

  defp if_match!(%{if_match: if_match}, words, where) do
    unless is_binary(if_match) or if_match in words do
      raise ArgumentError,
            "option :if_match of Workbooks.Library.#{where} must be an etag or one of " <>
              "#{Enum.map_join(words, ", ", &inspect/1)}, got: #{inspect(if_match)}"
    end
  end
end
