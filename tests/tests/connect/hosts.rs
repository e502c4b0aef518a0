//! Several hosts, time-outs, and what a session knows of its server.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use pum_core::Interrupt;
use pum_core::connect::{ConnectError, FailureKind, Session};
use pum_tests::server::Server;

use crate::{assert_refused, open, refused, resolve, value};

const PORT: &str = "select current_setting('port')";

/// A port that nobody listens on.
fn dead_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_next_host_after_a_dead_one_but_not_after_a_refusal() {
    let access =
        ["host all ann 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust"];
    let server = Server::start(true, &[], &access, &[]);
    server.sql(&["create role ann login password 'hush'"]);
    let (dead, port) = (dead_port(), server.port());

    let settings = resolve(&format!("host=127.0.0.1,127.0.0.1 port={dead},{port} user=postgres"));
    let session = open(&settings);
    assert_eq!(session.settings().get("port"), Some(port.to_string().as_str()), "narrowed");
    assert_eq!(session.settings().get("host"), Some("127.0.0.1"));

    let names = resolve(&format!(
        "host=does-not-exist.invalid,/absent,127.0.0.1 port={port} user=postgres"
    ));
    open(&names);

    let wrong = format!("host=127.0.0.1,/absent port={port} user=ann password=hushhush");
    let ConnectError::Failed { attempts, .. } = refused(&resolve(&wrong)) else { panic!() };
    let kinds: Vec<FailureKind> = attempts.iter().map(|attempt| attempt.kind).collect();
    assert_eq!(kinds, [FailureKind::Authentication], "nothing was tried after the refusal");

    let all_dead =
        format!("host=does-not-exist.invalid,127.0.0.1,/absent port={dead} user=postgres");
    let ConnectError::Failed { attempts, .. } = refused(&resolve(&all_dead)) else { panic!() };
    let kinds: Vec<FailureKind> = attempts.iter().map(|attempt| attempt.kind).collect();
    assert_eq!(kinds, [FailureKind::Lookup, FailureKind::Unreachable, FailureKind::Unreachable]);
    for part in
        [format!("\"127.0.0.1\", port {dead}"), "refused".to_owned(), "socket \"/absent".to_owned()]
    {
        assert_refused(&all_dead, FailureKind::Unreachable, &part);
    }
}

#[test]
fn hosts_are_taken_in_random_order_when_that_is_wanted() {
    let access = ["local all all trust"];
    let (one, two) = (
        Server::start(false, &["cluster_name = one"], &access, &[]),
        Server::start(false, &["cluster_name = two"], &access, &[]),
    );
    let hosts = format!("host={},{} user=postgres", one.socket_directory(), two.socket_directory());
    let reached =
        |text: &str| value(&mut open(&resolve(text)), "select current_setting('cluster_name')");
    assert_eq!(reached(&hosts), "one");
    let random = format!("{hosts} load_balance_hosts=random");
    let mut tries = 0;
    while reached(&random) != "two" {
        tries += 1;
        assert!(tries < 100, "always the first host");
    }
}

#[test]
fn target_session_attrs_pick_the_server() {
    let access = ["local all all trust"];
    let read_only = Server::start(
        false,
        &["default_transaction_read_only = on", "cluster_name = reader"],
        &access,
        &[],
    );
    let writable = Server::start(false, &["cluster_name = writer"], &access, &[]);
    let hosts = format!(
        "host={},{} user=postgres",
        read_only.socket_directory(),
        writable.socket_directory()
    );
    let reached = |attributes: &str| {
        let text = format!("{hosts} target_session_attrs={attributes}");
        value(&mut open(&resolve(&text)), "select current_setting('cluster_name')")
    };
    assert_eq!(reached("any"), "reader");
    assert_eq!(reached("read-write"), "writer");
    assert_eq!(reached("read-only"), "reader");
    assert_eq!(reached("primary"), "reader");
    assert_eq!(reached("prefer-standby"), "reader", "anything in the second round");
    let standby = format!("{hosts} target_session_attrs=standby");
    assert_refused(&standby, FailureKind::SessionAttributes, "the server is a primary");
    let one = format!(
        "host={} user=postgres target_session_attrs=read-write",
        read_only.socket_directory()
    );
    assert_refused(&one, FailureKind::SessionAttributes, "requires read-write");
}

#[test]
fn a_silent_server_is_left_when_the_time_is_over_or_somebody_asks() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let server = Server::start(false, &[], &[], &[]);
    let hosts =
        format!("host=127.0.0.1,{} port={port},5432 user=postgres", server.socket_directory());
    let started = Instant::now();
    let settings = resolve(&format!("{hosts} connect_timeout=1"));
    assert_eq!(value(&mut open(&settings), PORT), "5432");
    assert!(started.elapsed() >= Duration::from_secs(2), "two seconds are the least, as in libpq");

    let interrupt = Interrupt::new();
    let stop = {
        let interrupt = interrupt.clone();
        let silent = silent.try_clone().unwrap();
        thread::spawn(move || {
            // The first connection is from before; the second is the one to interrupt.
            let _connections = (silent.accept().unwrap(), silent.accept().unwrap());
            interrupt.trigger();
        })
    };
    let error = Session::open(&resolve(&hosts), &interrupt).unwrap_err();
    stop.join().unwrap();
    assert!(matches!(error, ConnectError::Interrupted(_)), "{error}");
    assert!(matches!(Session::open(&settings, &interrupt), Err(ConnectError::Interrupted(_))));
}

#[test]
fn a_session_knows_its_server() {
    let server = Server::start(false, &[], &[], &[]);
    let text = format!(
        "host={} user=postgres client_encoding=LATIN1 options='-c geqo=off -c work_mem=1MB'",
        server.socket_directory()
    );
    let mut session = open(&resolve(&text));
    let number: i32 =
        value(&mut session, "select current_setting('server_version_num')").parse().unwrap();
    assert_eq!(i64::from(session.version().0), i64::from(number));
    assert!(session.version().to_string().starts_with(&session.version().major().to_string()));
    assert!(!session.in_recovery() && !session.read_only() && !session.is_closed());
    assert_eq!(value(&mut session, "select current_setting('client_encoding')"), "UTF8");
    assert_eq!(value(&mut session, "select current_setting('application_name')"), "pum");
    assert_eq!(
        value(&mut session, "select current_setting('geqo') || current_setting('work_mem')"),
        "off1MB"
    );

    let identity = session.identity().unwrap();
    let expected = value(&mut session, "select system_identifier::text from pg_control_system()");
    assert_eq!(identity.system_identifier.to_string(), expected);
    let mut again = open(session.settings());
    assert_eq!(again.identity().unwrap(), identity);
    let mut other = open(&session.settings().with("dbname", "template1").unwrap());
    let different = other.identity().unwrap();
    assert_eq!(different.system_identifier, identity.system_identifier);
    assert_ne!(different.database_oid, identity.database_oid);

    server
        .superuser()
        .execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pum'",
            &[],
        )
        .unwrap();
    assert!(session.identity().is_err());
    assert!(session.is_closed());
}

#[test]
fn notices_are_handed_over() {
    let server = Server::start(false, &[], &[], &[]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let handler = Arc::new(move |notice: &postgres::error::DbError| {
        sink.lock().unwrap().push(notice.message().to_owned());
    });
    let settings = resolve(&format!("host={} user=postgres", server.socket_directory()));
    let mut session = Session::open_with_notices(&settings, &Interrupt::new(), handler).unwrap();
    session.client().batch_execute("do $$ begin raise notice 'half way'; end $$").unwrap();
    assert_eq!(*seen.lock().unwrap(), ["half way"]);
}
