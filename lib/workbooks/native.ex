defmodule Workbooks.Native do
  @moduledoc false
  # The NIF's stubs. Only the modules that wrap them call them (Workbooks.Wasm.*, Workbooks.JSON,
  # Workbooks.Storage.*, Workbooks.HTTP.*, Workbooks.Domains, Workbooks.Vars); what each does is documented where it
  # is written, in native/nif/src.

  # Compiling this module must not load it: the library is built afterwards.
  @compile {:autoload, false}
  @on_load :load

  def load do
    case :code.priv_dir(:workbooks) do
      {:error, :bad_name} -> {:error, {:load, ~c"the application :workbooks is not on the code path"}}
      priv -> :erlang.load_nif(:filename.join(priv, ~c"native/workbooks_nif"), 0)
    end
  end

  # native/nif/src/compile.rs
  def compile(_reference, _bytes, _fuel, _cached), do: stub()
  def precompile(_reference, _bytes, _fuel), do: stub()
  def componentize(_reference, _bytes, _name, _func, _wit), do: stub()
  def compose(_reference, _bytes, _plugs), do: stub()
  def cancel(_job), do: stub()
  def load_file(_path), do: stub()
  def load(_code), do: stub()
  def serialize(_program), do: stub()
  def overflow(_program), do: stub()

  # native/nif/src/cache.rs
  def cache_configure(_folder, _memory_bytes, _disk_bytes), do: stub()
  def cache_stats, do: stub()
  def cache_clear_memory, do: stub()
  def cache_clear_disk, do: stub()

  # native/nif/src/program.rs
  def exports(_program), do: stub()
  def imports(_program), do: stub()

  # native/nif/src/call.rs
  def instantiate(_program, _owner, _beside, _imports, _host, _limits, _fuel, _timeout, _wasi), do: stub()
  def call(_instance, _name, _arguments, _timeout), do: stub()
  def call_dirty(_instance, _name, _arguments, _timeout), do: stub()
  def call_with(_instance, _name, _arguments, _options), do: stub()
  def call_with_dirty(_instance, _name, _arguments, _options), do: stub()
  def wants_dirty(_instance, _name, _arguments), do: stub()
  def metrics(_instance), do: stub()
  def drop_resource(_instance, _resource, _timeout), do: stub()
  def arm(_instance, _reference), do: stub()
  def restart_clock(_instance, _timeout), do: stub()
  def poll(_instance), do: stub()
  def reply(_instance, _value), do: stub()
  def reply_dirty(_instance, _value), do: stub()
  def fail(_instance), do: stub()
  def close(_instance), do: stub()
  def state(_instance), do: stub()
  def memory_size(_instance), do: stub()

  # native/nif/src/suspension.rs
  def suspend(_instance, _ttl), do: stub()
  def take_up(_suspension, _instance), do: stub()
  def put_back(_suspension, _instance), do: stub()

  # native/nif/src/externs.rs
  def memory_len(_instance, _name), do: stub()
  def memory_grow(_instance, _name, _pages), do: stub()
  def memory_read(_instance, _name, _offset, _length), do: stub()
  def memory_read_dirty(_instance, _name, _offset, _length), do: stub()
  def memory_write(_instance, _name, _offset, _bytes), do: stub()
  def memory_write_dirty(_instance, _name, _offset, _bytes), do: stub()
  def global_get(_instance, _name), do: stub()
  def global_set(_instance, _name, _value), do: stub()
  def table_size(_instance, _name), do: stub()
  def table_get(_instance, _name, _index), do: stub()
  def table_set(_instance, _name, _index, _value), do: stub()
  def table_grow(_instance, _name, _delta, _value), do: stub()

  # native/nif/src/stats.rs
  def stats, do: stub()
  def max_stores(_most), do: stub()
  def noop(_arguments), do: stub()
  def noop_dirty(_arguments), do: stub()

  # native/nif/src/wit.rs
  def wit(_from, _data, _name, _world), do: stub()
  # native/nif/src/wasi.rs
  def reply_input(_instance, _bytes), do: stub()
  def handle_http(_instance, _request, _timeout), do: stub()
  def wasi_output(_instance, _stream), do: stub()

  # native/nif/src/error.rs
  def error_kinds, do: stub()

  # native/nif/src/store.rs
  def store_open(_reference, _options), do: stub()
  def store_restore(_reference, _backup, _options, _replace), do: stub()
  def store_get(_reference, _store, _table, _key), do: stub()
  def store_commit(_reference, _store, _operations), do: stub()
  def store_page(_reference, _store, _table, _after, _bytes), do: stub()
  def store_backup(_reference, _store, _path), do: stub()
  def store_info(_reference, _store), do: stub()
  def store_close(_reference, _store), do: stub()
  def store_cancel(_request), do: stub()
  def store_error_kinds, do: stub()

  # native/nif/src/box.rs
  def box_new(_bytes, _reader), do: stub()
  def box_take(_box), do: stub()

  # native/nif/src/host_name.rs
  def host_to_ascii(_name), do: stub()

  # native/nif/src/http.rs and native/nif/src/http/
  def http_error_kinds, do: stub()
  def http_gate(_acceptors), do: stub()
  def http_accept(_gate, _number), do: stub()
  def http_start(_gate, _settings), do: stub()
  def http_stop(_server), do: stub()
  def http_drain(_reference, _server, _deadline), do: stub()
  def http_set_certificates(_server, _certificates), do: stub()
  def http_stats(_server), do: stub()
  def http_take(_gate, _number, _most), do: stub()
  def http_head(_exchange), do: stub()
  def http_read(_reference, _body, _most), do: stub()
  def http_respond(_exchange, _status, _headers, _body), do: stub()
  def http_begin(_exchange, _status, _headers), do: stub()
  def http_chunk(_reference, _exchange, _data), do: stub()
  def http_finish(_exchange), do: stub()
  def http_watch(_reference, _exchange), do: stub()
  def http_release(_exchange), do: stub()

  # native/nif/src/json.rs
  def json_encode(_term), do: stub()
  def json_encode_dirty(_term), do: stub()
  def json_decode(_text), do: stub()
  def json_decode_dirty(_text), do: stub()

  defp stub, do: :erlang.nif_error(:nif_not_loaded)
end
