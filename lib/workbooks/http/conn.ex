defmodule Workbooks.HTTP.Conn do
  @moduledoc """
  A request and the answer to it, as routers see them.

  A router is a module with `init/1`, which takes its options, and `call/2`, which takes a conn and
  what `init/1` made of them, and answers the conn with an answer set (`respond/4`) or sent
  (`begin/3`, `chunk/2`, `finish/1`). Whoever called the router sends what was set. So the
  same router stands behind `Workbooks.HTTP.Server`, and in a Phoenix or Plug application.

  | field | |
  | --- | --- |
  | `method` | as it was written: `"GET"` |
  | `scheme`, `host`, `version` | `:http` or `:https`; the host with its port as the client wrote it, or nil; `:"1.0"`, `:"1.1"`, `:"2"` |
  | `path`, `query` | as they were written, the path from its first `/`, the query without its `?` |
  | `segments` | the path's, decoded (`Workbooks.HTTP.Path`); nil where the path is none: 400 |
  | `script` | the segments before those, that an application has taken already |
  | `headers` | `{name, value}`, names in lower case, in their order |
  | `peer` | `{address, port}`, or `:unix` |
  | `params` | what the router found in the path: `%{"id" => "tea"}` |
  | `assigns` | whatever those on the way want to tell each other |
  | `status`, `answer_headers`, `answer_body` | the answer |
  | `state` | `:unset`, `:set`, `:begun`, `:finished` |
  """

  alias Workbooks.HTTP.{Error, Path}

  # Headers and bodies hold keys: what prints a conn shows none.
  @derive {Inspect, only: [:method, :path, :status, :state]}
  defstruct adapter: nil,
            method: "GET",
            scheme: :http,
            host: nil,
            version: :"1.1",
            path: "/",
            query: "",
            segments: [],
            script: [],
            headers: [],
            peer: :unix,
            params: %{},
            assigns: %{},
            status: nil,
            answer_headers: [],
            answer_body: "",
            state: :unset

  @type headers :: [{String.t(), binary}]
  @type t :: %__MODULE__{
          adapter: {module, term},
          method: String.t(),
          scheme: :http | :https,
          host: String.t() | nil,
          version: :"1.0" | :"1.1" | :"2",
          path: String.t(),
          query: String.t(),
          segments: [String.t()] | nil,
          script: [String.t()],
          headers: headers,
          peer: {:inet.ip_address(), :inet.port_number()} | :unix,
          params: %{optional(String.t()) => String.t()},
          assigns: map,
          status: 100..599 | nil,
          answer_headers: headers,
          answer_body: iodata,
          state: :unset | :set | :begun | :finished
        }

  @doc """
  A conn over an adapter. `fields` are those of the table above that the request has; `segments` come
  from the `path` unless they are given.
  """
  @spec new({module, term}, keyword) :: t
  def new({module, _state} = adapter, fields) when is_atom(module) do
    conn = struct!(__MODULE__, [adapter: adapter] ++ fields)
    if Keyword.has_key?(fields, :segments), do: conn, else: %{conn | segments: segments(conn.path)}
  end

  defp segments(path) do
    case Path.segments(path) do
      {:ok, segments} -> segments
      :error -> nil
    end
  end

  # --- the request ---------------------------------------------------------------------------------

  @doc "The first value of a header of the request, or nil. `name` is in lower case."
  @spec header(t, String.t()) :: binary | nil
  def header(%__MODULE__{headers: headers}, name) do
    case List.keyfind(headers, name, 0) do
      {_name, value} -> value
      nil -> nil
    end
  end

  @doc "All values of a header of the request, in their order."
  @spec headers(t, String.t()) :: [binary]
  def headers(%__MODULE__{headers: headers}, name), do: for({^name, value} <- headers, do: value)

  @doc """
  The query, decoded; of a name that stands there twice the last. `:error` where it is no UTF-8 text.

      iex> Workbooks.HTTP.Conn.query(%Workbooks.HTTP.Conn{query: "version=2&name=caf%C3%A9+noir&flag"})
      {:ok, %{"flag" => "", "name" => "café noir", "version" => "2"}}
      iex> Workbooks.HTTP.Conn.query(%Workbooks.HTTP.Conn{query: "a=%ff"})
      :error
  """
  @spec query(t) :: {:ok, %{optional(String.t()) => String.t()}} | :error
  def query(%__MODULE__{query: query}), do: form(query)

  @doc """
  A form as browsers send it (`application/x-www-form-urlencoded`), decoded as a query is.

      iex> Workbooks.HTTP.Conn.form("key=wb_1&next=%2F")
      {:ok, %{"key" => "wb_1", "next" => "/"}}
  """
  @spec form(binary) :: {:ok, %{optional(String.t()) => String.t()}} | :error
  def form(text) do
    fields = text |> URI.query_decoder() |> Map.new()

    if Enum.all?(fields, fn {name, value} -> String.valid?(name) and String.valid?(value) end),
      do: {:ok, fields},
      else: :error
  rescue
    # An escape that is none.
    ArgumentError -> :error
  end

  @doc """
  The next piece of the request's body: `{:ok, piece, conn}`, `{:done, trailers, conn}` behind the last, or
  `{:error, error, conn}`.
  """
  @spec read(t) :: {:ok, binary, t} | {:done, headers, t} | {:error, Error.t(), t}
  def read(%__MODULE__{adapter: {module, state}} = conn) do
    {what, of, state} = module.read(state)
    {what, of, %{conn | adapter: {module, state}}}
  end

  @doc "The request's whole body, of `most` bytes: beyond them it is `kind: :too_large`."
  @spec read_body(t, non_neg_integer) :: {:ok, binary, t} | {:error, Error.t(), t}
  def read_body(%__MODULE__{} = conn, most), do: read_body(conn, most, [], 0)

  defp read_body(conn, most, pieces, bytes) do
    case read(conn) do
      {:ok, piece, conn} when bytes + byte_size(piece) <= most ->
        read_body(conn, most, [pieces, piece], bytes + byte_size(piece))

      {:ok, _piece, conn} ->
        {:error, Error.new(:too_large, "the body is larger than #{most} bytes"), conn}

      {:done, _trailers, conn} ->
        {:ok, IO.iodata_to_binary(pieces), conn}

      {:error, error, conn} ->
        {:error, error, conn}
    end
  end

  # --- the answer ----------------------------------------------------------------------------------

  @doc """
  Sets the answer. Its headers come after those set before, and replace those of the same names.

      iex> conn = Workbooks.HTTP.Conn.respond(%Workbooks.HTTP.Conn{}, 404, "nothing\\n", [{"content-type", "text/plain"}])
      iex> {conn.status, conn.answer_headers, conn.state}
      {404, [{"content-type", "text/plain"}], :set}
  """
  @spec respond(t, 100..599, iodata, headers) :: t
  def respond(%__MODULE__{state: state} = conn, status, body, headers \\ []) when state in [:unset, :set] do
    %{put_headers(conn, headers) | status: status, answer_body: body, state: :set}
  end

  @doc "Sets headers of the answer; names in lower case. Those of the same names are replaced."
  @spec put_headers(t, headers) :: t
  def put_headers(%__MODULE__{} = conn, []), do: conn

  def put_headers(%__MODULE__{} = conn, headers) do
    kept = Enum.reject(conn.answer_headers, fn {name, _value} -> List.keymember?(headers, name, 0) end)
    %{conn | answer_headers: kept ++ headers}
  end

  @doc "Adds a header to the answer, beside others of its name: `set-cookie`."
  @spec add_header(t, String.t(), binary) :: t
  def add_header(%__MODULE__{} = conn, name, value) do
    %{conn | answer_headers: conn.answer_headers ++ [{name, value}]}
  end

  @doc "Puts something beside the request for those that come after."
  @spec assign(t, atom, term) :: t
  def assign(%__MODULE__{assigns: assigns} = conn, key, value), do: %{conn | assigns: Map.put(assigns, key, value)}

  @doc "Sends what `respond/4` has set. For whoever called the router: once."
  @spec deliver(t) :: {:ok, t} | {:error, Error.t(), t}
  def deliver(%__MODULE__{state: :set, adapter: {module, state}} = conn) do
    stepped(conn, module.respond(state, conn.status, conn.answer_headers, conn.answer_body), :finished)
  end

  @doc "Begins an answer whose body follows in chunks, with the headers set before and these."
  @spec begin(t, 100..599, headers) :: {:ok, t} | {:error, Error.t(), t}
  def begin(%__MODULE__{state: state, adapter: {module, adapter}} = conn, status, headers \\ [])
      when state in [:unset, :set] do
    conn = %{put_headers(conn, headers) | status: status}
    stepped(conn, module.begin(adapter, status, conn.answer_headers), :begun)
  end

  @doc "Sends a chunk, and returns when the next may follow: a slow client is not overrun."
  @spec chunk(t, iodata) :: {:ok, t} | {:error, Error.t(), t}
  def chunk(%__MODULE__{state: :begun, adapter: {module, state}} = conn, data) do
    stepped(conn, module.chunk(state, data), :begun)
  end

  @doc "Ends an answer that was begun."
  @spec finish(t) :: {:ok, t} | {:error, Error.t(), t}
  def finish(%__MODULE__{state: :begun, adapter: {module, state}} = conn) do
    stepped(conn, module.finish(state), :finished)
  end

  @doc """
  Has `{reference, :gone}` sent to this process when the client goes away, and lifts the limit of the
  request's time.
  """
  @spec watch(t) :: {:ok, reference, t}
  def watch(%__MODULE__{adapter: {module, state}} = conn) do
    {:ok, reference, state} = module.watch(state)
    {:ok, reference, %{conn | adapter: {module, state}}}
  end

  defp stepped(%{adapter: {module, _state}} = conn, {:ok, state}, reached) do
    {:ok, %{conn | adapter: {module, state}, state: reached}}
  end

  # What failed is not tried again.
  defp stepped(%{adapter: {module, _state}} = conn, {:error, error, state}, _reached) do
    {:error, error, %{conn | adapter: {module, state}, state: :finished}}
  end
end
