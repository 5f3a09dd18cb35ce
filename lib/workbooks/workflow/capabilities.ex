defmodule Workbooks.Workflow.Capabilities do
  @moduledoc false
  # What a block may see beyond its inputs: what its heading asks for in `:caps:`, as far
  # as the caller of the run grants it. Neither alone gives anything.
  #
  # | a heading asks for | the caller grants | the block gets |
  # | --- | --- | --- |
  # | `clock`, `random` | `"clock"`, `"random"` | the real one |
  # | `network:RULE`, `network` | `{"network", [rule]}` | that rule, all rules |
  # | `files:/GUEST`, `files` | `{"files", [{guest, host, :read | :read_write}]}` | that folder, all folders |

  @type grant ::
          String.t()
          | {String.t(), [String.t()]}
          | {String.t(), [{String.t(), Path.t(), :read | :read_write}]}
  @type granted :: %{clock: boolean, random: boolean, network: [String.t()], files: [tuple]}
  @typedoc "As `granted`, without what was not asked for: empty when the block only computes."
  @type given :: keyword

  @nothing %{clock: false, random: false, network: [], files: []}
  @allowed ~s("clock", "random", {"network", ["example.org"]}, {"files", [{"/guest/path", "host/path", :read}]})

  @doc """
  What the option `caps:` grants; what cannot be granted is the caller's mistake, and raised.

      iex> Workbooks.Workflow.Capabilities.granted!(["clock", {"network", ["example.org"]}])
      %{clock: true, random: false, network: ["example.org"], files: []}
  """
  @spec granted!([grant]) :: granted
  def granted!(caps) when is_list(caps), do: Enum.reduce(caps, @nothing, &grant!/2)
  def granted!(other), do: bad!(other)

  defp grant!("clock", granted), do: %{granted | clock: true}
  defp grant!("random", granted), do: %{granted | random: true}

  defp grant!({"network", rules} = grant, granted) when is_list(rules) do
    Enum.all?(rules, &(is_binary(&1) and rule(&1) != nil)) || bad!(grant)
    %{granted | network: granted.network ++ rules}
  end

  defp grant!({"files", folders} = grant, granted) when is_list(folders) do
    folder? =
      &match?({guest, host, rights} when is_binary(guest) and is_binary(host) and rights in [:read, :read_write], &1)

    Enum.all?(folders, folder?) || bad!(grant)
    %{granted | files: granted.files ++ folders}
  end

  defp grant!(other, _granted), do: bad!(other)

  @spec bad!(term) :: no_return
  defp bad!(other) do
    raise ArgumentError, "option :caps of Workbooks.run/2 takes a list of #{@allowed}, got: #{inspect(other)}"
  end

  @doc """
  What a component that asks for `asked` is given, or what would have to be granted.

      iex> alias Workbooks.Workflow.Capabilities
      iex> granted = Capabilities.granted!(["clock", "random", {"network", ["*.example.org"]}])
      iex> Capabilities.given(["clock", "network:api.example.org:443"], granted)
      {:ok, [clock: true, network: ["api.example.org:443"]]}
      iex> Capabilities.given([], granted)
      {:ok, []}
      iex> Capabilities.given(["files:/data"], granted)
      {:error, ~S(the block asks for files:/data, which this run does not grant: give caps: [{"files", [{"/data", "a folder's path", :read}]}])}
  """
  @spec given([String.t()], granted) :: {:ok, given} | {:error, String.t()}
  def given(asked, granted) do
    Enum.reduce_while(asked, {:ok, []}, fn name, {:ok, given} ->
      case give(name, granted) do
        {:ok, key, true} -> {:cont, {:ok, Keyword.put(given, key, true)}}
        {:ok, key, list} -> {:cont, {:ok, Keyword.update(given, key, list, &Enum.uniq(&1 ++ list))}}
        {:error, message} -> {:halt, {:error, message}}
      end
    end)
    |> sorted()
  end

  defp sorted({:ok, given}), do: {:ok, Enum.sort(given)}
  defp sorted(error), do: error

  defp give("clock", %{clock: true}), do: {:ok, :clock, true}
  defp give("random", %{random: true}), do: {:ok, :random, true}
  defp give("network", %{network: [_ | _] = rules}), do: {:ok, :network, rules}
  defp give("files", %{files: [_ | _] = folders}), do: {:ok, :files, folders}

  defp give("network:" <> asked = name, granted) do
    if Enum.any?(granted.network, &covers?(rule(&1), rule(asked))) do
      {:ok, :network, [asked]}
    else
      refused(name, {"network", [asked]})
    end
  end

  defp give("files:" <> guest = name, granted) do
    case for({^guest, _host, _rights} = folder <- granted.files, do: folder) do
      [] -> refused(name, {"files", [{guest, "a folder's path", :read}]})
      folders -> {:ok, :files, folders}
    end
  end

  defp give(name, _granted) when name in ["clock", "random"], do: refused(name, name)
  defp give("network", _granted), do: refused("network", {"network", ["a host's name"]})
  defp give("files", _granted), do: refused("files", {"files", [{"/data", "a folder's path", :read}]})

  defp give(name, _granted) do
    {:error,
     "the block asks for #{name}, which nothing here gives: there are clock, random, network:HOST and files:/PATH"}
  end

  defp refused(name, grant) do
    {:error, "the block asks for #{name}, which this run does not grant: give caps: #{inspect([grant])}"}
  end

  # A rule of Workbooks.Wasm.WASI: scheme and port where only those are meant.
  defp rule(text) do
    case Regex.run(~r{\A(?:(https?)://)?(\[[^\]\s]+\](?:/\d+)?|[^:\s\[\]]+)(?::(\d+))?\z}, text) do
      [_, scheme, host] -> {scheme, String.downcase(host), ""}
      [_, scheme, host, port] -> {scheme, String.downcase(host), port}
      nil -> nil
    end
  end

  defp covers?({scheme, host, port}, {asked_scheme, asked_host, asked_port}) do
    scheme in ["", asked_scheme] and port in ["", asked_port] and host?(host, asked_host)
  end

  defp covers?(_rule, nil), do: false

  defp host?(same, same), do: true
  defp host?("*." <> below, asked), do: String.ends_with?(asked, "." <> below)
  defp host?(_host, _asked), do: false

  @doc "Whether a block that is given this sees nothing but its inputs: only then is its result kept."
  @spec pure?(given) :: boolean
  def pure?(given), do: given == []

  @doc """
  What a call's environment has of it: the seed, which is `nil` where something is real, and WASI's grants.
  """
  @spec environment(given, non_neg_integer) :: keyword
  def environment(given, seed) do
    clock = given[:clock] == true
    random = given[:random] == true

    [
      seed: if(clock or random, do: nil, else: seed),
      clock: if(clock, do: :real, else: :virtual),
      random: if(random, do: :real, else: :seeded),
      wasi: Enum.reject([network: given[:network], preopens: given[:files]], fn {_key, value} -> is_nil(value) end)
    ]
  end
end
