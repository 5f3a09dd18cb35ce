defmodule Bench.OQL do
  @moduledoc false
  # The kernel's code compiled for this machine, and other exporters of Org.

  @root Path.expand("../..", __DIR__)
  @guests Path.join(@root, "native/guests/Cargo.toml")
  @runner "oql-bench"

  @doc """
  Builds `native/guests/oql-bench` and answers where it is. With the profile of the guests,
  so that the code differs in nothing but the machine it is for.
  """
  def runner do
    target = System.get_env("CARGO_TARGET_DIR", Path.join(Path.dirname(@guests), "target"))

    arguments =
      ~w(build --release --locked --quiet --package #{@runner} --manifest-path #{@guests} --target-dir #{target})

    {_, 0} = System.cmd("cargo", arguments, into: IO.stream(:stdio, :line), stderr_to_stdout: true)
    Path.join([target, "release", @runner])
  end

  @doc "What `times` calls of a function took in the native runner: `%{best:, median:}` in nanoseconds."
  def native(runner, function, file, times) do
    {json, 0} = System.cmd(runner, [function, file, "#{times}"])
    {:ok, %{"min_us" => best, "median_us" => median}} = Workbooks.JSON.decode(json)
    %{best: best * 1_000, median: median * 1_000}
  end

  @doc """
  Samples of `{key, function of the number of times}` that each answer a sample themselves, taken
  in turn: the best of the best and the median of the medians.
  """
  def in_turn(cases, times, rounds) do
    for _ <- 1..rounds, {key, function} <- cases, reduce: %{} do
      samples -> Map.update(samples, key, [function.(times)], &[function.(times) | &1])
    end
    |> Map.new(fn {key, samples} ->
      best = samples |> Enum.map(& &1.best) |> Enum.min()
      {key, %{best: best, median: samples |> Enum.map(& &1.median) |> Bench.percentile(50)}}
    end)
  end

  @doc "A sample of single calls."
  def calls(times, function) do
    took = for _ <- 1..times, do: time(function)
    %{best: Enum.min(took), median: Bench.percentile(took, 50)}
  end

  @doc "pandoc, its start included; nil where it is not installed."
  def pandoc(file, times) do
    if System.find_executable("pandoc") do
      calls(times, fn -> {_, 0} = System.cmd("pandoc", ["-f", "org", "-t", "html", file]) end)
    end
  end

  # Body only, nothing evaluated; what the start and the loading took is left out.
  @lisp """
  (progn
    (require 'ox-html)
    (setq org-export-use-babel nil org-export-with-broken-links t org-html-htmlize-output-type nil)
    (find-file (car command-line-args-left))
    (dotimes (_ (string-to-number (cadr command-line-args-left)))
      (let ((begun (float-time)))
        (org-export-as 'html nil nil t)
        (princ (format "%.9f\\n" (- (float-time) begun)))))
    (kill-emacs))
  """

  @doc "Emacs in batch mode; nil where it is not installed."
  def emacs(file, times) do
    if System.find_executable("emacs") do
      {out, 0} = System.cmd("emacs", ["--batch", "-Q", "--eval", @lisp, file, "#{times}"], stderr_to_stdout: false)
      took = for line <- String.split(out, "\n", trim: true), do: String.to_float(line) * 1.0e9
      %{best: Enum.min(took), median: Bench.percentile(took, 50)}
    end
  end

  @doc "Writes documents for programs that read files, for as long as `function` runs with `%{name => {text, file}}`."
  def files(documents, function) do
    folder = Path.join(System.tmp_dir!(), "workbooks-bench-#{System.pid()}")
    File.mkdir_p!(folder)

    try do
      function.(
        Map.new(documents, fn {name, text} ->
          file = Path.join(folder, "#{name}.org")
          File.write!(file, text)
          {name, {text, file}}
        end)
      )
    after
      File.rm_rf!(folder)
    end
  end

  defp time(function) do
    begun = Bench.now()
    function.()
    Bench.now() - begun
  end
end
