defmodule Workbooks.Build.JavaScriptTest do
  use ExUnit.Case, async: true

  alias Workbooks.Build
  alias Workbooks.Build.{Call, Source}

  doctest Workbooks.Build.JavaScript
  doctest Workbooks.Build.Call.Engine

  defp compile(text), do: Build.compile(%Source{id: "tea/block", language: "js", text: text})

  defp run(text, inputs \\ [], environment \\ []) do
    with {:ok, artifact} <- compile(text), do: Build.call(artifact, inputs, Call.environment(environment))
  end

  # The answer of an expression.
  defp value(expression, environment \\ []), do: run("export const it = async () => #{expression}", [], environment)

  describe "an instance" do
    test "begins anew for each call" do
      {:ok, artifact} = compile("globalThis.n ??= 0; Object.prototype.n ??= 0; export const f = () => [++n, ++({}).n]")
      for _ <- 1..20, do: assert(Build.call(artifact, []) == {:ok, [1, 1]})
    end

    test "is that of one call among many at the same time" do
      {:ok, artifact} = compile("let s = 0; export const f = (n) => { for (let i = 0; i < 2e4; i++) s += n; return s }")

      answers =
        1..40 |> Task.async_stream(&Build.call(artifact, [&1]), max_concurrency: 8) |> Enum.map(fn {:ok, a} -> a end)

      assert answers == for(n <- 1..40, do: {:ok, n * 20_000})
    end

    test "has another engine's code refused" do
      {:ok, artifact} = compile("export const f = () => 1")
      foreign = %{artifact | data: %{artifact.data | engine: String.duplicate("0", 64)}}

      assert {:error, %{kind: :compile, message: message}} = Call.Engine.prepare(foreign, :infinity)

      assert message =~ "another JavaScript engine"
    end

    test "gives the same bytecode for the same source" do
      {:ok, one} = compile("export const f = (a, b = 2) => `${a}${b}`")
      Build.Cache.clear()
      {:ok, two} = compile("export const f = (a, b = 2) => `${a}${b}`")
      assert one.digest == two.digest
    end
  end

  describe "time and chance" do
    test "are virtual and seeded" do
      text = "[Math.random(), Math.random(), Date.now(), new Date().getTime(), performance.now()]"
      assert {:ok, answer} = value(text, seed: 5)
      assert {:ok, ^answer} = value(text, seed: 5)
      assert {:ok, [other | _]} = value(text, seed: 6)
      assert [first, second | _] = answer
      assert first != second and first != other
    end

    test "take any seed" do
      for seed <- [0, 0xFFFF_FFFF_FFFF_FFFF, Integer.pow(2, 70), -1],
          do: assert({:ok, _} = value("Math.random()", seed: seed))
    end

    test "are the real ones where that is granted" do
      before = System.os_time(:millisecond)
      assert {:ok, [now, one]} = value("[Date.now(), Math.random()]", seed: nil)
      assert now in before..System.os_time(:millisecond)
      assert {:ok, two} = value("Math.random()", seed: nil)
      assert one != two
    end
  end

  describe "host functions" do
    test "are called with values and answer values" do
      text =
        "import { sum, swap } from 'host'; export const f = async () => [await sum([1, 2n, 3.5]), await swap('a', {b: null})]"

      functions = %{"sum" => &Enum.sum/1, "swap" => fn a, b -> [b, a] end}
      assert run(text, [], functions: functions) == {:ok, [6.5, [%{"b" => nil}, "a"]]}
    end

    test "fail as exceptions" do
      text =
        "import * as h from 'host'; export const f = () => Promise.all([h.a(), h.b(), h.c(1), h.d()].map((p) => p.catch((e) => e.message)))"

      functions = %{
        "a" => fn -> {:error, "told"} end,
        "b" => fn -> raise "raised" end,
        "c" => fn -> :never end,
        "d" => fn -> {:error, :enoent} end
      }

      assert run(text, [], functions: functions) ==
               {:ok, ["told", "raised", "c takes 0 arguments, not 1", ":enoent"]}
    end

    test "that answer no JSON fail" do
      text = "import { f } from 'host'; export const g = () => f()"
      assert {:error, %{kind: :exception, line: 1}} = run(text, [], functions: %{"f" => fn -> self() end})
    end

    test "are named where one is missing" do
      text = "import { nope } from 'host'; export const g = () => nope()"
      assert {:error, problem} = run(text, [], functions: %{"row-of" => fn -> 1 end})
      assert problem.message == ~s(SyntaxError: "host" has no 'nope': it has row-of, rowOf)
    end

    test "run in the order they were started in" do
      me = self()
      text = "import { note } from 'host'; export const f = () => Promise.all([1, 2, 3].map((n) => note(n)))"
      assert run(text, [], functions: %{"note" => fn n -> send(me, n) end}) == {:ok, [1, 2, 3]}
      assert for(_ <- 1..3, do: receive(do: (n -> n))) == [1, 2, 3]
    end

    test "can call another block" do
      {:ok, double} = compile("export const double = (n) => n * 2")
      call = fn n -> Build.call(double, [n]) end
      text = "import { double } from 'host'; export const f = async (n) => await double(await double(n))"
      assert run(text, [3], functions: %{"double" => call}) == {:ok, 12}
    end
  end

  describe "errors" do
    test "have the place in the block, in characters" do
      assert {:error, problem} = run("const a = 1;\nexport const f = () => { 'äö🦀'; null.x }")
      assert %{kind: :exception, line: 2, column: 33} = problem
    end

    test "of the syntax have it too" do
      assert {:error, %{kind: :exception, line: 2, message: "SyntaxError: " <> _}} =
               run("export const f = () => {\n  let 1 }")
    end

    test "name the calls that led there" do
      text = "const a = () => { throw new Error('x') }\nconst b = () => a()\nexport const c = () => b()"
      assert {:error, problem} = run(text)

      assert [%{message: "called by b", line: 2}, %{message: "called by c", line: 3}] = problem.notes
    end

    test "of imports say what there is" do
      assert {:error, problem} = run("import fs from 'node:fs'; export const f = () => 1")
      assert {problem.line, problem.column} == {1, 16}
      assert problem.message =~ "'node:fs' cannot be imported"
    end

    test "end what never settles" do
      assert {:error, %{kind: :exception, message: message}} = value("new Promise(() => {})")
      assert message =~ "never settles"
    end
  end

  # Each was a trap once: the machine's stack ended before QuickJS took notice.
  describe "nested without end" do
    for {name, open, close} <- [
          {"parentheses", "(", ")"},
          {"arrays", "[", "]"},
          {"objects", "({a:", "})"},
          {"negations", "!", ""},
          {"arrows", "() => ", ""},
          {"templates", "`${", "}`"},
          {"calls", "f(", ")"},
          {"powers", "2 ** ", ""},
          {"choices", "1 ? 1 : ", ""},
          {"functions", "function () { return ", "}"},
          {"classes", "class { a = ", "}"}
        ] do
      test "#{name} are an error" do
        text = String.duplicate(unquote(open), 50_000) <> "1" <> String.duplicate(unquote(close), 50_000)
        assert {:error, %{kind: :exception, message: message}} = value(text)
        assert message =~ "Maximum call stack size exceeded"
      end
    end

    test "blocks and conditions are an error" do
      for open <- ["{", "if (1) ", "for (;;) "] do
        assert {:error, %{kind: :exception}} = run("export function f() { #{String.duplicate(open, 50_000)} }")
      end
    end

    test "as deep as people write is fine" do
      text = String.duplicate("[", 400) <> String.duplicate("]", 400)
      assert {:ok, _} = value("JSON.stringify(#{text}).length")
    end

    for operation <-
          ["p.x", "p.x = 1", "'x' in p", "delete p.x", "Object.keys(p)", "Object.getPrototypeOf(p)"] ++
            ["p()", "new p()", "p instanceof Object", "JSON.stringify(p)", "Object.isExtensible(p)"] do
      test "proxies are an error for #{operation}" do
        text = """
        export const f = () => {
          let p = function () {};
          for (let i = 0; i < 1e5; i++) p = new Proxy(p, {});
          try { #{unquote(operation)}; return "none" } catch (e) { return e instanceof RangeError }
        };
        """

        assert run(text) == {:ok, true}
      end
    end

    test "regular expressions and evaluated text are errors" do
      text = "['(?:', '(?=', '[['].map((s) => { try { new RegExp(s.repeat(5e4), 'v') } catch (e) { return e.name } })"
      assert value(text) == {:ok, ["SyntaxError", "SyntaxError", "SyntaxError"]}
      assert value("(() => { try { eval('('.repeat(1e5)) } catch (e) { return e.name } })()") == {:ok, "RangeError"}
    end
  end

  describe "a signature" do
    defp typed(sig, text, inputs, outputs \\ ["out"]) do
      source = %Source{id: "tea/block", language: "js", text: text, sig: sig, outputs: outputs}
      with {:ok, artifact} <- Build.compile(source), do: Build.call(artifact, inputs)
    end

    test "checks what goes in and what comes out" do
      assert typed("f(n: u8) -> u8", "export const f = (n) => n + 1", [1]) == {:ok, 2}

      assert {:error, %{kind: :type, message: "n: 300 does not fit u8"}} =
               typed("f(n: u8) -> u8", "export const f = (n) => n", [300])

      assert {:error, %{kind: :type, message: message}} =
               typed("f(n: u8) -> u8", "export const f = (n) => n + 1", [255])

      assert message =~ "the result: 256"
      assert {:error, %{kind: :type}} = typed("f() -> string", "export const f = () => 1", [])
    end

    test "makes bytes of lists and lists of bytes" do
      text = "export const f = (bytes) => new Uint8Array(bytes).reverse()"
      assert typed("f(bytes: list<u8>) -> list<u8>", text, [<<1, 2, 255>>]) == {:ok, <<255, 2, 1>>}
    end

    test "takes records, options and tuples" do
      sig = "f(r: record{a: f64, b: option<string>}) -> tuple<f64, string>"
      text = "export const f = ({ a, b }) => [a * 2, b ?? 'none']"
      assert typed(sig, text, [%{"a" => 1}], ["x", "y"]) == {:ok, [2.0, "none"]}
    end

    test "lets outputs be returned under their names" do
      assert typed("f() -> f64", "export const f = () => ({ out: 1 })", []) == {:ok, 1.0}

      assert typed("f() -> tuple<f64, f64>", "export const f = () => ({ y: 2, x: 1 })", [], ["x", "y"]) ==
               {:ok, [1.0, 2.0]}
    end
  end

  describe "limits" do
    test "end a loop, an allocation and a storm of calls" do
      deadline = Workbooks.Build.Deadline.in_ms(300)
      assert {:error, %{kind: :timeout}} = value("(() => { for (;;); })()", deadline: deadline)

      assert {:error, %{kind: :memory_limit}} =
               value("(() => { const a = []; for (;;) a.push(new Array(1000).fill(1)) })()", memory: 32 * 1024 * 1024)
    end
  end
end
