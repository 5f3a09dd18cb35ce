defmodule Workbooks.Publish.Plan do
  @moduledoc """
  What a `publish.org` says: which site goes where.

  Each heading that is tagged `:publish:` is one plan, with properties:

  | property | |
  | --- | --- |
  | `PUBLISH_TARGET` | `local`: files in a folder; `runtime`: the public plane |
  | `OUTPUT` | of `local`: the folder, seen from that of `publish.org`; `_site` |
  | `PROJECT` | of `runtime`: the workbook that the site is published as |
  | `DOMAIN` | of `runtime`: the host that leads to it |
  | `TITLE` | of the site; what `site.org` says |
  """

  alias Workbooks.{Domains, Error, Names, OQL}

  @enforce_keys [:line, :name, :target, :folder]
  defstruct [:line, :name, :target, :folder, :output, :project, :domain, :title]

  @typedoc "`folder` is where `publish.org` lies, and `site.org`; `name` and `line` are the heading's."
  @type t :: %__MODULE__{
          line: pos_integer,
          name: String.t(),
          target: :local | :runtime,
          folder: Path.t(),
          output: Path.t() | nil,
          project: String.t() | nil,
          domain: String.t() | nil,
          title: String.t() | nil
        }
  @type problem :: %{file: String.t(), line: pos_integer | nil, message: String.t()}

  @own ~w(PUBLISH_TARGET OUTPUT PROJECT DOMAIN TITLE)
  @of %{local: ~w(OUTPUT TITLE), runtime: ~w(PROJECT DOMAIN TITLE)}

  @doc "The plans of a `publish.org`; an error has all that is wrong in its `details.problems`."
  @spec read(Path.t()) :: {:ok, [t, ...]} | {:error, Error.t()}
  def read(path) do
    name = Path.basename(path)

    with {:ok, org} <- content(path),
         {:ok, headings} <- headings(org, name) do
      case for heading <- headings, "publish" in heading["tags"], do: plan(heading, Path.dirname(path)) do
        [] -> refused(name, [%{line: nil, message: "no heading of it is tagged :publish:"}])
        plans -> checked(plans, name)
      end
    end
  end

  defp content(path) do
    with {:error, reason} <- File.read(path) do
      kind = if reason == :enoent, do: :not_found, else: :io
      Error.tuple(kind, "cannot read #{path}: #{:file.format_error(reason)}")
    end
  end

  defp headings(org, name) do
    with {:error, error} <- OQL.parse_headlines(org), do: refused(name, [%{line: nil, message: error.message}])
  end

  defp plan(heading, folder) do
    line = heading["position"]["line"]
    given = for {key, value} <- heading["properties"], into: %{}, do: {String.upcase(key), String.trim(value)}
    given = for {key, value} <- given, key in @own, value != "", into: %{}, do: {key, value}

    case target(given["PUBLISH_TARGET"]) do
      {:ok, target} ->
        plan = made(%__MODULE__{line: line, name: heading["title"], target: target, folder: folder}, given)
        {plan, for(message <- wrong(plan, given), do: %{line: line, message: message})}

      {:error, message} ->
        {nil, [%{line: line, message: message}]}
    end
  end

  defp target("local"), do: {:ok, :local}
  defp target("runtime"), do: {:ok, :runtime}
  defp target(nil), do: {:error, "PUBLISH_TARGET is missing: local, or runtime"}
  defp target(other), do: {:error, "PUBLISH_TARGET is #{other}, and can be local or runtime"}

  defp made(%{target: :local} = plan, given) do
    %{plan | output: Path.expand(given["OUTPUT"] || "_site", plan.folder), title: given["TITLE"]}
  end

  defp made(%{target: :runtime} = plan, given) do
    %{plan | project: given["PROJECT"], domain: given["DOMAIN"], title: given["TITLE"]}
  end

  defp wrong(%{target: :local} = plan, given) do
    output = plan.output <> "/"
    here = Path.expand(plan.folder) <> "/"

    if(String.starts_with?(here, output), do: ["OUTPUT is #{given["OUTPUT"]}, where the sources are"], else: []) ++
      without_use(plan, given)
  end

  defp wrong(%{target: :runtime} = plan, given) do
    missing = for key <- ~w(PROJECT DOMAIN), given[key] == nil, do: "#{key} is missing, which the target runtime needs"

    names =
      for {key, {:error, error}} <- [
            {"PROJECT", plan.project && Names.workbook(plan.project)},
            {"DOMAIN", plan.domain && Domains.host(plan.domain)}
          ],
          do: "#{key}: #{error.message}"

    missing ++ names ++ without_use(plan, given)
  end

  defp without_use(%{target: target}, given) do
    for key <- @own -- ["PUBLISH_TARGET" | @of[target]],
        given[key],
        do: "#{key} has no meaning for the target #{target}"
  end

  defp checked(plans, name) do
    case Enum.flat_map(plans, &elem(&1, 1)) ++ twice(for {%{} = plan, _problems} <- plans, do: plan) do
      [] -> {:ok, Enum.map(plans, &elem(&1, 0))}
      problems -> refused(name, problems)
    end
  end

  defp twice(plans) do
    goal = fn plan -> plan.output || plan.domain || plan.line end

    for {goal, [_first, second | _]} <- Enum.group_by(plans, goal) do
      %{line: second.line, message: "two headings publish to #{goal}"}
    end
  end

  defp refused(name, problems) do
    problems = for problem <- Enum.sort_by(problems, &(&1.line || 0)), do: Map.put(problem, :file, name)
    [first | _] = problems
    line = if first.line, do: ":#{first.line}", else: ""
    Error.tuple(:bad_value, "#{name}#{line}: #{first.message}", %{problems: problems})
  end
end
