defmodule Workbooks.CLI.Verbs.Key do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Output, Remote, State, Verb}
  alias Workbooks.Web.Keys

  @impl true
  def name, do: "key"
  @impl true
  def summary, do: "keys of the control plane: create, list, revoke"
  @impl true
  def usage, do: ["key create [--name NAME]", "key list", "key revoke ID"]

  @impl true
  def about do
    """
    A key opens the control plane for one tenant. create prints it once: what is kept is a digest of it. The first
    is made where the server's store is (WORKBOOKS_DATA_DIR), while no server has it open, or by wb serve itself;
    others by who has one, with WB_URL and WB_KEY. What revoke takes is the id, the part behind wb_.
    """
  end

  # --key is taken: it is what others are asked for with.
  @impl true
  def options do
    [{:name, :string, "NAME", "what it is for, to know it by in the list"}, Verb.tenant_option()] ++
      Verb.remote_options()
  end

  @impl true
  def examples do
    [
      {"export WB_KEY=$(wb key create --name laptop)", "a key, kept for the next commands"},
      {"wb key list", "which there are, and which were revoked"},
      {"wb key revoke 2f7k3q", "one that opens nothing any more"}
    ]
  end

  @impl true
  def run(["create"], options) do
    name = options.name || "wb"

    answer =
      State.with(options, fn
        {:here, tenant} ->
          Keys.create(tenant, name: name)

        {:there, remote} ->
          with {:ok, made} <- Remote.json(remote, :post, "/api/keys", %{name: name}), do: {:ok, made["key"]}
      end)

    with {:ok, key} <- answer, do: {:ok, {[key, ?\n], %{key: key, name: name}}}
  end

  def run(["list"], options) do
    answer =
      State.with(options, fn
        {:here, tenant} -> with keys when is_list(keys) <- Keys.list(tenant), do: {:ok, Enum.map(keys, &told/1)}
        {:there, remote} -> with {:ok, %{"keys" => keys}} <- Remote.json(remote, :get, "/api/keys"), do: {:ok, keys}
      end)

    with {:ok, keys} <- answer do
      rows = for key <- keys, do: [key["id"], key["name"], second(key["created"]), revoked(key["revoked"])]
      {:ok, {Output.table(rows), keys}}
    end
  end

  def run(["revoke", id], options) do
    answer =
      State.with(options, fn
        {:here, tenant} -> Keys.revoke(tenant, id)
        {:there, remote} -> Remote.done(remote, :delete, ["api", "keys", id])
      end)

    with :ok <- answer, do: {:ok, {"#{id} opens nothing any more\n", %{id: id, revoked: true}}}
  end

  def run(arguments, _options), do: {:error, State.usage(arguments, usage())}

  # As the control plane tells them.
  defp told(key) do
    %{"id" => key.id, "name" => key.name, "created" => iso(key.created), "revoked" => iso(key.revoked)}
  end

  defp iso(nil), do: nil
  defp iso(time), do: DateTime.to_iso8601(time)

  defp revoked(nil), do: ""
  defp revoked(time), do: "revoked " <> second(time)

  # Of a time, what people read.
  defp second(time), do: time |> String.slice(0, 19) |> String.replace("T", " ")
end
