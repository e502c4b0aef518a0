//! The oracle: what psql's libpq makes of the same text and environment.

use std::path::Path;
use std::process::Command;

use pum_core::Interrupt;
use pum_core::connect::{Environment, Session, Settings};
use pum_tests::server::Server;
use tempfile::TempDir;

use crate::write;

const WHO: &str = "select current_user || '|' || current_database() || '|' || \
    current_setting('application_name') || '|' || current_setting('work_mem') || '|' || \
    current_setting('TimeZone') || '|' || current_setting('port')";

/// What psql prints, or nothing when it does not connect.
fn psql(server: &Server, text: &str, variables: &[(&str, &str)]) -> Option<String> {
    let mut command = Command::new(server.program("psql"));
    command.env_clear().envs(variables.iter().copied());
    let output = command.args(["-X", "-w", "-A", "-t", "-c", WHO, "-d", text]).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
}

fn pum(text: &str, variables: &[(&str, &str)], home: &Path) -> Result<String, String> {
    let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment = Environment {
        variables: pairs.collect(),
        home: Some(home.to_owned()),
        user: Some(system_user()),
    };
    let settings = Settings::resolve(text, &environment).map_err(|error| error.to_string())?;
    let mut session =
        Session::open(&settings, &Interrupt::new()).map_err(|error| error.to_string())?;
    let row = session.client().query_one(WHO, &[]).map_err(|error| error.to_string())?;
    Ok(row.get(0))
}

/// The operating system's user, as libpq knows it.
fn system_user() -> String {
    nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name
}

