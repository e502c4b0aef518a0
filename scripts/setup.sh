# shellcheck shell=sh
# Makes this machine ready to build and run pum. Sourced by the scripts beside it, which set `root`
# to the repository; what is there already is left alone, and nothing is said about it.
#
# Needed are Rust (never installed here), a C compiler (the TLS library and the linker need one) and
# the programs of a PostgreSQL server with pg_dump and pg_restore. The last two are installed with
# the machine's package manager when they are missing. pum starts throw-away servers of its own: no
# database cluster is made, started or touched here. The tests also look at processes and end some,
# with `ps` and `kill`, and run deltas in Python: test.sh sets `for_tests`.
#
# Plain sh: macOS has an old bash, Alpine has none.

: "${root:?setup.sh is sourced by demo.sh and test.sh}"

oldest_postgresql=12
brew_postgresql=postgresql@17

say() {
    printf '%s\n' "$*" >&2
}

# What a run of pum calls an error has exit code 2; so has a machine that cannot be set up.
give_up() {
    say "$@"
    exit 2
}

has() {
    command -v "$1" >/dev/null 2>&1
}

on_macos() {
    [ "$(uname -s)" = Darwin ]
}

# --- Rust ---

install_rust_hint="Install Rust with
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh
(see https://rustup.rs) and run this script again."

check_rust() {
    if ! has cargo; then
        # rustup changes PATH for new logins only.
        cargo_bin=${CARGO_HOME:-${HOME:-}/.cargo}/bin
        [ -x "$cargo_bin/cargo" ] || give_up "pum is built with Rust, and there is no cargo in" \
            "PATH or in $cargo_bin. $install_rust_hint"
        PATH=$cargo_bin:$PATH
        export PATH
    fi
    rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    rust_found=$(cd "$root" && rustc --version | sed -n 's/^rustc \([0-9]*\.[0-9]*\).*/\1/p') || :
    if [ -z "$rust_found" ]; then
        give_up "cargo is here, but \"rustc --version\" does not work (see above)." \
            "With rustup, \"rustup default stable\" repairs that. $install_rust_hint"
    fi
    if ! at_least "$rust_found" "$rust_wanted"; then
        has rustup && give_up "pum needs Rust $rust_wanted or newer, and this is $rust_found." \
            "Run \"rustup update stable\" and \"rustup default stable\", then this script again."
        give_up "pum needs Rust $rust_wanted or newer, and this is $rust_found, not installed by" \
            "rustup. $install_rust_hint"
    fi
}

# Whether a version like 1.95 is another one or newer.
at_least() {
    [ "${1%%.*}" -gt "${2%%.*}" ] ||
        { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${1#*.}" -ge "$(minor "$2")" ]; }
}

minor() {
    printf '%s\n' "$1" | cut -d . -f 2
}

# --- C compiler ---

# A compiler without the C library's headers is of no use, so one small program is built.
has_compiler() {
    # On macOS cc is always there, and without the command line tools opens a window.
    if on_macos && ! xcode-select -p >/dev/null 2>&1; then
        return 1
    fi
    has cc || return 1
    compiled=$(mktemp -d) || give_up "cannot make a temporary directory"
    works=0
    printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' |
        cc -x c -o "$compiled/program" - >/dev/null 2>&1 || works=1
    rm -rf "$compiled"
    return "$works"
}

# --- ps and kill ---

# The programs: a shell's own kill does not count.
has_ps() {
    has ps && env kill -0 "$$" 2>/dev/null
}

# --- PostgreSQL ---

# The same places as in pum-core/src/installation.rs, one a line.
postgresql_directories() {
    for directory in \
        /usr/lib/postgresql/*/bin \
        /usr/pgsql-*/bin \
        /usr/libexec/postgresql* \
        /usr/lib/postgresql*/bin \
        /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin \
        /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin \
        /usr/local/pgsql/bin; do
        printf '%s\n' "$directory"
    done
    printf '%s\n' "$PATH" | tr : '\n'
}

# The newest major version that has two programs in one directory; nothing when there is none.
newest_postgresql() {
    postgresql_directories | while IFS= read -r directory; do
        if is_program "$directory/$1" && is_program "$directory/$2"; then
            "$directory/$1" --version 2>/dev/null </dev/null |
                sed -n 's/.*(PostgreSQL) \([0-9][0-9]*\).*/\1/p'
        fi
    done | sort -n | tail -n 1
}

# Debian's /usr/bin/pg_dump is a script that picks a version by its own rules: it does not count.
is_program() {
    [ -f "$1" ] && [ -x "$1" ] || return 1
    case $(readlink "$1" || :) in
        *pg_wrapper) return 1 ;;
    esac
}

# pum takes the newest server, and pg_dump must not be older than the server.
has_postgresql() {
    server=$(newest_postgresql postgres initdb)
    client=$(newest_postgresql pg_dump pg_restore)
    [ "${server:-0}" -ge "$oldest_postgresql" ] && [ "${client:-0}" -ge "${server:-0}" ]
}

# --- Installing ---

package_manager() {
    if on_macos; then
        ! has brew || echo brew
        return
    fi
    for manager in apt-get dnf yum zypper apk pacman brew; do
        if has "$manager"; then
            echo "$manager"
            return
        fi
    done
}

# The packages of a package manager for a missing thing: "postgresql", "compiler", "ps" or "python".
packages() {
    case $1-$2 in
        apt-get-postgresql) echo postgresql ;; # has the contrib modules too
        apt-get-compiler) echo gcc libc6-dev ;;
        dnf-postgresql | yum-postgresql) echo postgresql-server postgresql-contrib ;;
        zypper-postgresql) echo postgresql-server postgresql-contrib postgresql ;;
        apk-postgresql) echo postgresql postgresql-client postgresql-contrib ;;
        apk-compiler) echo gcc musl-dev ;;
        pacman-postgresql) echo postgresql ;;
        brew-postgresql) echo "$brew_postgresql" ;;
        dnf-ps | yum-ps | pacman-ps) echo procps-ng util-linux ;;
        *-ps) echo procps ;;
        pacman-python | brew-python) echo python ;;
        *-python) echo python3 ;;
        *-compiler) echo gcc ;;
    esac
}

