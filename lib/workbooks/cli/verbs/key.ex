defmodule Workbooks.CLI.Verbs.Key do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb
  @compile {:no_warn_undefined, Workbooks.Web.Keys}

  alias Workbooks.CLI.{Failure, Output, State, Verb}
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
    A key opens the control plane for one tenant. create prints it once: what is kept is a digest. Keys are made
    where the server's store is (WORKBOOKS_DATA_DIR), and never by the control plane itself: who has a key
    cannot make others. While wb serve runs the store is its own: stop it first, or use its first key.
    """
  end

  @impl true
  def options, do: [{:name, :string, "NAME", "what it is for, to know it by in the list"}, Verb.tenant_option()]

  @impl true
  def examples do
    [
      {"export WB_KEY=$(wb key create --name laptop)", "a key, kept for the next commands"},
      {"wb key list", "which there are, and which were revoked"}
    ]
  end

  @impl true
  def run(["create"], options) do
    name = options.name || "wb"

    with {:ok, key} <- here(options, &Keys.create(&1, name: name)) do
      {:ok, {[key, ?\n], %{key: key, name: name, tenant: State.tenant(options)}}}
    end
  end

  def run(["list"], options) do
    with keys when is_list(keys) <- here(options, &Keys.list/1) do
      rows =
        for key <- keys,
            do: [key.id, key.name, date(key.created), if(key.revoked, do: "revoked " <> date(key.revoked), else: "")]

      data = for key <- keys, do: %{id: key.id, name: key.name, created: date(key.created), revoked: date(key.revoked)}
      {:ok, {Output.table(rows), data}}
    end
  end

  def run(["revoke", id], options) do
    with :ok <- here(options, &Keys.revoke(&1, id)),
         do: {:ok, {"#{id} opens nothing any more\n", %{id: id, revoked: true}}}
  end

  def run(arguments, _options), do: {:error, State.usage(arguments, usage())}

  # Whatever WB_URL says: it is about another machine.
  defp here(options, function) do
    case System.get_env("WB_URL", "") do
      "" ->
        State.with(options, fn {:here, tenant} -> function.(tenant) end)

      url ->
        {:error,
         Failure.new(:unavailable, "#{url} makes no keys for others: run wb key where its server runs, without WB_URL")}
    end
  end

  defp date(nil), do: nil
  defp date(time), do: DateTime.to_iso8601(DateTime.truncate(time, :second))
end
