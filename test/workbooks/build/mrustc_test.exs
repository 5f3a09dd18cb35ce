defmodule Workbooks.Build.MrustcTest do
  # It names an mrustc in the application's configuration.
  use ExUnit.Case, async: false

  alias Workbooks.Build
  alias Workbooks.Build.{Problem, Rust, Source}
  alias Workbooks.CTools
  alias Workbooks.Build.Rust.Mrustc
  alias Workbooks.Test.Toolchain

  @moduletag timeout: 900_000
  @moduletag skip: Toolchain.zig() || Keyword.get(CTools.tag([:clang], "mrustc and clang"), :skip, false)

  # No registry carries an mrustc.wasm: this speaks its command line, and knows two forms of Rust:
  #   pub fn NAME(A: i32, B: i32) -> i32 { C EXPRESSION }     fn main() { println!("TEXT"); }
  @stand_in ~S"""
  const std = @import("std");

  fn between(text: []const u8, from: []const u8, to: []const u8) ?[]const u8 {
      const start = (std.mem.indexOf(u8, text, from) orelse return null) + from.len;
      const end = std.mem.indexOfPos(u8, text, start, to) orelse return null;
      return text[start..end];
  }

  // Zig's own library knows no preopened folders by name: the first is where it stands.
  fn here(path: []const u8) []const u8 {
      return if (std.mem.startsWith(u8, path, "/build/")) path["/build/".len..] else path;
  }

  pub fn main(init: std.process.Init) !u8 {
      const gpa = init.arena.allocator();
      const args = try init.minimal.args.toSlice(gpa);
      var input: ?[]const u8 = null;
      var output: ?[]const u8 = null;
      var command: ?[]const u8 = null;
      var kind: []const u8 = "";
      var i: usize = 1;
      while (i < args.len) : (i += 1) {
          const arg = args[i];
          if (arg[0] != '-') {
              input = arg;
          } else {
              i += 1;
              if (i == args.len) return 1;
              if (std.mem.eql(u8, arg, "-o")) output = args[i];
              if (std.mem.eql(u8, arg, "--crate-type")) kind = args[i];
              if (std.mem.eql(u8, arg, "-C")) command = between(args[i], "emit-build-command=", ".sh");
          }
      }
      var buffer: [65536]u8 = undefined;
      const cwd = std.Io.Dir.cwd();
      const rust = try cwd.readFile(init.io, here(input orelse return 1), &buffer);
      _ = command orelse return 1;

      if (std.mem.indexOf(u8, rust, "nonsense")) |at| {
          const line = std.mem.count(u8, rust[0..at], "\n") + 1;
          const start = if (std.mem.lastIndexOfScalar(u8, rust[0..at], '\n')) |n| n + 1 else 0;
          std.debug.print("{s}:{d}:{d}: error:0:Unable to find nonsense\n", .{ input.?, line, at - start + 1 });
          return 1;
      }

      const c = if (std.mem.eql(u8, kind, "bin"))
          try std.fmt.allocPrint(gpa, "#include <stdio.h>\nint main(void) {{ puts(\"{s}\"); return 0; }}\n", .{between(rust, "println!(\"", "\"").?})
      else blk: {
          const name = between(rust, "pub fn ", "(").?;
          const a = between(rust, "(", ": i32").?;
          const b = between(rust, ", ", ": i32").?;
          const body = between(rust, "{", "}").?;
          break :blk try std.fmt.allocPrint(gpa,
              \\static int {s}(int {s}, int {s}) {{ return {s}; }}
              \\int workbooks_entry(int a, int b) {{ return {s}(a, b); }}
              \\void *cabi_realloc(void *old, unsigned long n, unsigned long align, unsigned long size) {{ __builtin_trap(); }}
              \\
          , .{ name, a, b, body, name });
      };
      const path = try std.fmt.allocPrint(gpa, "{s}.c", .{output orelse return 1});
      try cwd.writeFile(init.io, .{ .sub_path = here(path), .data = c });
      return 0;
  }
  """

  setup_all do
    source = %Source{id: "stand-in/mrustc", language: "zig", text: @stand_in}
    {:ok, artifact} = Build.compile(source, deadline: Build.Deadline.in_ms(600_000))
    folder = Path.join(System.tmp_dir!(), "mrustc-#{System.pid()}")
    File.mkdir_p!(folder)
    path = Path.join(folder, "mrustc.wasm")
    File.write!(path, artifact.bytes)
    Application.put_env(:workbooks, :mrustc, path)

    on_exit(fn ->
      Application.delete_env(:workbooks, :mrustc)
      File.rm_rf!(folder)
    end)

    {:ok, folder: folder}
  end

  defp compile(text, parts \\ []) do
    source = struct!(%Source{id: "book/entry", language: "rust", text: text, outputs: ["out"]}, parts)
    Build.compile(source, deadline: Build.Deadline.in_ms(600_000))
  end

  test "a named mrustc.wasm compiles Rust blocks, whatever else is allowed" do
    assert Rust.available() == :ok
    assert {:ok, "mrustc " <> _} = Rust.version()
  end

  test "a function" do
    assert {:ok, artifact} = compile("pub fn add(a: i32, b: i32) -> i32 { a + b }", inputs: ~w(a b))
    assert artifact.params == [{"a", :s32}, {"b", :s32}]
    assert Build.call(artifact, [40, 2]) == {:ok, 42}
  end

  test "a program" do
    assert {:ok, artifact} = compile(~S[fn main() { println!("hello"); }])
    assert Build.call(artifact, []) == {:ok, "hello"}
  end

  test "its errors have their lines" do
    assert {:error, %Problem{kind: :compile, line: 2, column: 35} = problem} =
             compile("\npub fn f(a: i32, b: i32) -> i32 { nonsense }")

    assert problem.message == "Unable to find nonsense"
  end

  test "what is wrong in its C is told as that" do
    assert {:error, %Problem{kind: :compile, line: nil, message: "in mrustc's C: " <> _}} =
             compile("pub fn f(a: i32, b: i32) -> i32 { a + }")
  end

  test "a path that leads nowhere is told", %{folder: folder} do
    path = Application.get_env(:workbooks, :mrustc)
    Application.put_env(:workbooks, :mrustc, Path.join(folder, "nothing.wasm"))
    assert {:error, "no mrustc.wasm at " <> _} = Mrustc.available()
    assert {:error, %Problem{kind: :language}} = compile("pub fn g(a: i32, b: i32) -> i32 { a }")
    Application.put_env(:workbooks, :mrustc, path)
  end
end
