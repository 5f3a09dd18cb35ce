defmodule Workbooks.CLI.Run.Remote do
  @moduledoc false
  # A run on a control plane: the workbook is put there where it is a file, run, and followed to its end.

  alias Workbooks.CLI.{Failure, Remote, Workbook}
  alias Workbooks.CLI.Remote.Events
  alias Workbooks.CLI.Run.Display
  alias Workbooks.Run

  # What a control plane names, as this library has it: no other word becomes an atom.
  @statuses Map.new(~w(running ok failed invalid timeout cancelled skipped)a, &{to_string(&1), &1})

  @doc "Runs a workbook there, shown as it goes."
  @spec run(Workbook.t(), map, Display.t()) :: {:ok, Run.t(), Display.t()} | {:error, Failure.t()}
  def run(%Workbook{remote: remote} = workbook, inputs, display) do
    with {:ok, workbook} <- Workbook.store(workbook),
         {:ok, %{"id" => id}} <- Remote.json(remote, :post, Workbook.path(workbook, ["run"]), %{inputs: inputs}),
         {:ok, display} <- follow(remote, id, display),
         {:ok, view} <- Remote.json(remote, :get, Remote.path(["api", "runs", id])) do
      {:ok, of_view(view), Display.finish(display)}
    end
  end

  # The events come to this process, and so does what is shown of them.
  defp follow(remote, id, display) do
    key = {__MODULE__, id}
    Process.put(key, display)

    followed =
      Events.follow(remote, Remote.path(["api", "runs", id, "events"]), fn event ->
        Process.put(key, Display.event(Process.get(key), shown(event)))
        if event.name == "stop", do: :halt, else: :cont
      end)

    display = Process.delete(key)
    with :ok <- followed, do: {:ok, display}
  end

  defp shown(%{name: "step_start", data: data}), do: {:step_start, data["component"]}

  defp shown(%{name: "progress", data: data}),
    do: {:step_progress, data["component"], data["message"]}

  defp shown(%{name: "step", data: data}), do: {:step, step(data), nil}
  defp shown(%{name: name}), do: {:stop, name}

  @doc "A run as this library has it, of what a control plane says of it."
  @spec of_view(map) :: Run.t()
  def of_view(view) do
    %Run{
      id: view["id"],
      status: status(view["status"]),
      error: view["error"],
      exports: view["exports"] || %{},
      steps: for(step <- view["steps"] || [], do: step(step)),
      html: view["html"],
      ms: view["ms"] || 0.0
    }
  end

  defp status(word), do: Map.get(@statuses, word, :failed)

  defp step(step) do
    %{
      component: step["component"] || "",
      lang: step["lang"] || "",
      status: status(step["status"]),
      ms: step["ms"] || 0.0,
      cached: step["cached"] == true,
      log: step["log"] || "",
      notes: notes(step["notes"]),
      error: error(step["error"]),
      inputs_sha: step["inputs_sha"],
      outputs_sha: step["outputs_sha"],
      memory_peak: step["memory_peak"],
      fuel: step["fuel"]
    }
  end

  defp error(nil), do: nil

  defp error(error) do
    %{
      kind: error["kind"] || "failed",
      message: error["message"] || "",
      line: error["line"],
      column: error["column"],
      excerpt: error["excerpt"],
      notes: notes(error["notes"])
    }
  end

  defp notes(notes) do
    for note <- notes || [], do: %{line: note["line"], column: note["column"], message: note["message"] || ""}
  end
end
