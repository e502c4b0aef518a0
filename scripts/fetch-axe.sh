#!/bin/sh
# Fetches axe-core, which looks for what keeps people from using a page, for the tests of pages.
#
#   scripts/fetch-axe.sh [DIRECTORY]
#
# DIRECTORY is target/axe of this repository unless given.
set -eu

version=4.14.1
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
directory=${1:-$repository/target/axe}

if [ "$(cat "$directory/version" 2>/dev/null)" = "$version" ]; then
    echo "axe-core is in $directory already"
    exit 0
fi
mkdir -p "$directory"
work=$(mktemp -d "$directory/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

(cd "$work" && npm pack --silent "axe-core@$version" >/dev/null)
tar -xzf "$work"/axe-core-*.tgz -C "$work" package/axe.min.js
mv "$work/package/axe.min.js" "$directory/axe.min.js"
echo "$version" >"$directory/version"
echo "axe-core $version is in $directory"
