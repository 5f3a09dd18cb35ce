defmodule Workbooks.Wasm.Bindings.Runtime do
  @moduledoc false
  # What generated functions call.

  alias Workbooks.Wasm
  alias Workbooks.Wasm.Bindings
  alias Workbooks.Wasm.Bindings.Source
  alias Workbooks.Wasm.{Error, Instance, Pool, Server}

  @doc "Calls an export on an instance, a server, a pool, or a resource's instance."
  @spec call(Bindings.target() | struct, String.t() | [String.t()], list, keyword) :: Bindings.answer(term)
  def call(target, path, arguments, options)

  def call(%Instance{} = instance, path, arguments, options), do: Wasm.call(instance, path, arguments, options)

  # A method. `in:` is the server that the resource's instance belongs to.
  def call(%{__struct__: Wasm.Resource} = resource, path, arguments, options) do
    {server, options} = Keyword.pop(options, :in)
    call(server || resource.instance, path, arguments, options)
  end

  def call(process, path, arguments, options) do
    case kind(GenServer.whereis(process)) do
      Server ->
        Server.call(process, path, arguments, options)

      Pool ->
        Pool.call(process, path, arguments, options)

      nil ->
        {:error, Error.new(:closed, "#{inspect(process)} is not running: is it started before it is called?")}

      other ->
        raise ArgumentError,
              "#{inspect(process)} (#{inspect(other)}) is no instance, no Workbooks.Wasm.Server and no Workbooks.Wasm.Pool"
    end
  end

  @doc "As `call/4`: the value alone, with metrics beside them; an error is raised."
  def call!(target, path, arguments, options) do
    case call(target, path, arguments, options) do
      {:ok, value, metrics} -> {value, metrics}
      {:suspended, _suspension} = suspended -> suspended
      answer -> bang!(answer)
    end
  end

  @doc "The value, or the error raised."
  def bang!({:ok, value}), do: value
  def bang!({:error, error}), do: raise(error)

  # Whose process it is: one on another node can only be asked as a server.
  defp kind(nil), do: nil

  defp kind(pid) when is_pid(pid) and node(pid) == node() do
    case :proc_lib.translate_initial_call(pid) do
      {:proc_lib, :init_p, _arity} -> if Process.alive?(pid), do: :other
      {module, _function, _arity} -> module
    end
  end

  defp kind(_elsewhere), do: Server

  @doc "The component of a module, by `{hash, place, options}`."
  def component({hash, place, options}) do
    key = {__MODULE__, hash, options}

    # Two processes may compile it at the same time at first: it is the same component.
    with nil <- :persistent_term.get(key, nil),
         {:ok, bytes} <- bytes(place, hash),
         {:ok, component} <- Wasm.compile(bytes, options) do
      :persistent_term.put(key, component)
      {:ok, component}
    else
      {:error, error} -> {:error, error}
      component -> {:ok, component}
    end
  end

  defp bytes({:embedded, bytes}, _hash), do: {:ok, bytes}

  defp bytes({:priv, app, path}, hash) do
    file = Path.join(Application.app_dir(app, "priv"), path)

    with {:ok, bytes} <- Source.bytes(file) do
      if :crypto.hash(:sha256, bytes) == hash,
        do: {:ok, bytes},
        else: {:error, Error.new(:compile, "#{file} is not the file that its module was compiled for: compile it anew")}
    end
  end

  @doc "An instance; modules may stand for interfaces in `imports:`."
  def instantiate(component, options) do
    Wasm.instantiate(component, options)
  end

  @doc "A server of the module's component, or with `pool:` a pool."
  def start_link(module, options) do
    {pool, options} = options |> Keyword.put_new(:name, module) |> Keyword.pop(:pool)

    with {:ok, component} <- module.component() do
      options = [component: component] ++ options

      if pool do
        Pool.start_link(options ++ pool)
      else
        Server.start_link(options)
      end
    end
  end
end
