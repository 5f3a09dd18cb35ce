defmodule Workbooks.Wasm.HTTP do
  @moduledoc """
  Components that serve HTTP: those that export `wasi:http/incoming-handler` answer a request.

      {:ok, instance} = Workbooks.Wasm.instantiate(component, wasi: [])

      {:ok, response} =
        Workbooks.Wasm.HTTP.handle(instance, %{method: "GET", path: "/hello?name=x", headers: [{"accept", "*/*"}]})

      response.status   # 200
      response.body     # "hello x"

  An instance answers one request at a time; for several at once take a pool of instances. What a
  component asks of other servers is granted by `wasi: [network: …]`: see `Workbooks.Wasm.WASI`.
  """

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Instance}

  @typedoc """
  A request. `:url` is absolute, or there is a `:path`, whose host is what the header `host` says or
  `localhost`. The body is a binary or a function, asked for the next piece until it answers `:eof`.
  """
  @type request :: %{
          optional(:method) => String.t() | atom,
          optional(:url) => String.t(),
          optional(:path) => String.t(),
          optional(:headers) => [{String.t(), String.t()}],
          optional(:body) => binary | (pos_integer -> binary | :eof)
        }
  @typedoc "An answer. Names of headers are in lower case; `:trailers` are headers that came after the body."
  @type response :: %{
          status: 100..599,
          headers: [{String.t(), binary}],
          body: binary,
          trailers: [{String.t(), binary}]
        }

  @keys ~w(method url path headers body)a

  @doc """
  Has a component answer a request.

  Options: `timeout:` (milliseconds, 5,000 when not given) and `host:` as for `Workbooks.Wasm.call/4`.

  Errors, besides those of any call: `:export` when the component exports no handler, `:type` when the
  request is none, `:limit` when the answer is longer than `limits: [output_bytes: n]`, `:io` when the
  component answers with an error of HTTP's, or not at all.
  """
  @spec handle(Instance.t(), request, keyword) :: {:ok, response} | {:error, Error.t()}
  def handle(%Instance{} = instance, request, options \\ []) do
    case Wasm.request(instance, request!(request), options) do
      {:ok, {status, headers, body, trailers}} ->
        {:ok, %{status: status, headers: headers, body: body, trailers: trailers}}

      other ->
        other
    end
  end

  @doc false
  # What the engine takes: {method, url, headers, body}, the body a binary or {:ask, function}.
  def request!(request) do
    is_map(request) || bad!("a request", request, "a map")

    for {key, _} <- request, key not in @keys do
      raise ArgumentError, "a request has no key #{inspect(key)}: it knows #{Enum.map_join(@keys, ", ", &inspect/1)}"
    end

    {method!(Map.get(request, :method, "GET")), url!(request), headers!(Map.get(request, :headers, [])),
     body!(Map.get(request, :body, ""))}
  end

  defp method!(method) when is_binary(method) and method != "", do: method
  defp method!(method) when is_atom(method) and method not in [nil, true, false], do: upcase(method)
  defp method!(other), do: bad!(":method of a request", other, "a string such as \"GET\"")

  defp upcase(method), do: method |> Atom.to_string() |> String.upcase()

  defp url!(%{url: _, path: _} = request), do: bad!("a request", request, "given :url or :path, not both")
  defp url!(%{url: url}) when is_binary(url), do: url
  defp url!(%{path: "/" <> _ = path}), do: path
  defp url!(%{url: other}), do: bad!(":url of a request", other, "a string")
  defp url!(%{path: other}), do: bad!(":path of a request", other, "a string that begins with a slash")
  defp url!(request), do: bad!("a request", request, "given a :path or a :url")

  defp headers!(headers) do
    pair? = fn
      {name, value} -> is_binary(name) and is_binary(value)
      _ -> false
    end

    (is_list(headers) and Enum.all?(headers, pair?)) ||
      bad!(":headers of a request", headers, "a list of {name, value}, both strings")

    headers
  end

  defp body!(body) when is_binary(body), do: body
  defp body!(function) when is_function(function, 1), do: {:ask, function}
  defp body!(other), do: bad!(":body of a request", other, "a binary or a function (fn max_bytes -> binary | :eof end)")

  @spec bad!(String.t(), term, String.t()) :: no_return
  defp bad!(what, value, allowed), do: raise(ArgumentError, "#{what} must be #{allowed}, got: #{inspect(value)}")
end
