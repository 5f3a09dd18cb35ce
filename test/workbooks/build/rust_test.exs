defmodule Workbooks.Build.RustTest do
  use ExUnit.Case, async: true

  alias Workbooks.Build
  alias Workbooks.Build.{Problem, Rust, Source}
  alias Workbooks.Test.Toolchain

  @moduletag skip: Toolchain.rust()
  @moduletag timeout: 600_000

  doctest Workbooks.Build.Rust.Tokens
  doctest Workbooks.Build.Rust.Declarations

  defp compile(text, parts \\ []) do
    source = struct!(%Source{id: "book/entry", language: "rust", text: text, outputs: ["out"]}, parts)
    Build.compile(source, deadline: Build.Deadline.in_ms(300_000))
  end

  defp run(text, inputs, parts \\ []) do
    with {:ok, artifact} <- compile(text, parts), do: Build.call(artifact, inputs)
  end

  describe "a function's type comes from its declaration" do
    test "numbers, of every width" do
      types = ~w(i8 u8 i16 u16 i32 u32 i64 u64 f32 f64 bool char)
      inputs = Enum.map(types, &"a_#{&1}")
      fields = Enum.map_join(types, ", ", &"a_#{&1}: #{&1}")
      source = "pub struct All { #{fields} }\npub fn same(#{fields}) -> All { All { #{Enum.join(inputs, ", ")} } }"

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
              true,
              "ß"
            ],
            [127, 0, 32_767, 0, 2_147_483_647, 0, 0x7FFFFFFFFFFFFFFF, 0, -0.25, -1.0e300, false, "a"]
          ] do
        names = Enum.map(inputs, &String.replace(&1, "_", "-"))
        assert Build.call(artifact, values) == {:ok, names |> Enum.zip(values) |> Map.new()}
      end
    end

    test "strings, lists, records, options, results and tuples" do
      source = """
      use std::collections::HashMap;
      type Names = Vec<String>;
      #[derive(Clone, Debug)]
      pub struct Point { pub x: f64, y: f64, pub(crate) tag_name: String }
      pub struct Out { point: Point, sum: f64, names: Names, o: Option<i8>, t: (i64, bool), r: Vec<Result<u8, String>>, bytes: Vec<u8> }

      pub fn many<'a>(p: &'a Point, mut xs: Vec<f64>, names: &[String], o: Option<i8>, t: (i64, bool), text: &str) -> Out {
          let mut counts: HashMap<char, usize> = HashMap::new();
          for c in text.chars() { *counts.entry(c).or_default() += 1; }
          xs.push(0.5);
          Out {
              point: Point { x: p.y, y: p.x, tag_name: format!("{}!", p.tag_name) },
              sum: xs.iter().sum(),
              names: names.iter().rev().cloned().collect(),
              o, t: (t.0 - 1, !t.1),
              r: vec![Ok(7), Err("no".into())],
              bytes: vec![counts[&'a'] as u8, 255],
          }
      }
      """

      assert {:ok, artifact} = compile(source, inputs: ~w(p xs names o t text))
      point = %{"x" => 1.0, "y" => 2.0, "tag-name" => "é"}

      for o <- [nil, -3] do
        assert {:ok, out} = Build.call(artifact, [point, [1.0, 2.5], ["a", "", "ccc"], o, {-5, true}, "banana"])
        assert out["point"] == %{"x" => 2.0, "y" => 1.0, "tag-name" => "é!"}

        assert Map.delete(out, "point") ==
                 %{
                   "sum" => 4.0,
                   "names" => ["ccc", "", "a"],
                   "o" => o,
                   "t" => [-6, false],
                   "bytes" => <<3, 255>>,
                   "r" => [%{"ok" => 7}, %{"error" => "no"}]
                 }
      end
    end

    test "more than sixteen parameters, a borrowed text, nothing at all" do
      params = Enum.map_join(1..20, ", ", &"a#{&1}: u8")
      sum = Enum.map_join(1..20, " + ", &"a#{&1} as u32")
      assert run("pub fn f(#{params}) -> u32 { #{sum} }", Enum.to_list(1..20)) == {:ok, 210}
      assert run("pub fn f() -> &'static str { \"text\" }", []) == {:ok, "text"}
      assert run("pub fn f() {}", []) == {:ok, nil}
    end

    test "what cannot pass is refused, where the function stands" do
      for {declaration, message} <- [
            {"fn f<T>(a: T)", "type parameters"},
            {"fn f(a: HashMap<String, u8>)", "no value of the type HashMap<String , u8>"},
            {"fn f(a: u128)", "no value of the type u128"},
            {"fn f(a: Vec<&str>)", "take what owns its value"},
            {"fn f(a: &[&'static str])", "take what owns its value"},
            {"fn f(a: Tree)", "Tree, which holds itself"},
            {"fn f(a: Pair)", "Pair, which has no named fields"},
            {"fn f(a: [u8; 4])", "no value of the type [u8 ; 4]"},
            {"fn f(a: impl Fn(i32) -> i32)", "no value of the type"}
          ] do
        source = "struct Tree { children: Vec<Tree> }\nstruct Pair(u8, u8);\n  pub #{declaration} {}"
        assert {:error, %Problem{kind: :signature, line: 3, column: 3} = problem} = compile(source)
        assert problem.message =~ message
      end
    end
  end

  describe "a :sig:" do
    test "decides what a Result is" do
      source = "pub fn f(a: i32) -> Result<i32, std::num::ParseIntError> { if a < 0 { \"x\".parse() } else { Ok(a) } }"
      assert run(source, [3]) == {:ok, 3}
      message = "invalid digit found in string"
      assert {:error, %Problem{kind: :exception, message: ^message}} = run(source, [-3])
      assert {:error, %Problem{kind: :exception}} = run(source, [-3], sig: "f(a: s32) -> s32")
      assert run(source, [-3], sig: "f(a: s32) -> result<s32, string>") == {:ok, %{"error" => message}}

      assert {:error, %Problem{kind: :exception, message: "no"}} =
               run("pub fn f() -> Result<(), &'static str> { Err(\"no\") }", [])
    end

    test "that says something else is a problem" do
      assert {:error, %Problem{kind: :signature, line: 2}} =
               compile("\npub fn f(a: i32) -> i32 { a }", sig: "f(a: s64) -> s64")
    end
  end

  test "the entry is the only public function, or that named as the heading" do
    assert run("fn own() -> u8 { 1 }\npub fn f() -> u8 { own() + 1 }", []) == {:ok, 2}

    assert run("pub fn a() -> u8 { 1 }\npub extern \"C\" fn moving_average(n: u8) -> u8 { n }", [2],
             id: "book/moving-average"
           ) == {:ok, 2}

    assert {:error, %Problem{kind: :entry}} = compile("fn own() {}")

    assert run(
             "/* pub fn no() {} /* */ */ mod m { pub fn no() {} }\nstruct S; impl S { pub fn no() {} }\npub fn f() -> char { 'x' }",
             []
           ) == {:ok, "x"}
  end

  test "a panic and an overflow are traps" do
    assert {:error, %Problem{kind: :trap}} = run("pub fn f(a: i32) -> i32 { a + 1 }", [2_147_483_647])
    assert {:error, %Problem{kind: :trap}} = run("pub fn f() { panic!(\"oh\") }", [])
  end

  test "an error has its line and column, and its notes" do
    assert {:error, %Problem{kind: :compile, line: 2, column: 5} = problem} =
             compile("pub fn f() -> i32 {\n    true\n}")

    assert problem.message == "mismatched types: expected `i32`, found `bool` [E0308]"
    assert Enum.any?(problem.notes, &(&1.line == 1 and &1.message =~ "expected `i32`"))

    assert {:error, %Problem{kind: :compile, line: 1} = problem} = compile("pub fn f() -> i32 { 1")
    assert problem.message =~ "unclosed delimiter"

    assert {:error, %Problem{kind: :compile, line: 1, column: 14}} = compile("pub fn f() { nope() }")
  end

  test "the same block compiles to the same bytes" do
    source = %Source{id: "a/b", language: "rust", text: "pub fn f(a: f64) -> String { format!(\"{a}\") }"}
    options = %{deadline: Build.Deadline.in_ms(300_000), progress: fn _ -> :ok end}

    digests =
      1..3
      |> Task.async_stream(fn _ -> Rust.compile(source, options) end, timeout: 300_000)
      |> Enum.map(fn {:ok, {:ok, a}} -> a.digest end)

    assert [_one] = Enum.uniq(digests)
  end

  test "a compiler bomb ends at a limit" do
    source = """
    macro_rules! bomb { ($($x:tt)*) => { bomb!($($x)* $($x)*); } }
    pub fn f() { bomb!(1 2 3 4); }
    """

    block = %Source{id: "a/b", language: "rust", text: source}
    answer = Rust.compile(block, %{deadline: Build.Deadline.in_ms(3_000), progress: fn _ -> :ok end})
    # rustc's own limit on recursion may come first.
    assert {:error, %Problem{kind: kind}} = answer
    assert kind in [:timeout, :memory_limit, :limit, :compile]
  end

  @tag skip: Toolchain.rust_program()
  test "fn main is a program" do
    source = """
    use std::io::Read;
    fn main() {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).unwrap();
        println!("{} bytes", text.len());
    }
    """

    assert run(source, ["hello"], inputs: ["text"]) == {:ok, "5 bytes"}
  end
end
