defmodule Workbooks.Publish do
  @moduledoc """
  Sites of several pages, out of a folder of Org files: to a folder of HTML, or to the public plane.

  `site.org` has the pages and their order: the links to other Org files below its heading that is tagged
  `:publish:`, or anywhere in it where none is. Each page is run, and rendered with its results; beside it stand
  all pages, and below it the ones before and behind it. Links between Org files lead to the pages. What else
  is published are the files of the folder that pages link to or show, and no others.

  `site.org` is the first page itself, unless it links to an `index.org`. A `404.org` is what is shown where
  there is nothing. A page with nothing to run need not be a workbook.

  `publish.org` (`Workbooks.Publish.Plan`) says where to publish, for `apply/2`.

  ## Answers

  `{:ok, map}` with what the functions say and `lines`, for people to read; or `{:error, %Workbooks.Error{}}`,
  whose message is one line and whose `details.problems`, where there are several, are
  `%{file: , line: , message: }` each. Broken links are no error unless `strict: true` says so: they are in
  `broken`, as `%{file: , link: , why: }`, and in `lines`.

  ## Options

  | option | default | of | |
  | --- | --- | --- | --- |
  | `out:` | `DIR/_site` | `site/2` | the folder that is written |
  | `title:` | what `site.org` says | `site/2` | of the site |
  | `clean:` | `false` | `site/2` | links without `.html`, for a server that serves `about` from `about.html` |
  | `strict:` | `false` | `site/2`, `apply/2` | a broken link is an error, and nothing is published |
  | `run:` | `[]` | `site/2`, `apply/2` | options of `Workbooks.run/2` for each page: `inputs:` |
  | `tenant:` | `"default"` | `apply/2` | whose site it is, on the public plane |
  | `library:`, `domains:` | the application's | `apply/2` | the processes' names |
  """

  alias Workbooks.{Domains, Error, Library, Options, Publication, Site}
  alias Workbooks.Publish.{Files, Pages, Plan}

  @build [title: {:string, nil}, clean: {:boolean, false}, strict: {:boolean, false}, run: {:keyword, []}]
  @apply [
    strict: {:boolean, false},
    run: {:keyword, []},
    tenant: {:string, "default"},
    library: {:any, Library},
    domains: {:any, Domains}
  ]

  @type broken :: %{file: String.t(), link: String.t(), why: String.t()}

  @doc """
  Writes a `publish.org` to a folder, and a `site.org` with the Org files that are there, where there is none.

  `{:ok, %{files: [path], lines: }}`; a `publish.org` that is there already is `kind: :conflict`.
  """
  @spec init(Path.t()) :: {:ok, %{files: [Path.t()], lines: [String.t()]}} | {:error, Error.t()}
  def init(folder) do
    path = Path.join(folder, "publish.org")
    site = Path.join(folder, "site.org")

    with :ok <- absent(path),
         :ok <- made(folder),
         {:ok, written} <- written([{path, plan_template(folder)}] ++ site_template(folder, site)) do
      {:ok, %{files: written, lines: Enum.map(written, &"wrote #{&1}") ++ ["next: wb publish apply #{path}"]}}
    end
  end

  @doc """
  Reads a `publish.org`, or that of a folder: `{:ok, %{plans: [Workbooks.Publish.Plan], lines: }}`. Nothing is run.
  """
  @spec validate(Path.t()) :: {:ok, %{plans: [Plan.t(), ...], lines: [String.t()]}} | {:error, Error.t()}
  def validate(path) do
    with {:ok, plans} <- path |> plan_path() |> Plan.read(),
         :ok <- sources(plans) do
      {:ok, %{plans: plans, lines: Enum.map(plans, &"#{&1.name}: #{goal(&1)}")}}
    end
  end

  @doc """
  Does what a `publish.org`, or that of a folder, says: `{:ok, %{published: [map], broken: [map], lines: }}`.

  What was published is, by target, `%{target: :local, out:, pages:, files:}` or
  `%{target: :runtime, host:, version:, etag:, pages:}`. All sites are built before the first is published.
  """
  @spec apply(Path.t(), keyword) ::
          {:ok, %{published: [map], broken: [broken], lines: [String.t()]}} | {:error, Error.t()}
  def apply(path, options \\ []) do
    options = Options.validate!(options, @apply, "Workbooks.Publish.apply/2")

    with {:ok, %{plans: plans}} <- validate(path),
         {:ok, built} <- each(plans, &built(&1, options)),
         {:ok, done} <- each(built, &published(&1, options)) do
      broken = built |> Enum.flat_map(fn {_plan, built} -> built.broken end) |> Enum.uniq()
      {:ok, %{published: done, broken: broken, lines: Enum.map(done, &line/1) ++ broken_lines(broken)}}
    end
  end

  @doc """
  Writes the site of a folder's `site.org`: `{:ok, %{out:, title:, pages: [path], files: count, broken:, lines: }}`.

  The folder that is written is replaced whole. One that holds anything else is left alone: `kind: :conflict`.
  """
  @spec site(Path.t(), keyword) ::
          {:ok,
           %{
             out: Path.t(),
             title: String.t(),
             pages: [String.t()],
             files: pos_integer,
             broken: [broken],
             lines: [String.t()]
           }}
          | {:error, Error.t()}
  def site(folder, options \\ []) do
    options = Options.validate!(options, [{:out, {:string, nil}} | @build], "Workbooks.Publish.site/2")
    out = Path.expand(options.out || Path.join(folder, "_site"))

    with {:ok, built} <- build(folder, options),
         :ok <- checked(built.files),
         :ok <- Files.replace(out, built.files) do
      {:ok,
       done(:local, out, built) |> Map.merge(%{title: built.title, pages: built.pages, broken: built.broken}) |> told()}
    end
  end

  @doc """
  The files of the site of a folder, without writing any: `{:ok, %{title:, files: %{path => content}, pages:, broken: }}`.
  Options as for `site/2`, without `out:`.
  """
  @spec files(Path.t(), keyword) ::
          {:ok, %{title: String.t(), files: %{String.t() => binary}, pages: [String.t()], broken: [broken]}}
          | {:error, Error.t()}
  def files(folder, options \\ []) do
    build(folder, Options.validate!(options, @build, "Workbooks.Publish.files/2"))
  end

  # --- building ------------------------------------------------------------------------------------

  defp build(folder, options) do
    with {:ok, built} <- Pages.build(folder, %{title: options.title, clean?: options.clean, run: options.run}) do
      case built.broken do
        [first | _] = broken when options.strict ->
          problems = for link <- broken, do: %{file: link.file, line: nil, message: broken_line(link)}
          Error.tuple(:bad_value, broken_line(first), %{problems: problems})

        _none ->
          {:ok, built}
      end
    end
  end

  defp built(plan, options) do
    clean? = plan.target == :runtime

    with {:ok, built} <-
           build(plan.folder, %{title: plan.title, clean: clean?, strict: options.strict, run: options.run}),
         do: {:ok, {plan, built}}
  end

  # What the public plane would refuse is no site in a folder either.
  defp checked(files), do: with({:ok, _artifact} <- Site.pack(files), do: :ok)

  # --- publishing ----------------------------------------------------------------------------------

  defp published({%{target: :local} = plan, built}, _options) do
    with :ok <- checked(built.files),
         :ok <- Files.replace(plan.output, built.files),
         do: {:ok, done(:local, plan.output, built)}
  end

  # The source of the site is that of its outline; the artifact is made of all.
  defp published({%{target: :runtime} = plan, built}, options) do
    with {:ok, artifact} <- Site.pack(built.files),
         {:ok, org} <- Files.read(plan.folder, "site.org"),
         {:ok, _before} <- Domains.check(plan.domain, options.tenant, domains: options.domains),
         {:ok, source} <- Library.put(options.tenant, plan.project, org, library: options.library),
         {:ok, site} <- Publication.switch(options.tenant, plan.project, plan.domain, artifact, source.version, options) do
      {:ok, Map.put(site, :target, :runtime)}
    end
  end

  defp done(:local, out, built) do
    %{target: :local, out: out, pages: length(built.pages), files: map_size(built.files)}
  end

  defp told(site) do
    lines = [line(%{site | pages: length(site.pages)}) | broken_lines(site.broken)]
    site |> Map.delete(:target) |> Map.put(:lines, lines)
  end

  # --- words ---------------------------------------------------------------------------------------

  defp line(%{target: :local} = done), do: "#{done.out}: #{count(done.pages, "page")}, #{count(done.files, "file")}"
  defp line(%{target: :runtime} = done), do: "#{done.host}: #{count(done.pages, "page")}, version #{done.version}"

  defp count(1, what), do: "1 #{what}"
  defp count(number, what), do: "#{number} #{what}s"

  defp goal(%{target: :local, output: output}), do: "files in #{output}"
  defp goal(%{target: :runtime, domain: domain, project: project}), do: "#{domain}, as the workbook #{project}"

  defp broken_lines(broken), do: for(link <- broken, do: "broken link: " <> broken_line(link))
  defp broken_line(link), do: "#{link.file} links to #{link.link}: #{link.why}"

  # --- files ---------------------------------------------------------------------------------------

  defp plan_path(path), do: if(File.dir?(path), do: Path.join(path, "publish.org"), else: path)

  defp sources(plans) do
    Enum.find_value(plans, :ok, fn plan ->
      unless Files.regular?(plan.folder, "site.org") do
        Error.tuple(:not_found, "there is no site.org in #{plan.folder}, which says what the pages are")
      end
    end)
  end

  defp absent(path) do
    if File.exists?(path), do: Error.tuple(:conflict, "#{path} is there already"), else: :ok
  end

  defp made(folder) do
    with {:error, reason} <- File.mkdir_p(folder),
         do: Error.tuple(:io, "cannot write #{folder}: #{:file.format_error(reason)}")
  end

  defp written(files) do
    each(files, fn {path, text} ->
      case File.write(path, text) do
        :ok -> {:ok, path}
        {:error, reason} -> Error.tuple(:io, "cannot write #{path}: #{:file.format_error(reason)}")
      end
    end)
  end

  defp plan_template(folder) do
    name = folder |> Path.expand() |> Path.basename()

    """
    #+TITLE: Where #{name} is published

    * As files                                                          :publish:
    :PROPERTIES:
    :PUBLISH_TARGET: local
    :OUTPUT: _site
    :END:

    A second heading that is tagged =:publish:= publishes to the public plane:

    #+begin_example
    :PUBLISH_TARGET: runtime
    :PROJECT: #{slug(name)}
    :DOMAIN: #{slug(name)}.example
    #+end_example
    """
  end

  defp site_template(folder, site) do
    if File.exists?(site) do
      []
    else
      pages =
        for path <- folder |> Path.join("*.org") |> Path.wildcard() |> Enum.sort(),
            name = Path.basename(path),
            name not in ["publish.org", "deployment.org", "404.org"],
            do: "- [[file:#{name}]]\n"

      [{site, "#+TITLE: #{folder |> Path.expand() |> Path.basename()}\n\n" <> Enum.join(pages)}]
    end
  end

  defp slug(name) do
    case name |> String.downcase() |> String.replace(~r/[^a-z0-9-]+/, "-") |> String.trim("-") do
      "" -> "site"
      slug -> String.slice(slug, 0, 60)
    end
  end

  defp each(list, fun) do
    Enum.reduce_while(list, {:ok, []}, fn one, {:ok, done} ->
      case fun.(one) do
        {:ok, made} -> {:cont, {:ok, done ++ [made]}}
        {:error, error} -> {:halt, {:error, error}}
      end
    end)
  end
end
