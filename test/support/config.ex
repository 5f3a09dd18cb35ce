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
end
