//! Passwords from everywhere, right and wrong, and awkward names.

use pum_core::connect::{Environment, FailureKind, Settings};
use pum_tests::server::Server;
use pum_tests::text::stable;
use tempfile::TempDir;

use crate::{assert_refused, environment, open, refused, resolve, value, write};

fn server() -> Server {
    let server = Server::start(false, &[], &["local all all scram-sha-256"], &[]);
    server.sql(&["create role ann login password 'hush'", "create database d"]);
    server
}

fn base(server: &Server) -> String {
    format!("host={} user=ann dbname=d", server.socket_directory())
}

#[test]
fn a_password_file_is_used_unless_others_can_read_it() {
    let server = server();
    let home = TempDir::new().unwrap();
    let lines = format!("other:*:*:*:wrong\n{}:5432:d:ann:hush\n", server.socket_directory());
    write(home.path(), ".pgpass", 0o600, &lines);
    let with = |variables: &[(&str, &str)]| {
        Settings::resolve(&base(&server), &environment(Some(home.path()), variables)).unwrap()
    };
    assert_eq!(value(&mut open(&with(&[])), "select current_user::text"), "ann");

    write(home.path(), ".pgpass", 0o644, &lines);
    let error = refused(&with(&[])).to_string();
    insta::assert_snapshot!(stable(&error), @r#"
    cannot connect to <server> user=ann dbname=d: socket "<server>/.s.PGSQL.5432": the server requires a password, and none was given
    hint: password file "<home>/.pgpass" was ignored: it has group or world access (chmod 0600); set PGPASSWORD or use a password file
    "#);

    let elsewhere = write(home.path(), "elsewhere", 0o600, "*:*:*:*:hush\n");
    let elsewhere = elsewhere.to_str().unwrap();
    open(&with(&[("PGPASSFILE", elsewhere)]));
    open(&with(&[("PGPASSFILE", "/absent")]).with("passfile", elsewhere).unwrap());
    open(&with(&[("PGPASSWORD", "hush")]));

    let wrong = write(home.path(), "wrong", 0o600, "#\n*:*:*:*:hush hush\n");
    let error = refused(&with(&[("PGPASSFILE", wrong.to_str().unwrap())])).to_string();
    insta::assert_snapshot!(stable(&error), @r#"
    cannot connect to <server> user=ann dbname=d: socket "<server>/.s.PGSQL.5432": password authentication failed for user "ann" (SQLSTATE 28P01)
    hint: the password came from "<home>/wrong", line 2; it may be wrong, or have expired (VALID UNTIL)
    "#);
}

#[test]
fn the_server_s_refusals_are_told_apart() {
    let server = server();
    server.sql(&[
        "create role late login password 'hush' valid until '2001-01-01'",
        "create role closed nologin password 'hush'",
        "create database private",
        "revoke connect on database private from public",
    ]);
    let directory = server.socket_directory();
    let text = |rest: &str| format!("host={directory} {rest}");
    for (rest, kind, parts) in [
        (
            "user=ann dbname=d password=hushhush",
            FailureKind::Authentication,
            &["password authentication failed for user \"ann\"", "28P01", "was given with"][..],
        ),
        ("user=ann dbname=d", FailureKind::Authentication, &["none was given", "PGPASSWORD"]),
        (
            "user=late dbname=d password=hush",
            FailureKind::Authentication,
            &["28P01", "VALID UNTIL"],
        ),
        (
            "user=closed dbname=d password=hush",
            FailureKind::Authentication,
            &["not permitted to log in", "28000"],
        ),
        (
            "user=ann dbname=absent password=hush",
            FailureKind::NoSuchDatabase,
            &["\"absent\" does not exist", "3D000", "create database"],
        ),
        (
            "user=ann dbname=private password=hush",
            FailureKind::Server,
            &["permission denied for database", "42501"],
        ),
    ] {
        for part in parts {
            assert_refused(&text(rest), kind, part);
        }
    }
    assert_refused(
        "host=/absent user=ann",
        FailureKind::Unreachable,
        "socket \"/absent/.s.PGSQL.5432\"",
    );
}

#[test]
fn awkward_passwords_and_names_arrive_unchanged() {
    let server = server();
    let home = TempDir::new().unwrap();
    let names = [
        "a b",
        "it's",
        r"back\slash",
        "a=b",
        "user@host:1",
        "100%",
        "é\u{1F600}",
        "host=x dbname=y",
        "postgres://x/y",
        "q\"q",
        "#",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let password = format!("hush {name}");
        let quote = |text: &str| text.replace('\'', "''");
        let identifier = name.replace('"', "\"\"");
        let mut superuser = server.superuser();
        superuser
            .batch_execute(&format!(
                "create role \"r {identifier}\" login password '{}'",
                quote(&password)
            ))
            .unwrap();
        superuser.batch_execute(&format!("create database \"{identifier}\"")).unwrap();

        let escaped = |text: &str| text.replace('\\', r"\\").replace('\'', r"\'");
        let percent = |text: &str| {
            text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
        };
        let user = format!("r {name}");
        let conninfo = format!(
            "host={} user='{}' password='{}' dbname='{}'",
            server.socket_directory(),
            escaped(&user),
            escaped(&password),
            escaped(name)
        );
        let uri = format!(
            "postgres://{}:{}@{}/{}",
            percent(&user),
            percent(&password),
            percent(server.socket_directory()),
            percent(name)
        );
        let service = format!(
            "[s]\nhost={}\nuser={user}\npassword={password}\ndbname={name}\n",
            server.socket_directory()
        );
        let file = write(home.path(), &format!("services{index}"), 0o600, &service);
        let variables = environment(None, &[("PGSERVICEFILE", file.to_str().unwrap())]);
        let pairs = [
            ("host", server.socket_directory()),
            ("user", &user),
            ("password", &password),
            ("dbname", name),
        ];
        for settings in [
            resolve(&conninfo),
            resolve(&uri),
            Settings::resolve("s", &variables).unwrap(),
            Settings::from_pairs("pairs", pairs).unwrap(),
        ] {
            let mut session = open(&settings);
            assert_eq!(value(&mut session, "select current_database()::text"), name);
            assert_eq!(value(&mut session, "select current_user::text"), user);
            let shown = format!("{session:?} {settings:?} {settings}");
            assert!(!shown.contains("hush"), "{shown}");
        }
    }
}

#[test]
fn a_service_names_the_connection_and_explicit_values_beat_it() {
    let server = server();
    let home = TempDir::new().unwrap();
    let text = format!(
        "[production]\nhost={}\nuser=ann\ndbname=d\npassword=hush\n",
        server.socket_directory()
    );
    write(home.path(), ".pg_service.conf", 0o600, &text);
    let all = environment(Some(home.path()), &[("PGDATABASE", "absent"), ("PGAPPNAME", "mine")]);
    let mut session = open(&Settings::resolve("production", &all).unwrap());
    assert_eq!(value(&mut session, "select current_database()::text"), "d");
    assert_eq!(value(&mut session, "select current_setting('application_name')"), "mine");

    let explicit = Settings::resolve("service=production dbname=postgres", &all).unwrap();
    assert_eq!(value(&mut open(&explicit), "select current_database()::text"), "postgres");

    let by_variable = environment(Some(home.path()), &[("PGSERVICE", "production")]);
    open(&Settings::resolve("", &by_variable).unwrap());

    let error = Settings::resolve("producton", &all).unwrap_err().to_string();
    insta::assert_snapshot!(stable(&error), @r#"
    unknown service "producton"; did you mean "production"?
      known: "production" in <home>/.pg_service.conf
      looked at: <home>/.pg_service.conf, /etc/postgresql-common/pg_service.conf, /etc/sysconfig/pgsql/pg_service.conf, /etc/pg_service.conf
    "#);
    let without_user = Settings::resolve("", &Environment::default()).unwrap_err().to_string();
    assert!(without_user.contains("PGUSER"), "{without_user}");
}

#[test]
fn require_auth_keeps_the_password_from_a_server_that_asks_otherwise() {
    let server = Server::start(
        true,
        &["password_encryption = md5"],
        &[
            "host all scram 127.0.0.1/32 scram-sha-256",
            "host all md5 127.0.0.1/32 md5",
            "host all clear 127.0.0.1/32 password",
            "host all trusted 127.0.0.1/32 trust",
            "local all scram scram-sha-256",
            "local all trusted trust",
        ],
        &[],
    );
    server.sql(&[
        "create role md5 login password 'hush'",
        "create role clear login password 'hush'",
        "create role trusted login",
        "set password_encryption = 'scram-sha-256'; create role scram login password 'hush'",
    ]);
    let text = |user: &str, rest: &str| {
        let port = server.port();
        format!("host=127.0.0.1 port={port} user={user} dbname=postgres password=hush {rest}")
    };
    let users = ["scram", "md5", "clear", "trusted"];
    for (methods, works) in [
        ("scram-sha-256", [true, false, false, false]),
        ("md5,password", [false, true, true, false]),
        ("!password,!md5", [true, false, false, true]),
        ("!none", [true, true, true, false]),
        ("none", [false, false, false, true]),
        ("none,scram-sha-256", [true, false, false, true]),
        ("!gss", [true; 4]),
    ] {
        for (user, works) in users.into_iter().zip(works) {
            for mode in ["disable", "prefer", "allow"] {
                let text = text(user, &format!("require_auth={methods} sslmode={mode}"));
                if works {
                    open(&resolve(&text));
                } else {
                    assert_refused(&text, FailureKind::Authentication, "");
                }
            }
        }
    }
    let clear = text("clear", "require_auth=scram-sha-256");
    assert_refused(
        &clear,
        FailureKind::Authentication,
        "asks for \"password\", which require_auth",
    );

    let socket = |user: &str, methods: &str| {
        let directory = server.socket_directory();
        let (port, base) = (server.port(), "dbname=postgres password=hush");
        let text =
            format!("host={directory} port={port} user={user} {base} require_auth={methods}");
        Settings::resolve(&text, &Environment::default())
    };
    open(&socket("trusted", "none").unwrap());
    assert_eq!(
        refused(&socket("scram", "none").unwrap()).failure(),
        Some(FailureKind::Authentication)
    );
    open(&socket("scram", "!gss").unwrap());
    let error = socket("scram", "scram-sha-256").unwrap_err().to_string();
    insta::assert_snapshot!(stable(&error), @r#"connection keyword "require_auth" is not supported by pum: pum cannot observe authentication over a Unix socket; connect over TCP, or remove the setting"#);
}
