defmodule Workbooks.Build.LanguagesTest do
  # The same five functions in every language that is to be had here: the same values, and errors that
  # say the same. A language is a row of tables.
  use ExUnit.Case, async: true

  alias Workbooks.{Build, CTools}
  alias Workbooks.Build.{Deadline, Problem, Source}
  alias Workbooks.Test.Toolchain

  @moduletag timeout: 900_000

  @skipped %{
    "c" => Keyword.get(CTools.tag([:clang], "C among the languages"), :skip, false),
    "rust" => Toolchain.rust(),
    "zig" => Toolchain.zig()
  }

  # name, :sig:, inputs and what they give.
  @functions [
    {"add", "add(a: s32, b: s32) -> s32", ~w(a b), [{[2, 40], 42}, {[-2_147_483_648, 2_147_483_647], -1}]},
    {"reverse", "reverse(text: string) -> string", ~w(text), [{["stressed"], "desserts"}, {[""], ""}]},
    {"sum", "sum(xs: list<f64>) -> f64", ~w(xs), [{[[0.1, 0.2, 0.3]], 0.1 + 0.2 + 0.3}, {[[1, 2]], 3.0}, {[[]], 0.0}]},
    {"swap", "swap(p: record{x: f64, y: f64}) -> record{x: f64, y: f64}", ~w(p),
     [{[%{"x" => 1.5, "y" => -2.5}], %{"x" => -2.5, "y" => 1.5}}]},
    {"positive", "positive(n: s32) -> s32", ~w(n), [{[7], 7}]}
  ]

  @sources %{
    "javascript" => %{
      "add" => "export const add = (a, b) => a + b",
      "reverse" => ~S|export const reverse = (text) => [...text].reverse().join("")|,
      "sum" => "export const sum = (xs) => xs.reduce((a, x) => a + x, 0)",
      "swap" => "export const swap = ({ x, y }) => ({ x: y, y: x })",
      "positive" => ~S|export function positive(n) { if (n < 0) throw new Error("negative"); return n }|
    },
    "zig" => %{
      "add" => "export fn add(a: i32, b: i32) i32 { return a + b; }",
      "reverse" => """
      const std = @import("std");
      pub fn reverse(gpa: std.mem.Allocator, text: []const u8) ![]const u8 {
          const back = try gpa.dupe(u8, text);
          std.mem.reverse(u8, back);
          return back;
      }
      """,
      "sum" => "pub fn sum(xs: []const f64) f64 { var all: f64 = 0; for (xs) |x| all += x; return all; }",
      "swap" => """
      const Point = struct { x: f64, y: f64 };
      pub fn swap(p: Point) Point { return .{ .x = p.y, .y = p.x }; }
      """,
      "positive" => "pub fn positive(n: i32) !i32 { return if (n < 0) error.negative else n; }"
    },
    "rust" => %{
      "add" => "pub fn add(a: i32, b: i32) -> i32 { a + b }",
      "reverse" => "pub fn reverse(text: &str) -> String { text.chars().rev().collect() }",
      "sum" => "pub fn sum(xs: &[f64]) -> f64 { xs.iter().fold(0.0, |a, x| a + x) }",
      "swap" => """
      pub struct Point { x: f64, y: f64 }
      pub fn swap(p: Point) -> Point { Point { x: p.y, y: p.x } }
      """,
      "positive" =>
        ~S|pub fn positive(n: i32) -> Result<i32, String> { if n < 0 { Err("negative".into()) } else { Ok(n) } }|
    },
    "c" => %{
      "add" => "int add(int a, int b) { return a + b; }",
      "reverse" => """
      #include <workbooks.h>
      wb_string reverse(wb_string text)
      {
          for (size_t i = 0; i < text.len / 2; i++) {
              char c = text.ptr[i];
              text.ptr[i] = text.ptr[text.len - 1 - i];
              text.ptr[text.len - 1 - i] = c;
          }
          return text;
      }
      """,
      "sum" => """
      #include <workbooks.h>
      double sum(wb_list_f64 xs) { double all = 0; for (size_t i = 0; i < xs.len; i++) all += xs.ptr[i]; return all; }
      """,
      "swap" => """
      typedef struct { double x, y; } point;
      point swap(point p) { return (point){p.y, p.x}; }
      """,
      "positive" => """
      #include <stdlib.h>
      int positive(int n) { if (n < 0) abort(); return n; }
      """
    },
    "wat" => %{
      "add" => ~S|(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))|,
      "reverse" => ~S"""
      (module
        (memory (export "memory") 2)
        (global $free (mut i32) (i32.const 1024))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (global.get $free)
          (global.set $free (i32.add (global.get $free) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8)))))
        (func (export "reverse") (param $at i32) (param $len i32) (result i32)
          (local $i i32)
          (block $end
            (loop $next
              (br_if $end (i32.ge_u (local.get $i) (local.get $len)))
              (i32.store8
                (i32.add (i32.const 65536) (local.get $i))
                (i32.load8_u (i32.add (local.get $at) (i32.sub (i32.sub (local.get $len) (local.get $i)) (i32.const 1)))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $next)))
          (i32.store (i32.const 0) (i32.const 65536))
          (i32.store (i32.const 4) (local.get $len))
          (i32.const 0)))
      """,
      "sum" => ~S"""
      (module
        (memory (export "memory") 1)
        (global $free (mut i32) (i32.const 1024))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (global.get $free)
          (global.set $free (i32.add (global.get $free) (local.get 3))))
        (func (export "sum") (param $at i32) (param $len i32) (result f64)
          (local $all f64)
          (block $end
            (loop $next
              (br_if $end (i32.eqz (local.get $len)))
              (local.set $all (f64.add (local.get $all) (f64.load (local.get $at))))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (local.set $len (i32.sub (local.get $len) (i32.const 1)))
              (br $next)))
          (local.get $all)))
      """,
      "swap" => ~S"""
      (module
        (memory (export "memory") 1)
        (func (export "swap") (param $x f64) (param $y f64) (result i32)
          (f64.store (i32.const 8) (local.get $y))
          (f64.store (i32.const 16) (local.get $x))
          (i32.const 8)))
      """,
      "positive" => ~S"""
      (module (func (export "positive") (param i32) (result i32)
        (if (i32.lt_s (local.get 0) (i32.const 0)) (then unreachable))
        (local.get 0)))
      """
    }
  }

  # What `positive(-1)` is: said where the language has a way to say it, a trap where it has none.
  @failures %{
    "javascript" => {:exception, "negative"},
    "zig" => {:exception, "negative"},
    "rust" => {:exception, "negative"},
    "c" => {:trap, ""},
    "wat" => {:trap, ""}
  }

  # What is wrong stands in the second line.
  @broken %{
    "javascript" => "export function f() {\n  return 1 +* 2\n}",
    "zig" => "export fn f() i32 {\n  return 1 +* 2;\n}",
    "rust" => "pub fn f() -> i32 {\n  1 +/ 2\n}",
    "c" => "int f(void) {\n  return 1 +/ 2;\n}",
    "wat" => "(module (func (export \"f\")\n  (nonsense)))"
  }

  defp compile(language, text, parts) do
    source = struct!(%Source{id: "languages/f", language: language, text: text, outputs: ["out"]}, parts)
    Build.compile(source, deadline: Deadline.in_ms(600_000))
  end

  for language <- Map.keys(@sources) do
    @tag skip: Map.get(@skipped, language, false)
    test "#{language}: the five functions give the same values" do
      language = unquote(language)

      for {name, sig, inputs, cases} <- @functions do
        assert {:ok, artifact} = compile(language, @sources[language][name], sig: sig, inputs: inputs)

        for {given, expected} <- cases do
          assert {name, Build.call(artifact, given)} == {name, {:ok, expected}}
        end
      end
    end

    @tag skip: Map.get(@skipped, language, false)
    test "#{language}: failing is a problem that says why" do
      language = unquote(language)
      {kind, words} = @failures[language]
      sig = [sig: "positive(n: s32) -> s32", inputs: ["n"]]
      assert {:ok, artifact} = compile(language, @sources[language]["positive"], sig)
      assert {:error, %Problem{kind: ^kind, message: message}} = Build.call(artifact, [-1])
      assert message =~ words
      # The next call has an instance of its own.
      assert Build.call(artifact, [1]) == {:ok, 1}
    end

    @tag skip: Map.get(@skipped, language, false)
    test "#{language}: a mistake has its line" do
      language = unquote(language)

      answer =
        with {:ok, artifact} <- compile(language, @broken[language], []) do
          # JavaScript is read when it runs.
          Build.call(artifact, [])
        end

      assert {:error, %Problem{line: 2, kind: kind}} = answer
      assert kind in [:compile, :exception]
    end
  end
end