#[test]
#[allow(clippy::too_many_lines)] // A table.
fn the_same_text_means_the_same_to_psql() {
    let server = Server::start(
        true,
        &[],
        &["local all all trust", "host all ann 127.0.0.1/32 scram-sha-256"],
        &[],
    );
    server.sql(&[
        "create role ann login password 'hush'",
        "create role \"a b\" login",
        "create role root login",
        "create database ann",
        "create database root",
        "create database \"d=1 e\"",
        "create database \"host=x\"",
    ]);
    // The user who runs the tests is the default for both, and may be one of those above.
    let me = system_user();
    if !["ann", "root", "postgres"].contains(&&*me) {
        server.sql(&[&format!("create role \"{me}\" login"), &format!("create database \"{me}\"")]);
    }
    let home = TempDir::new().unwrap();
    let directory = server.socket_directory();
    let port = server.port().to_string();
    let services = format!(
        "[one]\nhost={directory}\nport={port}\nuser=ann\n[two]\ndbname=postgres\noptions=-c work_mem=2MB\n\
         [blank]\nhost = {directory}\n[nested]\nservice=one\n"
    );
    write(home.path(), "services", 0o600, &services);
    write(
        home.path(),
        "pgpass",
        0o600,
        &format!("localhost:{port}:*:ann:hush\n127.0.0.1:1:*:ann:no\n"),
    );
    let services = home.path().join("services").display().to_string();
    let passwords = home.path().join("pgpass").display().to_string();
    let socket = [("PGHOST", directory), ("PGPORT", &port)];
    let service = [("PGSERVICEFILE", services.as_str()), ("PGHOST", directory), ("PGPORT", &port)];
    let percent = directory.replace('/', "%2F");
    let dead = "1";

    let cases: Vec<(String, Vec<(&str, &str)>)> = vec![
        ("user=ann".into(), socket.into()),
        (" user = ann  dbname = 'd=1 e' ".into(), socket.into()),
        ("user='a b' dbname=postgres".into(), socket.into()),
        (r"user=a\ b dbname=postgres".into(), socket.into()),
        ("user=ann user=root".into(), socket.into()),
        ("dbname='host=x'".into(), socket.into()),
        ("dbname=''".into(), socket.into()),
        ("user=".into(), socket.into()),
        ("user= dbname=ann".into(), socket.into()),
        ("dbname=ann port=".into(), socket.into()),
        ("dbname=ann host=''".into(), socket.into()),
        ("user=ann dbname".into(), socket.into()),
        ("usr=ann".into(), socket.into()),
        ("user='ann".into(), socket.into()),
        ("user=ann application_name=x options='-c work_mem=3MB'".into(), socket.into()),
        (
            "user=ann fallback_application_name=x".into(),
            [socket.as_slice(), &[("PGAPPNAME", "y")]].concat(),
        ),
        (
            "user=ann application_name=x".into(),
            [socket.as_slice(), &[("PGTZ", "Asia/Tokyo"), ("PGOPTIONS", "-c work_mem=4MB")]]
                .concat(),
        ),
        ("user=ann application_name=x connect_timeout=x".into(), socket.into()),
        ("user=ann application_name=x sslmode=wrong".into(), socket.into()),
        ("user=ann application_name=x sslmode=require".into(), socket.into()),
        ("user=ann application_name=x requiressl=1".into(), socket.into()),
        ("user=ann application_name=x channel_binding=require".into(), socket.into()),
        ("user=ann application_name=x target_session_attrs=standby".into(), socket.into()),
        ("user=ann application_name=x target_session_attrs=prefer-standby".into(), socket.into()),
        ("user=ann application_name=x gssencmode=require".into(), socket.into()),
        ("service=one application_name=x".into(), service.into()),
        ("service=one user=root application_name=x".into(), service.into()),
        ("service=two user=ann application_name=x".into(), service.into()),
        (
            "service=two user=ann application_name=x".into(),
            [service.as_slice(), &[("PGDATABASE", "ann"), ("PGOPTIONS", "-c work_mem=5MB")]]
                .concat(),
        ),
        ("service=blank application_name=x".into(), service.into()),
        ("service=nested application_name=x".into(), service.into()),
        ("service=absent application_name=x".into(), service.into()),
        ("service=one".into(), vec![("PGSERVICEFILE", "/absent")]),
        ("application_name=x".into(), [service.as_slice(), &[("PGSERVICE", "one")]].concat()),
        (
            "application_name=x".into(),
            [socket.as_slice(), &[("PGUSER", "ann"), ("PGDATABASE", "d=1 e")]].concat(),
        ),
        (format!("postgres://ann@{percent}:{port}/postgres?application_name=x"), vec![]),
        (format!("postgresql://ann@{percent}:{port}?application_name=x"), vec![]),
        (format!("postgresql://ann@{percent},{percent}:{port}/?application_name=x"), vec![]),
        (format!("postgresql://ann@{percent}:{dead},{percent}:{port}/?application_name=x"), vec![]),
        ("postgres:///ann?application_name=x".into(), socket.into()),
        ("postgres:///%64%3D1%20e?application_name=x&user=a%20b".into(), socket.into()),
        ("postgres:///ann?application_name=x&user".into(), socket.into()),
        ("postgres:///ann?application_name=x&usr=ann".into(), socket.into()),
        ("postgres:///ann?application_name=x&".into(), socket.into()),
        ("postgres:///ann?application_name=x&&user=ann".into(), socket.into()),
        ("postgres:///%zz".into(), socket.into()),
        (format!("postgres://ann:hush@127.0.0.1:{port}/postgres?application_name=x"), vec![]),
        (format!("postgres://ann:hush@localhost:{port}/postgres?application_name=x"), vec![]),
        (
            format!("postgres://ann:hush@127.0.0.1:{port}/postgres?application_name=x&ssl=true"),
            vec![],
        ),
        (
            format!("postgres://ann:wrong@127.0.0.1:{port}/postgres?application_name=x"),
            vec![("PGPASSFILE", &passwords)],
        ),
        (
            format!("postgres://ann@127.0.0.1:{port}/postgres?application_name=x"),
            vec![("PGPASSFILE", &passwords)],
        ),
        (
            format!("postgres://ann@localhost:{port}/postgres?application_name=x"),
            vec![("PGPASSFILE", &passwords)],
        ),
        (
            format!("host=localhost hostaddr=127.0.0.1 port={port} user=ann application_name=x"),
            vec![("PGPASSFILE", &passwords)],
        ),
        (
            format!(
                "hostaddr=127.0.0.1 port={port} user=ann application_name=x passfile={passwords}"
            ),
            vec![],
        ),
        (format!("host=x,y hostaddr=127.0.0.1 port={port} user=ann password=hush"), vec![]),
        (format!("host=127.0.0.1 port={port},{port} user=ann password=hush"), vec![]),
        (format!("host=127.0.0.1 port={port}x user=ann password=hush"), vec![]),
        (
            format!(
                "host=absent.invalid,127.0.0.1 port={port} user=ann password=hush application_name=x"
            ),
            vec![],
        ),
        (
            format!("host=127.0.0.1,{directory} port={dead},{port} user=ann application_name=x"),
            vec![],
        ),
        (
            format!(
                "host=127.0.0.1,{directory} port={port} user=ann password=wrong application_name=x"
            ),
            vec![],
        ),
        (
            format!(
                "host=127.0.0.1 port={port} user=ann password=hush application_name=x channel_binding=require"
            ),
            vec![],
        ),
        ("user=ann application_name=x".into(), [socket.as_slice(), &[("PGSSLMODE", "")]].concat()),
        (
            "user=ann application_name=x".into(),
            [socket.as_slice(), &[("PGUSER", "root"), ("PGREQUIRESSL", "1")]].concat(),
        ),
    ];
    let (mut connected, mut differing) = (0, Vec::new());
    for (text, variables) in &cases {
        let theirs = psql(&server, text, variables);
        let ours = pum(text, variables, home.path());
        // psql names itself where pum does; everything else must be equal.
        let theirs = theirs.map(|line| line.replace("|psql|", "|pum|"));
        connected += usize::from(theirs.is_some());
        if theirs != ours.clone().ok() {
            differing.push(format!("{text} {variables:?}\n  psql: {theirs:?}\n  pum:  {ours:?}"));
        }
        if let Err(message) = ours {
            assert!(!message.contains("hush"), "{message}");
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(
        connected > 25 && connected < cases.len() - 15,
        "{connected} of {} connected",
        cases.len()
    );
}
