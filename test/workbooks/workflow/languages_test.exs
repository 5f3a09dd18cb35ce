defmodule Workbooks.Workflow.LanguagesTest do
  # A graph whose neighbours are written in different languages.
  use ExUnit.Case, async: true

  alias Workbooks.Build.C
  alias Workbooks.Test.Toolchain

  @moduletag timeout: 600_000
  @moduletag :tmp_dir

  @count 200
  @modulus 10_007
  # The same few texts again and again: each is compiled once.
  @factors [31, 257]

  @languages [
    {"javascript", false, "export const step = (a, b) => (a * K + b + 1) % M"},
    {"wat", false,
     """
     (module (func (export "step") (param i64 i64) (result i64)
       (i64.rem_s (i64.add (i64.add (i64.mul (local.get 0) (i64.const K)) (local.get 1)) (i64.const 1)) (i64.const M))))
     """},
    {"c", if(C.available() == :ok, do: false, else: "no clang: mix workbooks.install clang"),
     "#include <stdint.h>\nint64_t step(int64_t a, int64_t b) { return (a * K + b + 1) % M; }"},
    {"zig", Toolchain.zig(), "export fn step(a: i64, b: i64) i64 { return @rem(a * K + b + 1, M); }"},
    {"rust", Toolchain.rust(), "pub fn step(a: i64, b: i64) -> i64 { (a * K + b + 1) % M }"}
  ]

  test "#{@count} components, each in another language than its neighbours", %{tmp_dir: folder} do
    languages = for {language, false, code} <- @languages, do: {language, code}
    for {language, why, _code} <- @languages, why != false, do: IO.puts("\nwithout #{language}: #{why}")

    {:ok, run} = Workbooks.run(workbook(languages), inputs: %{"a" => 1, "b" => 2}, cache_dir: folder)

    assert Enum.map(run.steps, & &1.lang) |> Enum.dedup() |> length() == @count
    assert run.exports == %{"n#{@count}" => expected()}

    # Kept, it is the same again.
    {:ok, again} = Workbooks.run(workbook(languages), inputs: %{"a" => 1, "b" => 2}, cache_dir: folder)
    assert Enum.all?(again.steps, & &1.cached)
    assert again.results == run.results
  end

  for {sig, when_} <- [{":sig: f() -> s32\n", "when its step begins"}, {"", "when types are looked for"}] do
    @tag skip: @languages |> List.keyfind("c", 0) |> elem(1)
    test "a run tells what a block's compiler says, #{when_}" do
      # Another text each time: of what was compiled before nothing is said.
      org = """
      * T
      :PROPERTIES:
      :WORKBOOK_VERSION: 1
      :END:
      ** F
      :PROPERTIES:
      :out: f
      #{unquote(sig)}:END:
      #+begin_src c
      int f(void) { return /* #{System.os_time()} */ 7; }
      #+end_src
      """

      {:ok, %{id: id}} = Workbooks.run(org, subscriber: self())
      for words <- ["compiling", "linking"], do: assert_received({:workbooks_run, ^id, {:step_progress, "t/f", ^words}})
      assert_received {:workbooks_run, ^id, {:stop, :ok}}
    end
  end

  defp workbook(languages) do
    blocks =
      for n <- 1..@count do
        {language, code} = Enum.at(languages, rem(n, length(languages)))
        code = code |> String.replace("K", "#{factor(n)}") |> String.replace("M", "#{@modulus}")

        """
        ** N#{n}
        :PROPERTIES:
        :in:  #{Enum.join(inputs(n), " ")}
        :out: n#{n}
        :sig: step(a: s64, b: s64) -> s64
        :END:
        #+begin_src #{language}
        #{code}
        #+end_src
        """
      end

    "#+EXPORTS: n#{@count}\n* Languages\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n#{blocks}"
  end

  # The one before, and one further back: of another language, most of the time.
  defp inputs(n), do: [if(n == 1, do: "a", else: "n#{n - 1}"), if(n <= 7, do: "b", else: "n#{n - 7}")]

  defp factor(n), do: Enum.at(@factors, rem(n, length(@factors)))

  defp expected do
    values =
      for n <- 1..@count, reduce: %{"a" => 1, "b" => 2} do
        values ->
          [a, b] = Enum.map(inputs(n), &values[&1])
          Map.put(values, "n#{n}", rem(a * factor(n) + b + 1, @modulus))
      end

    values["n#{@count}"]
  end
end
