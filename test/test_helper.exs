# What the tests compile stays out of the user's own cache, in the virtual machines they start too.
cache = Path.join(System.tmp_dir!(), "workbooks-test-cache-#{System.pid()}")
System.put_env("WORKBOOKS_CACHE_DIR", cache)

# So does what they store, though only the first who asks for it opens anything.
data = Path.join(System.tmp_dir!(), "workbooks-test-data-#{System.pid()}")
System.put_env("WORKBOOKS_DATA_DIR", data)
:ok = Supervisor.terminate_child(Workbooks.Supervisor, Workbooks.State)
{:ok, _state} = Supervisor.restart_child(Workbooks.Supervisor, Workbooks.State)

ExUnit.after_suite(fn _result ->
  # Closed first: its own folder would be gone under it.
  Supervisor.terminate_child(Workbooks.Supervisor, Workbooks.State)
  Enum.each([cache, data], &File.rm_rf!/1)
end)

# What takes minutes is run by `make prove`.
exclude = if System.get_env("WORKBOOKS_PROVE", "") == "", do: [:prove], else: []
ExUnit.start(exclude: exclude)
