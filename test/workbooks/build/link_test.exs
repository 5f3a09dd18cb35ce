defmodule Workbooks.Build.LinkTest do
  use ExUnit.Case, async: true
  doctest Workbooks.Build.Link

  alias Workbooks.{Build, OQL}
  alias Workbooks.Build.{Deadline, Link, Source}

  # Headings as {title, properties, language, code}.
  defp org(headings) do
    head = "* Tea\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n"

    for {title, properties, language, code} <- headings, into: head do
      drawer = for {key, value} <- properties, key != :var, do: ":#{key}: #{value}\n"
      var = for {:var, value} <- properties, do: " :var #{value}"
      "** #{title}\n:PROPERTIES:\n#{drawer}:END:\n#+begin_src #{language}#{var}\n#{code}\n#+end_src\n"
    end
  end

  defp plan(headings) do
    org = org(headings)
    assert OQL.validate(org) == :ok
    OQL.tangle_plan!(org)
  end

  defp artifacts(plan) do
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})

    for component <- plan["components"], into: %{} do
      {:ok, artifact} = Build.compile(Source.new(worlds[component["world"]], component))
      {component["id"], artifact}
    end
  end

  test "what a plan's types need is compiled; what does not compile is left out" do
    wat = "(module (func (export \"f\") (result i64) (i64.const 1)))"

    plan =
      plan([
        {"Good", [out: "a"], "wat", wat},
        {"Bad", [out: "b"], "wat", "(module"},
        {"Said", [out: "c", sig: "said() -> f64"], "js", ""},
        {"None", [out: "d"], "rust", "fn main() {}"}
      ])

    artifacts = Link.artifacts(plan, Deadline.in_ms(60_000))
    assert %{result: :s64} = artifacts["tea/good"]
    refute is_map_key(artifacts, "tea/bad")
    refute is_map_key(artifacts, "tea/said")
  end

  defp messages({:error, issues}), do: Enum.map(issues, & &1["message"])

  test "a mismatch names both ends with their lines" do
    plan =
      plan([
        {"Look up", [in: "tea", out: "celsius", sig: "lookUp(tea: string) -> f64"], "js", ""},
        {"Advise", [in: "celsius", out: "advice", sig: "advise(celsius: string) -> string"], "js", ""}
      ])

    assert {:error, [issue]} = Link.check(plan, %{})

    assert issue["message"] ==
             "tea/look-up gives celsius: f64 (line 11), tea/advise takes it as string (line 20)"

    assert %{"level" => "error", "code" => "type_mismatch", "line" => 20, "heading" => "advise"} = issue
  end

  test "without a signature the types are those of what was compiled" do
    wat = "(module (func (export \"f\") (param i64) (result i64) (local.get 0)))"

    plan =
      plan([
        {"Count", [in: "n", out: "count"], "wat", wat},
        {"Say", [in: "count", out: "said", sig: "say(count: s32) -> string"], "js", "export const say = (c) => `${c}`"},
        {"Anything", [in: "said", out: "x"], "js", "export const f = (said) => said"},
        {"Back", [in: "x", out: "y"], "wat", wat}
      ])

    assert messages(Link.check(plan, artifacts(plan))) == [
             "tea/count gives count: s64 (line 10), tea/say takes it as s32 (line 19)"
           ]

    assert Link.check(plan, %{}) == :ok
  end

  test "numbers that always fit, options and records" do
    pairs = [
      {"u8", "s16", true},
      {"s32", "f64", true},
      {"s64", "f64", false},
      {"u64", "s64", false},
      {"f32", "f64", true},
      {"f64", "f32", false},
      {"f64", "option<f64>", true},
      {"option<f64>", "f64", false},
      {"list<u16>", "list<f32>", true},
      {"list<u8>", "list<u16>", false},
      {"list<u8>", "string", false},
      {"char", "string", false},
      {"tuple<u8, u8>", "tuple<u8>", false},
      {"result<u8>", "result<u16>", true},
      {"result<u8>", "result<u8, string>", false},
      {"record{a: u8, b: u8}", "record{b: u8, a: u16}", true},
      {"record{a: u8, b: u8}", "record{a: u8}", false},
      {"record{a: u8}", "record{a: u8, b: option<u8>}", true},
      {"record{firstName: u8}", "record{first_name: u8}", true}
    ]

    for {from, to, fits} <- pairs do
      plan =
        plan([
          {"A", [out: "x", sig: "a() -> #{from}"], "js", ""},
          {"B", [in: "x", out: "y", sig: "b(x: #{to}) -> u8"], "js", ""}
        ])

      assert {from, to, Link.check(plan, %{}) == :ok} == {from, to, fits}
    end
  end

  test "several outputs are a tuple's items or a record's fields" do
    takes = fn type -> {"B", [in: "minutes", out: "y", sig: "b(minutes: #{type}) -> u8"], "js", ""} end
    tuple = {"A", [out: "celsius minutes", sig: "a() -> tuple<f64, u8>"], "js", ""}

    assert Link.check(plan([tuple, takes.("u8")]), %{}) == :ok
    assert [message] = messages(Link.check(plan([tuple, takes.("string")]), %{}))
    assert message =~ "tea/a gives minutes: u8"

    record = %{"id" => "tea/a", "in" => [], "out" => ["a", "b"], "sig" => "a() -> record{b: u8, a: f64}"}
    assert {:ok, %{out: %{"a" => :f64, "b" => :u8}}} = Link.ports(record, nil)
    assert {:error, %{kind: :output}} = Link.ports(%{record | "out" => ["a", "c"]}, nil)
    assert {:error, %{kind: :output}} = Link.ports(%{record | "sig" => "a() -> f64"}, nil)
    assert {:error, %{kind: :output}} = Link.ports(%{record | "out" => ["a"], "sig" => "a()"}, nil)
    assert {:ok, %{out: %{"b" => :u8}}} = Link.ports(%{record | "out" => ["b"]}, nil)

    library = %{"id" => "t/a", "in" => [], "out" => [], "sig" => "a(x: f64) -> f64", "library" => true}
    assert Link.ports(library, nil) == {:ok, %{in: [], out: %{}}}
  end

  test "an edge by :var names the port it goes to" do
    plan =
      plan([
        {"A", [out: "x", sig: "a() -> string"], "js", ""},
        {"B", [out: "y", sig: "b(input: f64) -> u8", var: "input=a"], "js", ""}
      ])

    assert [message] = messages(Link.check(plan, %{}))
    assert message =~ "tea/b takes it as input: f64"
  end

  test "a WAT block's number of inputs is its function's" do
    wat = "(module (func (export \"f\") (param i64) (result i64) (local.get 0)))"
    plan = plan([{"Count", [in: "n m", out: "count"], "wat", wat}])
    assert {:error, [%{"code" => "output_type", "message" => message}]} = Link.check(plan, artifacts(plan))
    assert message =~ "there are 2 inputs, and the function takes 1 parameters"
  end

  test "values that are there before the run are checked" do
    plan =
      plan([
        {"A", [in: "n", out: "x", sig: "a(n: u8, rate: f64) -> f64", var: "rate=\"high\""], "js", ""},
        {"B", [in: "x n", out: "y", sig: "b(x: f64, n: s64) -> f64"], "js", ""}
      ])

    assert Link.check(plan, %{}) == :ok

    assert messages(Link.check_values(plan, %{}, %{"n" => 300, "x" => "not an import"})) == [
             "tea/a takes n: u8. n: 300 does not fit u8",
             "tea/a takes rate: f64. rate: expected f64, got the text \"high\""
           ]

    assert {:error, [%{"code" => "input_type", "line" => 11}]} = Link.check_values(plan, %{}, %{"n" => 3})
  end

  test "ten thousand edges are checked at once" do
    components =
      for n <- 0..10_000 do
        sig = "f(#{if n > 0, do: "x#{n - 1}: f64"}) -> f64"

        %{
          "id" => "t/c#{n}",
          "world" => "t/c#{n}",
          "in" => if(n > 0, do: ["x#{n - 1}"], else: []),
          "out" => ["x#{n}"],
          "sig" => sig,
          "deps" => []
        }
      end

    edges =
      for n <- 1..10_000 do
        %{
          "from" => %{"component" => "t/c#{n - 1}", "port" => "x#{n - 1}"},
          "to" => %{"component" => "t/c#{n}", "port" => "x#{n - 1}"}
        }
      end

    worlds = for component <- components, do: %{"id" => component["id"], "position" => %{"line" => 1}}
    assert Link.check(%{"components" => components, "edges" => edges, "worlds" => worlds}, %{}) == :ok
  end
end
