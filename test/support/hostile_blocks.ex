defmodule Workbooks.TestHostileBlocks do
  @moduledoc false
  # Blocks that mean harm, and how each has to end. A case is a map:
  #
  #   * `name`, `source`, and in `properties` what its heading says beside `:out:`
  #   * `kind` - the error's
  #   * `says` - what the message has to say: the limit and its value, where it is a limit that ended it
  #   * `at` - what stands in the Org file at the error's line
  #   * `options` - of the run, beside those that all have

  @memory 64 * 1024 * 1024
  @step_ms 2_000
  @compile_ms 1_500

  @out_of_time "the block did not end within #{@step_ms} ms (step_timeout)"
  @not_compiled "the block was not compiled within #{@compile_ms} ms (compile_timeout)"
  @out_of_memory "the block needs more than its 64 MiB of memory"
  @printed "the program printed more than 16777216 bytes"

  @doc "The languages there are such blocks of; Rust's programs need another target than its functions."
  def families, do: ["javascript", "wat", "wasm", "c", "zig", "rust", "rust program"]

  @doc "What a run gets that has blocks like these."
  def options, do: [memory: @memory, step_timeout: @step_ms, caps: ["clock", "random"], cache: false]

  @doc "A block that means none, which gives its input `x` and one more."
  def innocent("javascript"), do: "export const next = (x) => x + 1"

  def innocent("wat"),
    do: wat(~S|(func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))|)

  def innocent("wasm"), do: "wat" |> innocent() |> binary()
  def innocent("c"), do: "int next(int x) { return x + 1; }"
  def innocent("zig"), do: "pub fn next(x: i32) i32 { return x + 1; }"
  def innocent("rust"), do: "pub fn next(x: i32) -> i32 { x + 1 }"

  # --- while they run ----------------------------------------------------------------------------

  @doc "Those of a language that are hostile when they run."
  def running("javascript") do
    [
      slow("loop", "export function f() { for (;;) {} }"),
      slow("regular expression", "export const f = () => /^(a+)+$/.test('a'.repeat(40) + 'b')"),
      slow("microtasks", "export async function f() { for (;;) await null }"),
      slow("prints", "export function f() { for (;;) console.log('more'); }"),
      slow("clock", "export function f() { for (;;) Date.now() }", caps: "clock"),
      slow("virtual clock", "export function f() { for (;;) performance.now() }"),
      slow("random", "export function f() { for (;;) Math.random() }", caps: "random"),
      slow(
        "host functions",
        "import { next } from 'host'\nexport async function f() { for (;;) await next(1) }",
        deps: "helper",
        sig: "f() -> s32 using next(x: s32) -> s32"
      ),
      ended(
        "recursion",
        :exception,
        "Maximum call stack size exceeded",
        "1 + f()",
        "export function f() {\n  return 1 + f()\n}"
      ),
      ended(
        "evaluated text",
        :exception,
        "Maximum call stack size exceeded",
        "eval",
        "export const f = () =>\n  eval('['.repeat(1e7))"
      ),
      ended(
        "waits for nothing",
        :exception,
        "never settles",
        "#+begin_src",
        "export const f = () => new Promise(() => {})"
      ),
      full(
        "allocates",
        "export function f() { const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1)) }",
        "for (;;)"
      ),
      full("string", "export function f() {\n  return 'x'.repeat(1e8)\n}", "repeat"),
      full("object", "export function f() { let o = {}; for (;;) o = { o, a: new Array(1e4).fill(o) } }", "for (;;)")
    ]
  end

  def running("wat") do
    [
      slow("loop", wat(~S|(func (export "f") (result i32) (loop (br 0)) (i32.const 1))|)),
      slow("prints", calling("fd_write", "i32 i32 i32 i32", "(i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)")),
      slow("clock", calling("clock_time_get", "i32 i64 i32", "(i32.const 1) (i64.const 0) (i32.const 16)"),
        caps: "clock"
      ),
      slow("random", calling("random_get", "i32 i32", "(i32.const 16) (i32.const 4096)"), caps: "random"),
      ended(
        "recursion",
        :trap,
        "call stack exhausted",
        "#+begin_src",
        wat(~S|(func $f (export "f") (result i32) (i32.add (i32.const 1) (call $f)))|)
      ),
      full(
        "allocates",
        wat("""
        (memory 1)
          (func (export "f") (result i32)
            (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
            unreachable)
        """)
      ),
      full("memory", wat(~S|(memory 65536) (func (export "f") (result i32) (i32.const 1))|)),
      ended(
        "table",
        :limit,
        "table minimum size of 4000000000 elements exceeds table limits",
        "#+begin_src",
        wat(~S|(table 4000000000 funcref) (func (export "f") (result i32) (i32.const 1))|)
      ),
      full("string", giving(100_000_000), sig: "f() -> string"),
      ended("list", :limit, "more than 128 MiB", "#+begin_src", giving(16_000_000), sig: "f() -> list<bool>")
    ]
  end

  def running("wasm") do
    [
      slow("loop", binary(wat(~S|(func (export "f") (result i32) (loop (br 0)) (i32.const 1))|))),
      full("memory", binary(wat(~S|(memory 65536) (func (export "f") (result i32) (i32.const 1))|)))
    ]
  end

  def running("c") do
    [
      slow("loop", "int f(void) { for (volatile int i = 0;; i = 1) {} }"),
      slow("prints", "#include <stdio.h>\nint f(void) { for (;;) puts(\"more\"); }"),
      slow("sleeps", "#include <unistd.h>\nint f(void) { for (;;) sleep(1000); }"),
      slow(
        "clock",
        "#include <time.h>\nint f(void) { struct timespec t; for (;;) clock_gettime(CLOCK_REALTIME, &t); }",
        caps: "clock"
      ),
      slow("random", "#include <unistd.h>\nint f(void) { char a[99]; for (;;) getentropy(a, 99); }", caps: "random"),
      ended(
        "no text",
        :exit,
        "the program ended with status 3: \uFFFDx",
        "#+begin_src",
        "#include <stdio.h>\nint main(void) { fputs(\"\\377x\", stderr); return 3; }"
      ),
      ended(
        "no text without end",
        :exit,
        "bytes more]",
        "#+begin_src",
        "#include <stdio.h>\n#include <string.h>\nstatic char a[4 << 20];\n" <>
          "int main(void) { memset(a, 255, sizeof a); fwrite(a, 1, sizeof a, stderr); return 3; }"
      ),
      slow("reads", "#include <stdio.h>\nint main(void) { for (;;) getchar(); }"),
      ended(
        "recursion",
        :trap,
        "trap",
        "f(x + 1)",
        "int f(int x) {\n  volatile int a[99]; a[x & 63] = x; return f(x + 1) + a[7];\n}",
        in: "x"
      ),
      full(
        "allocates",
        "#include <stdlib.h>\nint f(void) {\n  for (;;) {\n    volatile char *p = malloc(1 << 20);\n    if (!p) abort();\n    p[7] = 1;\n  }\n}",
        "abort()"
      ),
      full(
        "string",
        "#include <workbooks.h>\n#include <stdlib.h>\nwb_string f(void) {\n  char *p = malloc(100000000);\n  if (!p) abort();\n" <>
          "  return (wb_string){p, 100000000};\n}",
        "abort()"
      ),
      full(
        "allocates, a program",
        "#include <stdlib.h>\nint main(void) {\n  for (;;) {\n    volatile char *p = malloc(1 << 20);\n    if (!p) abort();\n    p[7] = 1;\n  }\n}",
        "abort()"
      ),
      ended(
        "prints, a program",
        :limit,
        @printed,
        "#+begin_src",
        "#include <stdio.h>\nint main(void) { for (;;) puts(\"more\"); }"
      ),
      ended(
        "prints until it cannot, a program",
        :limit,
        @printed,
        "#+begin_src",
        "#include <stdio.h>\nint main(void) { while (puts(\"more\") >= 0); return 3; }"
      )
    ]
  end

  def running("zig") do
    [
      slow("loop", "pub fn f() i32 { while (true) {} }"),
      ended(
        "recursion",
        :trap,
        "trap",
        "#+begin_src",
        "pub fn f(x: i32) i32 {\n  var a: [99]i32 = @splat(x); const p: *volatile [99]i32 = &a;\n  return f(x +% 1) +% p[7];\n}",
        in: "x"
      ),
      full(
        "allocates",
        zig_with_allocator("i32", "while (true) @memset(gpa.alloc(u8, 1 << 20) catch @panic(\"full\"), 1);")
      ),
      ended(
        "allocates and says so",
        :exception,
        "OutOfMemory",
        "#+begin_src",
        zig_with_allocator("!i32", "while (true) @memset(try gpa.alloc(u8, 1 << 20), 1);")
      ),
      full("string", zig_with_allocator("[]const u8", "return gpa.alloc(u8, 100_000_000) catch @panic(\"full\");")),
      slow("clock, a program", zig_program("var n: u64 = 0; while (true) _ = w.clock_time_get(.REALTIME, 1, &n);"),
        caps: "clock"
      ),
      ended(
        "prints, a program",
        :limit,
        @printed,
        "#+begin_src",
        zig_program("""
        const t: [4096]u8 = @splat('x'); const v = [1]w.ciovec_t{.{ .base = &t, .len = t.len }};
          var n: usize = 0; while (true) _ = w.fd_write(1, &v, 1, &n);
        """)
      )
    ]
  end

  def running("rust") do
    [
      slow("loop", "pub fn f() -> i32 { loop {} }"),
      ended(
        "recursion",
        :trap,
        "trap",
        "#+begin_src",
        "pub fn f(x: i32) -> i32 {\n  let a = std::hint::black_box([x; 99]);\n  f(x.wrapping_add(1)).wrapping_add(a[7])\n}",
        in: "x"
      ),
      full("allocates", "pub fn f() -> i32 { let mut a = vec![]; loop { a.push(vec![1u8; 1 << 20]) } }"),
      full("string", "pub fn f() -> String { \"x\".repeat(100_000_000) }")
    ]
  end

  def running("rust program") do
    [
      slow("loop", "fn main() { loop {} }"),
      slow("clock", "fn main() { loop { std::time::SystemTime::now(); } }", caps: "clock"),
      full("allocates", "fn main() { let mut a = vec![]; loop { a.push(vec![1u8; 1 << 20]) } }"),
      ended(
        "prints",
        :limit,
        @printed,
        "#+begin_src",
        "use std::io::Write;\nfn main() { loop { let _ = std::io::stdout().write_all(&[b'x'; 4096]); } }"
      )
    ]
  end

  # --- while they are compiled -------------------------------------------------------------------

  @doc "Those of a language that are hostile to its compiler."
  def compiling("javascript") do
    [
      ended(
        "brackets",
        :exception,
        "Maximum call stack size exceeded",
        "#+begin_src",
        "export const f = () => " <> many("[", 10_000_000)
      ),
      ended(
        "terms",
        :limit,
        "the block is too large",
        "#+begin_src",
        "export const f = () => 1" <> many("+1", 1_000_000)
      ),
      ended(
        "groups",
        :exception,
        "too many captures",
        "#+begin_src",
        "export const f = () => /" <> many("(a|b)*", 100_000) <> "/.test('')"
      ),
      ended(
        "regular expression",
        :exception,
        "SyntaxError",
        "#+begin_src",
        "export const f = () => /" <> many("(?:", 100_000) <> "/"
      ),
      ended(
        "class",
        :limit,
        "the block is too large",
        "#+begin_src",
        "class C { #{Enum.map_join(1..100_000, " ", &"m#{&1}() { return #{&1} }")} }\nexport const f = () => new C().m7()"
      )
    ]
  end

  def compiling("wat") do
    body = &wat("(func (export \"f\") (result i32) #{&1})")

    [
      # A second of work or more, which grows with the square of the depth.
      %{
        ended(
          "nesting",
          :timeout,
          "the block was not compiled within 100 ms (compile_timeout)",
          "#+begin_src",
          body.(many("loop ", 10_000) <> many("end ", 10_000) <> "i32.const 1"),
          sig: "f() -> s32"
        )
        | options: [compile_timeout: 100]
      },
      ended(
        "locals",
        :compile,
        "too many locals",
        "#+begin_src",
        body.("(local#{many(" i32", 60_000)}) (i32.const 1)")
      ),
      ended(
        "functions",
        :limit,
        "262144 are the most",
        "#+begin_src",
        wat(many("(func)", 1_000_000) <> ~S|(func (export "f") (result i32) (i32.const 1))|)
      ),
      ended("no end", :compile, "expected", "(module", "(module (func")
    ]
  end

  def compiling("wasm") do
    base64 = &Base.encode64(<<0, "asm", 1::32-little>> <> &1)
    # The largest number of 32 bits.
    most = <<0xFF, 0xFF, 0xFF, 0xFF, 0x0F>>

    [
      ended("garbage", :compile, "offset", "#+begin_src", base64.(:binary.copy(<<255, 7, 13>>, 10_000))),
      ended("no base64", :compile, "no base64", "#+begin_src", "AGFzb" <> many("!", 1_000)),
      ended("a section without end", :compile, "offset", "#+begin_src", base64.(<<11>> <> most)),
      ended("memory", :compile, "memory size", "#+begin_src", base64.(function(<<5, 7, 1, 0>> <> most, <<0>>))),
      ended("locals", :compile, "too many locals", "#+begin_src", base64.(function("", <<1>> <> most <> <<0x7F>>)))
    ]
  end

  def compiling("c") do
    [
      # Macros of nothing: the work doubles, the text does not.
      endless(
        "macros",
        "#define A0\n#{Enum.map_join(1..60, &"#define A#{&1} A#{&1 - 1} A#{&1 - 1}\n")}int f(void) { return A60 1; }"
      ),
      endless(
        "macros without a signature",
        "#define A0\n#{Enum.map_join(1..60, &"#define A#{&1} A#{&1 - 1} A#{&1 - 1}\n")}int g(void) { return A60 1; }",
        []
      ),
      ended(
        "data",
        :limit,
        "its limits: [output_bytes",
        "#+begin_src",
        "char a[40u << 20] = {1};\nint f(void) { return a[7]; }"
      ),
      ended(
        "more data",
        :memory_limit,
        "clang needs more than its 1024 MiB",
        "#+begin_src",
        "char a[1u << 30] = {1};\nint f(void) { return a[7]; }"
      ),
      ended(
        "brackets",
        :compile,
        "clang itself failed",
        "#+begin_src",
        "int f(void) { return #{many("(", 50_000)}1; }"
      ),
      ended(
        "declarators",
        :compile,
        "bracket nesting level exceeded",
        "(*(*",
        "int #{many("(*", 50_000)}x#{many(")", 50_000)};\nint f(void) { return 1; }"
      ),
      ended(
        "structs",
        :compile,
        "array is too large",
        "struct s4",
        "struct s0 { char c; };\n#{Enum.map_join(1..9, &"struct s#{&1} { struct s#{&1 - 1} a[1000]; };\n")}int f(void) { return 1; }"
      ),
      ended(
        "standard input",
        :compile,
        "'/dev/stdin' file not found",
        "#include",
        "#include \"/dev/stdin\"\nint f(void) { return 1; }"
      ),
      ended(
        "a device",
        :compile,
        "'/dev/zero' file not found",
        "#embed",
        "const char a[] = {\n#embed \"/dev/zero\"\n};\nint f(void) { return 1; }"
      ),
      ended("itself", :compile, "'block.c' file not found", "__FILE__", "#include __FILE__\nint f(void) { return 1; }"),
      ended(
        "too long",
        :limit,
        "1048576 are the most",
        "#+begin_src",
        "int f(void) { return 1; }" <> many("\n", 1_048_576)
      )
    ]
  end

  def compiling("zig") do
    [
      endless(
        "comptime",
        "pub fn f() i32 {\n  comptime { @setEvalBranchQuota(4_000_000_000); var i: u32 = 0; while (i < 4_000_000_000) i += 1; }\n  return 1;\n}"
      ),
      ended(
        "comptime without a quota",
        :compile,
        "exceeded 1000 backwards branches",
        "while",
        "pub fn f() i32 {\n  comptime {\n    while (true) {}\n  }\n  return 1;\n}"
      ),
      ended(
        "brackets",
        :compile,
        "zig crashed on the block",
        "#+begin_src",
        "pub fn f() i32 { return #{many("(", 100_000)}1; }"
      ),
      ended(
        "a device",
        :compile,
        "embed",
        "@embedFile",
        "const a =\n  @embedFile(\"/dev/zero\");\npub fn f() usize { return a.len; }"
      ),
      ended(
        "too long",
        :limit,
        "262144 are the most",
        "#+begin_src",
        "pub fn f() i32 { return 1; }" <> many("\n", 262_144)
      )
    ]
  end

  def compiling("rust") do
    [
      endless(
        "constant",
        "#![allow(long_running_const_eval)]\nconst X: u64 = { let mut i = 0; while i < u64::MAX { i += 1; } i };\npub fn f() -> i32 { X as i32 }"
      ),
      endless(
        "types",
        "fn pair<T: Clone>(x: T) -> (T, T) { (x.clone(), x) }\n" <>
          "pub fn f() -> i32 { let x = 1u8; #{many("let x = pair(x); ", 60)} std::mem::size_of_val(&x) as i32 }"
      ),
      ended(
        "macro",
        :compile,
        "recursion limit reached",
        "again",
        "macro_rules! again { ($($x:tt)*) => { again!($($x)* 1) } }\npub fn f() -> i32 {\n  again!() }"
      ),
      ended(
        "array",
        :compile,
        "too big for the target",
        "static X",
        "static X: [u64; 400_000_000] = [7; 400_000_000];\npub fn f() -> i32 { X[7] as i32 }"
      ),
      ended(
        "brackets",
        :compile,
        "rustc crashed on the block",
        "#+begin_src",
        "pub fn f() -> i32 { #{many("(", 100_000)}1 }"
      ),
      ended("signature", :signature, "x", "pub fn f", "pub fn f(x: #{many("Vec<", 60_000)}u8) -> i32 { 1 }"),
      ended(
        "a device",
        :compile,
        "include_bytes",
        "include_bytes",
        "static X: &[u8] =\n  include_bytes!(\"/dev/zero\");\npub fn f() -> i32 { X.len() as i32 }"
      ),
      ended("too long", :limit, "262144 are the most", "#+begin_src", "pub fn f() -> i32 { 1 }" <> many("\n", 262_144))
    ]
  end

  def compiling("rust program"), do: []

  # --- how a case is written ---------------------------------------------------------------------

  defp slow(name, source, properties \\ []), do: ended(name, :timeout, @out_of_time, "#+begin_src", source, properties)

  defp full(name, source, at_or_properties \\ [])
  defp full(name, source, at) when is_binary(at), do: ended(name, :memory_limit, @out_of_memory, at, source)
  defp full(name, source, properties), do: ended(name, :memory_limit, @out_of_memory, "#+begin_src", source, properties)

  # With a signature it is not compiled before the run, for its types.
  defp endless(name, source, properties \\ [sig: "f() -> s32"]) do
    %{ended(name, :timeout, @not_compiled, "#+begin_src", source, properties) | options: [compile_timeout: @compile_ms]}
  end

  defp ended(name, kind, says, at, source, properties \\ []) do
    %{name: name, kind: kind, says: says, at: at, source: source, properties: properties, options: []}
  end

  defp many(text, count), do: String.duplicate(text, count)

  defp wat(fields), do: "(module #{fields})"

  # A module that calls a function of WASI's for ever, with 8 bytes of memory from 1000 on to write.
  defp calling(name, params, arguments) do
    wat("""
    (import "wasi_snapshot_preview1" "#{name}" (func $call (param #{params}) (result i32)))
      (memory (export "memory") 1)
      (func (export "f") (result i32)
        (i32.store (i32.const 0) (i32.const 1000))
        (i32.store (i32.const 4) (i32.const 8))
        (loop (drop (call $call #{arguments})) (br 0))
        (i32.const 1))
    """)
  end

  @doc "A module whose function gives that many bytes, all the same."
  def giving(bytes, byte \\ 0) do
    wat("""
    (memory (export "memory") #{div(bytes, 65_536) + 2})
      (func (export "f") (result i32)
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const #{bytes}))
        (memory.fill (i32.const 64) (i32.const #{byte}) (i32.const #{bytes}))
        (i32.const 0))
    """)
  end

  defp binary(wat), do: wat |> Workbooks.Wasm.componentize!() |> Base.encode64()

  # The sections of a module that exports a function `f`, with another before its exports.
  defp function(section, locals) do
    body = locals <> <<0x41, 1, 0x0B>>
    code = <<1, byte_size(body)>> <> body

    <<1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0>> <>
      section <> <<7, 5, 1, 1, "f", 0, 0, 10, byte_size(code)>> <> code
  end

  defp zig_with_allocator(result, body) do
    "const std = @import(\"std\");\npub fn f(gpa: std.mem.Allocator) #{result} {\n  #{body}\n}"
  end

  defp zig_program(body), do: "const w = @import(\"std\").os.wasi;\npub fn main() void {\n  #{body}\n}"
end
