defmodule Workbooks.Vars.Rotation do
  @moduledoc false
  # Another key for all secrets, while they are read and written. Cut off at any point, it leaves a key
  # file with which everything opens, and is gone on with by being asked for again:
  #
  #   1. the vault puts a new key before the old one into the file, and seals with it from then on;
  #   2. the table takes nothing any more that another key sealed, and what was on its way is waited for;
  #   3. each secret under another key is sealed anew, if it is still the same when it is written;
  #   4. when none is left, the old key goes.

  alias Workbooks.{Error, Telemetry}
  alias Workbooks.Storage.Mirror
  alias Workbooks.Vars.{Seal, Secrets, Vault}
  require Logger

  # Sealed anew at a time, unless they are large.
  @batch 200
  @batch_bytes 4_194_304

  @progress_ms 1_000

  @type report :: %{key: String.t() | nil, rewritten: non_neg_integer, retired: [String.t()]}

  @doc "All of it."
  @spec run(map) :: {:ok, report} | {:error, Error.t()}
  def run(settings) do
    Telemetry.span([:workbooks, :vars, :rotate], %{store: settings.name}, fn ->
      answer = rotate(settings)
      rewritten = with {:ok, report} <- answer, do: report.rewritten, else: (_ -> 0)
      {answer, %{rewritten: rewritten}, %{result: Telemetry.result(answer)}}
    end)
  end

  defp rotate(settings) do
    with {:ok, keys} <- begun(settings),
         :ok <- Mirror.write(settings.name, :settle, :infinity),
         {:ok, count} <- renew(settings, keys.current),
         :ok <- Vault.retire(settings.vault, keys.current) do
      {:ok, %{key: Seal.shown(keys.current), rewritten: count, retired: Enum.map(keys.others, &Seal.shown/1)}}
    else
      :nothing -> {:ok, %{key: nil, rewritten: 0, retired: []}}
      {:error, error} -> {:error, error}
    end
  end

  # Without a key there must be nothing that one has sealed.
  defp begun(settings) do
    with :no_key <- Vault.rotate(settings.vault), {:ok, in_use} <- Secrets.keys_in_use(settings) do
      case Map.keys(in_use) do
        [] ->
          :nothing

        [id | _] ->
          Error.tuple(:secret_key, "there are secrets, and the key #{Seal.shown(id)} that sealed them is missing")
      end
    end
  end

  @doc false
  # Until no secret is under another key than `id`; how many were sealed anew.
  def renew(settings, id) do
    begun = now()
    renew(settings, id, %{rewritten: 0, told: begun})
  end

  defp renew(settings, id, state) do
    with {:ok, places} <- others(settings.name, id) do
      if places == [] do
        {:ok, state.rewritten}
      else
        # Those that others have changed meanwhile are under the new key: another look finds none of them.
        with {:ok, state} <- renew_all(places, settings, state), do: renew(settings, id, state)
      end
    end
  end

  defp others(store, id) do
    Mirror.select(store, [{{:"$1", {:secret, :"$2"}}, [{:"=/=", :"$2", id}], [:"$1"]}])
  end

  # What does not open stops it only after the rest.
  defp renew_all(places, settings, state, failed \\ [])
  defp renew_all([], _settings, state, []), do: {:ok, state}

  defp renew_all([], _settings, _state, failed) do
    {{tenant, key}, error} = hd(failed)

    Error.tuple(
      :secret_key,
      "#{length(failed)} secrets could not be sealed anew, among them #{inspect(key)} of #{inspect(tenant)}; all others " <>
        "were, and no key was removed. #{error.message}; what nobody can open any more may be deleted",
      error.details
    )
  end

  defp renew_all(places, settings, state, failed) do
    with {:ok, secrets, places} <- batch(places, settings.name, [], @batch, @batch_bytes),
         {:ok, answers} <- resealed(settings.vault, secrets),
         {rows, unopened} = sort(secrets, answers),
         {:renewed, count} <- Mirror.write(settings.name, {:renew, rows}, :infinity) do
      state = progress(%{state | rewritten: state.rewritten + count}, places)
      renew_all(places, settings, state, unopened ++ failed)
    else
      # Another rotation began, or the vault was started anew with other keys.
      :reseal -> Error.tuple(:conflict, "the key of secrets was changed by somebody else meanwhile: try again")
      {:error, error} -> {:error, error}
    end
  end

  defp resealed(_vault, []), do: {:ok, []}

  defp resealed(vault, secrets) do
    Vault.reseal(vault, for({{tenant, key}, blob} <- secrets, do: {tenant, key, blob}), :infinity)
  end

  defp batch([place | places], store, secrets, count, bytes) when count > 0 and bytes > 0 do
    case Mirror.lookup(store, place) do
      {:ok, {:secret, blob}} -> batch(places, store, [{place, blob} | secrets], count - 1, bytes - byte_size(blob))
      {:error, error} -> {:error, error}
      _plain_or_gone -> batch(places, store, secrets, count, bytes)
    end
  end

  defp batch(places, _store, secrets, _count, _bytes), do: {:ok, secrets, places}

  defp sort(secrets, answers) do
    Enum.zip(secrets, answers)
    |> Enum.reduce({[], []}, fn
      {{place, old}, {:ok, new}}, {rows, failed} -> {[{place, {:secret, old}, {:secret, new}} | rows], failed}
      {{place, _old}, {:error, error}}, {rows, failed} -> {rows, [{place, error} | failed]}
    end)
  end

  defp progress(state, places) do
    if now() - state.told < @progress_ms do
      state
    else
      left = length(places)
      Logger.info("secrets: #{state.rewritten} sealed anew so far, #{left} to go")
      Telemetry.execute([:workbooks, :vars, :rotate, :progress], %{rewritten: state.rewritten, left: left}, %{})
      %{state | told: now()}
    end
  end

  defp now, do: System.monotonic_time(:millisecond)
end
