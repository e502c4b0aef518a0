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
if [ $# -gt 0 ]; then
    exec cargo test --workspace --locked --no-fail-fast "$@"
fi

# All tests: two areas at a time, for a test waits for its server, and the last one of an area would
# have the machine for itself.
cargo test --workspace --locked --no-run

# The areas, those that take longest first.
areas() {
    long="manager compare source backup documents connect apply"
    for area in $long; do echo "--test $area"; done
    for file in tests/tests/*.rs tests/tests/*/main.rs; do
        area=$(basename "${file%/main.rs}" .rs)
        case " $long " in
            *" $area "*) ;;
            *) echo "--test $area" ;;
        esac
    done
    echo "--lib --bins"
    echo "--doc"
}

# What one prints stays together.
# shellcheck disable=SC2016 # another shell expands it
run='
output=$(mktemp)
trap "rm -f \"$output\"" EXIT
status=0
cargo test --workspace --locked --no-fail-fast "$@" >"$output" 2>&1 || status=$?
cat "$output"
exit $status
'
areas | xargs -L 1 -P 2 sh -c "$run" run
