defmodule Workbooks.Build.ZigTest do
  use ExUnit.Case, async: true

  alias Workbooks.Build
  alias Workbooks.Build.{Problem, Source, Zig}
  alias Workbooks.Test.Toolchain

  @moduletag skip: Toolchain.zig()
  @moduletag timeout: 600_000

  doctest Workbooks.Build.Zig.Declarations
  doctest Workbooks.Build.Declared

  defp compile(text, parts \\ []) do
    source = struct!(%Source{id: "book/entry", language: "zig", text: text, outputs: ["out"]}, parts)
    Build.compile(source, deadline: Build.Deadline.in_ms(300_000))
  end

  defp run(text, inputs, parts \\ []) do
    with {:ok, artifact} <- compile(text, parts), do: Build.call(artifact, inputs)
  end

  describe "a function's type is told by Zig" do
    test "numbers, of every width" do
      types = ~w(i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 bool)
      inputs = Enum.map(types, &"a_#{&1}")
      params = Enum.map_join(types, ", ", &"a_#{&1}: #{&1}")

      source =
        "export fn same(#{params}) struct { #{params} } { return .{ #{Enum.map_join(inputs, ", ", &".#{&1} = #{&1}")} }; }"

      assert {:ok, artifact} = compile(source, inputs: inputs)

      for values <- [
            [
              -128,
              255,
              -32_768,
              65_535,
              -2_147_483_648,
              4_294_967_295,
              -0x8000000000000000,
              0xFFFFFFFFFFFFFFFF,
              1.5,
              0.1,
              true
            ],
            [127, 0, 32_767, 0, 2_147_483_647, 0, 0x7FFFFFFFFFFFFFFF, 0, -0.25, -1.0e300, false]
          ] do
        assert Build.call(artifact, values) == {:ok, inputs |> Enum.zip(values) |> Map.new()}
      end
    end

    test "a single number with a sign" do
      assert run("pub fn f(a: i8) i8 { return a; }", [-128]) == {:ok, -128}
    end

    test "strings, lists, records, options and tuples" do
      source = """
      const std = @import("std");
      const Point = struct { x: f64, y: f64, tag_name: []const u8 };
      const Out = struct { sum: f64, point: Point, names: []const []const u8, o: ?i8, big: i64, flag: bool, c: u21 };
      pub fn many(gpa: std.mem.Allocator, p: Point, xs: []const f64, names: []const []const u8, o: ?i8, t: struct { i64, bool }, c: u21) Out {
          const again = gpa.alloc([]const u8, names.len) catch unreachable;
          var sum: f64 = 0;
          for (xs) |x| sum += x;
          for (names, 0..) |name, i| again[names.len - 1 - i] = name;
          return .{ .sum = sum, .point = .{ .x = p.y, .y = p.x, .tag_name = p.tag_name }, .names = again, .o = o, .big = t[0], .flag = t[1], .c = c };
      }
      """

      point = %{"x" => 1.0, "y" => 2.0, "tag_name" => "é"}
      assert {:ok, artifact} = compile(source, inputs: ~w(p xs names o t c))
      assert [{"p", {:record, _}}, {"xs", {:list, :f64}} | _] = artifact.params

      for o <- [nil, -3] do
        assert {:ok, out} = Build.call(artifact, [point, [1.0, 2.5], ["a", "", "ccc"], o, [-5, true], "ß"])
        assert out["point"] == %{"x" => 2.0, "y" => 1.0, "tag_name" => "é"}

        assert Map.delete(out, "point") == %{
                 "sum" => 3.5,
                 "names" => ["ccc", "", "a"],
                 "o" => o,
                 "big" => -5,
                 "flag" => true,
                 "c" => "ß"
               }
      end
    end

    test "bytes, more than sixteen parameters, nothing at all" do
      assert run(
               "const wb = @import(\"workbooks\"); pub fn f(b: wb.Bytes) wb.Bytes { return .{ .bytes = b.bytes[1..] }; }",
               [<<1, 255, 0>>]
             ) ==
               {:ok, <<255, 0>>}

      params = Enum.map_join(1..20, ", ", &"a#{&1}: u8")
      sum = Enum.map_join(1..20, " + ", &"@as(u32, a#{&1})")
      assert run("pub fn f(#{params}) u32 { return #{sum}; }", Enum.to_list(1..20)) == {:ok, 210}
      assert run("export fn f() void {}", []) == {:ok, nil}
    end

    test "an unknown type is refused, where the function stands" do
      assert {:error, %Problem{kind: :compile} = problem} = compile("\n\n  pub fn f(a: *u8) void { _ = a; }")
      assert problem.message =~ "no value of the type *u8 can pass between components"
      assert {problem.line, problem.column} == {3, 3}
    end
  end

  describe "the entry" do
    test "is the exported one, else the one named as the heading" do
      assert run("pub fn other() i32 { return 1; }\nexport fn mine() i32 { return 2; }", []) == {:ok, 2}
      two = "pub fn other() i32 { return 1; }\npub fn movingAverage() i32 { return 2; }"
      assert run(two, [], id: "book/moving-average") == {:ok, 2}
      assert {:error, %Problem{kind: :entry}} = compile(two)
      assert {:error, %Problem{kind: :entry}} = compile("fn own() void {}")
    end

    test "is found among what only looks like functions" do
      source = ~S"""
      // pub fn comment() void {}
      const text =
          \\pub fn multiline() void {}
      ;
      const quoted = "pub fn string() void {}";
      const Inner = struct { pub fn method() i32 { return 7; } };
      const brace = '{';
      pub export fn entry() i32 { _ = .{ text, quoted, brace }; return Inner.method(); }
      """

      assert run(source, []) == {:ok, 7}
    end
  end

  describe "a :sig:" do
    test "that says the same gives the names" do
      assert {:ok, artifact} =
               compile("pub fn f(a: []const u8, n: u8) []const u8 { return a[0..n]; }",
                 sig: "f(text: string, n: u8) -> string"
               )

      assert artifact.params == [{"text", :string}, {"n", :u8}]
      assert Build.call(artifact, ["abc", 2]) == {:ok, "ab"}
    end

    test "that says something else is a problem" do
      assert {:error, %Problem{kind: :signature, line: 1} = problem} =
               compile("pub fn f(a: i32) i32 { return a; }", sig: "f(a: s64) -> s64")

      assert problem.message == "the :sig: says f(a: s64) -> s64, the function is f(p0: s32) -> s32"
    end

    test "decides what an error union is" do
      source = "pub fn f(a: i32) !i32 { if (a < 0) return error.Negative; return a; }"
      assert run(source, [3]) == {:ok, 3}
      assert {:error, %Problem{kind: :exception, message: "Negative"}} = run(source, [-3])
      assert {:error, %Problem{kind: :exception, message: "Negative"}} = run(source, [-3], sig: "f(a: s32) -> s32")
      assert run(source, [-3], sig: "f(a: s32) -> result<s32, string>") == {:ok, %{"error" => "Negative"}}
      assert {:error, %Problem{message: "No"}} = run("pub fn f() !void { return error.No; }", [])
    end
  end

  test "a panic is a trap" do
    assert {:error, %Problem{kind: :trap}} = run("pub fn f(a: i32) i32 { return a + 1; }", [2_147_483_647])
    assert {:error, %Problem{kind: :trap}} = run("pub fn f() void { @panic(\"oh\"); }", [])
  end

  test "what needs the runtime library gets it" do
    assert run("pub fn f(a: i64, b: i64) i64 { return a * b; }", [3_000_000_000, -3]) == {:ok, -9_000_000_000}
  end

  test "an error has its line and column, and its notes" do
    assert {:error, %Problem{kind: :compile, line: 2, column: 12} = problem} =
             compile("export fn f() i32 {\n    return true;\n}")

    assert problem.message =~ "expected type 'i32', found 'bool'"
    assert Enum.any?(problem.notes, &(&1.line == 1))

    assert {:error, %Problem{kind: :compile, line: 1}} = compile("export fn f() i32 { return 1;")

    assert {:error, %Problem{kind: :compile, line: 1, message: "use of undeclared identifier 'nope'"}} =
             compile("pub fn f() void { nope(); }")
  end

  test "no file of this machine is read while it is compiled" do
    assembly = "const a = \"asm\"; // asm\npub fn f() void {\n  asm (\".incbin \\\"/etc/hostname\\\"\");\n}"
    assert {:error, %Problem{kind: :compile, line: 3, column: 3} = problem} = compile(assembly)
    assert problem.message =~ "no assembly"

    assert {:error, %Problem{kind: :compile, line: 1} = problem} =
             compile("pub fn f() []const u8 { return @embedFile(\"/etc/hostname\"); }")

    assert problem.message =~ "outside package path"
  end

  test "pub fn main is a program" do
    source = """
    const std = @import("std");
    pub fn main(init: std.process.Init) !void {
        var in_buffer: [256]u8 = undefined;
        var out_buffer: [256]u8 = undefined;
        var in = std.Io.File.stdin().reader(init.io, &in_buffer);
        var out = std.Io.File.stdout().writer(init.io, &out_buffer);
        const text = try in.interface.allocRemaining(init.gpa, .unlimited);
        try out.interface.print("{d} bytes\\n", .{text.len});
        try out.interface.flush();
    }
    """

    assert run(source, ["hello"], inputs: ["text"]) == {:ok, "5 bytes"}
  end

  test "a program is a step of a run, whose types are any" do
    source = """
    const std = @import("std");
    pub fn main(init: std.process.Init) !void {
        var room: [64]u8 = undefined;
        var out = std.Io.File.stdout().writer(init.io, &room);
        try out.interface.print("hello\\n", .{});
        try out.interface.flush();
    }
    """

    org = Workbooks.TestWorkbook.book([{"Hello", [in: "name", out: "greeting"], "zig", source}])
    assert {:ok, %{exports: %{"greeting" => "hello"}}} = Workbooks.run(org, inputs: %{"name" => "Ada"})
  end

  test "the same block compiles to the same bytes, several at once" do
    source = %Source{id: "a/b", language: "zig", text: "pub fn f(a: f64) f64 { return a * 2; }"}
    options = %{deadline: Build.Deadline.in_ms(300_000), progress: fn _ -> :ok end}

    digests =
      1..4
      |> Task.async_stream(fn _ -> Zig.compile(source, options) end, timeout: 300_000)
      |> Enum.map(fn {:ok, {:ok, artifact}} -> artifact.digest end)

    assert [_one] = Enum.uniq(digests)
  end

  test "a compiler bomb ends at the deadline" do
    source =
      "pub fn f() u64 { comptime var i: u64 = 0; @setEvalBranchQuota(4_000_000_000); inline while (i < 4_000_000_000) : (i += 1) {} return i; }"

    block = %Source{id: "a/b", language: "zig", text: source}

    assert {:error, %Problem{kind: kind}} =
             Zig.compile(block, %{deadline: Build.Deadline.in_ms(3_000), progress: fn _ -> :ok end})

    assert kind in [:timeout, :memory_limit]
  end
end
