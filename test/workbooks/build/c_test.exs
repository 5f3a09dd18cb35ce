defmodule Workbooks.Build.CTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Build, CTools}
  alias Workbooks.Build.{C, Call, Deadline, Problem, Source}
  alias Workbooks.Build.C.{Declarations, Glue, Tokens, Types}
  alias Workbooks.Build.Clang.Diagnostics

  doctest C.Tokens
  doctest C.Types
  doctest Diagnostics

  for {key, value} <- CTools.tag([:clang], "C blocks"), do: @moduletag([{key, value}])

  defp source(text, options \\ []) do
    struct!(
      %Source{id: "tests/#{options[:name] || "f"}", language: "c", text: text, outputs: ["out"]},
      Keyword.delete(options, :name)
    )
  end

  defp run(text, inputs \\ [], options \\ []) do
    names = for {_, n} <- Enum.with_index(inputs), do: "x#{n}"

    with {:ok, artifact} <- Build.compile(source(text, [inputs: names] ++ options), deadline: Deadline.in_ms(120_000)) do
      Build.call(artifact, inputs)
    end
  end

  defp refused(text, options \\ []) do
    {:error, %Problem{} = problem} = Build.compile(source(text, options), deadline: Deadline.in_ms(120_000))
    problem
  end

  describe "a function's types come from its declaration" do
    test "integers and floats of every size" do
      for {type, value} <- [
            {"int", -5},
            {"unsigned", 4_000_000_000},
            {"long", -7},
            {"size_t", 7},
            {"long long", -9_000_000_000_000_000_000},
            {"uint64_t", 18_000_000_000_000_000_000},
            {"int8_t", -128},
            {"unsigned char", 255},
            {"short", -32_768},
            {"uint16_t", 65_535},
            {"float", 1.5},
            {"const double", 0.1},
            {"bool", true}
          ] do
        text = "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n#{type} f(#{type} a) { return a; }\n"
        assert {type, run(text, [value])} == {type, {:ok, value}}
      end
    end

    test "several parameters, and none" do
      assert run("int add(int a, int b) { return a + b; }", [2, 3]) == {:ok, 5}
      assert run("double mix(char a, float b, long long c) { return a + b + c; }", [1, 0.5, 40]) == {:ok, 41.5}
      assert run("int f(void) { return 7; }") == {:ok, 7}
      assert run("int f() { return 7; }") == {:ok, 7}
      assert run("static int n; void f(int a) { n = a; }", [1]) == {:ok, nil}
    end

    test "char * is a string" do
      reversed = """
      #include <stdlib.h>
      #include <string.h>
      char *reversed(const char *s)
      {
          size_t n = strlen(s);
          char *r = malloc(n + 1);
          for (size_t i = 0; i < n; i++) r[i] = s[n - 1 - i];
          r[n] = 0;
          return r;
      }
      """

      assert run(reversed, ["hello"]) == {:ok, "olleh"}
      assert run(reversed, [""]) == {:ok, ""}
      assert run("const char *f(void) { return \"größe\"; }") == {:ok, "größe"}
    end

    test "lists" do
      sum =
        "#include <workbooks.h>\ndouble sum(wb_list_f64 xs) { double s = 0; for (size_t i = 0; i < xs.len; i++) s += xs.ptr[i]; return s; }"

      assert run(sum, [[1.5, 2, 3.25]]) == {:ok, 6.75}
      assert run(sum, [[]]) == {:ok, 0.0}

      squares = """
      #include <workbooks.h>
      wb_list_s32 squares(int n)
      {
          wb_list_s32 out = WB_NEW(wb_list_s32, n);
          for (int i = 0; i < n; i++) out.ptr[i] = i * i;
          return out;
      }
      """

      assert run(squares, [5]) == {:ok, [0, 1, 4, 9, 16]}
      assert run(squares, [0]) == {:ok, []}

      lengths = """
      #include <workbooks.h>
      wb_list_u32 lengths(wb_list_string words)
      {
          wb_list_u32 out = WB_NEW(wb_list_u32, words.len);
          for (size_t i = 0; i < words.len; i++) out.ptr[i] = strlen(words.ptr[i].ptr);
          return out;
      }
      """

      assert run(lengths, [["a", "", "größe"]]) == {:ok, [1, 0, 7]}

      assert run("#include <workbooks.h>\nwb_list_u8 same(wb_list_u8 bytes) { return bytes; }", [<<0, 255, 7>>]) ==
               {:ok, <<0, 255, 7>>}
    end

    test "structs are records, in one another and in lists" do
      text = """
      #include <workbooks.h>
      typedef struct { double x, y; } point;
      struct named { wb_string label; point at; int8_t level; };
      typedef struct named named;
      WB_LIST(points, point);

      named mean(points ps, wb_string label)
      {
          named n = {label, {0, 0}, (int8_t)ps.len};
          for (size_t i = 0; i < ps.len; i++) {
              n.at.x += ps.ptr[i].x / ps.len;
              n.at.y += ps.ptr[i].y / ps.len;
          }
          return n;
      }
      """

      points = [%{"x" => 1.0, "y" => 2.0}, %{"x" => 3.0, "y" => 0.0}]
      assert run(text, [points, "mid"]) == {:ok, %{"label" => "mid", "at" => %{"x" => 2.0, "y" => 1.0}, "level" => 2}}

      turned =
        "struct p { int a; long long b; float c; };\nstruct p f(struct p q) { struct p r = {q.a + 1, -q.b, q.c * 2}; return r; }"

      assert run(turned, [%{"a" => 1, "b" => 2, "c" => 0.5}]) == {:ok, %{"a" => 2, "b" => -2, "c" => 1.0}}
      # One of a single number is passed as that number.
      assert run("typedef struct { int n; } one;\none f(one o) { o.n++; return o; }", [%{"n" => 4}]) ==
               {:ok, %{"n" => 5}}
    end

    test "options and results" do
      text = """
      #include <workbooks.h>
      WB_OPTION(maybe, double);
      maybe half(maybe x) { if (x.is_some) x.value /= 2; return x; }
      """

      assert run(text, [3.0]) == {:ok, 1.5}
      assert run(text, [nil]) == {:ok, nil}
    end

    test "its own constructors run first, and what it printed does no harm" do
      assert run(
               "static int n; __attribute__((constructor)) static void init(void) { n = 40; }\nint f(int a) { return n + a; }",
               [2]
             ) == {:ok, 42}
    end

    test "what has no type is refused, with the function's line" do
      for {text, message} <- [
            {"\nint f(int *p) { return *p; }", "a pointer does not tell how much it points to"},
            {"\nunion u { int a; };\nint f(union u x) { return x.a; }", "no type of WIT's"},
            {"\ntypedef struct { char *name; } t;\nint f(t x) { return 0; }", "use wb_string"},
            {"\n#define T int\nint f(T x) { return 0; }", "T is not declared"},
            {"\nint f(int xs[3]) { return xs[0]; }", "a pointer does not tell"}
          ] do
        problem = refused(text)
        assert problem.kind == :signature
        assert problem.message =~ message
        assert problem.line in 2..3
      end
    end

    test "a struct that an attribute moved is refused" do
      text = "typedef struct __attribute__((packed)) { char a; double b; } t;\nt f(t x) { return x; }"
      problem = refused(text)
      assert problem.kind == :compile
      assert problem.message =~ "not laid out as its fields say"
    end
  end

  test "what guides/c.md shows compiles" do
    guide = File.read!(Path.expand("../../../guides/c.md", __DIR__))
    blocks = for [_, text] <- Regex.scan(~r/^```c\n(.*?)^```$/ms, guide), do: text
    assert length(blocks) >= 4
    for text <- blocks, do: assert({:ok, _artifact} = Build.compile(source(text, inputs: [])))
  end

  describe "a :sig:" do
    test "gives a function's types their names, where they lie in memory as the declaration has them" do
      assert run("int f(int a) { return a; }", [4_000_000_000], sig: "f(a: u32) -> u32") == {:ok, 4_000_000_000}

      pair =
        "#include <workbooks.h>\ntypedef struct { int a; wb_string b; } pair;\npair f(wb_list_u8 s) { return (pair){s.len, wb_string_of(\"x\")}; }"

      assert run(pair, ["größe"], sig: "f(s: string) -> tuple<s32, string>") == {:ok, [7, "x"]}

      assert run(pair, ["a"], sig: "f(s: string) -> record{theCount: u32, b: string}") ==
               {:ok, %{"theCount" => 1, "b" => "x"}}
    end

    test "that says something else is refused, with both" do
      for sig <- ["f(a: f64) -> s32", "f(a: s32) -> s64", "f(a: s32)", "f() -> s32"] do
        assert %{kind: :signature, line: 2, message: message} = refused("\nint f(int a) { return a; }", sig: sig)
        assert message =~ "the :sig: says f("
        assert message =~ "the function is f(a: s32) -> s32"
      end

      assert %{kind: :signature} = refused("int f(int a) { return a; }", sig: "f(")
    end
  end

  test "a function that fails by its result raises, unless its :sig: says that it gives one" do
    text = """
    #include <workbooks.h>
    WB_RESULT(outcome, double, wb_string);
    outcome root(double x)
    {
        outcome o = {false};
        if (x < 0) {
            o.is_err = true;
            o.value.err = wb_string_of("no root of a negative number");
        } else {
            o.value.ok = x / 2;
        }
        return o;
    }
    """

    assert run(text, [4]) == {:ok, 2.0}
    assert {:error, %Problem{kind: :exception, message: "no root of a negative number"}} = run(text, [-1])
    assert run(text, [4], sig: "root(x: f64) -> f64") == {:ok, 2.0}

    assert run(text, [-1], sig: "root(x: f64) -> result<f64, string>") ==
             {:ok, %{"error" => "no root of a negative number"}}
  end

  test "functions of other components are called as the block declares them" do
    text = """
    #include <workbooks.h>
    typedef struct { double x; wb_string name; } item;
    double twice(double x);
    char *shout(const char *text);
    wb_list_s32 up_to(int n);
    item renamed(item i, wb_string name);

    char *f(double x)
    {
        item i = renamed((item){x, wb_string_of("old")}, wb_string_of("new"));
        wb_list_s32 numbers = up_to(3);
        if (twice(x) != 3 || numbers.len != 3 || numbers.ptr[2] != 2 || i.x != 2.5) return "wrong";
        return shout(i.name.ptr);
    }
    """

    sig =
      "f(x: f64) -> string using twice(x: f64) -> f64, shout(text: string) -> string, up-to(n: s32) -> list<s32>, " <>
        "renamed(i: record{x: f64, name: string}, name: string) -> record{x: f64, name: string}"

    {:ok, artifact} = Build.compile(source(text, inputs: ["x"], sig: sig), deadline: Deadline.in_ms(120_000))

    functions = %{
      "twice" => &(&1 * 2),
      "shout" => &(String.upcase(&1) <> "!"),
      "up-to" => &Enum.to_list(0..(&1 - 1)),
      "renamed" => fn item, name -> %{"x" => item["x"] + 1, "name" => name} end
    }

    assert Build.call(artifact, [1.5], Call.environment(functions: functions)) == {:ok, "NEW!"}

    assert %{kind: :signature, message: message} =
             refused("int f(int a) { return a; }", sig: "f(a: s32) -> s32 using g() -> s32")

    assert message =~ "uses g, which the block does not declare"
  end

  test "a function may print" do
    assert run("#include <stdio.h>\nint f(int a) { printf(\"%d\\n\", a); fputs(\"log\", stderr); return a; }", [3]) ==
             {:ok, 3}
  end

  test "as many inputs as parameters" do
    assert %{kind: :signature, line: 1, message: message} = refused("int f(int a, int b) { return a; }", inputs: ["a"])
    assert message =~ "f takes 2 values, the block's inputs are 1: a"
  end

  describe "which function is called" do
    test "the only one that is not static, or the one named as the heading" do
      assert run("static int helper(int a) { return a * 2; }\nint entry(int a) { return helper(a); }", [4]) == {:ok, 8}
      two = "int other(int a) { return a; }\nint moving_average(int a) { return a + 1; }"
      assert run(two, [1], name: "moving-average") == {:ok, 2}
      assert refused(two).kind == :entry
      assert refused("static int f(int a) { return a; }").kind == :entry
      assert refused("").kind == :entry
    end
  end

  describe "a program with main" do
    test "reads standard input and prints its output" do
      upper =
        "#include <ctype.h>\n#include <stdio.h>\nint main(void) { for (int c; (c = getchar()) != EOF;) putchar(toupper(c)); return 0; }"

      assert run(upper, ["hey\nyou\n"]) == {:ok, "HEY\nYOU"}
    end

    test "ends with a status" do
      text = "#include <stdio.h>\n#include <stdlib.h>\nint main(void) { fprintf(stderr, \"no luck\\n\"); exit(3); }"
      assert {:error, %Problem{kind: :exit, message: message}} = run(text)
      assert message =~ "status 3"
      assert message =~ "no luck"
    end

    test "has setjmp, long double, signals, and the clock and random numbers of the sandbox" do
      text = """
      #include <setjmp.h>
      #include <signal.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <time.h>
      static jmp_buf back;
      static void handle(int n) { longjmp(back, n); }
      int main(void)
      {
          signal(SIGTERM, handle);
          if (!setjmp(back)) raise(SIGTERM);
          printf("%.2Lf %d", 1.5L, time(NULL) > 1500000000 && time(NULL) < 1600000000);
          return 0;
      }
      """

      assert run(text) == {:ok, "1.50 1"}
    end
  end

  describe "what is wrong has a line and a column of the block's" do
    test "a syntax error, with clang's own words" do
      assert %{kind: :compile, line: 3, column: 16, message: "expected expression"} =
               refused("\nint f(int x) {\n    return x + ;\n}\n")
    end

    test "one in a program that has no function yet" do
      assert %{kind: :compile, line: 1} = refused("int f(int x { return x; }")
    end

    test "a name that nothing defines, at its first use" do
      assert %{kind: :compile, line: 2, message: "undefined symbol: g"} =
               refused(
                 "int g(int\n);int h(void);int f(int x) { return g(x); }"
                 |> String.replace("int g(int\n)", "\nint g(int)")
               )
    end

    test "a trap, in a function and in a program" do
      deep = """
      #include <stdlib.h>
      __attribute__((noinline)) static int inner(int n)
      {
          if (n > 3)
              abort();
          return n;
      }
      int f(int n)
      {
          return inner(n) + 1;
      }
      """

      assert run(deep, [1]) == {:ok, 2}
      assert {:error, %Problem{kind: :trap, line: 5, message: message}} = run(deep, [4])
      assert message =~ "unreachable"

      divided =
        "#include <stdio.h>\nint main(void) { volatile int a = 1, b = 0;\n  printf(\"%d\",\n    a / b);\n return 0; }"

      assert {:error, %Problem{kind: :trap, line: 4}} = run(divided)
    end

    test "a missing header" do
      assert %{kind: :compile, line: 2, message: message} = refused("\n#include <windows.h>\nint f(void) { return 0; }")
      assert message =~ "windows.h"
    end
  end

  describe "a block that means harm ends within its limits" do
    defp bounded(text, ms) do
      C.compile(source(text), %{deadline: Deadline.in_ms(ms), progress: fn _ -> :ok end})
    end

    test "macros that double at each of many levels" do
      levels = for n <- 1..40, do: "#define A#{n} A#{n - 1} A#{n - 1}\n"
      assert {:error, %Problem{kind: kind}} = bounded("#define A0 +1\n#{levels}int f(void) { return A40; }", 3_000)
      assert kind in [:timeout, :memory_limit]
    end

    test "an endless file, or itself, is not there to be included" do
      for file <- ["/dev/zero", "/etc/passwd", "block.c", "../../../../etc/passwd"] do
        problem = refused("#include \"#{file}\"\nint f(void) { return 0; }")
        assert {problem.kind, problem.line} == {:compile, 1}
        assert problem.message =~ ~r/not found|not permitted/
      end
    end

    test "data without end" do
      assert {:error, %Problem{kind: :memory_limit}} =
               bounded("char a[1u << 30] = {1};\nint f(int i) { return a[i]; }", 60_000)

      assert {:error, %Problem{kind: :limit}} =
               bounded("char a[100u << 20] = {1};\nint f(int i) { return a[i]; }", 60_000)
    end

    test "expressions nested too deeply" do
      for sign <- ["(", "- "] do
        assert {:error, %Problem{kind: :compile}} =
                 bounded("int f(int x) { return #{String.duplicate(sign, 50_000)}x; }", 60_000)
      end
    end

    test "a source that is too long" do
      assert {:error, %Problem{kind: :limit}} = bounded(String.duplicate("int x;\n", 200_000), 60_000)
    end

    test "errors without end" do
      assert {:error, %Problem{kind: :compile, line: 1}} =
               bounded(String.duplicate("int f(void) { return y; }\n", 500), 60_000)
    end
  end

  describe "C's declarations, read" do
    test "functions, typedefs and structs, whatever stands around them" do
      read =
        Declarations.read("""
        #include <stdio.h>
        #define F(x) { \\
          x }
        /* int commented(int a) { } */ // int commented_too(void) {}
        typedef unsigned long int word, *words;
        typedef struct pair { int a, b : 3; const char *s; } pair;
        enum color { RED, GREEN = (1 << 2) };
        extern int elsewhere(int);
        static const int table[] = {1, 2, 3}, other = 4;
        const char *text = "int quoted(void) { }";
        int (*pointer)(int) = NULL;
        static int hidden(void) { return '{'; }
        __attribute__((noinline)) inline unsigned short
        first(const pair *restrict p, enum color c, int (*f)(int), double xs[static 3], ...)
        {
            if (1) { while (0) { } }
            return "}" ? 1 : 2;
        }
        word second(struct pair p, signed char c) { return 0; }
        """)

      assert [%{name: "first", line: 14, result: {:base, "unsigned short"}, params: params}, %{name: "second"} = second] =
               read.functions

      assert [{"p", {:pointer, {:named, "pair"}}}, {"c", :enum}, {_, :unknown}, {"xs", {:pointer, _}}, _rest] = params
      assert second.params == [{"p", {:struct, "pair"}}, {"c", {:base, "char"}}]
      assert read.types["word"] == {:base, "unsigned long"}
      assert read.types["words"] == {:pointer, {:base, "unsigned long"}}
      assert [{"a", {:base, "int"}} | _] = read.structs["pair"]
    end

    test "anything at all is read, in time that grows with its length" do
      for text <- [
            String.duplicate("struct{", 20_000),
            String.duplicate("(", 100_000),
            String.duplicate("typedef a b; typedef b a;", 1_000) <> "a f(b x) { return x; }",
            String.duplicate("int f(", 20_000),
            "\"" <> String.duplicate("\\", 10_001),
            <<0, 255, "int f(void) {">>
          ] do
        read = Declarations.read(text)
        for function <- read.functions, {_, type} <- function.params, do: assert({:error, _} = Types.shape(type, read))
      end
    end

    test "what a type is made of decides how it is passed" do
      read = Declarations.read("typedef struct { int a; } s; typedef struct { int n[4]; } t; void f(s a) { }")
      assert Types.shape({:named, "s"}, read) == {:ok, {:fields, [{"a", :s32}]}}
      assert {:error, _} = Types.shape({:named, "t"}, read)
      assert Tokens.of("a\\\nb") |> length() == 2

      many = for _ <- 1..17, do: {{:base, "int"}, :s32}
      entry = %{name: "f", export: "f", params: many, result: {{:base, "void"}, nil}}
      assert {:error, why} = Glue.code(entry, read, false)
      assert why =~ "more than 16"
    end
  end
end
