# shellcheck shell=sh
# The surroundings every script here runs in; to be sourced.

# Rust's own installer puts cargo here and leaves the PATH to the next login shell.
cargo_bin=${CARGO_HOME:-${HOME:-}/.cargo}/bin
case ":$PATH:" in
  *":$cargo_bin:"*) ;;
  *) PATH=$cargo_bin:$PATH ;;
esac
export PATH

# Without a locale the BEAM takes file names and terminals for Latin-1, and Elixir warns of it.
if [ -z "${LC_ALL:-}${LC_CTYPE:-}${LANG:-}" ]; then export LANG=C.UTF-8; fi
export ELIXIR_ERL_OPTIONS="${ELIXIR_ERL_OPTIONS:-+fnu}"

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
