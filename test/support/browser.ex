defmodule Workbooks.TestBrowser do
  @moduledoc false
  # A headless Chromium of the test's own, driven by its DevTools protocol over a pipe: no socket, no driver to
  # install, and it ends when the pipe does. It resolves no name but those of this machine.

  use GenServer

  @names ~w(chromium chromium-browser google-chrome)
  @most_ms 60_000

  @flags ~w(--headless=new --remote-debugging-pipe --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars
            --no-first-run --no-default-browser-check --disable-background-networking --disable-component-update
            --disable-sync --disable-extensions --disable-default-apps --mute-audio --lang=en --force-color-profile=srgb)

  @doc "False where a browser is, else the reason to skip a test by."
  def missing, do: if(program(), do: false, else: "no chromium: apt-get install chromium")

  defp program, do: Enum.find_value(@names, &System.find_executable/1)

  # --- what a test does with it ----------------------------------------------------------------------

  @doc "As a child of a test's; what it writes goes into `folder`, and with it."
  def child_spec(folder) do
    %{id: __MODULE__, start: {GenServer, :start_link, [__MODULE__, folder]}, shutdown: @most_ms}
  end

  @doc "Sends a command of the protocol; its result, or raises with its error."
  def command(browser, method, params \\ %{}) do
    case GenServer.call(browser, {:command, method, params}, @most_ms) do
      {:ok, result} -> result
      {:error, error} -> raise "#{method}: #{inspect(error)}"
    end
  end

  @doc "Opens an address and waits for all of it."
  def open(browser, url) do
    %{"frameId" => _} = answer = command(browser, "Page.navigate", %{url: url})
    if error = answer["errorText"], do: raise("#{url}: #{error}")
    until(browser, "document.readyState === 'complete' && location.href !== 'about:blank'")
  end

  @doc "What an expression comes to, as JSON has it."
  def eval(browser, expression) do
    case evaluated(browser, expression) do
      {:ok, value} -> value
      {:error, why} -> raise "#{expression}: #{inspect(why)}"
    end
  end

  defp evaluated(browser, expression) do
    params = %{expression: expression, returnByValue: true, awaitPromise: true, userGesture: true}

    case GenServer.call(browser, {:command, "Runtime.evaluate", params}, @most_ms) do
      {:ok, %{"exceptionDetails" => details}} -> {:error, details["exception"]["description"] || details["text"]}
      {:ok, %{"result" => result}} -> {:ok, result["value"]}
      # The page has gone on to another meanwhile.
      {:error, error} -> {:error, error}
    end
  end

  @doc "Waits until an expression is true, on whatever page there is by then."
  def until(browser, expression, deadline \\ System.monotonic_time(:millisecond) + @most_ms) do
    case evaluated(browser, expression) do
      {:ok, value} when value not in [nil, false, "", 0] ->
        value

      other ->
        if System.monotonic_time(:millisecond) > deadline do
          page = evaluated(browser, "location.href + '\\n' + document.body.innerText")
          raise ExUnit.AssertionError, message: "never came true: #{expression} (#{inspect(other)})\n#{elem(page, 1)}"
        end

        receive after: (20 -> until(browser, expression, deadline))
    end
  end

  @doc "Puts the mouse on an element and clicks."
  def click(browser, selector) do
    [x, y] =
      until(browser, """
      (() => {
        const found = document.querySelector(#{js(selector)});
        if (!found) return null;
        found.scrollIntoView({ block: "center", behavior: "instant" });
        const box = found.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
      })()
      """)

    for type <- ["mousePressed", "mouseReleased"] do
      command(browser, "Input.dispatchMouseEvent", %{type: type, x: x, y: y, button: "left", clickCount: 1})
    end

    :ok
  end

  @doc "Types a text where an element is, in the place of what is there."
  def fill(browser, selector, text) do
    until(browser, "!!document.querySelector(#{js(selector)})")
    eval(browser, "document.querySelector(#{js(selector)}).focus(), document.querySelector(#{js(selector)}).select()")
    command(browser, "Input.insertText", %{text: text})
    :ok
  end

  @doc "Presses a key: `Tab`, `Enter`."
  def press(browser, "Tab"), do: press(browser, "Tab", 9, "")
  def press(browser, "Enter"), do: press(browser, "Enter", 13, "\r")

  defp press(browser, key, code, text) do
    for type <- ["keyDown", "keyUp"] do
      params = %{type: type, key: key, code: key, windowsVirtualKeyCode: code}

      command(
        browser,
        "Input.dispatchKeyEvent",
        if(type == "keyDown" and text != "", do: Map.put(params, :text, text), else: params)
      )
    end

    :ok
  end

  @doc "The size of the window; `:phone` for one that is touched."
  def window(browser, width, height, kind \\ :desktop) do
    params = %{width: width, height: height, deviceScaleFactor: 1, mobile: kind == :phone}
    command(browser, "Emulation.setDeviceMetricsOverride", params)
  end

  @doc "Has pages be in the dark, or in the light."
  def scheme(browser, scheme) do
    command(browser, "Emulation.setEmulatedMedia", %{features: [%{name: "prefers-color-scheme", value: scheme}]})
  end

  @doc "Has pages run scripts, or not."
  def scripts(browser, on?), do: command(browser, "Emulation.setScriptExecutionDisabled", %{value: not on?})

  @doc "A picture of the whole page, as a PNG file."
  def screenshot(browser, path) do
    params = %{format: "png", captureBeyondViewport: true}
    %{"cssContentSize" => size} = command(browser, "Page.getLayoutMetrics")
    clip = %{x: 0, y: 0, width: size["width"], height: min(size["height"], 6_000), scale: 1}
    %{"data" => data} = command(browser, "Page.captureScreenshot", Map.put(params, :clip, clip))
    File.write!(path, Base.decode64!(data))
  end

  @doc "What pages complained of since this was asked last: exceptions, refusals of their policy, what was not found."
  def complaints(browser), do: GenServer.call(browser, :complaints)

  @doc "A text as a literal of JavaScript."
  def js(text), do: Workbooks.JSON.encode!(text)

  # --- the process -----------------------------------------------------------------------------------

  @impl true
  def init(folder) do
    Process.flag(:trap_exit, true)
    File.mkdir_p!(folder)
    only_here = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost"
    arguments = @flags ++ [only_here, "--user-data-dir=#{folder}", "about:blank"]

    # The protocol speaks on 3 and 4, a port of ours on 0 and 1. What it says beside that goes into its folder.
    script = ~S(log=$1; shift; exec 3<&0 4>&1 0</dev/null 1>"$log" 2>&1; exec "$@")
    shell = ["-c", script, "sh", Path.join(folder, "said"), program() | arguments]

    port =
      Port.open({:spawn_executable, "/bin/sh"}, [
        :binary,
        :exit_status,
        args: shell,
        env: [{~c"HOME", to_charlist(folder)}]
      ])

    state = %{port: port, folder: folder, next: 1, waiting: %{}, got: [], session: nil, complaints: []}
    {:ok, state, {:continue, :attach}}
  end

  # One tab, whose messages come with all others.
  @impl true
  def handle_continue(:attach, state) do
    {%{"targetId" => target}, state} = at_once(state, "Target.createTarget", %{url: "about:blank"})
    {%{"sessionId" => session}, state} = at_once(state, "Target.attachToTarget", %{targetId: target, flatten: true})
    state = %{state | session: session}

    state =
      for domain <- ["Page", "Runtime", "Log"], reduce: state do
        state -> elem(at_once(state, domain <> ".enable", %{}), 1)
      end

    {:noreply, state}
  end

  defp at_once(state, method, params) do
    state = sent(state, method, params, :here)
    answered(state)
  end

  defp answered(state) do
    receive do
      {port, {:data, data}} when port == state.port ->
        state = received(state, data)

        case Map.pop(state, :here) do
          {nil, state} -> answered(state)
          {{:ok, result}, state} -> {result, state}
        end
    after
      @most_ms -> raise "chromium does not answer"
    end
  end

  @impl true
  def handle_call({:command, method, params}, from, state), do: {:noreply, sent(state, method, params, from)}
  def handle_call(:complaints, _from, state), do: {:reply, Enum.reverse(state.complaints), %{state | complaints: []}}

  @impl true
  def handle_info({port, {:data, data}}, %{port: port} = state), do: {:noreply, received(state, data)}
  def handle_info({port, {:exit_status, status}}, %{port: port} = state), do: {:stop, {:chromium, status}, state}

  # Its own processes write for a moment longer than it lives.
  @impl true
  def terminate(_reason, state) do
    if Port.info(state.port), do: closed(sent(state, "Browser.close", %{}, :here))
    Workbooks.TestWait.until(fn -> match?({:ok, _}, File.rm_rf(state.folder)) end)
  end

  defp closed(%{port: port} = state) do
    receive do
      {^port, {:exit_status, _status}} -> :ok
      {^port, _said} -> closed(state)
    after
      @most_ms -> Port.close(port)
    end
  end

  defp sent(%{next: id} = state, method, params, from) do
    message = %{id: id, method: method, params: params}
    message = if state.session, do: Map.put(message, :sessionId, state.session), else: message
    Port.command(state.port, [Workbooks.JSON.encode!(message), 0])
    %{state | next: id + 1, waiting: Map.put(state.waiting, id, from)}
  end

  # A message ends with a zero byte, and may come in many pieces.
  defp received(state, data) do
    case :binary.split(data, <<0>>) do
      [piece] ->
        %{state | got: [state.got, piece]}

      [piece, rest] ->
        message = [state.got, piece] |> IO.iodata_to_binary() |> Workbooks.JSON.decode!()
        %{state | got: []} |> told(message) |> received(rest)
    end
  end

  defp told(state, %{"id" => id} = message) do
    {from, waiting} = Map.pop(state.waiting, id)
    answer = if error = message["error"], do: {:error, error}, else: {:ok, message["result"]}
    state = %{state | waiting: waiting}

    if from == :here do
      Map.put(state, :here, answer)
    else
      GenServer.reply(from, answer)
      state
    end
  end

  defp told(state, %{"method" => "Runtime.exceptionThrown", "params" => %{"exceptionDetails" => details}}) do
    complaint(state, details["exception"]["description"] || details["text"])
  end

  defp told(state, %{"method" => "Log.entryAdded", "params" => %{"entry" => %{"level" => "error"} = entry}}) do
    complaint(state, "#{entry["text"]} #{entry["url"]}")
  end

  defp told(state, _event), do: state

  defp complaint(state, text), do: %{state | complaints: [text | state.complaints]}
end
