# Two commands matter to a newcomer: `make demo` and `make test`. Each sets up all it needs.
# What a stage does stands in scripts/stages; here is which stages make up what.

# The stages share build directories: one after the other, also under make -j.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help setup setup-c setup-tests setup-bench demo test prove fuzz bench wb walls format lint docs guests guests-check ci matrix clean

help: ## this list
	@echo "Workbooks: Org files whose source blocks run as sandboxed WebAssembly on the BEAM"
	@echo
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-21s%s\n", $$1, $$2 }'

setup: ## what is missing is installed (Elixir, a C compiler) and the dev build made ready
	@scripts/setup

setup-c: setup ## what compiles C blocks is installed: clang as WebAssembly, by npm; then minutes of one core, once
	@scripts/stages c

setup-tests: ## as setup, and what only tests use (PropEr, PostgreSQL, Chromium, curl, h2load); tests without it are skipped by name
	@scripts/setup --tests

demo: setup ## the examples run and become pages in _demo/
	@scripts/stages demo
	@scripts/stages open

setup-bench: ## as setup, and the clients that measure HTTP (wrk, h2load); without them that is left out
	@scripts/setup --bench

test: setup-tests ## every test
	@scripts/stages guests-check rust-tests guest-tests elixir-tests walls

prove: setup-tests ## all of the suites that others wrote, properties at length, and the hazards that take minutes
	@scripts/stages prove

# Not part of CI: what it finds depends on luck, and it builds everything once more with other flags.
fuzz: ## values, the cache's reader, the compiler and the Org kernel on what nobody would write (WORKBOOKS_FUZZ_SECONDS each, 60)
	@scripts/setup --tools
	@scripts/stages fuzz

bench: setup-bench ## what calls, values, instances and others cost, each beside its floor, with the goals
	@scripts/stages bench

wb: setup ## _wb/wb, the command line: one file to put on the PATH
	@scripts/wb

walls: setup ## who may know whom: crates and modules
	@scripts/stages walls

format: ## every source file is formatted
	@scripts/setup --tools
	@scripts/stages reformat

lint: setup ## formatting, Elixir's warnings, clippy
	@scripts/stages format warnings clippy

docs: setup ## rustdoc of the crates, in target/doc/
	@scripts/stages docs

guests: ## priv/guests/*.wasm are built from native/guests (needs no wasm toolchain beforehand)
	@scripts/setup --tools
	@native/guests/build

guests-check: ## priv/guests/*.wasm are what native/guests says they are
	@native/guests/check

# What costs seconds comes before what costs minutes; the guests before the Elixir tests, which
# compile Zig and Rust blocks with what the guests were built with.
ci: ## all that must pass before a change lands
	@scripts/stages tools format guests-check setup warnings rust-tests clippy docs \
	  guest-tests guests-rebuild elixir-tests walls demo pages

# Not part of CI: it needs root, Debian's mirror, and what is newest there changes from day to day.
matrix: ## the Elixir tests, on the newest Elixir and OTP in Debian too (in _matrix/; needs root or sudo)
	@scripts/matrix

clean: ## build results are removed
	rm -rf _build _demo _wb tmp target priv/native native/guests/target bench/engines/target fuzz/target fuzz/corpus fuzz/artifacts
