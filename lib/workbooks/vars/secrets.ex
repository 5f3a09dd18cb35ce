defmodule Workbooks.Vars.Secrets do
  @moduledoc false
  # Between the variables and the vault: the first key, and secrets that are sealed anew meanwhile.

  alias Workbooks.Error
  alias Workbooks.Storage.Mirror
  alias Workbooks.Vars.{Seal, Vault}

  # So often a secret may be sealed anew between looking it up and opening it.
  @tries 20

  @doc "The values of a tenant's secrets, sealed."
  @spec seal(map, String.t(), [{String.t(), binary}], timeout) :: {:ok, [binary]} | {:error, Error.t()}
  def seal(settings, tenant, pairs, timeout) do
    with :no_key <- Vault.seal(settings.vault, tenant, pairs, timeout),
         :ok <- first_key(settings),
         :no_key <- Vault.seal(settings.vault, tenant, pairs, timeout) do
      Error.tuple(:secret_key, "there is no key to seal secrets with, though one was made just now")
    end
  end

  @doc "What a secret's row has."
  @spec open(map, String.t(), String.t(), binary) :: {:ok, binary} | :error | {:error, Error.t()}
  def open(settings, tenant, key, blob, tries \\ @tries) do
    with {:error, %Error{kind: :secret_key} = error} <- Vault.open(settings.vault, tenant, key, blob, :infinity) do
      # The end of a rotation may have taken its key.
      case Mirror.lookup(settings.name, {tenant, key}) do
        {:ok, {:secret, other}} when other != blob and tries > 0 -> open(settings, tenant, key, other, tries - 1)
        {:ok, {:secret, _blob}} -> {:error, error}
        {:ok, {:plain, _value}} -> :error
        :error -> :error
        {:error, error} -> {:error, error}
      end
    end
  end

  @doc "Whether the secret in a row is `value`; `:moved` where the row is another by now."
  @spec same?(map, String.t(), String.t(), binary, binary, timeout) :: {:ok, boolean} | :moved | {:error, Error.t()}
  def same?(settings, tenant, key, blob, value, timeout) do
    with {:error, %Error{kind: :secret_key} = error} <-
           Vault.same?(settings.vault, tenant, key, blob, value, timeout) do
      if Mirror.lookup(settings.name, {tenant, key}) == {:ok, {:secret, blob}}, do: {:error, error}, else: :moved
    end
  end

  @doc "The ids of the keys that secrets of the store are under, with how many those are."
  @spec keys_in_use(map) :: {:ok, %{binary => pos_integer}} | {:error, Error.t()}
  def keys_in_use(settings) do
    with {:ok, ids} <- Mirror.select(settings.name, [{{:_, {:secret, :"$1"}}, [], [:"$1"]}]) do
      {:ok, Enum.frequencies(ids)}
    end
  end

  # A new key beside secrets that another one sealed would hide that that one is lost.
  defp first_key(settings) do
    with {:ok, in_use} <- keys_in_use(settings),
         {:ok, path} <- Vault.key_file(settings.vault) do
      if in_use == %{} do
        Vault.make_key(settings.vault)
      else
        ids = in_use |> Map.keys() |> Enum.map_join(", ", &Seal.shown/1)

        Error.tuple(
          :secret_key,
          "the key file #{path} is missing, and the store has #{Enum.sum(Map.values(in_use))} secrets that were sealed " <>
            "with the key #{ids}: put it back, or set WORKBOOKS_SECRET_KEY. No new key was made"
        )
      end
    end
  end
end
