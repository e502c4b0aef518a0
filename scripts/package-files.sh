#!/bin/sh
# What packages carry beside the program: its man pages, and completions for shells.
# ./scripts/package-files.sh PROGRAM writes them to target/package-files/.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 PROGRAM (such as target/release/pum)" >&2
    exit 2
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
files=$root/target/package-files
rm -rf "$files"
mkdir -p "$files/completions"
"$1" man "$files/man" >/dev/null
"$1" completions bash >"$files/completions/pum"
"$1" completions zsh >"$files/completions/_pum"
"$1" completions fish >"$files/completions/pum.fish"
# As wheels have them: what is under data/ goes to the directory of the environment.
share=$files/wheel/data/share
mkdir -p "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
    "$share/fish/vendor_completions.d"
cp "$files"/man/*.1 "$share/man/man1"
cp "$files/completions/pum" "$share/bash-completion/completions"
cp "$files/completions/_pum" "$share/zsh/site-functions"
cp "$files/completions/pum.fish" "$share/fish/vendor_completions.d"
