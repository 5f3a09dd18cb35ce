defmodule Workbooks.PublicationTest do
  # `Workbooks.publish/4`: the library, the domains and the public plane that it brings together.
  use ExUnit.Case, async: true

  import Workbooks.TestPublicPlane, only: [request: 4, get: 2]

  alias Workbooks.{Domains, Error, Library, Run, Site, TestPublicPlane}

  @org """
  #+TITLE: Greeting
  * Hello
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Greet
  :PROPERTIES:
  :in: name
  :out: greeting
  :END:
  #+begin_src javascript
  export function greet(name) {
    console.log("private")
    if (name === "nobody") throw new Error("there is nobody")
    return { greeting: `hello, ${name}` }
  }
  #+end_src
  """

  @moduletag :tmp_dir

  setup %{tmp_dir: tmp_dir} do
    plane = TestPublicPlane.start(storage: [folder: Path.join(tmp_dir, "store")])
    {:ok, _} = Library.put("acme", "hello", @org, library: plane.library)
    %{plane: plane}
  end

  defp publish(plane, host, name, options \\ []) do
    Workbooks.publish("acme", "hello", host, [inputs: %{"name" => name}] ++ plane.stores ++ options)
  end

  # What there is, for comparing before and after.
  defp state(plane) do
    {Domains.all(domains: plane.domains), Library.published("acme", "hello", library: plane.library),
     Library.versions("acme", "hello", library: plane.library)}
  end

  test "runs a workbook and has the host serve it with its results", %{plane: plane} do
    assert {:ok, published} = publish(plane, "Site.Example", "Ada")
    assert %{host: "Site.Example", version: 1, pages: 1, etag: <<_::binary-64>>} = published
    answer = get(plane, "/")
    assert answer.status == 200
    assert answer.body =~ "hello, Ada"
    assert answer.body =~ "<title>Greeting</title>"
    # What is for whoever ran it is not for everybody.
    refute answer.body =~ ">private"
    refute answer.body =~ "What ran"
    refute answer.body =~ "<script"
    assert {:ok, %{etag: etag}} = Library.published("acme", "hello", library: plane.library)
    assert etag == published.etag
  end

  test "the same results are the same site", %{plane: plane} do
    {:ok, one} = publish(plane, "site.example", "Ada")
    {:ok, two} = publish(plane, nil, "Ada", cache: false)
    {:ok, other} = publish(plane, nil, "Bob")
    assert one.etag == two.etag
    assert one.etag != other.etag
    assert two.host == nil
    # Without a host it is served where it was.
    assert get(plane, "/").body =~ "hello, Bob"
  end

  test "of a version, with options for its page", %{plane: plane} do
    {:ok, _} = Library.put("acme", "hello", String.replace(@org, "hello,", "good day,"), library: plane.library)
    assert {:ok, %{version: 1}} = publish(plane, "site.example", "Ada", version: 1, page: [title: "Mine"])
    assert get(plane, "/").body =~ "hello, Ada"
    assert get(plane, "/").body =~ "<title>Mine</title>"
    assert {:ok, %{version: 2}} = publish(plane, "site.example", "Ada")
    assert get(plane, "/").body =~ "good day, Ada"
    {:ok, %{version: 1}} = Library.rollback("acme", "hello", library: plane.library)
    assert get(plane, "/").body =~ "hello, Ada"
  end

  test "what fails or lacks an input is refused, with what it was, and all stays as it is", %{plane: plane} do
    {:ok, _} = publish(plane, "site.example", "Ada")
    before = state(plane)

    assert {:error, %Run{status: :failed, steps: [%{error: %{message: message}}]}} =
             publish(plane, "new.example", "nobody")

    assert message =~ "there is nobody"

    assert {:error, %Run{status: :invalid, error: [%{"code" => "missing_input"}]}} =
             Workbooks.publish("acme", "hello", "new.example", plane.stores)

    {:ok, _} = Library.put("acme", "hello", "* No version\n" <> @org, library: plane.library)
    assert {:ok, %{version: 1}} = publish(plane, nil, "Ada", version: 1)
    {:ok, _} = Library.put("acme", "broken", "* W\n#+begin_src js\n", library: plane.library)
    assert {:error, %Run{status: :invalid}} = Workbooks.publish("acme", "broken", "new.example", plane.stores)
    assert elem(state(plane), 0) == elem(before, 0)
    assert get(plane, "/").body =~ "hello, Ada"
    assert request(plane, "GET", "/", host: "new.example").status == 404
  end

  test "a host of another tenant's is refused before anything is run", %{plane: plane} do
    :ok = Domains.attach("*.other.example", {"other", "site"}, domains: plane.domains)
    before = state(plane)

    for host <- ["*.other.example", "a.other.example", "A.OTHER.example:80"] do
      assert {:error, %Error{kind: :conflict}} = Workbooks.publish("acme", "hello", host, plane.stores)
    end

    for host <- ["", "no host", "a..b", "*.com"] do
      assert {:error, %Error{kind: :bad_name}} = Workbooks.publish("acme", "hello", host, plane.stores)
    end

    assert {:error, %Error{kind: :not_found}} = Workbooks.publish("acme", "none", "new.example", plane.stores)
    assert {:error, %Error{kind: :not_found}} = publish(plane, "new.example", "Ada", version: 7)
    assert {:error, %Error{kind: :bad_name}} = Workbooks.publish("../acme", "hello", "new.example", plane.stores)
    assert_raise ArgumentError, ~r/:no_such/, fn -> publish(plane, "new.example", "Ada", no_such: 1) end
    assert state(plane) == before
  end

  test "what cannot be published gives back the host that was taken for it", %{plane: plane} do
    {:ok, _} = publish(plane, "site.example", "Ada")
    before = state(plane)
    {:ok, artifact} = Site.pack(%{"index.html" => "new"})
    options = Map.new(plane.stores)

    # The version is gone, as another writer may have it gone meanwhile.
    for host <- ["new.example", "site.example", nil] do
      assert {:error, %Error{kind: :not_found}} =
               Workbooks.Publication.switch("acme", "hello", host, artifact, 7, options)
    end

    racing = %{options | library: :"#{plane.library}.gone"}

    assert {:error, %Error{kind: :unavailable}} =
             Workbooks.Publication.switch("acme", "hello", "new.example", artifact, 1, racing)

    assert {:error, %Error{kind: :damaged}} =
             Workbooks.Publication.switch("acme", "hello", "new.example", "none", 1, options)

    assert state(plane) == before
  end

  test "of two tenants that want one host at the same time one gets it, and the other is as it was", %{plane: plane} do
    {:ok, _} = Library.put("other", "hello", @org, library: plane.library)
    {:ok, artifact} = Site.pack(%{"index.html" => "x"})
    options = Map.new(plane.stores)

    for n <- 1..30 do
      host = "h#{n}.example"

      outcomes =
        ["acme", "other"]
        |> Enum.map(fn tenant ->
          Task.async(fn -> {tenant, Workbooks.Publication.switch(tenant, "hello", host, artifact, 1, options)} end)
        end)
        |> Task.await_many(60_000)

      assert [{winner, _}] = for({tenant, {:ok, _}} = one <- outcomes, do: {tenant, one})
      assert [_] = for({_tenant, {:error, %Error{kind: :conflict}}} = one <- outcomes, do: one)
      assert {:ok, {^winner, "hello"}} = Domains.resolve(host, domains: plane.domains)
      [loser] = ["acme", "other"] -- [winner]
      assert Library.published(loser, "hello", library: plane.library) == :error
      :ok = Library.unpublish(winner, "hello", library: plane.library)
    end
  end

  test "a host that led to another workbook leads to the new site from one answer to the next", %{plane: plane} do
    {:ok, _} = publish(plane, "site.example", "Ada")
    {:ok, _} = Library.put("acme", "next", String.replace(@org, "hello,", "next:"), library: plane.library)
    reader = Task.async(fn -> read_on(plane, []) end)
    assert {:ok, _} = Workbooks.publish("acme", "next", "site.example", [inputs: %{"name" => "Ada"}] ++ plane.stores)
    assert Task.await(reader, 60_000) in [["next"], ["hello", "next"]]
  end

  defp read_on(plane, seen) do
    answer = get(plane, "/")
    assert answer.status == 200
    [_, what] = Regex.run(~r/<output>(hello|next)[,:]/, answer.body)
    seen = Enum.dedup(seen ++ [what])
    if what == "next", do: seen, else: read_on(plane, seen)
  end

  test "what was acknowledged is there after a restart", %{plane: plane} do
    {:ok, published} = publish(plane, "site.example", "Ada")
    Workbooks.TestWait.killed(plane.library)
    Workbooks.TestWait.killed(plane.domains)
    Workbooks.TestWait.killed(plane.sites)
    Workbooks.TestWait.until(fn -> get(plane, "/").status == 200 end)
    assert get(plane, "/").body =~ "hello, Ada"
    assert {:ok, %{etag: etag}} = Library.published("acme", "hello", library: plane.library)
    assert etag == published.etag
  end
end
