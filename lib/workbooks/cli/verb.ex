defmodule Workbooks.CLI.Verb do
  @moduledoc false
  # One verb of `wb`: what it is called by, and what its help teaches.

  alias Workbooks.CLI.Failure

  @typedoc "A switch: its name, or its name and one letter; type as OptionParser has it; what its value is called; words."
  @type option ::
          {atom | {atom, letter :: atom}, :boolean | :string | :integer | :keep, placeholder :: String.t(),
           words :: String.t()}

  @typedoc "What is printed: text, and the same as data for `--json`."
  @type output :: {iodata | (() -> iodata), data :: term}

  @type answer :: {:ok, output} | {:failed, output, message :: String.t()} | {:error, Failure.cause()}

  @callback name :: String.t()
  @callback summary :: String.t()
  @callback usage :: [String.t()]
  @callback about :: String.t()
  @callback options :: [option]
  @callback examples :: [{command :: String.t(), words :: String.t()}]
  @callback run(arguments :: [String.t()], options :: map) :: answer

  @doc "What a verb that works with a control plane takes."
  @spec remote_options :: [option]
  def remote_options do
    [
      {:url, :string, "URL", "the control plane to ask; WB_URL"},
      {:key, :string, "KEY", "the key to ask with; better in WB_KEY, where no list of processes shows it"}
    ]
  end

  @doc "What a verb that reads or writes the state of this machine takes."
  @spec tenant_option :: option
  def tenant_option do
    {:tenant, :string, "NAME", "whose, in the store of this machine; WB_TENANT, else default"}
  end
end
