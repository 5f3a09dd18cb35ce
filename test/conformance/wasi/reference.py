"""Runs a program under PyPI's wasmtime, as one line of JSON on stdin says; answers on stdout likewise."""

import base64
import json
import os
import sys
import tempfile

import wasmtime

job = json.load(sys.stdin)
folder = tempfile.mkdtemp()
files = {name: os.path.join(folder, name) for name in ("in", "out", "err")}
with open(files["in"], "wb") as given:
    given.write(base64.b64decode(job["stdin"]))

config = wasmtime.WasiConfig()
config.argv = job["args"]
config.env = [tuple(pair) for pair in job["env"]]
config.stdin_file, config.stdout_file, config.stderr_file = files["in"], files["out"], files["err"]
if job["data"]:
    config.preopen_dir(job["data"], "/data", job["writable"])

engine = wasmtime.Engine()
store = wasmtime.Store(engine)
store.set_wasi(config)
linker = wasmtime.Linker(engine)
linker.define_wasi()
status = 0
try:
    instance = linker.instantiate(store, wasmtime.Module.from_file(engine, job["program"]))
    instance.exports(store)["_start"](store)
except wasmtime.ExitTrap as exit:
    status = exit.code
except wasmtime.Trap:
    status = "trap"
# Closes the files.
del store


def read(name):
    with open(files[name], "rb") as file:
        return base64.b64encode(file.read()).decode()


json.dump({"status": status, "stdout": read("out"), "stderr": read("err")}, sys.stdout)
