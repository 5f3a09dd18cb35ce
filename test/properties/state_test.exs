if Code.ensure_loaded?(:proper) do
  defmodule Workbooks.StateProperties do
    # What the two models below share: trials by PropEr, one command after another or side by side.
    @compile {:no_warn_undefined, [:proper, :proper_statem, :proper_types]}

    import ExUnit.Assertions, only: [flunk: 1]

    def one_of(list), do: :proper_types.oneof(list)

    @doc "Commands one after the other; each answer is what the model says."
    def one_by_one!(model, runs, begin) do
      :proper.forall(:proper_statem.commands(model), fn commands ->
        begin.()
        {history, state, result} = :proper_statem.run_commands(model, commands)

        result == :ok or
          failed(
            "#{inspect(result)} at #{inspect(Enum.at(commands, length(history)))} in the state #{inspect(state)}",
            history
          )
      end)
      |> check!(runs)
    end

    @doc "Commands of two processes at once: some order of them is what the model says."
    def side_by_side!(model, runs, begin) do
      :proper.forall(:proper_statem.parallel_commands(model), fn commands ->
        begin.()
        {before, beside, result} = :proper_statem.run_parallel_commands(model, commands)
        result == :ok or failed(inspect(result), {before, beside})
      end)
      |> check!(runs)
    end

    defp failed(what, history) do
      IO.puts("#{what}\n  history: #{inspect(history, limit: :infinity)}")
      false
    end

    defp check!(property, runs) do
      case :proper.quickcheck(property, [{:numtests, runs}, {:to_file, Process.group_leader()}, :quiet, :long_result]) do
        true ->
          :ok

        counterexample ->
          flunk("no order of these is what the model says: #{inspect(counterexample, limit: :infinity)}")
      end
    end
  end

  defmodule Workbooks.VarsModel do
    # Variables as a map of {tenant, key} to {kind, value}.
    @behaviour :proper_statem
    @compile {:no_warn_undefined, [:proper_statem, :proper_types]}

    import Workbooks.StateProperties, only: [one_of: 1]
    alias Workbooks.{Error, Vars.Store}

    @store Workbooks.VarsModel.Store
    @tenants ["acme", "acme.eu"]
    @keys ["a", "ab", "größe"]
    @values ["", "1", "two", <<255, 0>>]

    def store, do: @store

    # As one tenant cannot be told from one whose name was not used before, each trial has its own.
    def begin, do: :persistent_term.put(@store, System.unique_integer([:positive]))
    defp tenant(tenant), do: "#{tenant}.#{:persistent_term.get(@store)}"

    def set(tenant, key, value, secret), do: Store.set(tenant(tenant), key, value, secret: secret, store: @store)

    def set_all(tenant, values, secret),
      do: Store.set_all(tenant(tenant), Map.new(values), secret: secret, store: @store)

    def delete(tenant, key), do: Store.delete(tenant(tenant), key, store: @store)
    def get(tenant, key), do: Store.get(tenant(tenant), key, store: @store)
    def list(tenant), do: Store.list(tenant(tenant), store: @store)
    def host_secret(tenant, key), do: Store.host_secret(tenant(tenant), key, store: @store)
    def ref(tenant, key), do: Store.ref(tenant(tenant), "<{{#{key}}}>", :host, store: @store)

    def compare_and_set(tenant, key, expected, value) do
      with {:error, %Error{kind: :conflict}} <-
             Store.compare_and_set(tenant(tenant), key, expected, value, store: @store),
           do: :conflict
    end

    # Whoever comes next waits until it is there again.
    def crash do
      # It may be on its way back from the last time.
      with pid when is_pid(pid) <- Process.whereis(@store), do: Process.exit(pid, :kill)
      :ok
    end

    @impl true
    def initial_state, do: %{}

    @impl true
    def command(_state) do
      tenant = one_of(@tenants)
      key = one_of(@keys)
      value = one_of(@values)
      secret = one_of([true, false])
      values = :proper_types.list(:proper_types.tuple([key, value]))

      one_of(
        for {name, arguments} <- [
              set: [tenant, key, value, secret],
              set_all: [tenant, values, secret],
              delete: [tenant, key],
              get: [tenant, key],
              list: [tenant],
              host_secret: [tenant, key],
              ref: [tenant, key],
              compare_and_set: [tenant, key, one_of([nil | @values]), value]
            ],
            do: {:call, __MODULE__, name, arguments}
      )
    end

    @impl true
    def precondition(_state, _call), do: true

    @impl true
    def next_state(state, _result, {:call, _module, name, arguments}), do: next(state, name, arguments)

    defp next(state, :set, [tenant, key, value, secret]), do: Map.put(state, {tenant, key}, {kind(secret), value})

    defp next(state, :set_all, [tenant, values, secret]) do
      Enum.reduce(Map.new(values), state, fn {key, value}, state -> next(state, :set, [tenant, key, value, secret]) end)
    end

    defp next(state, :delete, [tenant, key]), do: Map.delete(state, {tenant, key})

    defp next(state, :compare_and_set, [tenant, key, expected, value]) do
      # What it was stays what it is: a secret stays one.
      case state do
        %{{^tenant, ^key} => {kind, ^expected}} -> Map.put(state, {tenant, key}, {kind, value})
        %{{^tenant, ^key} => _other} -> state
        %{} when expected == nil -> Map.put(state, {tenant, key}, {:plain, value})
        %{} -> state
      end
    end

    defp next(state, _reads, _arguments), do: state

    @impl true
    def postcondition(state, {:call, _module, name, arguments}, result), do: answer(state, name, arguments) == result

    defp answer(state, :get, [tenant, key]) do
      case state do
        %{{^tenant, ^key} => {:plain, value}} -> {:ok, value}
        %{{^tenant, ^key} => {:secret, value}} -> {:secret, :redacted, byte_size(value)}
        %{} -> :error
      end
    end

    defp answer(state, :list, [tenant]), do: for({{^tenant, key}, {kind, _}} <- state, into: %{}, do: {key, kind})

    defp answer(state, :host_secret, [tenant, key]) do
      case state do
        %{{^tenant, ^key} => {:secret, value}} -> {:ok, value}
        %{} -> :error
      end
    end

    defp answer(state, :ref, [tenant, key]) do
      case state do
        %{{^tenant, ^key} => {:plain, value}} -> {:ok, "<#{value}>"}
        %{{^tenant, ^key} => {:secret, value}} -> {:ok, "<#{value}>"}
        %{} -> {:error, {:unknown, [key]}}
      end
    end

    defp answer(state, :compare_and_set, [tenant, key, expected, _value]) do
      case state do
        %{{^tenant, ^key} => {_kind, ^expected}} -> :ok
        %{{^tenant, ^key} => _} -> :conflict
        %{} -> if expected == nil, do: :ok, else: :conflict
      end
    end

    defp answer(_state, _writes, _arguments), do: :ok

    defp kind(true), do: :secret
    defp kind(false), do: :plain
  end

  defmodule Workbooks.VarsCrashModel do
    # The same, and now and then the process is killed between two commands.
    @behaviour :proper_statem
    @compile {:no_warn_undefined, [:proper_statem, :proper_types]}

    alias Workbooks.VarsModel

    @impl true
    defdelegate initial_state, to: VarsModel
    @impl true
    defdelegate precondition(state, call), to: VarsModel
    @impl true
    defdelegate next_state(state, result, call), to: VarsModel
    @impl true
    defdelegate postcondition(state, call, result), to: VarsModel

    @impl true
    def command(state) do
      :proper_types.frequency([{9, VarsModel.command(state)}, {1, {:call, VarsModel, :crash, []}}])
    end
  end

  defmodule Workbooks.DomainsModel do
    # Domains as a map of host to {tenant, id}.
    @behaviour :proper_statem
    @compile {:no_warn_undefined, [:proper_statem, :proper_types]}

    import Workbooks.StateProperties, only: [one_of: 1]
    alias Workbooks.{Domains, Error}

    @domains Workbooks.DomainsModel.Domains
    @hosts ["example.com", "a.example.com", "b.a.example.com", "*.example.com", "*.a.example.com"]
    # As somebody writes them, and what they are.
    @asked %{
      "example.com" => "example.com",
      "EXAMPLE.com.:8080" => "example.com",
      "A.example.com" => "a.example.com",
      "b.a.example.com." => "b.a.example.com",
      "c.b.a.example.com" => "c.b.a.example.com",
      "z.example.com:1" => "z.example.com",
      "example.org" => "example.org"
    }
    @owners for tenant <- ["acme", "other"], id <- ["one", "two"], do: {tenant, id}

    def domains, do: @domains

    def begin do
      for {host, _owner} <- Domains.all(domains: @domains), do: :ok = Domains.detach(host, domains: @domains)
    end

    def attach(host, owner) do
      with {:error, %Error{kind: :conflict}} <- Domains.attach(host, owner, domains: @domains), do: :conflict
    end

    def detach(host) do
      with {:error, %Error{kind: :not_found}} <- Domains.detach(host, domains: @domains), do: :not_found
    end

    def resolve(host), do: Domains.resolve(host, domains: @domains)
    def all, do: Map.new(Domains.all(domains: @domains))

    @impl true
    def initial_state, do: %{}

    @impl true
    def command(_state) do
      one_of(
        for {name, arguments} <- [
              attach: [one_of(@hosts), one_of(@owners)],
              detach: [one_of(@hosts)],
              resolve: [one_of(Map.keys(@asked))],
              all: []
            ],
            do: {:call, __MODULE__, name, arguments}
      )
    end

    @impl true
    def precondition(_state, _call), do: true

    @impl true
    def next_state(state, _result, {:call, _module, :attach, [host, owner]}) do
      if holds?(state, host, owner), do: Map.put(state, host, owner), else: state
    end

    def next_state(state, _result, {:call, _module, :detach, [host]}), do: Map.delete(state, host)
    def next_state(state, _result, _reads), do: state

    @impl true
    def postcondition(state, {:call, _module, :attach, [host, owner]}, result) do
      result == if(holds?(state, host, owner), do: :ok, else: :conflict)
    end

    def postcondition(state, {:call, _module, :detach, [host]}, result) do
      result == if(is_map_key(state, host), do: :ok, else: :not_found)
    end

    def postcondition(state, {:call, _module, :all, []}, result), do: result == state

    def postcondition(state, {:call, _module, :resolve, [asked]}, result) do
      result == with(nil <- holder(state, Map.fetch!(@asked, asked)), do: :error, else: (owner -> {:ok, owner}))
    end

    # Nobody's, or the same tenant's; below somebody's wildcard it is theirs.
    defp holds?(state, host, {tenant, _id}) do
      case holder(state, host) do
        nil -> true
        {holder, _} -> holder == tenant
      end
    end

    # The host itself, then the wildcards above it, the longest first.
    defp holder(state, host) do
      [_ | above] = host |> String.replace_prefix("*.", "") |> String.split(".")
      wildcards = for n <- 0..(length(above) - 1), do: Enum.join(["*" | Enum.drop(above, n)], ".")
      Enum.find_value([host | wildcards], &state[&1])
    end
  end

  defmodule Workbooks.StatePropertiesTest do
    use ExUnit.Case, async: true

    import Workbooks.TestProperty, only: [runs: 2]
    alias Workbooks.{DomainsModel, Storage, Vars, VarsCrashModel, VarsModel}
    alias Workbooks.StateProperties, as: Properties

    @moduletag timeout: :infinity
    @moduletag :tmp_dir

    setup %{tmp_dir: folder} do
      start_supervised!({Storage, name: __MODULE__.Storage, folder: folder})
      :ok
    end

    defp vars(folder) do
      for child <- Vars.children(name: VarsModel.store(), storage: __MODULE__.Storage, folder: folder),
          do: start_supervised!(child)
    end

    test "variables are what the model says", %{tmp_dir: folder} do
      vars(folder)
      Properties.one_by_one!(VarsModel, runs(100, 2_000), &VarsModel.begin/0)
    end

    test "also when their process is killed again and again", %{tmp_dir: folder} do
      vars(folder)
      Properties.one_by_one!(VarsCrashModel, runs(50, 1_000), &VarsModel.begin/0)
    end

    test "also when two processes write at once", %{tmp_dir: folder} do
      vars(folder)
      Properties.side_by_side!(VarsModel, runs(50, 1_000), &VarsModel.begin/0)
    end

    test "domains are what the model says, one after the other and side by side" do
      start_supervised!({Workbooks.Domains, name: DomainsModel.domains(), storage: __MODULE__.Storage})
      Properties.one_by_one!(DomainsModel, runs(100, 2_000), &DomainsModel.begin/0)
      Properties.side_by_side!(DomainsModel, runs(50, 1_000), &DomainsModel.begin/0)
    end
  end
else
  defmodule Workbooks.StatePropertiesTest do
    use ExUnit.Case, async: true

    @tag skip: "PropEr is not installed (Debian's package erlang-proper)"
    test "variables and domains are what the model says", do: :ok
  end
end
