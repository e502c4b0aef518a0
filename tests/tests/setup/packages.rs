//! What packages carry.

use std::path::{Path, PathBuf};
use std::process::Command;

use pum_tests::{repository, say};

use super::PUM;

/// Runs a program to its end.
fn run(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(repository()).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{} {arguments:?}: {text}", program.display());
    text
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}

/// Every page and completion, and the places where the packages say that they are.
#[test]
fn packages_have_man_pages_and_completions() {
    run(&repository().join("scripts/package-files.sh"), &[PUM]);
    let files = repository().join("target/package-files");
    for file in [
        "man/pum.1",
        "man/pum-check.1",
        "completions/pum",
        "completions/_pum",
        "completions/pum.fish",
        "wheel/data/share/man/man1/pum.1",
    ] {
        let text = std::fs::read_to_string(files.join(file)).unwrap();
        assert!(text.contains("pum"), "{file}");
    }
    let manifest = std::fs::read_to_string(repository().join("pum-cli/Cargo.toml")).unwrap();
    for part in ["man/*.1", "completions/pum\"", "completions/_pum\"", "completions/pum.fish\""] {
        assert!(manifest.contains(&format!("target/package-files/{part}")), "{part}");
    }
    a_wheel_installs_the_program();
}

fn a_wheel_installs_the_program() {
    let (Some(maturin), Some(python)) = (on_path("maturin"), on_path("python3")) else {
        say("maturin or python3 is not there: no wheel is built");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let (wheels, environment) = (directory.path().join("wheels"), directory.path().join("env"));
    let place = wheels.to_str().unwrap();
    run(&maturin, &["build", "--profile", "dev", "--out", place]);
    run(&python, &["-m", "venv", environment.to_str().unwrap()]);
    let wheel = std::fs::read_dir(&wheels).unwrap().next().unwrap().unwrap().path();
    let install = ["install", "--no-index", wheel.to_str().unwrap()];
    run(&environment.join("bin/pip"), &install);
    let version = run(&environment.join("bin/pum"), &["--version"]);
    assert_eq!(version, format!("pum {}\n", env!("CARGO_PKG_VERSION")));
    assert!(environment.join("share/man/man1/pum.1").is_file());
}
