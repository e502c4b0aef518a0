#!/bin/sh
# Sets up this machine, builds pum and runs its demo on a throw-away PostgreSQL server.
# Arguments are passed on, as in: ./scripts/demo.sh --drift
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/setup.sh
. "$root/scripts/setup.sh"

if [ ! -x "${CARGO_TARGET_DIR:-$root/target}/debug/pum" ]; then
    say "Building pum. The first time this takes a minute or two."
fi
# Cargo knows best where it put the program.
messages=$(
    cd "$root" &&
        cargo build -p pum-cli --locked --message-format=json-render-diagnostics
) || give_up "pum could not be built (see above)."
pum=$(printf '%s\n' "$messages" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)

exec "$pum" demo "$@"
