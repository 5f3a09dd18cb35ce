defmodule Workbooks.Wasm.Host do
  @moduledoc false
  # Host functions: found for a component's imports once, then called in the
  # process that makes the guest's call.

  alias Workbooks.Wasm.Error

  @doc """
  The functions for `signatures`, a component's imports, in their order, out of
  `imports` as the person gave them: interfaces as maps of functions, functions of
  the world itself beside them.
  """
  def bind(signatures, imports) when is_map(imports) do
    signatures
    |> Enum.reduce_while({:ok, []}, fn {path, params, _result}, {:ok, bound} ->
      case find(path, length(params), imports) do
        {:ok, function} -> {:cont, {:ok, [function | bound]}}
        {:error, error} -> {:halt, {:error, error}}
      end
    end)
    |> case do
      {:ok, bound} -> {:ok, bound |> Enum.reverse() |> List.to_tuple()}
      error -> error
    end
  end

  defp find(path, arity, imports) do
    case lookup(path, imports) do
      function when is_function(function, arity) ->
        {:ok, function}

      nil ->
        {:error,
         Error.new(:import, "the component imports #{name(path)}, which was not given: add it to imports:", %{
           import: path
         })}

      other ->
        message = "import #{name(path)} must be a function of #{arity} argument(s), got: #{inspect(other)}"
        {:error, Error.new(:link, message, %{import: path})}
    end
  end

  defp lookup([name], imports), do: Map.get(imports, name)

  defp lookup([interface, name], imports) do
    functions = Map.get(imports, interface) || Map.get(imports, unversioned(interface)) || %{}
    if is_map(functions), do: Map.get(functions, name)
  end

  defp unversioned(interface), do: interface |> String.split("@") |> hd()

  @doc "Calls `function`: `{:ok, value}`, or why not."
  def apply(function, arguments) do
    {:ok, Kernel.apply(function, arguments)}
  catch
    kind, reason -> {:raised, kind, reason, __STACKTRACE__}
  end

  @doc "The error for a host function that raised, threw or exited."
  def raised(path, kind, reason, stacktrace) do
    exception = if kind == :error, do: Exception.normalize(:error, reason, stacktrace), else: reason
    message = "host function #{name(path)} failed: #{Exception.format_banner(kind, reason, stacktrace)}"
    Error.new(:host_error, message, %{import: path, kind: kind, reason: exception, stacktrace: stacktrace})
  end

  @doc "The error for a host function whose answer is not of the import's type."
  def wrong_answer(path, message) do
    Error.new(:host_error, "host function #{name(path)} answered with the wrong type: #{message}", %{import: path})
  end

  defp name(path), do: Enum.join(path, "#")
end
