#!/bin/sh
# Sets up this machine and runs all tests; they start and remove their own PostgreSQL servers.
# Arguments are passed on to cargo test, as in: ./scripts/test.sh --test upgrade
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck disable=SC2034 # setup.sh reads it
for_tests=yes
# shellcheck source=scripts/setup.sh
. "$root/scripts/setup.sh"

cd "$root"
exec cargo test --workspace --locked --no-fail-fast "$@"
