#!/usr/bin/env bash
# The steps of action.yml. Reads PUM_ARGUMENTS, PUM_SERVICES, PUM_FAIL_ON, PUM_PROGRAM, PUM_VERSION and
# PUM_COMMENT; the GITHUB_ and RUNNER_ variables are those of GitHub Actions.
set -euo pipefail

# Where actions/cache keeps the program that was built.
installed=${RUNNER_TEMP:?is set by GitHub Actions}/pum

# Where the programs of releases are.
releases=${PUM_RELEASES:-https://github.com/opengisch/pum/releases/download}

fail() {
    printf '::error title=pum::%s\n' "$1"
    exit 2
}

# Says of which source pum is to be built, which release is to be got, or nothing where there is a program
# already.
source_hash() {
    if [[ -n ${PUM_PROGRAM:-} ]]; then
        [[ -x $PUM_PROGRAM && ! -d $PUM_PROGRAM ]] || fail "the input \"program\" is not a program: $PUM_PROGRAM"
        printf 'pum is there: %s\n' "$PUM_PROGRAM"
        return
    fi
    if [[ -n ${PUM_VERSION:-} ]]; then
        printf 'version=%s\n' "${PUM_VERSION#v}" >>"$GITHUB_OUTPUT"
        return
    fi
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

# The program of a release, if it is the one that the release's checksums name.
download() {
    local version=${PUM_VERSION#v} target name directory
    [[ $version =~ ^[0-9A-Za-z.+-]+$ ]] || fail "the input \"version\" is not a version: $version"
    case $(uname -s)-$(uname -m) in
    Linux-x86_64) target=x86_64-unknown-linux-musl ;;
    Linux-aarch64) target=aarch64-unknown-linux-musl ;;
    Darwin-x86_64) target=x86_64-apple-darwin ;;
    Darwin-arm64) target=aarch64-apple-darwin ;;
    *) fail "releases have no program for $(uname -s) on $(uname -m)" ;;
    esac
    name=pum-$version-$target
    directory=$(mktemp -d "$RUNNER_TEMP/pum-release.XXXXXX")
    local file
    for file in "$name.tar.gz" SHA256SUMS; do
        curl -fsSL --retry 3 -o "$directory/$file" "$releases/v$version/$file" ||
            fail "$releases/v$version/$file cannot be downloaded"
    done
    local sums="sha256sum -c"
    command -v sha256sum >/dev/null || sums="shasum -a 256 -c"
    grep -F "  $name.tar.gz" "$directory/SHA256SUMS" >"$directory/sum" ||
        fail "the checksums of $version do not name $name.tar.gz"
    (cd "$directory" && $sums sum >/dev/null) || fail "$name.tar.gz does not have the checksum of the release"
    mkdir -p "$installed/bin"
    tar -xzf "$directory/$name.tar.gz" -C "$installed/bin" --strip-components 1 "$name/pum"
    rm -rf "$directory"
}

# The report as a comment on the pull request: in the place of the last one about the same sources, which its
# marker tells. Nothing is said where nothing differs and nothing was said before.
comment() {
    local number marker id before
    number=$(sed -nE 's#^refs/pull/([0-9]+)/.*#\1#p' <<<"${GITHUB_REF:-}")
    if [[ -z $number ]]; then
        printf 'no comment: this is no run of a pull request\n'
        return
    fi
    marker=$(grep -oE '<!-- pum-check: [0-9a-f]{32} ' "$report" | tail -1) || marker=""
    [[ -n $marker ]] || fail 'only pum check writes comments'
    local comments="repos/$GITHUB_REPOSITORY/issues/$number/comments"
    before=$(gh api --paginate "$comments" --jq ".[] | select(.body | contains(\"$marker\")) | .id")
    id=$(tail -1 <<<"$before")
    if [[ -n $id ]]; then
        gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$report" --jq .html_url
    elif [[ $1 != 0 ]]; then
        gh api --method POST "$comments" -F "body=@$report" --jq .html_url
    fi
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

    if [[ -n ${PUM_PROGRAM:-} ]]; then
        pum=$PUM_PROGRAM
    elif [[ -n ${PUM_VERSION:-} ]]; then
        pum=$installed/bin/pum
    else
        pum=$(command -v pum || printf '%s' "$installed/bin/pum")
    fi
    report=$(mktemp "$RUNNER_TEMP/pum-report.XXXXXX")
    if [[ ${arguments[0]} == check ]]; then
        run_check "${arguments[@]}" || code=$?
    else
        run_other "${arguments[@]}" || code=$?
    fi

    [[ -s $report ]] || printf '<code>pum %s</code> ended with code %s, see the log\n' "${arguments[0]}" "$code" >"$report"
    cat "$report" >>"$GITHUB_STEP_SUMMARY"
    printf 'exit-code=%s\nreport=%s\n' "$code" "$report" >>"$GITHUB_OUTPUT"
    if [[ ${PUM_COMMENT:-false} == true ]]; then
        comment "$code" || printf '::warning title=pum::the comment could not be written\n'
    fi
    [[ $code == 1 && $PUM_FAIL_ON == error ]] && code=0
    exit "$code"
}

case ${1:-} in
source) source_hash ;;
install) install_pum ;;
download) download ;;
run) run_pum ;;
*)
    printf 'usage: %s source|install|download|run\n' "$0" >&2
    exit 2
    ;;
esac
