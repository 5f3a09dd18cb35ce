defmodule Workbooks.TestConfig do
  @moduledoc false
  # The application's configuration, for a test that is not async.

  import ExUnit.Callbacks, only: [on_exit: 1]

  @doc "Sets keys of it for the length of a test."
  def configured(settings) do
    for {name, value} <- settings do
      before = Application.fetch_env(:workbooks, name)
      Application.put_env(:workbooks, name, value)

      on_exit(fn ->
        case before do
          {:ok, value} -> Application.put_env(:workbooks, name, value)
          :error -> Application.delete_env(:workbooks, name)
        end
      end)
    end

    :ok
  end

  @doc "Starts all that keeps state anew, over a storage of these settings: for test_helper.exs."
  def state(storage) do
    Application.put_env(:workbooks, Workbooks.Storage, storage)
    :ok = Supervisor.terminate_child(Workbooks.Supervisor, Workbooks.State)
    :ok = Supervisor.delete_child(Workbooks.Supervisor, Workbooks.State)
    {:ok, _} = Supervisor.start_child(Workbooks.Supervisor, {Workbooks.State, Application.get_all_env(:workbooks)})
  end
end
