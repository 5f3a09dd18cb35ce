defmodule Workbooks.TestConn do
  @moduledoc false
  # A router called in the test's own process: no socket in between, and what it answered as data.

  @behaviour Workbooks.HTTP.Adapter

  alias Workbooks.HTTP.Conn

  @doc """
  The answer of `router`, a module or `{module, options}`: `%{status:, headers:, body:, conn:}`.

  Options: `headers:`, `body:` (a binary, or pieces as a list), `peer:`, and `fields:` of the conn.
  """
  def request(router, method, target, options \\ []) do
    {module, settings} = if is_atom(router), do: {router, []}, else: router
    conn = module.call(conn(method, target, options), module.init(settings))
    conn = if conn.state == :set, do: delivered(conn), else: conn
    {__MODULE__, state} = conn.adapter
    %{status: state.status, headers: state.headers, body: IO.iodata_to_binary(state.sent), conn: conn}
  end

  @doc "The conn of a request, for what is called without a router."
  def conn(method, target, options \\ []) do
    {path, query} =
      case String.split(target, "?", parts: 2) do
        [path, query] -> {path, query}
        [path] -> {path, ""}
      end

    state = %{body: List.wrap(options[:body] || []), status: nil, headers: [], sent: []}
    fields = [method: method, path: path, query: query, headers: options[:headers] || [], peer: {{127, 0, 0, 1}, 1}]
    Conn.new({__MODULE__, state}, Keyword.merge([host: "localhost"] ++ fields, options[:fields] || []))
  end

  @doc "The first value of a header of an answer."
  def header(answer, name) do
    with {_name, value} <- List.keyfind(answer.headers, name, 0), do: value
  end

  defp delivered(conn) do
    {:ok, conn} = Conn.deliver(conn)
    conn
  end

  @impl true
  def read(%{body: [piece | rest]} = state), do: {:ok, piece, %{state | body: rest}}
  def read(%{body: []} = state), do: {:done, [], state}

  @impl true
  def respond(state, status, headers, body), do: {:ok, %{state | status: status, headers: headers, sent: [body]}}

  @impl true
  def begin(state, status, headers), do: {:ok, %{state | status: status, headers: headers}}

  @impl true
  def chunk(state, data), do: {:ok, %{state | sent: [state.sent, data]}}

  @impl true
  def finish(state), do: {:ok, state}

  @impl true
  def watch(state), do: {:ok, make_ref(), state}
end
