defmodule Workbooks.CLI.Verbs.Bundle do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.Build
  alias Workbooks.Build.{Artifact, Source}
  alias Workbooks.CLI.{Archive, Failure, Files, Start, Verb, Workbook}
  alias Workbooks.{JSON, OQL}

  @impl true
  def name, do: "bundle"
  @impl true
  def summary, do: "source, plan and compiled blocks in one archive"
  @impl true
  def usage, do: ["bundle WORKBOOK DEST.tar.gz"]

  @impl true
  def about do
    """
    Compiles each block and writes an archive of

      manifest.json        the version of the format and of Workbooks, each entry's SHA-256, each block's artifact
      workbook.org         the source
      plan.json            the plan, as wb tangle --json has it
      artifacts/ID.block   what the compiler made of a block

    The same source gives the same bytes, as long as the compilers are the same. A workbook with errors, or with a
    block that cannot be compiled here, is not bundled.
    """
  end

  @impl true
  def options, do: Verb.remote_options()

  @impl true
  def examples, do: [{"wb bundle tea.org tea.tar.gz && tar tzf tea.tar.gz", "an archive, and what is in it"}]

  @impl true
  def run([name, path], options) do
    with :ok <- destination(path),
         {:ok, workbook} <- Workbook.find(name, options),
         {:ok, workbook} <- Workbook.with_source(workbook),
         :ok <- Start.application(),
         {:ok, plan} <- plan(workbook),
         {:ok, artifacts} <- artifacts(plan, workbook.folder),
         entries = entries(workbook, plan, artifacts),
         {:ok, archive} <- Archive.tar_gz(entries),
         :ok <- Files.write(path, archive) do
      names = for {name, _bytes} <- entries, do: name

      {:ok,
       {[path, ": ", count(length(artifacts)), ", ", to_string(byte_size(archive)), " bytes\n"],
        %{file: path, bytes: byte_size(archive), entries: names}}}
    end
  end

  def run(_arguments, _options), do: {:error, Failure.new(:usage, "usage: wb #{hd(usage())}")}

  defp count(1), do: "1 block"
  defp count(many), do: "#{many} blocks"

  defp destination(path) do
    if String.ends_with?(path, [".tar.gz", ".tgz"]),
      do: :ok,
      else: {:error, Failure.new(:bad_name, "#{path} is to be an archive: a name that ends in .tar.gz")}
  end

  defp plan(%Workbook{org: org} = workbook) do
    case OQL.validate(org) do
      :ok ->
        OQL.tangle_plan(org)

      {:error, [issue | _]} ->
        {:error,
         Failure.new(
           :unprocessable,
           "#{Workbook.shown(workbook)}:#{issue["line"]}: #{issue["message"]} (wb lint tells all)"
         )}

      {:error, error} ->
        {:error, error}
    end
  end

  defp artifacts(plan, folder) do
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})

    Enum.reduce_while(plan["components"], {:ok, []}, fn component, {:ok, before} ->
      source = Source.new(worlds[component["world"]], component, folder)

      case Build.compile(source) do
        {:ok, artifact} ->
          {:cont, {:ok, before ++ [{component["id"], artifact}]}}

        {:error, problem} ->
          {:halt, {:error, Failure.new(:unprocessable, "#{component["id"]} cannot be compiled: #{problem.message}")}}
      end
    end)
  end

  defp entries(workbook, plan, artifacts) do
    blocks = for {id, artifact} <- artifacts, do: {"artifacts/#{id}.block", Artifact.Codec.encode(artifact)}
    content = [{"plan.json", JSON.encode!(plan)}, {"workbook.org", workbook.org} | blocks]
    [{"manifest.json", manifest(workbook, artifacts, content)} | content]
  end

  defp manifest(workbook, artifacts, content) do
    JSON.encode!(%{
      format: 1,
      workbooks: to_string(Application.spec(:workbooks, :vsn)),
      name: Path.basename(Workbook.shown(workbook)),
      files:
        for(
          {name, bytes} <- content,
          into: %{},
          do: {name, %{bytes: byte_size(bytes), sha256: hex(:crypto.hash(:sha256, bytes))}}
        ),
      blocks:
        for(
          {id, artifact} <- artifacts,
          into: %{},
          do: {id, %{file: "artifacts/#{id}.block", lang: artifact.language, digest: hex(artifact.digest)}}
        )
    })
  end

  defp hex(bytes), do: Base.encode16(bytes, case: :lower)
end
