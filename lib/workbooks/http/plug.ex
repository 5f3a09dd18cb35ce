defmodule Workbooks.HTTP.Plug do
  @moduledoc """
  The routers of this library as Plugs, for Phoenix, Bandit and whatever else speaks Plug:

      forward "/workbooks", Workbooks.Web.Plug

  It is compiled whether there is Plug or not: what it calls of `Plug.Conn` is looked for when it runs. The path below
  `forward` is the router's (`segments` of the conn), what is above stands in `script`. The answer is sent when the
  plug returns, and the `Plug.Conn` is halted.

  What is in between reads bodies and limits them, not `Workbooks.HTTP.Server`. A parser that comes before
  (`Plug.Parsers`) takes the body away; put the plug in front of it, or let it pass the content types of
  this one. Plug does not tell when a client goes away: `Workbooks.HTTP.Conn.watch/1` sends nothing there, and
  a chunk that cannot be sent is the sign.
  """

  @behaviour Workbooks.HTTP.Adapter

  # Whether the application has it is seen when it runs.
  @compile {:no_warn_undefined, Plug.Conn}

  alias Workbooks.HTTP.{Conn, Error, Path}

  @piece 64 * 1024

  @doc "What the router's `init/1` makes of `options`."
  @spec init(module, term) :: term
  def init(router, options), do: router.init(options)

  @doc "Has a router answer a `Plug.Conn`; `options` are what its `init/1` made."
  @spec call(plug, module, term) :: plug when plug: struct
  def call(plug, router, options) do
    case router.call(conn(plug), options) do
      %Conn{state: :set} = conn -> conn |> Conn.deliver() |> elem(1) |> plug()
      %Conn{state: :finished} = conn -> plug(conn)
      # The connection ends with the process: nobody takes a part for the whole.
      %Conn{state: :begun} -> raise "#{inspect(router)} has begun an answer and not finished it"
      %Conn{state: :unset} -> raise "#{inspect(router)} has answered nothing"
    end
  end

  defp plug(%Conn{adapter: {__MODULE__, {plug, _ended?}}}), do: Plug.Conn.halt(plug)

  defp conn(plug) do
    Conn.new({__MODULE__, {plug, false}},
      method: plug.method,
      scheme: plug.scheme,
      host: host(plug),
      version: version(Plug.Conn.get_http_protocol(plug)),
      path: plug.request_path,
      query: plug.query_string,
      segments: segments(plug),
      script: Enum.map(plug.script_name, &URI.decode/1),
      headers: plug.req_headers,
      peer: peer(plug, Plug.Conn.get_peer_data(plug))
    )
  end

  defp host(plug) do
    case List.keyfind(plug.req_headers, "host", 0) do
      {_name, host} -> host
      nil -> plug.host
    end
  end

  defp version(:"HTTP/1.0"), do: :"1.0"
  defp version(:"HTTP/1.1"), do: :"1.1"
  defp version(_later), do: :"2"

  # Whatever is in front may have put another address in the place of a proxy's.
  defp peer(_plug, %{address: {:local, _path}}), do: :unix
  defp peer(plug, %{port: port}), do: {plug.remote_ip, port}

  # Plug drops empty segments: those of a path that ends with "/" are still in the path as it was written, if
  # nobody has rewritten it on the way.
  defp segments(plug) do
    with {:ok, whole} <- Path.segments(plug.request_path),
         {:ok, below} <- Path.segments("/" <> Enum.join(plug.path_info, "/")) do
      written = Enum.drop(whole, length(plug.script_name))
      if Enum.reject(written, &(&1 == "")) == Enum.reject(below, &(&1 == "")), do: written, else: below
    else
      :error -> nil
    end
  end

  # --- the adapter: a Plug.Conn, and whether its body has been read to the end -------------------

  @impl true
  def read({_plug, true} = state), do: {:done, [], state}

  def read({plug, false}) do
    case Plug.Conn.read_body(plug, length: @piece, read_length: @piece) do
      {:ok, "", plug} -> {:done, [], {plug, true}}
      {:ok, last, plug} -> {:ok, last, {plug, true}}
      {:more, piece, plug} -> {:ok, piece, {plug, false}}
      {:error, :timeout} -> {:error, Error.new(:timeout, "the request's body took too long"), {plug, true}}
      {:error, _reason} -> {:error, Error.new(:gone, "the client went away"), {plug, true}}
    end
  end

  @impl true
  def respond({plug, ended?}, status, headers, body) do
    {:ok, {plug |> put(headers) |> Plug.Conn.send_resp(status, body), ended?}}
  end

  @impl true
  def begin({plug, ended?}, status, headers) do
    {:ok, {plug |> put(headers) |> Plug.Conn.send_chunked(status), ended?}}
  end

  # In place of those that Plug has by itself; a name may come twice.
  defp put(plug, headers) do
    kept = Enum.reject(plug.resp_headers, fn {name, _value} -> List.keymember?(headers, name, 0) end)
    %{plug | resp_headers: kept ++ headers}
  end

  @impl true
  def chunk({plug, ended?} = state, data) do
    # An empty chunk would be the last.
    if IO.iodata_length(data) == 0 do
      {:ok, state}
    else
      case Plug.Conn.chunk(plug, data) do
        {:ok, plug} -> {:ok, {plug, ended?}}
        {:error, _reason} -> {:error, Error.new(:gone, "the client went away"), state}
      end
    end
  end

  @impl true
  def finish(state), do: {:ok, state}

  @impl true
  def watch(state), do: {:ok, make_ref(), state}
end
