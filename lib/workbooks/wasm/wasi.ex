defmodule Workbooks.Wasm.WASI do
  @moduledoc """
  The system interface: what a program compiled for WASI finds around it. Preview 1 (core modules)
  and preview 2 (components) alike; preview 3 as an experiment.

  Nothing is granted unless it is named:

      Workbooks.Wasm.instantiate(program,
        wasi: [
          args: ["convert", "--fast"],
          env: %{"LANG" => "C"},
          stdin: "some text",
          stdout: self(),
          preopens: [{"/data", "priv/data", :read}],
          network: ["example.org:443"]
        ]
      )

  A program that imports WASI and is given no `wasi:` fails with an error of kind `:import`. `wasi: []`
  links it and grants two things, which every program's runtime asks for: random numbers, and the
  clocks (they tell the time, which may tell how long something took; with `deterministic:` they do not).

  | key | what it grants |
  | --- | --- |
  | `:args` | the program's arguments, its name first; none |
  | `:env` | environment variables, a map or a list of pairs; none. Nothing of this VM's is inherited |
  | `:stdin` | a binary; a function `fn max_bytes -> binary \\| :eof end`; a device (a pid or `:stdio`); nothing: at its end at once |
  | `:stdout`, `:stderr` | `:discard` (the default); `:binary`, for `output/1`; a pid, which gets `{:wasm_output, reference, :stdout \\| :stderr, bytes}`; `{pid, tag}`, with that tag for the reference; a function of the bytes; `:stdio` or `:stderr` |
  | `:preopens` | directories, `{guest_path, host_path, :read \\| :read_write}`: nothing outside of them is reached, by no link either |
  | `:network` | hosts to connect to and to send HTTP requests to, a rule each |
  | `:listen` | addresses to bind and listen at: `"127.0.0.1:8080"` |
  | `:deterministic` | a seed: random numbers come from it, time goes on only when it is read (a microsecond each) or slept, from 2020-01-01 on. Two runs see the same, as far as files and hosts do not differ |
  | `:p3` | `true` links preview 3 too: experimental. It sleeps for real, also with `:deterministic`, and connects to addresses only |

  Output is any bytes, which messages, functions and `:binary` get unharmed; `:stdio` on a device of
  text shows what is no text as `\uFFFD`. Functions run, and devices are asked, in the process that
  calls the guest, or with `host: :isolated` in one of their own that a timeout ends. Both streams together
  may hold `limits: [output_bytes: n]`, of what is not discarded: a write beyond that fails, and the call
  ends with an error of kind `:limit`, whatever the guest makes of it.

  ## Whom a program may talk to

  A rule names a host (`"example.org"`, `"*.example.org"` for what is below it), an address
  (`"10.0.0.5"`, `"[fd00::1]"`) or a range (`"10.0.0.0/8"`), with a port where only that one is meant
  (`"example.org:443"`), and with `https://` or `http://` before it where only such requests are meant.

  What is checked is the address that the connection goes to. Private, loopback, link-local,
  unique-local, multicast and unspecified addresses, and those of IPv6 that hold one of IPv4, are
  refused unless a rule names the address itself or a range of such addresses alone: neither a name that
  resolves to `10.0.0.5` nor `"0.0.0.0/0"` reaches it, `"10.0.0.5"` and `"10.0.0.0/8"` do. For a name of
  one's own network give both: `network: ["db.internal:5432", "10.0.0.0/8"]`. A redirect is the program's
  to follow, and checked as any other request.
  """

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Component, Error, Instance}

  @typedoc "How a program ended, and what it wrote where that was kept; with `metrics: true` what it used."
  @type outcome :: %{
          required(:status) => 0..255,
          required(:stdout) => binary,
          required(:stderr) => binary,
          optional(:metrics) => map
        }

  @doc """
  Runs a program to its end: a module's `_start`, a component's `wasi:cli/run`.

  Takes the options of `Workbooks.Wasm.instantiate/2`, and `metrics: true`: what it used is in the outcome's
  `metrics`, as `Workbooks.Wasm.call/4` has them, of a program that failed in `details.metrics`. Those of one
  whose time was over have `memory_peak` alone. Unless `wasi:` sends its output elsewhere,
  what it writes comes back: `{:ok, %{status: 0, stdout: "…", stderr: "…"}}`. The status is the
  program's; that it is not nought is no error here. A trap, a timeout or a limit is; what the program
  wrote before it stands in `details.output`.

      {:ok, program} = Workbooks.Wasm.compile(File.read!("sort.wasm"))
      {:ok, %{stdout: sorted}} = Workbooks.Wasm.WASI.run(program, wasi: [args: ["sort"], stdin: "b\\na\\n"])
  """
  @spec run(Component.t() | struct, keyword) :: {:ok, outcome} | {:error, Error.t()}
  def run(program, options \\ []) do
    {metrics?, options} = Keyword.pop(options, :metrics, false)
    collected = fn wasi -> Keyword.merge([stdout: :binary, stderr: :binary], wasi || []) end
    options = Keyword.update(options, :wasi, collected.(nil), collected)

    with {:ok, instance} <- Wasm.instantiate(program, options) do
      asked = [metrics: metrics?] ++ Keyword.take(options, [:timeout, :schedule])
      ended = Wasm.call(instance, entry(program), [], if(metrics?, do: asked, else: tl(asked)))
      output = output(instance)
      metrics = if metrics?, do: %{metrics: metrics(instance, ended)}, else: %{}
      Wasm.close(instance)
      outcome(status(ended), output, metrics)
    end
  end

  defp outcome({:ok, status}, {:ok, output}, metrics),
    do: {:ok, output |> Map.put(:status, status) |> Map.merge(metrics)}

  defp outcome({:error, error}, {:ok, output}, metrics),
    do: {:error, %{error | details: error.details |> Map.put(:output, output) |> Map.merge(metrics)}}

  defp outcome(_, {:error, error}, _metrics), do: {:error, error}

  # Nobody measured how a call went on that was ended.
  defp metrics(instance, {:error, %Error{kind: :timeout}}), do: %{memory_peak: Wasm.memory_size(instance)}
  defp metrics(instance, _ended), do: Wasm.metrics(instance) || %{memory_peak: Wasm.memory_size(instance)}

  defp entry(%Component{}), do: ["wasi:cli/run", "run"]
  defp entry(_module), do: "_start"

  defp status({:ok, result, _metrics}), do: status({:ok, result})
  defp status({:ok, {:error, _}}), do: {:ok, 1}
  defp status({:ok, _}), do: {:ok, 0}
  defp status({:error, %Error{details: %{status: status}}}) when is_integer(status), do: {:ok, status}
  defp status({:error, error}), do: {:error, error}

  @doc """
  What an instance wrote so far to the streams that are kept (`stdout: :binary`, `stderr: :binary`);
  `""` of the others. It can be asked after the instance's end too.
  """
  @spec output(Instance.t()) :: {:ok, %{stdout: binary, stderr: binary}} | {:error, Error.t()}
  def output(%Instance{ref: ref}) do
    with {:ok, stdout} <- kept(ref, :stdout), {:ok, stderr} <- kept(ref, :stderr) do
      {:ok, %{stdout: stdout, stderr: stderr}}
    end
  end

  defp kept(ref, stream) do
    case Workbooks.Native.wasi_output(ref, stream) do
      {:ok, bytes} -> {:ok, bytes}
      {:error, error} -> {:error, Error.from_native(error)}
    end
  end
end
