defmodule Workbooks.Web.API.Vars do
  @moduledoc false
  # Variables. What was set as a secret does not come back.

  alias Workbooks.Vars.Store
  alias Workbooks.Web.{Errors, Operation, Reply}

  import Workbooks.Web.API.Schemas

  # A value of the largest size that may be, as JSON: six characters for a byte at worst.
  @max_body 8 * 1_048_576

  def routes do
    # Composed, and of 128 bytes at most: no schema says that.
    name = "^[\\p{L}\\p{N}_][\\p{L}\\p{N}\\p{M}_.\\-]*$"
    key = %{key: %{type: "string", minLength: 1, maxLength: 128, pattern: name, examples: ["greeting"]}}

    body =
      object(
        [
          value: %{type: "string", writeOnly: true},
          secret: %{type: "boolean", description: "never shown again: for the host and what is granted alone"}
        ],
        required: [:value],
        example: %{"value" => "hello", "secret" => false}
      )

    [
      Operation.route(:get, "/api/vars", {__MODULE__, :list},
        id: "listVars",
        summary: "The variables' names, and which are secrets",
        answers: %{200 => {"the variables", list(:vars, ref("Var"))}}
      ),
      Operation.route(:get, "/api/vars/:key", {__MODULE__, :show},
        id: "getVar",
        summary: "A variable; of a secret how long it is",
        params: key,
        answers: %{200 => {"the variable", ref("Var")}},
        errors: [:not_found]
      ),
      Operation.route(:put, "/api/vars/:key", {__MODULE__, :put},
        id: "putVar",
        summary: "Sets a variable",
        params: key,
        takes: %{json: body, required: true},
        max_body: @max_body,
        answers: %{204 => {"set", nil}}
      ),
      Operation.route(:delete, "/api/vars/:key", {__MODULE__, :delete},
        id: "deleteVar",
        summary: "Removes a variable; one that is not there is as good as removed",
        params: key,
        answers: %{204 => {"removed", nil}}
      )
    ]
  end

  def list(conn) do
    case Store.list(conn.assigns.tenant) do
      {:error, error} ->
        Errors.respond(conn, error)

      vars ->
        Reply.json(conn, 200, %{vars: for({key, kind} <- Enum.sort(vars), do: %{key: key, secret: kind == :secret})})
    end
  end

  def show(%{params: %{"key" => key}} = conn) do
    case Store.get(conn.assigns.tenant, key) do
      {:ok, value} -> Reply.json(conn, 200, Map.merge(%{key: key, secret: false}, value(value)))
      {:secret, :redacted, bytes} -> Reply.json(conn, 200, %{key: key, secret: true, bytes: bytes})
      :error -> Errors.respond(conn, :not_found, "there is no variable #{inspect(key)}")
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  # A value is any bytes; JSON has texts.
  defp value(value), do: if(String.valid?(value), do: %{value: value}, else: %{base64: Base.encode64(value)})

  def put(%{params: %{"key" => key}, assigns: %{tenant: tenant, input: input}} = conn) do
    done(conn, Store.set(tenant, key, input["value"], secret: Map.get(input, "secret", false)))
  end

  def delete(%{params: %{"key" => key}, assigns: %{tenant: tenant}} = conn), do: done(conn, Store.delete(tenant, key))

  defp done(conn, :ok), do: Reply.nothing(conn)
  defp done(conn, {:error, error}), do: Errors.respond(conn, error)
end
