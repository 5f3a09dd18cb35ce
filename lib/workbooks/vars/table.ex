defmodule Workbooks.Vars.Table do
  @moduledoc false
  # What the rows of variables are: `{tenant, key}` and `{:plain, value}` or `{:secret, sealed}`. In the
  # index a tenant's variables stand side by side, a secret's with the id of its key.

  @behaviour Workbooks.Storage.Mirror

  alias Workbooks.Vars.{Seal, Subscribers, Vault}

  @version 1
  @plain 0
  @secret 1

  @doc "What the table is called in the storage."
  def name, do: "vars"

  # The length keeps tenants apart whatever they and their keys are called. Names and values are
  # copied: what is kept must not keep the page that it came in.

  @impl true
  def decode(<<size, tenant::binary-size(size), key::binary>>, <<@version, kind, bytes::binary>>)
      when size > 0 and key != "" do
    place = {:binary.copy(tenant), :binary.copy(key)}

    cond do
      kind == @plain -> {:ok, place, {:plain, :binary.copy(bytes)}}
      kind == @secret and Seal.blob?(bytes) -> {:ok, place, {:secret, :binary.copy(bytes)}}
      true -> {:error, "it is neither a plain value nor a secret"}
    end
  end

  def decode(_key, <<version, _::binary>>) when version != @version, do: {:error, "its format is #{version}"}
  def decode(_key, _value), do: {:error, "it is no variable"}

  @impl true
  def encode_key({tenant, key}), do: <<byte_size(tenant), tenant::binary, key::binary>>

  @impl true
  def encode({:plain, value}), do: <<@version, @plain, value::binary>>
  def encode({:secret, blob}), do: <<@version, @secret, blob::binary>>

  @impl true
  def index(place, {:plain, _value}), do: {place, :plain}
  def index(place, {:secret, blob}), do: {place, {:secret, Seal.key_id(blob)}}

  # `:reseal`: a key other than the one of now sealed it. Once a rotation has begun, nothing that it
  # would have to look for again comes in.

  @impl true
  def decide({:put, rows}, _read, context) do
    if current?(rows, context),
      do: {:ok, for({place, row} <- rows, do: {:put, place, row}), :ok},
      else: {:ok, [], :reseal}
  end

  def decide({:delete, place}, read, _context) do
    case read.(place) do
      {:ok, _row} -> {:ok, [{:delete, place}], :ok}
      :error -> {:ok, [], :ok}
    end
  end

  # `:moved`: it is not, or no longer, what the caller had seen.
  def decide({:swap, place, seen, row}, read, context) do
    cond do
      read.(place) != seen -> {:ok, [], :moved}
      current?([{place, row}], context) -> {:ok, [{:put, place, row}], :ok}
      true -> {:ok, [], :reseal}
    end
  end

  # Those that somebody else has written or removed meanwhile stay as they are.
  def decide({:renew, rows}, read, context) do
    changes = for {place, seen, row} <- rows, read.(place) == {:ok, seen}, do: {:put, place, row}

    if current?(for({:put, place, row} <- changes, do: {place, row}), context),
      do: {:ok, changes, {:renewed, length(changes)}},
      else: {:ok, [], :reseal}
  end

  # What was decided before this is in memory when it is answered.
  def decide(:settle, _read, _context), do: {:ok, [], :ok}

  defp current?(rows, context) do
    current = Vault.current(context.vault)
    Enum.all?(rows, fn {_place, row} -> plain?(row) or Seal.key_id(elem(row, 1)) == current end)
  end

  defp plain?({kind, _bytes}), do: kind == :plain

  @impl true
  def changed(changes, context) do
    for change <- changes do
      case change do
        {:put, {tenant, key}, _row} -> Subscribers.tell(context.subscribers, tenant, key, :set)
        {:delete, {tenant, key}} -> Subscribers.tell(context.subscribers, tenant, key, :delete)
      end
    end
  end
end
