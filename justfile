# The developer's loop; see CONTRIBUTING.md. `just` alone lists the recipes.

default:
    @just --list

# Tests that need no server.
unit:
    cargo test -p pum-core -p pum-cli --lib
    cargo test -p pum-tests --test architecture

# The tests of one area, such as `just area compare`, or some of them: `just area compare restored`.
area name *filter:
    cargo test --workspace --test {{name}} -- {{filter}}

# All tests, with cargo nextest where it is installed.
all:
    if command -v cargo-nextest >/dev/null; then cargo nextest run --workspace && cargo test --workspace --doc; else ./scripts/test.sh; fi

# What CI looks at besides the tests.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Everything that a change must pass.
ci:
    .ci/run
