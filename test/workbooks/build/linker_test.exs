defmodule Workbooks.Build.LinkerTest do
  use ExUnit.Case, async: true
  doctest Workbooks.Build.Spread

  alias Workbooks.Build
  alias Workbooks.Build.{Call, Deadline, Linker, Source}

  # Components as {heading, language, sig, deps, code}, as a plan has them.
  defp plan(components) do
    %{
      "components" =>
        for {heading, _language, sig, deps, _code} <- components do
          %{"id" => "t/#{heading}", "sig" => sig, "deps" => for(dep <- deps, do: "t/#{dep}"), "in" => [], "out" => []}
        end,
      "worlds" =>
        for {{heading, _, _, _, _}, n} <- Enum.with_index(components, 1) do
          %{"id" => "t/#{heading}", "position" => %{"line" => n * 10}}
        end,
      "edges" => []
    }
  end

  defp artifacts(components) do
    for {heading, language, sig, _deps, code} <- components, into: %{} do
      inputs = ~r/(\w+):/ |> Regex.scan(sig |> String.split(")") |> hd()) |> Enum.map(&List.last/1)
      source = %Source{id: "t/#{heading}", language: language, text: code, sig: sig, inputs: inputs, outputs: ["out"]}
      {:ok, artifact} = Build.compile(source)
      {"t/#{heading}", artifact}
    end
  end

  defp link(components) do
    {:ok, calls} = Linker.calls(plan(components))
    Linker.link(artifacts(components), calls, Deadline.in_ms(60_000))
  end

  defp call(linked, heading, inputs) do
    id = "t/#{heading}"
    environment = Call.environment()
    Build.call(linked[id].artifact, inputs, %{environment | functions: Linker.functions(linked, id, environment)})
  end

  @twice {"twice", "wat", "twice(x: f64) -> f64", [],
          ~S|(module (func (export "twice") (param f64) (result f64) (f64.mul (f64.const 2) (local.get 0))))|}

  @memory ~S|(memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))|

  test "two WAT blocks, one calling the other, run as one component" do
    more = ~S|(module (import "env" "twice" (func $twice (param f64) (result f64)))
      (func (export "more") (param f64) (result f64) (f64.add (f64.const 1) (call $twice (local.get 0)))))|

    {:ok, linked} = link([{"more", "wat", "more(n: f64) -> f64 using twice(x: f64) -> f64", ["twice"], more}, @twice])
    assert linked["t/more"].calls == %{}
    assert call(linked, "more", [4]) == {:ok, 9.0}
    assert call(linked, "twice", [4]) == {:ok, 8.0}
  end

  test "what was linked before has its digest without being linked again" do
    more = ~S|(module (import "env" "twice" (func $twice (param f64) (result f64)))
      (func (export "more") (param f64) (result f64) (f64.sub (call $twice (local.get 0)) (f64.const 3))))|

    components = [{"more", "wat", "more(n: f64) -> f64 using twice(x: f64) -> f64", ["twice"], more}, @twice]
    {:ok, calls} = Linker.calls(plan(components))

    sources =
      for {heading, language, sig, _deps, code} <- components, into: %{} do
        inputs = [if(heading == "more", do: "n", else: "x")]
        source = %Source{id: "t/#{heading}", language: language, text: code, sig: sig}
        {source.id, %{source | inputs: inputs, outputs: ["known"]}}
      end

    assert Linker.known("t/more", sources, calls) == :error
    for {_id, source} <- sources, do: {:ok, _} = Build.compile(source)
    # Compiled is not yet linked.
    assert Linker.known("t/more", sources, calls) == :error
    {:ok, unit} = Linker.unit("t/more", sources, calls, Deadline.in_ms(60_000))
    assert Linker.known("t/more", sources, calls) == {:ok, unit.digest, []}
    {:ok, alone} = Linker.unit("t/twice", sources, calls, Deadline.in_ms(60_000))
    assert Linker.known("t/twice", sources, calls) == {:ok, alone.digest, []}
  end

  test "what is called may call others; texts and records cross" do
    length =
      {"length", "wat", "textLength(text: string) -> u32", [],
       "(module #{@memory} (func (export \"text_length\") (param i32 i32) (result i32) (local.get 1)))"}

    describe =
      {"describe", "wat",
       "describe(text: string) -> record{size: u32, half: f64} using textLength(text: string) -> u32", ["length"],
       """
       (module (import "env" "text_length" (func $length (param i32 i32) (result i32))) #{@memory}
         (func (export "describe") (param i32 i32) (result i32) (local $n i32)
           (local.set $n (call $length (local.get 0) (local.get 1)))
           (i32.store (i32.const 8) (local.get $n))
           (f64.store (i32.const 16) (f64.div (f64.convert_i32_u (local.get $n)) (f64.const 2)))
           (i32.const 8)))
       """}

    top =
      {"top", "wat",
       "top(text: string) -> f64 using describe(text: string) -> record{size: u32, half: f64}, twice(x: f64) -> f64",
       ["describe", "twice"],
       """
       (module
         (import "env" "describe" (func $describe (param i32 i32 i32)))
         (import "env" "twice" (func $twice (param f64) (result f64)))
         #{@memory}
         (func (export "top") (param i32 i32) (result f64)
           (call $describe (local.get 0) (local.get 1) (i32.const 512))
           (call $twice (f64.load (i32.const 520)))))
       """}

    {:ok, linked} = link([top, describe, @twice, length])
    assert Enum.all?(linked, fn {_id, %{calls: calls}} -> calls == %{} end)
    assert call(linked, "describe", ["hello"]) == {:ok, %{"size" => 5, "half" => 2.5}}
    assert call(linked, "top", ["hello"]) == {:ok, 5.0}
  end

  test "both may use WASI" do
    now = fn name, more ->
      """
      (module (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
        #{if more != "", do: ~S|(import "env" "early" (func $early (result i64)))|}
        (memory (export "memory") 1)
        (func (export "#{name}") (result i64)
          #{more}
          (drop (call $time (i32.const 0) (i64.const 1) (i32.const 0))) (i64.load (i32.const 0)) #{if more != "", do: "i64.sub"}))
      """
    end

    components = [
      {"late", "wat", "late() -> s64 using early() -> s64", ["early"], now.("late", "(call $early)")},
      {"early", "wat", "early() -> s64", [], now.("early", "")}
    ]

    {:ok, linked} = link(components)
    # One clock, read by the one and then by the other: a microsecond each.
    assert {:ok, between} = call(linked, "late", [])
    assert between < 0
  end

  test "a JavaScript function is called through the host" do
    shout =
      {"shout", "js", "shout(text: string) -> string", [], "export const shout = (text) => text.toUpperCase() + '!'"}

    both =
      {"both", "wat", "both(text: string) -> string using shout(text: string) -> string", ["shout"],
       """
       (module (import "env" "shout" (func $shout (param i32 i32 i32))) #{@memory}
         (func (export "both") (param i32 i32) (result i32)
           (call $shout (local.get 0) (local.get 1) (i32.const 16))
           (i32.const 16)))
       """}

    {:ok, linked} = link([both, shout])
    assert linked["t/both"].calls == %{"shout" => {"t/shout", 1}}
    assert call(linked, "both", ["hey"]) == {:ok, "HEY!"}

    thrown = put_elem(shout, 4, "export const shout = () => { throw new Error('too loud') }")
    {:ok, linked} = link([both, thrown])
    assert {:error, %{message: message}} = call(linked, "both", ["hey"])
    assert message =~ "t/shout: Error: too loud"
    {:ok, linked} = link([both, put_elem(shout, 4, "export const shout = () => 1")])
    assert {:error, %{message: message}} = call(linked, "both", ["hey"])
    assert message =~ "the result: expected string, got 1"
  end

  test "every function is of exactly one of the deps, with its type" do
    user = fn sig, deps -> {"user", "wat", sig, deps, ""} end
    problems = fn components -> components |> plan() |> Linker.calls() |> elem(1) end

    assert [{"t/user", %{kind: :signature, message: message}}] =
             problems.([user.("user() using other()", ["twice"]), @twice])

    assert message == "t/user uses other, which is the :sig: of none of its :deps:"
    assert [{_, %{message: _}}] = problems.([user.("user() using twice(x: f64) -> f64", []), @twice])

    assert [{"t/user", %{kind: :type, message: message}}] =
             problems.([user.("user() using twice(n: f32) -> f64", ["twice"]), @twice])

    assert message == "t/user uses twice(n: f32) -> f64 (line 10), t/twice is twice(x: f64) -> f64 (line 20)"

    assert [{_, %{message: message}}] =
             problems.([
               user.("user() using twice(n: f64) -> f64", ["twice", "again"]),
               @twice,
               put_elem(@twice, 0, "again")
             ])

    assert message =~ "which several of its :deps: are: t/twice, t/again"
    assert {:ok, calls} = Linker.calls(plan([user.("user() using twice(n: f64) -> f64", ["twice"]), @twice]))
    assert calls == %{"t/user" => %{"twice" => {"t/twice", 1}}}
  end

  test "from a document: a component is compiled with what it calls" do
    org = """
    * Sums
    :PROPERTIES:
    :WORKBOOK_VERSION: 1
    :END:
    ** Twice
    :PROPERTIES:
    :in: x
    :out: twice
    :sig: twice(x: f64) -> f64
    :END:
    #+begin_src wat
    #{elem(@twice, 4)}
    #+end_src
    ** More
    :PROPERTIES:
    :in: n
    :out: more
    :deps: twice
    :sig: more(n: f64) -> f64 using twice(x: f64) -> f64
    :END:
    #+begin_src wat
    (module (import "env" "twice" (func $twice (param f64) (result f64)))
      (func (export "more") (param f64) (result f64) (f64.add (f64.const 1) (call $twice (local.get 0)))))
    #+end_src
    """

    plan = Workbooks.plan!(org)
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})
    sources = Map.new(plan["components"], &{&1["id"], Source.new(worlds[&1["world"]], &1)})
    assert {:ok, calls} = Linker.calls(plan)
    assert {:ok, linked} = Linker.compile("sums/more", sources, calls, Deadline.in_ms(60_000))
    assert Build.call(linked["sums/more"].artifact, [4]) == {:ok, 9.0}
    # What was linked is kept.
    assert {:ok, again} = Linker.compile("sums/more", sources, calls, Deadline.in_ms(60_000))
    assert again["sums/more"].artifact.program == linked["sums/more"].artifact.program

    broken = put_in(sources["sums/twice"].text, "(module (")
    assert {:error, {"sums/twice", %{kind: :compile}}} = Linker.compile("sums/more", broken, calls, :infinity)
  end

  test "what lacks something it calls is left out" do
    more =
      {"more", "wat", "more() -> f64 using twice(x: f64) -> f64", ["twice"],
       ~S|(module (import "env" "twice" (func (param f64) (result f64))) (func (export "more") (result f64) (f64.const 1)))|}

    {:ok, calls} = Linker.calls(plan([more, @twice]))
    artifacts = Map.delete(artifacts([more, @twice]), "t/twice")
    assert Linker.link(artifacts, calls, :infinity) == {:ok, %{}}
  end

  test "a circle of calls is no endless one" do
    code = fn mine, other ->
      "(module (import \"env\" \"#{other}\" (func $f)) (func (export \"#{mine}\") (call $f)))"
    end

    circle = [
      {"a", "wat", "a() using b()", ["b"], code.("a", "b")},
      {"b", "wat", "b() using a()", ["a"], code.("b", "a")}
    ]

    assert {:error, {"t/a", %{kind: :signature, message: message}}} = link(circle)
    assert message == "components call each other in a circle: t/a → t/b → t/a"
  end
end
