defmodule Workbooks.Web.Keys.Table do
  @moduledoc false
  # What the control plane keeps, as rows of a table:
  #
  #     {:key, id}      %{tenant, name, created, revoked, hash}    a key, without its secret
  #     :signing        a sealed secret                            what sessions are signed with
  #     {:ended, id}    seconds                                    a session that was signed out, until it is over anyway

  @behaviour Workbooks.Storage.Mirror

  alias Workbooks.Error

  @impl true
  def decode(
        "k" <> id,
        <<1, created::64, revoked::64, hash::binary-size(32), size, tenant::binary-size(size), name::binary>>
      ) do
    row = %{
      tenant: :binary.copy(tenant),
      name: :binary.copy(name),
      created: created,
      revoked: if(revoked == 0, do: nil, else: revoked),
      hash: :binary.copy(hash)
    }

    {:ok, {:key, :binary.copy(id)}, row}
  end

  def decode("s", blob) when byte_size(blob) > 0, do: {:ok, :signing, :binary.copy(blob)}
  def decode("e" <> id, <<until::64>>), do: {:ok, {:ended, :binary.copy(id)}, until}
  def decode(_key, value), do: {:error, "#{byte_size(value)} bytes are no key, nor a session"}

  @impl true
  def encode_key({:key, id}), do: "k" <> id
  def encode_key(:signing), do: "s"
  def encode_key({:ended, id}), do: "e" <> id

  @impl true
  def encode(%{tenant: tenant, name: name, created: created, revoked: revoked, hash: hash}) do
    <<1, created::64, revoked || 0::64, hash::binary, byte_size(tenant), tenant::binary, name::binary>>
  end

  def encode(until) when is_integer(until), do: <<until::64>>
  def encode(blob) when is_binary(blob), do: blob

  # By tenant and time, for those who list their own; sessions by when they may be forgotten.
  @impl true
  def index({:key, id}, row), do: {{row.tenant, row.created, id}, Map.delete(row, :hash)}
  def index(:signing, _blob), do: {:signing, nil}
  def index({:ended, id}, until), do: {{:ended, until, id}, nil}

  @impl true
  def decide({:create, id, row}, _read, _context), do: {:ok, [{:put, {:key, id}, row}], :ok}

  # Another's is as if it were not there; what was revoked stays so.
  def decide({:revoke, tenant, id, at}, read, _context) do
    case read.({:key, id}) do
      {:ok, %{tenant: ^tenant, revoked: nil} = row} -> {:ok, [{:put, {:key, id}, %{row | revoked: at}}], :ok}
      {:ok, %{tenant: ^tenant}} -> {:ok, [], :ok}
      _else -> Error.tuple(:not_found, "there is no such key")
    end
  end

  # Who comes second takes what the first has made.
  def decide({:signing, blob, instead_of}, read, _context) do
    case read.(:signing) do
      {:ok, other} when other != instead_of -> {:ok, [], {:ok, other}}
      _none_or_that -> {:ok, [{:put, :signing, blob}], {:ok, blob}}
    end
  end

  def decide({:end, id, until, over}, _read, _context) do
    {:ok, [{:put, {:ended, id}, until} | for(id <- over, do: {:delete, {:ended, id}})], :ok}
  end

  @impl true
  def changed(_changes, _context), do: :ok
end
