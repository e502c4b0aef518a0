#!/bin/sh
# Run by cargo nextest before the tests: makes a directory for the servers that they share, and ends
# those when nextest ends. The first test that needs a server starts it (tests/src/shared_server.rs).
set -eu

# As tests/src/cluster.rs chooses: in memory, where there are 4 GiB.
directory=${PUM_TEST_DIRECTORY:-}
if [ -z "$directory" ]; then
    directory=/tmp
    free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }') || free=
    if [ "${free:-0}" -ge 4194304 ]; then directory=/dev/shm; fi
fi
servers=$(mktemp -d "$directory/pum-servers-XXXXXX")
chmod 755 "$servers"
printf 'PUM_TEST_DIRECTORY=%s\nPUM_TEST_SERVERS=%s\n' "$directory" "$servers" >>"$NEXTEST_ENV"

# Its parent is nextest. Whatever ends that, the servers do not stay.
runner=$PPID
(
    trap '' HUP INT TERM
    while kill -0 "$runner"; do sleep 1; done
    for file in "$servers"/*/data/postmaster.pid; do
        if [ -f "$file" ]; then kill -QUIT "$(head -n 1 "$file")" || :; fi
    done
    for _ in 1 2 3 4 5; do
        rm -rf "$servers" && break
        sleep 1
    done
) </dev/null >/dev/null 2>&1 &
