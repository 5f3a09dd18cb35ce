defmodule Workbooks.TestWebFixture do
  @moduledoc false
  # A tenant that has one of everything, and requests for each route that are about it.

  alias Workbooks.{Domains, Library, Runs, TestWeb}
  alias Workbooks.Vars.Store
  alias Workbooks.Web.Keys

  @doc """
  A tenant with a workbook "sum" (with two publications), a variable, a host, a run that is over and a second key.
  `canary` stands in whatever is the tenant's, and in no one else's.
  """
  def tenant do
    {tenant, key} = TestWeb.tenant()
    canary = "canary#{System.unique_integer([:positive])}x#{:rand.uniform(1_000_000_000)}"
    # Whoever asks for it says it.
    host = "#{tenant}.example"
    source = "* #{canary}\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n"
    {:ok, _} = Library.put(tenant, "sum", source)
    {:ok, _} = Library.publish(tenant, "sum", "first")
    {:ok, _} = Library.publish(tenant, "sum", "second")
    :ok = Store.set(tenant, "greeting", canary)
    :ok = Domains.attach(host, {tenant, "sum"})
    {:ok, second} = Keys.create(tenant, name: canary)
    {:ok, %{id: key_id}} = Keys.verify(second)
    {:ok, run} = Runs.start(tenant, "sum")
    {:ok, reference, _past, state} = Runs.subscribe(tenant, run)
    if state == :running, do: receive(do: ({^reference, :ended} -> :ok))
    Runs.unsubscribe(reference)
    %{tenant: tenant, key: key, canary: canary, host: host, key_id: key_id, run: run}
  end

  @doc "All that the tenant has, to be compared."
  def everything(%{tenant: tenant, run: run}) do
    {Library.list(tenant), Library.published(tenant, "sum"), Store.list(tenant), Store.get(tenant, "greeting"),
     Domains.list(tenant), Keys.list(tenant), Runs.list(tenant), Runs.get(tenant, run)}
  end

  @doc "The path of a route, about the tenant's things."
  def path(route, fixture) do
    Enum.map_join(route.segments, fn
      {:param, name} -> "/" <> param(route.path, name, fixture)
      segment -> "/" <> segment
    end)
    |> case do
      "" -> "/"
      path -> path
    end
  end

  defp param(path, name, fixture) do
    cond do
      name == "host" or path =~ "domains" -> fixture.host
      name == "run" or path =~ "/runs/" -> fixture.run
      name == "key" or path =~ "vars" -> "greeting"
      path =~ "/keys/" -> fixture.key_id
      true -> "sum"
    end
  end

  @doc "What a route takes, as options of `Workbooks.TestWeb.request/3`: made of what its schema says."
  def input(%{meta: %{kind: :api, takes: %{json: schema}}}), do: [json: example(schema)]
  def input(%{meta: %{kind: :api, takes: %{text: [type | _]}}}), do: [body: "* Tea", headers: [{"content-type", type}]]
  def input(_route), do: []

  @doc "A value that a schema allows: its example, or the least of its kind."
  def example(%{examples: [example | _]}), do: example
  def example(%{enum: [first | _]}), do: first

  def example(%{properties: properties} = schema) do
    for name <- Map.get(schema, :required, []), into: %{}, do: {to_string(name), example(properties[name])}
  end

  def example(%{type: "object"}), do: %{}
  def example(%{type: "array"}), do: []
  def example(%{type: "boolean"}), do: false
  def example(%{type: "string"}), do: "a"
  def example(%{type: type, minimum: least}) when type in ["integer", "number"], do: least
  def example(%{type: [type | _]} = schema), do: example(%{schema | type: type})
end
