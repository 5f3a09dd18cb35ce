defmodule Workbooks.Wasm.Driver do
  @moduledoc false
  # A call goes on until it ends: slices, host functions, waiting, slices.

  alias Workbooks.{Native, Options}
  alias Workbooks.Wasm.WASI.Grants
  alias Workbooks.Wasm.{Error, Host, Instance, Module, Resource, Suspension}

  # How a call is driven: host functions in the caller or isolated, until when, and
  # whether to suspend at the first (and for how long).
  defstruct mode: :caller, deadline: :infinity, suspend: nil, metrics: false, body: nil

  @doc "How a call of `instance` is driven that has `timeout` ms (negative: any)."
  def context(instance, timeout, options \\ %{}) do
    mode = options[:host] || instance.mode
    # Only an isolated function needs to know how long it has.
    deadline = if mode == :isolated and timeout >= 0, do: now() + timeout, else: :infinity

    %__MODULE__{
      mode: mode,
      deadline: deadline,
      suspend: options[:suspend],
      metrics: options[:metrics] || false,
      body: options[:body]
    }
  end

  @doc "Milliseconds for the NIF, out of options that hold a timeout alone."
  def timeout(options, where), do: milliseconds(Options.validate!(options, [timeout: {:timeout, 5_000}], where).timeout)

  def milliseconds(:infinity), do: -1
  # What no clock counts is no limit.
  def milliseconds(timeout) when timeout > 0x7FFFFFFFFFFF, do: -1
  def milliseconds(timeout), do: timeout

  @doc "Goes on from `step` until the call ends."
  def run({:ok, value}, instance, context), do: done(value, instance, context)
  def run(:yield, instance, context), do: run(Native.poll(instance.ref), instance, context)
  def run({:error, error}, _instance, _context), do: {:error, Error.from_native(error)}
  def run(:pending, instance, context), do: run(wait(instance), instance, context)

  def run({:host, import, arguments}, instance, context) do
    host(elem(instance.host, import), arguments, instance, instance, context)
  end

  # What the guest wrote goes where it belongs before the guest goes on.
  def run({:output, chunks, step}, instance, context) do
    case at_host(context, fn -> Grants.deliver(chunks, instance.wasi) end) do
      :ok -> run(step, instance, context)
      failure -> end_with(instance, ["wasi:", "output"], failure)
    end
  end

  def run({:read, input, most}, instance, context) do
    case at_host(context, fn -> read(input, most, instance, context) end) do
      {:ok, bytes} -> run(Native.reply_input(instance.ref, bytes), instance, context)
      :eof -> run(Native.reply_input(instance.ref, :eof), instance, context)
      failure -> end_with(instance, ["wasi:", Atom.to_string(input)], failure)
    end
  end

  # A host function of an instance beside the one that was called.
  def run({:host, import, arguments, {ref, program, host}}, instance, context) do
    importer = fn -> %Instance{ref: ref, program: Module.new(program), host: host} end
    host(elem(host, import), arguments, importer, instance, context)
  end

  defp read(:stdin, most, instance, _context), do: Grants.read(instance.wasi, most)
  defp read(:body, most, _instance, %{body: {:ask, function}}), do: Grants.ask({:function, function}, most)

  defp done(value, instance, %{metrics: false}), do: {:ok, adopt(value, instance)}
  defp done(value, instance, _context), do: {:ok, adopt(value, instance), Native.metrics(instance.ref)}

  @doc "A result, with the instance in it where it is a resource or several."
  def adopt(%Resource{} = resource, instance), do: %{resource | instance: instance}
  def adopt({:ok, %Resource{} = resource}, instance), do: {:ok, adopt(resource, instance)}
  def adopt([%Resource{} | _] = resources, instance), do: Enum.map(resources, &adopt(&1, instance))
  def adopt(value, _instance), do: value

  defp host({_, path, _}, arguments, _importer, instance, %{suspend: ttl} = context) when ttl != nil do
    suspension = %Suspension{
      ref: Native.suspend(instance.ref, milliseconds(ttl)),
      id: System.unique_integer([:positive]),
      name: path,
      arguments: arguments,
      instance: instance,
      ttl: ttl,
      metrics: context.metrics
    }

    {:suspended, suspension}
  end

  defp host({_, path, _} = entry, arguments, importer, instance, context) do
    case at_host(context, fn -> Host.apply(entry, arguments, importer) end) do
      {:ok, value} ->
        case reply(instance.ref, value) do
          {:error, {:type, message, _}} -> failed(instance, Host.wrong_answer(path, message))
          step -> run(step, instance, context)
        end

      {:raised, kind, reason, stacktrace} ->
        failed(instance, Host.raised(path, kind, reason, stacktrace))

      :timeout ->
        end_with(instance, path, :timeout)
    end
  end

  # In the process that calls, or in one of its own for as long as the call has left.
  defp at_host(%{mode: :caller}, work), do: work.()
  defp at_host(%{deadline: :infinity}, work), do: Host.isolated(work, :infinity)
  defp at_host(%{deadline: deadline}, work), do: Host.isolated(work, max(0, deadline - now()))

  # Nothing the guest could be told: it ends.
  defp end_with(instance, path, {:raised, kind, reason, stacktrace}) do
    Native.close(instance.ref)
    {:error, Host.raised(path, kind, reason, stacktrace)}
  end

  defp end_with(instance, path, :timeout) do
    Native.close(instance.ref)
    message = "the call's time was over while host function #{Enum.join(path, "#")} ran"
    {:error, Error.new(:timeout, message, %{import: path})}
  end

  @doc "Answers a host call and goes on: the next step."
  def reply(ref, value) do
    with :dirty <- Native.reply(ref, value), do: Native.reply_dirty(ref, value)
  end

  # The fiber unwinds; what it then answers says less than the host's own error.
  defp failed(instance, error) do
    unwind(Native.fail(instance.ref), instance)
    {:error, error}
  end

  # A guest may take a while to unwind, or catch the failure and go on: it does not get another answer.
  defp unwind(:yield, instance), do: unwind(Native.poll(instance.ref), instance)
  defp unwind({:error, _}, _instance), do: :ok
  defp unwind(_step, instance), do: Native.close(instance.ref)

  # The guest waits for the outside: the process sleeps until it is told, or the time is over.
  defp wait(instance) do
    reference = make_ref()

    case Native.arm(instance.ref, reference) do
      {:armed, left} ->
        receive do
          {^reference, :wake} -> :ok
        after
          left || :infinity -> :ok
        end

      :poll ->
        :ok
    end

    Native.poll(instance.ref)
  end

  defp now, do: System.monotonic_time(:millisecond)
end
