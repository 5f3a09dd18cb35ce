defmodule Workbooks.Wasm.HTTPTest do
  use ExUnit.Case, async: true

  alias Workbooks.Wasm.HTTP

  describe "a request" do
    test "has defaults" do
      assert HTTP.request!(%{path: "/"}) == {"GET", "/", [], ""}
    end

    test "comes as the engine takes it" do
      ask = fn _ -> :eof end

      assert HTTP.request!(%{method: :post, url: "http://example.org/a?b", headers: [{"a", <<0xFF>>}], body: ask}) ==
               {"POST", "http://example.org/a?b", [{"a", <<0xFF>>}], {:ask, ask}}

      assert HTTP.request!(%{method: "PROPFIND", path: "/", body: "x"}) == {"PROPFIND", "/", [], "x"}
    end

    test "that is none is the caller's mistake, said with what is allowed" do
      for {request, allowed} <- [
            {[], "a map"},
            {%{}, ":path or a :url"},
            {%{path: "a"}, "begins with a slash"},
            {%{path: "/", url: "http://a/"}, "not both"},
            {%{path: "/", methode: "GET"}, ":method, :url"},
            {%{path: "/", method: nil}, "a string such as"},
            {%{path: "/", headers: %{}}, "a list of {name, value}"},
            {%{path: "/", headers: [{"a", 1}]}, "a list of {name, value}"},
            {%{path: "/", body: [?x]}, "a binary or a function"}
          ] do
        message = Exception.message(assert_raise ArgumentError, fn -> HTTP.request!(request) end)
        assert message =~ allowed, message
      end
    end
  end
end
