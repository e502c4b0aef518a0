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

/// The commands of a step of the release workflow.
fn step(name: &str) -> String {
    let workflow = repository().join(".github/workflows/release.yml");
    let workflow = std::fs::read_to_string(workflow).unwrap();
    let (_, steps) = workflow.split_once(&format!("- name: {name}\n")).unwrap();
    let mut lines = steps.lines().skip_while(|line| !line.trim_start().starts_with("run:"));
    let first = lines.next().unwrap();
    let (indent, only) = first.split_once("run:").unwrap();
    if only.trim() != "|" {
        return only.trim().to_owned();
    }
    let is_in = |line: &&str| line.trim().is_empty() || line.starts_with(&format!("{indent}  "));
    lines.take_while(is_in).fold(String::new(), |script, line| script + line + "\n")
}

/// What the release workflow packs is where `cargo binstall` looks for it, and the checksums are of it.
#[test]
fn a_release_is_packed_as_it_is_looked_for() {
    const TARGET: &str = "x86_64-unknown-linux-musl";
    let version = env!("CARGO_PKG_VERSION");
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let files = ["Cargo.toml", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];
    for file in [&files[..], &["scripts/package-files.sh"]].concat() {
        std::fs::create_dir_all(place.join(file).parent().unwrap()).unwrap();
        std::fs::copy(repository().join(file), place.join(file)).unwrap();
    }
    let programs = place.join("target").join(TARGET).join("release");
    std::fs::create_dir_all(&programs).unwrap();
    std::fs::copy(PUM, programs.join("pum")).unwrap();
    let run = |script: &str, tag: &str, place: &Path| {
        // As the runners of GitHub Actions run a step.
        let mut shell = Command::new("bash");
        shell.args(["-e", "-c", script]).current_dir(place);
        shell.env("TARGET", TARGET).env("GITHUB_REF_NAME", tag).output().unwrap()
    };
    let tag = format!("v{version}");
    for name in ["The tag is the version", "It runs", "Man pages and completions", "Pack"] {
        let output = run(&step(name), &tag, place);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(!run(&step("The tag is the version"), "v99.0.0", place).status.success());

    let manifest = std::fs::read_to_string(repository().join("pum-cli/Cargo.toml")).unwrap();
    let value = |key: &str| {
        let line = manifest.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
        let text = line.unwrap().trim_end_matches('"').replace("{ version }", version);
        text.replace("{ target }", TARGET).replace("{ bin }{ binary-ext }", "pum")
    };
    let packages = place.join("packages");
    let url = value("pkg-url");
    let archive = packages.join(url.rsplit('/').next().unwrap());
    let listed = Command::new("tar").arg("-tzf").arg(&archive).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let within = value("bin-dir");
    let top = within.trim_end_matches("pum");
    for file in ["pum", "LICENSE-MIT", "man/pum-check.1", "completions/_pum"] {
        let path = format!("{top}{file}");
        assert!(listed.lines().any(|line| line == path), "no {path} in {listed}");
    }
    std::fs::write(packages.join("pum.whl"), "a wheel").unwrap();
    std::fs::write(packages.join("pum.deb"), "a package").unwrap();
    assert!(run(&step("Checksums"), &tag, &packages).status.success());
    assert!(run("sha256sum -c SHA256SUMS", &tag, &packages).status.success());
    let sums = std::fs::read_to_string(packages.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 3, "{sums}");
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
