defmodule Workbooks.HTTP.Native do
  @moduledoc false
  # A request that came through native/http. Its state is the exchange, a resource of the NIF's, and
  # whether the request has a body.
  #
  # Whatever takes time is asked for with a reference and answered by a message, which comes in any
  # case: what the server drops when it is stopped sends it too.

  @behaviour Workbooks.HTTP.Adapter

  alias Workbooks.HTTP.{Conn, Error, Path}
  alias Workbooks.Native

  # What hyper's buffer holds; a piece is as large at most.
  @piece 64 * 1024

  @doc "The conn of a request. From here on the request ends with this process."
  @spec conn(reference) :: Conn.t()
  def conn(exchange) do
    {{method, scheme, host, version, path, query, headers, peer}, body?} = Native.http_head(exchange)

    segments =
      case Path.segments(path) do
        {:ok, segments} -> segments
        :error -> nil
      end

    %Conn{
      adapter: {__MODULE__, {exchange, body?}},
      method: method,
      scheme: scheme,
      host: host,
      version: version,
      path: path,
      query: query,
      segments: segments,
      headers: headers,
      peer: peer
    }
  end

  @doc "Lets go of a request: without an answer it gets a 500, and one that began is broken off."
  @spec release(reference) :: :ok
  def release(exchange), do: Native.http_release(exchange)

  @impl true
  def read({_exchange, false} = state), do: {:done, [], state}

  def read({exchange, true} = state) do
    reference = make_ref()

    case message(Native.http_read(reference, exchange, @piece), reference) do
      {:data, piece} -> {:ok, piece, state}
      {:end, trailers} -> {:done, trailers, state}
      {:error, kind, message} -> {:error, Error.new(kind, message), state}
    end
  end

  @impl true
  def respond({exchange, _body} = state, status, headers, body) do
    answered(Native.http_respond(exchange, status, headers, IO.iodata_to_binary(body)), state)
  end

  @impl true
  def begin({exchange, _body} = state, status, headers) do
    answered(Native.http_begin(exchange, status, headers), state)
  end

  @impl true
  def chunk({exchange, _body} = state, data) do
    reference = make_ref()
    answered(message(Native.http_chunk(reference, exchange, IO.iodata_to_binary(data)), reference), state)
  end

  @impl true
  def finish({exchange, _body} = state), do: answered(Native.http_finish(exchange), state)

  @impl true
  def watch({exchange, _body} = state) do
    reference = make_ref()
    :ok = Native.http_watch(reference, exchange)
    {:ok, reference, state}
  end

  defp answered(:ok, state), do: {:ok, state}
  defp answered({:error, kind, message}, state), do: {:error, Error.new(kind, message), state}

  # The message comes even where the question was refused; it says less then.
  defp message(asked, reference) do
    receive do
      {^reference, message} -> if asked == :ok, do: message, else: asked
    end
  end
end
