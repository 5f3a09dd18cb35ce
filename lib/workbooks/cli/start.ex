defmodule Workbooks.CLI.Start do
  @moduledoc false
  # What a verb needs of this library, and no more: the whole application takes as long to start as
  # the virtual machine does.

  alias Workbooks.Wasm.Pools

  @doc "The Org kernel alone: what reads a document."
  @spec kernel :: :ok
  def kernel do
    if Process.whereis(Workbooks.OQL.Short) == nil do
      load()
      Pools.open()
      {:ok, _pid} = Supervisor.start_link([Workbooks.OQL], strategy: :one_for_one)
    end

    :ok
  end

  @doc "The application: it opens neither a port nor the store before it is asked for something."
  @spec application :: :ok
  def application do
    load()
    # Where it runs already, somebody else has said where it logs to.
    if Process.whereis(Logger) == nil and not started?(:logger), do: log_to_standard_error()
    {:ok, _started} = Application.ensure_all_started(:workbooks)
    :ok
  end

  defp started?(application), do: List.keymember?(Application.started_applications(), application, 0)

  # Standard output is the verb's. The console is of Elixir before 1.15, the handler of those since.
  defp log_to_standard_error do
    _ = Application.load(:logger)
    Application.put_env(:logger, :console, device: :standard_error)
    Application.put_env(:logger, :default_handler, config: [type: :standard_error])
  end

  @doc "The library's own description, which names its version and where its parts lie."
  @spec load :: :ok
  def load do
    case Application.load(:workbooks) do
      :ok -> :ok
      {:error, {:already_loaded, :workbooks}} -> :ok
    end
  end

  @doc "Has the log say only what went wrong."
  @spec quietly :: :ok
  def quietly do
    _ = :logger.set_primary_config(:level, :error)
    :ok
  end

  @doc "Closes what was opened: a store is left as its next user likes to find it."
  @spec stop :: :ok
  def stop do
    _ = Application.stop(:workbooks)
    :ok
  end
end