# The command that installs packages, as a person would type it.
install_command() {
    case $1 in
        apt-get) echo "apt-get install --no-install-recommends" ;;
        apk) echo "apk add" ;;
        pacman) echo "pacman -S --needed" ;;
        *) echo "$1 install" ;;
    esac
}

# Runs a command as root; without a terminal sudo fails rather than asks.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        doas "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] || has sudo || has doas
}

run_package_manager() {
    manager=$1
    shift
    case $manager in
        apt-get) as_root sh -c "$apt_install" apt_install "$@" ;;
        dnf | yum) as_root "$manager" -y -q install "$@" ;;
        zypper) as_root zypper --non-interactive --quiet install --no-recommends "$@" ;;
        apk) as_root apk add --quiet "$@" ;;
        pacman) as_root pacman -S --needed --noconfirm --quiet "$@" ;;
        brew) brew install --quiet "$@" ;;
    esac
}

# Debian's server package makes a cluster named main and starts it, unless told not to. It is told
# so for as long as the installation takes: the file is removed again, whatever happens. Packages
# that are there already are not upgraded, and no service is restarted.
# shellcheck disable=SC2016 # another shell expands it
apt_install='
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
directory=/etc/postgresql-common/createcluster.d
tidy_up() {
    rm -f "$directory/pum-setup.conf"
    dpkg-query -S "$directory" >/dev/null 2>&1 || rmdir "$directory" 2>/dev/null || :
    dpkg-query -S "${directory%/*}" >/dev/null 2>&1 || rmdir "${directory%/*}" 2>/dev/null || :
}
trap tidy_up EXIT
trap "exit 130" INT
trap "exit 143" HUP TERM
mkdir -p "$directory"
echo "create_main_cluster = false" >"$directory/pum-setup.conf"
apt-get -qq update || echo "apt-get update failed; trying with the package lists that are here"
apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    install --no-install-recommends --no-upgrade "$@"
'

# Says what a missing thing is and what it is for.
describe() {
    case $1 in
        postgresql) echo "a PostgreSQL server (version $oldest_postgresql or newer) with pg_dump and" \
            "pg_restore, which the demo and the tests run" ;;
        compiler) echo "a C compiler, which building pum needs" ;;
        ps) echo "the programs ps and kill, which the tests need" ;;
        python) echo "python3, which runs deltas in Python in the tests" ;;
    esac
}

install_missing() {
    say "This machine lacks:"
    for thing in "$@"; do
        say "  - $(describe "$thing")"
    done
    if on_macos && ! xcode-select -p >/dev/null 2>&1; then
        give_up 'The compiler comes with the command line tools. Run "xcode-select --install",' \
            "then this script again."
    fi
    manager=$(package_manager)
    wanted=
    for thing in "$@"; do
        wanted="$wanted $(packages "${manager:-none}" "$thing")"
    done
    case $manager in
        '') on_macos && give_up "Install Homebrew (https://brew.sh), or Postgres.app" \
            "(https://postgresapp.com), then run this script again."
            give_up "None of the package managers that this script knows is here (apt-get, dnf," \
                "yum, zypper, apk, pacman, brew). Install the above by hand (see" \
                "https://www.postgresql.org/download/), with PostgreSQL's programs in PATH, then" \
                "run this script again." ;;
        brew) [ "$(id -u)" -ne 0 ] || give_up "Homebrew refuses root. As a normal user run" \
            "\"brew install$wanted\" or this script again." ;;
        *) can_be_root || give_up "Installing needs root, and there is neither sudo nor doas." \
            "As root run \"$(install_command "$manager")$wanted\", then this script again." ;;
    esac
    say "Installing$wanted with $manager."
    # shellcheck disable=SC2086 # a list of words
    run_package_manager "$manager" $wanted >&2 || give_up "That failed (see above). Install by hand," \
        "with \"$(install_command "$manager")$wanted\", then run this script again."
    if ! has_postgresql; then
        give_up "There is still no PostgreSQL of version $oldest_postgresql or newer with matching" \
            "pg_dump and pg_restore (newest server: ${server:-none}, newest pg_dump:" \
            "${client:-none}). Install one by hand (see https://www.postgresql.org/download/)," \
            "then run this script again."
    fi
    has_compiler || give_up "\"cc\" still cannot build a C program. Install a C compiler with the" \
        "C library's headers, then run this script again."
}

# --- All of it ---

# Rust first: without it, nothing needs to be installed.
check_rust
missing=
has_postgresql || missing=postgresql
has_compiler || missing="$missing compiler"
if [ -n "${for_tests:-}" ]; then
    has_ps || missing="$missing ps"
    has python3 || missing="$missing python"
fi
# shellcheck disable=SC2086 # a list of words
[ -z "$missing" ] || install_missing $missing

# The scripts build in the repository; the caller's target directory stays where the caller meant.
case ${CARGO_TARGET_DIR:-} in
    '' | /*) ;;
    *)
        CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR
        export CARGO_TARGET_DIR
        ;;
esac
