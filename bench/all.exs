# Every question of this folder, one table, and which of the goals are met.
#
#     mix run bench/all.exs
#     mix run bench/all.exs --markdown     # the table goes into guides/performance.md as well
#
# On a quiet machine, with the native library built as it is shipped (no
# CARGO_PROFILE_RELEASE_LTO in the environment when it was built).

Code.require_file("support/bench.exs", __DIR__)

files = ~w(call throughput host_call instantiate values memory pool suspend cache compile fairness kill render lanes
     hostile javascript run state wb)

guide = Path.expand("../guides/performance.md", __DIR__)
machine = Bench.machine()
load = Bench.load()

Process.put(:bench_rows, [])
IO.puts([machine, "\n\n", Bench.header()])
for file <- files, do: Code.require_file(file <> ".exs", __DIR__)

groups = Process.get(:bench_rows)
goals = for {question, rows} <- groups, %{goal: {_, met}} = row <- rows, do: {"#{question}: #{row.name}", met}
missed = for {name, false} <- goals, do: name

IO.puts(
  "\n#{length(goals) - length(missed)} of #{length(goals)} goals met" <> if(missed == [], do: ".", else: "; missed:")
)

for name <- missed, do: IO.puts("  " <> name)

if "--markdown" in System.argv() do
  busy = if load > 1.0, do: " **Taken on a busy machine: only the ratios say something, and the worst cases nothing.**"
  table = "#{machine}.#{busy}\n\n#{Bench.markdown(groups)}"
  text = File.read!(guide)
  [head, rest] = String.split(text, "<!-- table -->\n", parts: 2)
  [_, tail] = String.split(rest, "<!-- end of table -->", parts: 2)
  File.write!(guide, [head, "<!-- table -->\n", table, "\n<!-- end of table -->", tail])
  IO.puts("\nThe table is in #{Path.relative_to_cwd(guide)}.")
end
