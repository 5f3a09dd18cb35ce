defmodule Workbooks.HTTP.Server do
  @moduledoc ~S"""
  An HTTP server: one listener, and a supervised process for each request, which calls a router.

      iex> defmodule Hello do
      ...>   def init(greeting), do: greeting
      ...>   def call(conn, greeting), do: Workbooks.HTTP.Conn.respond(conn, 200, greeting)
      ...> end
      iex> {:ok, server} = Workbooks.HTTP.Server.start_link(router: {Hello, "hello"}, listen: [{{127, 0, 0, 1}, 0}])
      iex> [{{127, 0, 0, 1}, port}] = Workbooks.HTTP.Server.addresses(server)
      iex> {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
      iex> :ok = :gen_tcp.send(socket, "GET / HTTP/1.0\r\n\r\n")
      iex> {:ok, "HTTP/1.0 200 OK\r\n" <> _} = :gen_tcp.recv(socket, 0)
      iex> Workbooks.HTTP.Server.stats(server).requests
      1
      iex> Supervisor.stop(server)
      :ok

  ```
  Server (rest_for_one: who comes later needs who came before)
  ├─ acceptors (one_for_one), one for each scheduler
  │    └┄ a process for each request, linked: it ends with its acceptor
  └─ listener: starts native/http, drains it when it is told to end
  ```

  Framing, limits and TLS are `native/http`'s; what a path means is the router's. A request whose
  process ends without an answer, however it ends, is a 500; an answer that was begun is broken off, so
  that no client takes a part for the whole. When the listener ends, it takes no more connections and waits for
  `drain_ms` at most for what is in flight. Started again at the same address, it waits for a moment
  until the old one has let go of it.

  ## Options

  | option | default | |
  | --- | --- | --- |
  | `router:` | | a module with `init/1` and `call/2`, or `{module, options}` for its `init/1` |
  | `listen:` | | a list of `{ip, port}`, `{:tls, ip, port}`, `{:unix, path}`; port 0 takes a free one |
  | `name:` | none | of the supervisor |
  | `certificates:` | `[]` | for `:tls`: a list of `[cert: file, key: file, hosts: [name]]`, in PEM; the one without `hosts:` is shown to whoever names another host |
  | `h2:` | `true` | whether HTTP/2 is offered over TLS |
  | `h2c:` | `false` | whether it is spoken without TLS to those who know it beforehand |
  | `threads:` | half as many as schedulers, 1 to 4 | of the listener's own |
  | `drain_ms:` | `10_000` | for the requests in flight, when it ends |
  | `socket_mode:` | `0o600` | permissions of a unix socket |
  | `limits:` | `[]` | a keyword list, below |

  | limit | default | beyond it |
  | --- | --- | --- |
  | `request_line:` | 8,192 bytes | 414 |
  | `header_bytes:`, `header_count:` | 32,768 bytes, 100 lines | 431 |
  | `body_bytes:` | 64 MiB | 413 |
  | `header_time:` | 10,000 ms from a request's first byte to its headers' end | 408 |
  | `body_gap:` | 30,000 ms between two pieces of a body | the reader is told, 408; a client that takes no more of an answer is cut off |
  | `idle_time:` | 60,000 ms for a connection with no request on it | it is closed |
  | `request_time:` | 300,000 ms from headers to the answer's end (`Workbooks.HTTP.Conn.watch/1` lifts it) | 503, or the connection is cut |
  | `connections:` | 16,384 at once | 503, and the connection is closed |
  | `in_flight:` | 1,024 requests at once | 503 with `retry-after` |
  | `h2_streams:`, `h2_resets:` | 100 at once on a connection, 200 taken back within ten seconds | refused, cut |
  """

  use Supervisor

  alias Workbooks.HTTP.Error
  alias Workbooks.HTTP.Server.{Acceptor, Listener, Settings}
  alias Workbooks.Native

  @type address :: {:inet.ip_address(), :inet.port_number()} | {:unix, String.t()}

  @doc "Starts a server. `{:error, …}` has a `Workbooks.HTTP.Error` where it cannot listen."
  @spec start_link(keyword) :: Supervisor.on_start()
  def start_link(options) do
    settings = Settings.check!(options)
    Supervisor.start_link(__MODULE__, settings, if(settings.name, do: [name: settings.name], else: []))
  end

  @doc "A child of a supervisor: its id is the server's name."
  @spec child_spec(keyword) :: Supervisor.child_spec()
  def child_spec(options) do
    %{id: options[:name] || __MODULE__, start: {__MODULE__, :start_link, [options]}, type: :supervisor}
  end

  @doc "Where it listens, in the order of `listen:`, with the ports that it got."
  @spec addresses(Supervisor.supervisor()) :: [address]
  def addresses(server), do: ask(server, :addresses)

  @doc """
  What it has counted, as a map: `connections` and `in_flight` are those at this moment; `accepted`, `requests`,
  `refused_connections`, `refused_requests`, `bad_requests`, `timeouts`, `disconnects`, `panics`, `tls_failures` and
  `accept_errors` are those since its listener started.
  """
  @spec stats(Supervisor.supervisor()) :: %{optional(atom) => non_neg_integer}
  def stats(server), do: ask(server, :stats)

  @doc """
  Takes no more connections, and returns when the requests in flight are answered, or after `ms`:
  how many connections had to be cut. The server is still to be stopped.
  """
  @spec drain(Supervisor.supervisor(), non_neg_integer) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def drain(server, ms) when is_integer(ms) and ms >= 0, do: ask(server, {:drain, ms})

  @doc """
  Reads certificates anew and shows them to connections from now on: those that are open keep theirs.
  If one cannot be used, all stays as it is. `certificates` is as the option has it.
  """
  @spec set_certificates(Supervisor.supervisor(), [keyword]) :: :ok | {:error, Error.t()}
  def set_certificates(server, certificates) do
    ask(server, {:set_certificates, Settings.certificates!(certificates)})
  end

  defp ask(server, question) do
    {Listener, listener, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Listener, 0)
    GenServer.call(listener, question, :infinity)
  end

  @impl true
  def init(settings) do
    count = System.schedulers_online()
    gate = Native.http_gate(count)
    # What a request's process reads: nothing of it is copied.
    key = {__MODULE__, make_ref()}

    acceptors =
      for number <- 0..(count - 1) do
        %{id: number, start: {Acceptor, :start_link, [gate, number, key]}, shutdown: 1_000}
      end

    children = [
      %{id: Acceptor, start: {__MODULE__, :start_acceptors, [acceptors]}, type: :supervisor},
      # The drain's own time, and some for its end.
      %{id: Listener, start: {Listener, :start_link, [gate, key, settings]}, shutdown: settings.drain_ms + 5_000}
    ]

    Supervisor.init(children, strategy: :rest_for_one, max_restarts: 20, max_seconds: 10)
  end

  @doc false
  # Each is of use without the others.
  def start_acceptors(acceptors) do
    Supervisor.start_link(acceptors, strategy: :one_for_one, max_restarts: 100, max_seconds: 10)
  end
end
