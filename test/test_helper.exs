# What the tests compile stays out of the user's own cache, in the virtual machines they start too.
cache = Path.join(System.tmp_dir!(), "workbooks-test-cache-#{System.pid()}")
System.put_env("WORKBOOKS_CACHE_DIR", cache)
ExUnit.after_suite(fn _result -> File.rm_rf!(cache) end)

# Nor is the user's own store written to.
Workbooks.TestConfig.state(backend: Workbooks.TestMemoryStorage, url: "memory")

# What takes minutes is run by `make prove`.
exclude = if System.get_env("WORKBOOKS_PROVE", "") == "", do: [:prove], else: []
ExUnit.start(exclude: exclude)
