//! Child programs reach the same database, and show no secret.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use pum_core::connect::Settings;
use pum_tests::server::Server;
use tempfile::TempDir;

use crate::{environment, open, resolve, write};

const NAME: &str = r#"it's a "b\c"=%d"#;

fn server(password: &str) -> Server {
    let server = Server::start(false, &[], &["local all all scram-sha-256"], &[]);
    let quoted = NAME.replace('"', "\"\"");
    let mut superuser = server.superuser();
    superuser
        .batch_execute(&format!(
            "create role ann login password '{}'",
            password.replace('\'', "''")
        ))
        .unwrap();
    superuser.batch_execute(&format!("create database \"{quoted}\" owner ann")).unwrap();
    server
}

fn settings(server: &Server, password: &str) -> Settings {
    let pairs = [
        ("host", server.socket_directory()),
        ("user", "ann"),
        ("dbname", NAME),
        ("password", password),
    ];
    Settings::from_pairs("test", pairs).unwrap()
}

/// What a command prints, with variables around it that would lead it astray.
fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn astray(program: std::path::PathBuf) -> Command {
    let mut command = Command::new(program);
    command.envs([
        ("PGSERVICE", "absent"),
        ("PGHOST", "/absent"),
        ("PGDATABASE", "absent"),
        ("PGPASSWORD", "wrong"),
        ("PGSSLMODE", "verify-full"),
        ("PGOPTIONS", "-c absent=1"),
        ("PGTARGETSESSIONATTRS", "standby"),
    ]);
    command
}

#[test]
fn psql_and_pg_dump_reach_the_same_database() {
    for password in ["hush", r"hush: it's \ %a=b *", "hush\nin two lines"] {
        let server = server(password);
        let mut session = open(&settings(&server, password));
        session.client().batch_execute("create table found_it (id int)").unwrap();
        let directory = TempDir::new().unwrap();
        for settings in [settings(&server, password), session.settings().clone()] {
            let tool = settings.for_tool(directory.path()).unwrap();
            assert!(!tool.conninfo.contains("hush") && !format!("{tool:?}").contains("hush"));
            for entry in fs::read_dir(directory.path()).unwrap() {
                assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
            }

            let mut by_argument = astray(server.program("pg_dump"));
            tool.apply(&mut by_argument);
            by_argument.args(["--schema-only", "--dbname", &tool.conninfo]);
            assert!(output(by_argument).contains("CREATE TABLE public.found_it"));

            let mut by_environment = astray(server.program("psql"));
            tool.apply(&mut by_environment);
            by_environment.args([
                "-X",
                "-A",
                "-t",
                "-c",
                "select current_database(), current_user",
            ]);
            assert_eq!(output(by_environment), format!("{NAME}|ann\n"));
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "removed when dropped");
    }
}

#[test]
fn a_password_file_s_password_reaches_children_of_unopened_settings() {
    let server = server("hush");
    let home = TempDir::new().unwrap();
    write(home.path(), ".pgpass", 0o600, "*:*:*:ann:hush\n");
    let text =
        format!("host=/absent,{} port=1,5432 user=ann dbname=postgres", server.socket_directory());
    let resolved = Settings::resolve(&text, &environment(Some(home.path()), &[])).unwrap();
    let directory = TempDir::new().unwrap();
    let tool = resolved.for_tool(directory.path()).unwrap();
    let mut command = astray(server.program("psql"));
    tool.apply(&mut command);
    command.args(["-X", "-A", "-t", "-c", "select current_user", &tool.conninfo]);
    assert_eq!(output(command), "ann\n");
}

#[test]
fn a_child_finds_no_password_that_pum_did_not_know() {
    let server = server("hush");
    let home = TempDir::new().unwrap();
    write(home.path(), ".pgpass", 0o600, "*:*:*:*:hush\n");
    let settings = resolve(&format!("host={} user=ann dbname=postgres", server.socket_directory()));
    let tool = settings.for_tool(home.path()).unwrap();
    let mut command = astray(server.program("psql"));
    command.env("HOME", home.path());
    tool.apply(&mut command);
    let output = command.args(["-X", "-w", "-c", "select 1"]).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("no password supplied"), "{message}");
}
