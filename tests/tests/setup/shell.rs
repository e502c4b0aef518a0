//! Completions and man pages.

use std::io::Write;
use std::process::{Command, Stdio};

use pum_tests::command::Home;

use super::{has, pum};

/// Whether a program is there; if not, a word about it.
fn is_there(program: &str, what: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        pum_tests::say(&format!("NOT TESTED: {what}: there is no {program} in PATH"));
    }
    found
}

/// What bash, with the script loaded, offers for the last of these words.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let mut bash = Command::new("bash")
        .args(["--norc", "--noprofile", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_pum pum '{}' '{}'\nprintf '%s\\n' \
         \"${{COMPREPLY[@]}}\"\n",
        words.join(" "),
        words.len() - 1,
        words[words.len() - 1].trim_matches('\''),
        words[words.len() - 2]
    );
    bash.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    let home = Home::new();
    // A configuration that cannot be read keeps no shell from starting.
    home.file("pum.toml", "produktion = 1\n");
    let script = pum(&home, "completions bash").expect(0).stdout;
    let file = home.file("pum.bash", &script);
    if !is_there("bash", "completions") {
        return;
    }
    assert!(Command::new("bash").arg("-n").arg(&file).status().unwrap().success());
    assert_eq!(offered(&script, &["pum", "do"]), ["downgrade", "doctor"]);
    assert_eq!(offered(&script, &["pum", "init", "--st"]), ["--stdout"]);
    assert_eq!(
        offered(&script, &["pum", "check", "--preset", "''"]),
        ["classic", "default", "strict"]
    );
    assert_eq!(offered(&script, &["pum", "manag"]), [""], "what is hidden is not offered");
}

#[test]
fn other_shells_have_theirs() {
    let home = Home::new();
    for (shell, part) in [
        ("zsh", "#compdef pum"),
        ("fish", "complete -c pum"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[pum]"),
    ] {
        has(&pum(&home, &format!("completions {shell}")).expect(0).stdout, &[part, "doctor"]);
    }
    pum(&home, "completions tcsh").expect_error(&["tcsh", "bash, elvish, fish, powershell, zsh"]);
}

#[test]
fn man_pages_can_be_read() {
    let home = Home::new();
    pum(&home, "man share/man1").expect(0);
    let directory = home.path().join("share/man1");
    let mut pages: Vec<_> =
        std::fs::read_dir(&directory).unwrap().map(|page| page.unwrap().path()).collect();
    pages.sort();
    let names: Vec<_> =
        pages.iter().map(|page| page.file_name().unwrap().to_str().unwrap()).collect();
    has(&names.join(" "), &["pum.1", "pum-check.1", "pum-test-and-upgrade.1", "pum-doctor.1"]);
    assert!(!names.contains(&"pum-manager.1"), "{names:?}");
    // Where it cannot be written, it says so.
    home.file("taken", "");
    pum(&home, "man taken").expect_error(&["cannot write", "taken"]);
    if !is_there("man", "man pages") {
        return;
    }
    for page in &pages {
        let shown = Command::new("man")
            .args(["--warnings", "-l"])
            .arg(page)
            .env("MANPAGER", "cat")
            .output();
        let shown = shown.unwrap();
        assert!(shown.status.success(), "{}", page.display());
        assert_eq!(String::from_utf8_lossy(&shown.stderr), "", "{}", page.display());
        has(&String::from_utf8_lossy(&shown.stdout), &["NAME", "SYNOPSIS", "pum"]);
    }
}

/// What help shows of the environment is no password.
#[test]
fn help_shows_no_connection() {
    let home = Home::new().set("PUM_PRODUCTION", "postgresql://ann:geheim@db/prod");
    let help = pum(&home, "test-and-upgrade --help").expect(0).stdout;
    has(&help, &["[env: PUM_PRODUCTION]"]);
    assert!(!help.contains("geheim"));
}
