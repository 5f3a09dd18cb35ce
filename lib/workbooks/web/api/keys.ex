defmodule Workbooks.Web.API.Keys do
  @moduledoc false
  # The tenant's keys.

  alias Workbooks.Web.{Errors, Keys, Operation, Reply}

  import Workbooks.Web.API.Schemas

  def routes do
    name = %{
      type: "string",
      minLength: 1,
      maxLength: 64,
      pattern: "^[^\\x00-\\x1f\\x7f]*$",
      description: "for people",
      examples: ["ci"]
    }

    [
      Operation.route(:get, "/api/keys", {__MODULE__, :list},
        id: "listKeys",
        summary: "The keys, without their secrets",
        answers: %{200 => {"the keys", list(:keys, ref("Key"))}}
      ),
      Operation.route(:post, "/api/keys", {__MODULE__, :create},
        id: "createKey",
        summary: "Makes a key, and shows it this once",
        takes: %{json: object([name: name], required: [], example: %{"name" => "ci"}), required: false},
        answers: %{201 => {"the key", ref("NewKey")}}
      ),
      Operation.route(:delete, "/api/keys/:id", {__MODULE__, :revoke},
        id: "revokeKey",
        summary: "Has a key open nothing any more",
        params: %{id: id("key")},
        answers: %{204 => {"revoked", nil}},
        errors: [:not_found]
      )
    ]
  end

  def list(conn) do
    case Keys.list(conn.assigns.tenant) do
      {:error, error} -> Errors.respond(conn, error)
      keys -> Reply.json(conn, 200, %{keys: keys})
    end
  end

  def create(%{assigns: %{tenant: tenant, input: input}} = conn) do
    name = Map.get(input, "name", "key")

    with {:ok, text} <- Keys.create(tenant, name: name), {:ok, %{id: id}} <- Keys.verify(text) do
      Reply.json(conn, 201, %{key: text, id: id, name: name}, [{"location", Reply.path(conn, ["api", "keys"])}])
    else
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  def revoke(%{params: %{"id" => id}, assigns: %{tenant: tenant}} = conn) do
    case Keys.revoke(tenant, id) do
      :ok -> Reply.nothing(conn)
      {:error, error} -> Errors.respond(conn, error)
    end
  end
end
