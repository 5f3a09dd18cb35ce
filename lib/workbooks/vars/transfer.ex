defmodule Workbooks.Vars.Transfer do
  @moduledoc false
  # A tenant's variables as a JSON text, and back. Secrets are in it as they are stored: sealed, for this
  # tenant and their names, so that they open nowhere else.

  alias Workbooks.{Error, JSON, Names}
  alias Workbooks.Storage.Mirror
  alias Workbooks.Vars.{Seal, Vault, Writer}

  @format 1

  @doc "The text."
  @spec export(map, String.t()) :: {:ok, binary} | {:error, Error.t()}
  def export(settings, tenant) do
    with {:ok, keys} <- Mirror.select(settings.name, [{{{tenant, :"$1"}, :_}, [], [:"$1"]}]),
         {:ok, rows} <- rows(keys, settings.name, tenant, []) do
      encoded(%{
        "format" => @format,
        "tenant" => tenant,
        "keys" => for({_key, {:secret, blob}} <- rows, uniq: true, do: Seal.shown(Seal.key_id(blob))),
        "vars" => Map.new(rows, fn {key, row} -> {key, written(row)} end)
      })
    end
  end

  defp rows([key | keys], store, tenant, rows) do
    case Mirror.lookup(store, {tenant, key}) do
      {:ok, row} -> rows(keys, store, tenant, [{key, row} | rows])
      # Removed a moment ago.
      :error -> rows(keys, store, tenant, rows)
      {:error, error} -> {:error, error}
    end
  end

  defp rows([], _store, _tenant, rows), do: {:ok, rows}

  defp written({:plain, value}) do
    if String.valid?(value), do: %{"text" => value}, else: %{"base64" => Base.encode64(value)}
  end

  defp written({:secret, blob}), do: %{"secret" => Base.encode64(blob)}

  defp encoded(export) do
    with {:error, why} <- JSON.encode(export), do: Error.tuple(:internal, "an export is no JSON: #{why}")
  end

  @doc "Sets what a text of `export/2` has, all or nothing. Other variables of the tenant stay."
  @spec import(map, String.t(), term, timeout) :: :ok | {:error, Error.t()}
  def import(settings, tenant, text, timeout) do
    with :ok <- Names.tenant(tenant),
         {:ok, vars} <- read(text, tenant),
         {:ok, _sizes} <- Writer.pairs(Enum.map(vars, &sized/1), settings) do
      {secrets, plain} = Enum.split_with(vars, &match?({_key, {:secret, _blob}}, &1))
      plain = for {key, row} <- plain, do: {{tenant, key}, row}
      Writer.put_rows(settings, fn -> sealed_anew(secrets, plain, tenant, settings, timeout) end, timeout)
    end
  end

  # The limits are those of what was sealed.
  defp sized({key, {:secret, blob}}), do: {key, binary_part(blob, 0, Seal.size(blob))}
  defp sized({key, {:plain, value}}), do: {key, value}

  # Each is opened, so that nothing is stored that could never be read.
  defp sealed_anew([], plain, _tenant, _settings, _timeout), do: {:ok, plain}

  defp sealed_anew(secrets, plain, tenant, settings, timeout) do
    sealed = for {key, {:secret, blob}} <- secrets, do: {tenant, key, blob}

    with {:ok, answers} <- Vault.reseal(settings.vault, sealed, timeout) do
      secrets
      |> Enum.zip(answers)
      |> Enum.reduce_while({:ok, plain}, fn
        {{key, _row}, {:ok, blob}}, {:ok, rows} -> {:cont, {:ok, [{{tenant, key}, {:secret, blob}} | rows]}}
        {{key, _row}, {:error, error}}, _rows -> {:halt, {:error, about(error, key)}}
      end)
    end
  end

  defp about(error, key), do: %{error | message: "#{inspect(key)} cannot be imported: " <> error.message}

  # --- reading -------------------------------------------------------------------------------------

  defp read(text, tenant) when is_binary(text) do
    case JSON.decode(text) do
      {:ok, %{"format" => @format, "tenant" => whose, "vars" => %{} = vars}} ->
        with {:ok, vars} <- decoded(Map.to_list(vars), []), :ok <- own(vars, whose, tenant), do: {:ok, vars}

      {:ok, %{"format" => format}} when format != @format ->
        bad("its format is #{inspect(format, limit: 3, printable_limit: 20)}, and this version reads #{@format}")

      {:ok, _other} ->
        bad("it has no format, tenant and vars")

      {:error, why} ->
        bad("it is no JSON: #{why}")
    end
  end

  defp read(_other, _tenant), do: bad("it is no text")

  defp decoded([{key, written} | vars], rows) do
    case row(written) do
      {:ok, row} -> decoded(vars, [{key, row} | rows])
      :error -> bad("#{inspect(key, printable_limit: 80)} is neither text, base64 nor a sealed secret")
    end
  end

  defp decoded([], rows), do: {:ok, rows}

  defp row(%{"text" => text} = written) when is_binary(text) and map_size(written) == 1, do: {:ok, {:plain, text}}

  defp row(%{"base64" => text} = written) when is_binary(text) and map_size(written) == 1 do
    with {:ok, bytes} <- Base.decode64(text), do: {:ok, {:plain, bytes}}
  end

  defp row(%{"secret" => text} = written) when is_binary(text) and map_size(written) == 1 do
    with {:ok, blob} <- Base.decode64(text), do: if(Seal.blob?(blob), do: {:ok, {:secret, blob}}, else: :error)
  end

  defp row(_other), do: :error

  defp own(vars, whose, tenant) do
    if whose == tenant or not Enum.any?(vars, &match?({_key, {:secret, _blob}}, &1)) do
      :ok
    else
      bad("it has secrets of another tenant, which open for that one alone")
    end
  end

  defp bad(wrong), do: Error.tuple(:bad_value, "this export cannot be imported: #{wrong}")
end
