defmodule Workbooks.CLI.Verbs.Var do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Files, Output, Remote, State, Verb}
  alias Workbooks.Vars.{Store, Template}

  # As of the store of this machine.
  @most_text 16_777_216

  @impl true
  def name, do: "var"
  @impl true
  def summary, do: "variables and secrets: set, get, list, delete, ref"

  @impl true
  def usage do
    [
      "var set NAME [VALUE] [--secret]",
      "var get NAME",
      "var list",
      "var delete NAME",
      "var ref TEMPLATE"
    ]
  end

  @impl true
  def about do
    """
    Keeps values by name. set without a VALUE reads it from standard input, to its end but for one last line
    break: so no list of processes and no history has it. A secret is sealed where it is kept and never shown
    again: get answers how long it is. ref fills {{name}} in a text; the placeholders of secrets,
    {{secret:name}}, stay as they are. TEMPLATE is text, or - for standard input.

    They are kept in the store of this machine (WORKBOOKS_DATA_DIR) for one tenant, or on a control plane,
    whose key says for whom.
    """
  end

  @impl true
  def options do
    [{:secret, :boolean, "", "seal it: nobody reads it again but workbooks that are granted it"}, Verb.tenant_option()] ++
      Verb.remote_options()
  end

  @impl true
  def examples do
    [
      {"wb var set city Lisbon", "a variable"},
      {"wb var set token --secret < token.txt", "a secret, from a file"},
      {"wb var ref 'Hello from {{city}}'", "a text with it filled in"},
      {"wb var list --json", "all names, and which are secrets"}
    ]
  end

  @impl true
  def run(["set", name], options) do
    with {:ok, value} <- Files.read("-"), do: set(name, String.replace_suffix(value, "\n", ""), options)
  end

  def run(["set", name, value], options), do: set(name, value, options)

  def run(["get", name], options) do
    answer =
      State.with(options, fn
        {:here, tenant} -> Store.get(tenant, name)
        {:there, remote} -> remote |> Remote.json(:get, Remote.path(["api", "vars", name])) |> got()
      end)

    case answer do
      {:ok, value} -> {:ok, {[value, ?\n], %{name: name, value: shown(value), secret: false}}}
      {:secret, :redacted, bytes} -> {:ok, {"a secret of #{bytes} bytes\n", %{name: name, secret: true, bytes: bytes}}}
      :error -> {:error, Failure.new(:not_found, "there is no variable #{name} (wb var list names all)")}
      {:error, error} -> {:error, error}
    end
  end

  def run(["list"], options) do
    answer =
      State.with(options, fn
        {:here, tenant} ->
          with %{} = all <- listed(Store.list(tenant)), do: {:ok, all}

        {:there, remote} ->
          with {:ok, %{"vars" => all}} <- Remote.json(remote, :get, "/api/vars"), do: {:ok, kinds(all)}
      end)

    with {:ok, names} <- answer do
      {:ok, {Output.table(for {name, kind} <- Enum.sort(names), do: [name, to_string(kind)]), names}}
    end
  end

  def run(["delete", name], options) do
    answer =
      State.with(options, fn
        {:here, tenant} -> Store.delete(tenant, name)
        {:there, remote} -> Remote.done(remote, :delete, ["api", "vars", name])
      end)

    with :ok <- answer, do: {:ok, {"#{name} is gone\n", %{name: name, deleted: true}}}
  end

  def run(["ref", template], options) do
    with {:ok, text} <- if(template == "-", do: Files.read("-"), else: {:ok, template}),
         {:ok, filled} <- filled(text, options) do
      {:ok, {[filled, ?\n], %{text: filled}}}
    end
  end

  def run(arguments, _options), do: {:error, State.usage(arguments, usage())}

  defp set(name, value, options) do
    secret = options.secret || false

    answer =
      State.with(options, fn
        {:here, tenant} ->
          Store.set(tenant, name, value, secret: secret)

        {:there, remote} ->
          Remote.done(remote, :put, ["api", "vars", name], %{value: value, secret: secret})
      end)

    with :ok <- answer do
      {:ok, {"#{name} is set#{if secret, do: ", as a secret"}\n", %{name: name, secret: secret}}}
    end
  end

  defp filled(text, options) do
    answer =
      State.with(options, fn
        {:here, tenant} ->
          Store.ref(tenant, text, :guest)

        # Filled here: no secret comes back that could be.
        {:there, remote} ->
          Template.fill(text, @most_text, &resolve(remote, &1))
      end)

    with {:error, {:unknown, names}} <- answer do
      {:error, Failure.new(:not_found, "there is nothing called #{Enum.join(names, ", ")} (wb var list names all)")}
    end
  end

  defp resolve(remote, {kind, name}) do
    case remote |> Remote.json(:get, Remote.path(["api", "vars", name])) |> got() do
      {:secret, :redacted, _bytes} -> :keep
      {:ok, value} when kind == :any -> {:ok, value}
      {:error, %{code: "not_found"}} -> :unknown
      {:error, failure} -> {:error, failure}
      _plain -> :unknown
    end
  end

  # A value of any bytes; JSON has text alone.
  defp shown(value), do: if(String.valid?(value), do: value, else: inspect(value))

  defp listed({:error, error}), do: {:error, error}
  defp listed(all), do: all

  defp kinds(all), do: Map.new(all, &{&1["key"], if(&1["secret"], do: :secret, else: :plain)})

  defp got({:ok, %{"secret" => true} = answer}), do: {:secret, :redacted, answer["bytes"]}
  defp got({:ok, %{"value" => value}}), do: {:ok, value}
  defp got({:ok, %{"base64" => text}}), do: Base.decode64(text)
  defp got(error), do: error
end
