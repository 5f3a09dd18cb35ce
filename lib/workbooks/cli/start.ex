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

    # Whatever the environment says of servers, this is none. Where it runs already it is somebody else's.
    unless started?(:workbooks) do
      Application.put_env(:workbooks, :server, false)
      start(:error)
    end

    :ok
  end

  @doc "The application with both planes, whose settings go before the configured ones."
  @spec server([{module, keyword}]) :: :ok
  def server(planes) do
    load()

    if started?(:workbooks),
      do: raise(ArgumentError, "the application runs here already: its own configuration says whether it serves")

    Application.put_env(:workbooks, :server, true)

    for {endpoint, settings} <- planes do
      Application.put_env(:workbooks, endpoint, Keyword.merge(Application.get_env(:workbooks, endpoint, []), settings))
    end

    # Who wrote what is told there, a line for each write.
    start(:info)
  end

  defp start(level) do
    unless started?(:logger), do: log_to_standard_error(level)

    case Application.ensure_all_started(:workbooks) do
      {:ok, _started} -> :ok
      {:error, reason} -> raise ArgumentError, "it cannot start: #{cause(reason) || inspect(reason, limit: 20)}"
    end
  end

  # A setting that is none is raised deep below, by the child that it is for.
  defp cause(%{__exception__: true} = error), do: Exception.message(error)
  defp cause(tuple) when is_tuple(tuple), do: tuple |> Tuple.to_list() |> Enum.find_value(&cause/1)
  defp cause([first | rest]), do: cause(first) || cause(rest)
  defp cause(_other), do: nil

  defp started?(application), do: List.keymember?(Application.started_applications(), application, 0)

  # Standard output is the verb's. The console is of Elixir before 1.15, the handler of those since.
  defp log_to_standard_error(level) do
    _ = Application.load(:logger)
    _ = :logger.set_primary_config(:level, level)
    Application.put_env(:logger, :level, level)
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
