# Clients that ask as fast as they can, and the servers that http.exs stands beside.

defmodule Bench.Load do
  @seconds 2
  @root Path.expand("../..", __DIR__)

  @doc "wrk, without which there is nothing to measure with; nil where it is not installed."
  def client, do: System.find_executable("wrk")

  @doc "Whether a client is installed."
  def installed?(client), do: System.find_executable("#{client}") != nil

  @doc "One round: `%{rate:, p50:, p99:, failed:}`, times in microseconds."
  def run(client, port, method, path, headers, connections) do
    folder!(fn folder -> asked(client, "http://127.0.0.1:#{port}#{path}", method, headers, connections, folder) end)
  end

  defp asked(:wrk, url, method, headers, connections, folder) do
    script = Path.join(folder, "ask.lua")
    # By another spelling it would send its own as well, and two are refused.
    named = fn name -> if name == "host", do: "Host", else: name end
    lines = for {name, value} <- headers, do: ~s(wrk.headers["#{named.(name)}"] = "#{value}"\n)

    done = """
    done = function(summary, latency)
      local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
      io.write(string.format("found %d %d %d %d %d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), failed))
    end
    """

    File.write!(script, [~s(wrk.method = "#{method}"\n), lines, done])
    printed = shell("exec wrk -t 1 -c #{connections} -d #{@seconds} -s #{script} #{url}")
    [_, requests, took, p50, p99, failed] = Regex.run(~r/found (\d+) (\d+) (\d+) (\d+) (\d+)/, printed)
    [requests, took, p50, p99, failed] = Enum.map([requests, took, p50, p99, failed], &String.to_integer/1)
    %{rate: requests * 1.0e6 / took, p50: p50, p99: p99, failed: failed}
  end

  # It measures no percentiles, but writes down how long each request took.
  defp asked(:h2load, url, "GET", headers, connections, folder) do
    log = Path.join(folder, "log")
    # HTTP/2's own name for it.
    lines = for {name, value} <- headers, do: ~s(-H "#{if name == "host", do: ":authority", else: name}: #{value}" )
    printed = shell("exec h2load -t 1 -c #{connections} -m 10 -D #{@seconds} --log-file=#{log} #{lines} #{url}")
    [_, rate] = Regex.run(~r/, ([\d.]+) req\/s/, printed)
    [_, failed, errored] = Regex.run(~r/(\d+) failed, (\d+) errored/, printed)
    times = for line <- File.stream!(log), [_start, _status, us] = String.split(line), do: us |> String.to_integer()
    {rate, _} = Float.parse(rate)
    failed = String.to_integer(failed) + String.to_integer(errored)
    %{rate: rate, p50: Bench.percentile(times, 50), p99: Bench.percentile(times, 99), failed: failed}
  end

  # A thousand connections are more files than a shell has by itself.
  defp shell(command) do
    {printed, 0} = System.cmd("sh", ["-c", "ulimit -n 4096; " <> command], stderr_to_stdout: true)
    printed
  end

  @doc "What is answered at `/`."
  def page(port, host) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
    :ok = :gen_tcp.send(socket, "GET / HTTP/1.1\r\nhost: #{host}\r\nconnection: close\r\n\r\n")
    "HTTP/1.1 200 OK" <> answer = all(socket, "")
    [_head, body] = String.split(answer, "\r\n\r\n", parts: 2)
    body
  end

  defp all(socket, got) do
    case :gen_tcp.recv(socket, 0, 20_000) do
      {:ok, more} -> all(socket, got <> more)
      {:error, :closed} -> got
    end
  end

  @doc "The application's state in a folder of its own, which is gone afterwards."
  def with_state(function) do
    folder!(fn folder ->
      Application.put_env(:workbooks, Workbooks.Storage, folder: folder)
      restart(Workbooks.State)

      try do
        function.()
      after
        Application.delete_env(:workbooks, Workbooks.Storage)
        restart(Workbooks.State)
      end
    end)
  end

  defp restart(child) do
    :ok = Supervisor.terminate_child(Workbooks.Supervisor, child)
    {:ok, _pid} = Supervisor.restart_child(Workbooks.Supervisor, child)
  end

  @doc "Bare hyper, which answers with as many bytes as `page` has: `%{h1: port, h2: port}`."
  def with_hyper(page, function) do
    arguments = ~w(bench --locked --quiet --package workbooks-http --bench echo -- serve #{byte_size(page)})

    port =
      Port.open({:spawn_executable, System.find_executable("cargo")}, [
        :binary,
        :exit_status,
        line: 200,
        args: arguments,
        cd: @root
      ])

    line = receive do: ({^port, {:data, {:eol, line}}} -> line)
    [h1, h2] = for address <- String.split(line), do: address |> String.split(":") |> List.last() |> String.to_integer()

    try do
      function.(%{h1: h1, h2: h2})
    after
      # Its input ends, and so does it.
      Port.close(port)
    end
  end

  @doc "nginx with `page` as a file: its ports, as hyper's; nil where it is not installed."
  def with_nginx(page, function) do
    case System.find_executable("nginx") || Enum.find(["/usr/sbin/nginx"], &File.exists?/1) do
      nil -> function.(nil)
      nginx -> folder!(&nginx(nginx, &1, page, function))
    end
  end

  defp nginx(nginx, folder, page, function) do
    ports = %{h1: free_port(), h2: free_port()}
    File.write!(Path.join(folder, "index.html"), page)
    # Its workers may be another user's.
    File.chmod!(folder, 0o755)

    File.write!(Path.join(folder, "nginx.conf"), """
    daemon off; worker_processes 2; pid #{folder}/pid; error_log #{folder}/error.log;
    events { worker_connections 4096; }
    http {
      access_log off; sendfile on; tcp_nodelay on; keepalive_requests 1000000000; open_file_cache max=10;
      types { text/html html; }
      server { listen 127.0.0.1:#{ports.h1}; listen 127.0.0.1:#{ports.h2} http2; root #{folder}; }
    }
    """)

    arguments = ["-p", folder, "-e", Path.join(folder, "error.log"), "-c", Path.join(folder, "nginx.conf")]
    server = Port.open({:spawn_executable, nginx}, [:binary, :stderr_to_stdout, args: arguments])
    {:os_pid, pid} = Port.info(server, :os_pid)

    try do
      up!(ports.h1, 200)
      function.(ports)
    after
      System.cmd("kill", ["#{pid}"])
      Port.close(server)
    end
  end

  defp free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1}, reuseaddr: true)
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end

  defp up!(port, left) when left > 0 do
    case :gen_tcp.connect({127, 0, 0, 1}, port, []) do
      {:ok, socket} ->
        :gen_tcp.close(socket)

      {:error, _refused} ->
        Process.sleep(20)
        up!(port, left - 1)
    end
  end

  defp folder!(function) do
    folder = Path.join(System.tmp_dir!(), "workbooks-bench-http-#{System.pid()}-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)

    try do
      function.(folder)
    after
      File.rm_rf!(folder)
    end
  end
end
