defmodule Workbooks.Native do
  @moduledoc false
  # The NIF's stubs. Only lib/workbooks/wasm* and Workbooks.JSON call them; what
  # each does is documented where it is written, in native/nif/src.

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
  def compile(_reference, _bytes), do: stub()
  def precompile(_reference, _bytes), do: stub()
  def componentize(_reference, _bytes, _name, _func, _wit), do: stub()
  def cancel(_job), do: stub()
  def load_file(_path), do: stub()
  def load(_code), do: stub()
  def serialize(_component), do: stub()

  # native/nif/src/component.rs
  def exports(_component), do: stub()
  def imports(_component), do: stub()

  # native/nif/src/call.rs
  def instantiate(_component, _owner, _memory, _table_elements, _timeout), do: stub()
  def call(_instance, _name, _arguments, _timeout), do: stub()
  def call_dirty(_instance, _name, _arguments, _timeout), do: stub()
  def poll(_instance), do: stub()
  def reply(_instance, _value), do: stub()
  def reply_dirty(_instance, _value), do: stub()
  def fail(_instance), do: stub()
  def close(_instance), do: stub()
  def state(_instance), do: stub()
  def memory_size(_instance), do: stub()
  def stats, do: stub()
  def noop(_arguments), do: stub()
  def noop_dirty(_arguments), do: stub()

  # {:ok, what an instance's :stdout or :stderr collected} | {:error, {kind, message, details}}
  def wasi_output(_instance, _stream), do: stub()

  # native/nif/src/error.rs
  def error_kinds, do: stub()

  # native/nif/src/json.rs
  def json_encode(_term), do: stub()
  def json_encode_dirty(_term), do: stub()
  def json_decode(_text), do: stub()
  def json_decode_dirty(_text), do: stub()

  defp stub, do: :erlang.nif_error(:nif_not_loaded)
end
