#!/usr/bin/env bash
# The steps of action.yml. Reads PUM_ARGUMENTS, PUM_SERVICES and PUM_FAIL_ON; the GITHUB_ and RUNNER_
# variables are those of GitHub Actions.
set -euo pipefail

# Where actions/cache keeps the program that was built.
installed=${RUNNER_TEMP:?is set by GitHub Actions}/pum

# Says of which source pum is to be built, or nothing where there is one already.
source_hash() {
    if command -v pum >/dev/null; then
        printf 'pum is there: %s\n' "$(command -v pum)"
        return
    fi
    local hash
    hash=$(cd "$GITHUB_ACTION_PATH" &&
        find Cargo.toml Cargo.lock pum-core pum-cli deltas fixtures/sample -type f -print0 |
        LC_ALL=C sort -z | xargs -0 cat | git hash-object --stdin)
    printf 'hash=%s\n' "$hash" >>"$GITHUB_OUTPUT"
}

install_pum() {
    cargo install --locked --path "$GITHUB_ACTION_PATH/pum-cli" --root "$installed"
}

# A block of text that may hold anything, in the summary's HTML.
as_block() {
    printf '<pre>\n'
    sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' "$1"
    printf '</pre>\n'
}

# A comparison has forms for annotations and for the summary.
run_check() {
    local code=0
    "$pum" "$@" --format github --report "markdown=$report" || code=$?
    ((code < 2)) || printf '::error title=pum check::no comparison: see the log for the error\n'
    return "$code"
}

# What any other command says may hold lines that the runner would take for its own commands.
run_other() {
    local token code=0 out
    out=$(mktemp "$RUNNER_TEMP/pum-out.XXXXXX")
    token=pum-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '::stop-commands::%s\n' "$token"
    "$pum" "$@" 2>&1 | tee "$out" || code=${PIPESTATUS[0]}
    printf '\n::%s::\n' "$token"
    { printf '<code>pum %s</code> ended with code %s\n\n' "$1" "$code" && as_block "$out"; } >"$report"
    rm -f "$out"
    ((code == 0)) || printf '::error title=pum %s::ended with code %s, see the log or the summary\n' "$1" "$code"
    return "$code"
}

run_pum() {
    case $PUM_FAIL_ON in
    differences | error) ;;
    *)
        printf '::error title=pum::fail-on is "differences" or "error"\n'
        exit 2
        ;;
    esac

    local words word arguments=() code=0
    # xargs takes quotes as a shell does and expands nothing.
    if ! words=$(xargs -n1 printf '%s\n' <<<"$PUM_ARGUMENTS") || [[ -z $words ]]; then
        printf '::error title=pum::the input "arguments" is empty, or has a quote without an end\n'
        exit 2
    fi
    # Not mapfile: macOS has bash 3.2.
    while IFS= read -r word; do arguments+=("$word"); done <<<"$words"

    if [[ -n $PUM_SERVICES ]]; then
        PGSERVICEFILE=$(mktemp "$RUNNER_TEMP/pg_service.XXXXXX") # mode 0600
        export PGSERVICEFILE
        trap 'rm -f "$PGSERVICEFILE"' EXIT
        printf '%s\n' "$PUM_SERVICES" >"$PGSERVICEFILE"
    fi

    pum=$(command -v pum || printf '%s' "$installed/bin/pum")
    report=$(mktemp "$RUNNER_TEMP/pum-report.XXXXXX")
    if [[ ${arguments[0]} == check ]]; then
        run_check "${arguments[@]}" || code=$?
    else
        run_other "${arguments[@]}" || code=$?
    fi

    [[ -s $report ]] || printf '<code>pum %s</code> ended with code %s, see the log\n' "${arguments[0]}" "$code" >"$report"
    cat "$report" >>"$GITHUB_STEP_SUMMARY"
    printf 'exit-code=%s\nreport=%s\n' "$code" "$report" >>"$GITHUB_OUTPUT"
    [[ $code == 1 && $PUM_FAIL_ON == error ]] && code=0
    exit "$code"
}

case ${1:-} in
source) source_hash ;;
install) install_pum ;;
run) run_pum ;;
*)
    printf 'usage: %s source|install|run\n' "$0" >&2
    exit 2
    ;;
esac
