defmodule Workbooks.Web.Errors do
  @moduledoc false
  # What went wrong, as the control plane answers it: `{"error": {"code", "message", "retryable"}}`. Every error of the
  # layers below becomes one of these here and nowhere else.

  alias Workbooks.HTTP.Conn
  alias Workbooks.{JSON, Wasm}
  require Logger

  @statuses %{
    bad_request: 400,
    unauthorized: 401,
    forbidden: 403,
    not_found: 404,
    conflict: 409,
    too_large: 413,
    unprocessable: 422,
    rate_limited: 429,
    internal: 500,
    unavailable: 503
  }

  # What may well be answered when it is asked again.
  @retryable [:rate_limited, :unavailable]

  @state %{
    bad_name: :bad_request,
    bad_value: :bad_request,
    too_large: :too_large,
    conflict: :conflict,
    not_found: :not_found,
    secret_key: :unavailable,
    locked: :unavailable,
    damaged: :internal,
    missing: :internal,
    version: :internal,
    full: :unavailable,
    read_only: :unavailable,
    io: :unavailable,
    unavailable: :unavailable,
    timeout: :unavailable,
    closed: :unavailable,
    overloaded: :unavailable,
    internal: :internal
  }

  # What a document brings upon itself is its own; what the machine lacks comes back.
  @engine %{
    compile: :unprocessable,
    link: :unprocessable,
    trap: :unprocessable,
    timeout: :unprocessable,
    fuel: :unprocessable,
    memory_limit: :unprocessable,
    limit: :unprocessable,
    type: :unprocessable,
    export: :unprocessable,
    import: :unprocessable,
    exit: :unprocessable,
    busy: :unavailable,
    closed: :unavailable,
    cancelled: :unavailable,
    overloaded: :unavailable,
    pool_timeout: :unavailable,
    host_error: :internal,
    io: :internal,
    not_found: :internal,
    internal: :internal
  }

  @http %{too_large: :too_large}

  @type code :: atom

  @doc "The codes, with their statuses."
  @spec statuses :: %{code => pos_integer}
  def statuses, do: @statuses

  @doc "The code of an error of the layers below."
  @spec code(Exception.t()) :: code
  def code(%Workbooks.Error{kind: kind}), do: Map.fetch!(@state, kind)
  def code(%Wasm.Error{kind: kind}), do: Map.fetch!(@engine, kind)
  # What came of a request's body is the request's.
  def code(%Workbooks.HTTP.Error{kind: kind}), do: Map.get(@http, kind, :bad_request)

  @doc "Answers with an error of the layers below."
  @spec respond(Conn.t(), Exception.t()) :: Conn.t()
  def respond(conn, %_{} = error) do
    respond(conn, code(error), message(error))
  end

  @doc """
  Answers with a code and a message. `more` is what helps beside them: `field`, `details`. `status:` among the headers is
  another than the code's.
  """
  @spec respond(Conn.t(), code, String.t(), map, keyword) :: Conn.t()
  def respond(conn, code, message, more \\ %{}, options \\ []) do
    status = options[:status] || Map.fetch!(@statuses, code)
    headers = [{"content-type", "application/json"}] ++ retry(code, options) ++ Keyword.get(options, :headers, [])
    Conn.respond(conn, status, body(code, message, more), headers)
  end

  defp body(code, message, more) do
    error = Map.merge(more, %{code: code, message: message, retryable: code in @retryable})
    [JSON.encode!(%{error: error}), ?\n]
  end

  # With a 429 and a 503 belongs when to come again.
  defp retry(code, options) do
    cond do
      ms = options[:retry_ms] -> [{"retry-after", Integer.to_string(div(ms + 999, 1_000))}]
      code == :unavailable -> [{"retry-after", "1"}]
      true -> []
    end
  end

  @doc "What is told of an error of the layers below."
  @spec message(Exception.t()) :: String.t()
  def message(error), do: message(code(error), error)

  # Faults of this side are told to those who run it: files and processes are nobody else's.
  defp message(code, error) when code in [:internal, :unavailable] do
    Logger.warning("the control plane answered #{code}: #{Exception.message(error)}", kind: error.kind)
    "#{if code == :internal, do: "a fault on this side", else: "not available now"} (#{error.kind})"
  end

  defp message(_code, error), do: error.message
end
