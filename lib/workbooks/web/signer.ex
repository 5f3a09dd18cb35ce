defmodule Workbooks.Web.Signer do
  @moduledoc false
  # The one process that has what sessions are signed with: 32 random bytes, kept in the storage, sealed by the key
  # of secrets. Whoever has the store without that key can sign nothing. A new secret is made with the first session,
  # and where the old one does not open any more because its key is gone: sessions end then.

  use GenServer

  alias Workbooks.Storage.Mirror
  alias Workbooks.{Error, Vars, Web}

  @name "web sessions"
  @restart_tries 100
  @restart_ms 10

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc "The MAC of a text."
  @spec mac(iodata) :: {:ok, binary} | {:error, Error.t()}
  def mac(text), do: call({:mac, text}, @restart_tries)

  defp call(request, tries) do
    GenServer.call(__MODULE__, request, 30_000)
  catch
    :exit, {:noproc, _call} when tries > 0 ->
      Process.sleep(@restart_ms)
      call(request, tries - 1)

    :exit, {:noproc, _call} ->
      Error.not_running(__MODULE__)

    :exit, _reason ->
      Error.tuple(:unavailable, "the signer of sessions did not answer")
  end

  @impl true
  def init([]) do
    # As the vault of secrets: neither the state nor a dump shows what is in a private table.
    Process.flag(:sensitive, true)
    {:ok, :ets.new(:signing, [:private])}
  end

  @impl true
  def handle_call({:mac, text}, _from, table) do
    answer = with {:ok, secret} <- secret(table), do: {:ok, :crypto.mac(:hmac, :sha256, secret, text)}
    {:reply, answer, table}
  end

  @impl true
  def handle_info(_message, table), do: {:noreply, table}

  defp secret(table) do
    case :ets.lookup(table, :secret) do
      [{:secret, secret}] ->
        {:ok, secret}

      [] ->
        with {:ok, secret} <- stored() do
          :ets.insert(table, {:secret, secret})
          {:ok, secret}
        end
    end
  end

  defp stored do
    case Mirror.lookup(Web.Keys, :signing) do
      {:ok, blob} -> with {:error, %Error{kind: :secret_key}} <- Vars.open_own(@name, blob), do: made(blob)
      :error -> made(nil)
      {:error, error} -> {:error, error}
    end
  end

  defp made(instead_of) do
    with {:ok, blob} <- Vars.seal_own(@name, :crypto.strong_rand_bytes(32)),
         {:ok, blob} <- Mirror.write(Web.Keys, {:signing, blob, instead_of}),
         do: Vars.open_own(@name, blob)
  end
end
