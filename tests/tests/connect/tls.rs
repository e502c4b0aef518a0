//! `sslmode` and what belongs to it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use pum_core::Interrupt;
use pum_core::connect::{FailureKind, Session, Settings};
use pum_tests::server::Server;
use tempfile::TempDir;

use crate::certificates::Authority;
use crate::{assert_refused, environment, open, refused, resolve, value, write};

const USES_TLS: &str = "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()";
const TLS_VERSION: &str = "select version from pg_stat_ssl where pid = pg_backend_pid()";

/// A server with TLS, whose certificate is for `localhost`, and the clients' files.
struct Fixture {
    server: Server,
    files: TempDir,
    authority: Authority,
}

impl Fixture {
    fn new() -> Self {
        let authority = Authority::new("right authority");
        let issued = authority.issue(7, "server", &["localhost"]);
        let root = authority.pem();
        let server = Server::start(
            true,
            &["ssl = on", "ssl_ca_file = 'root.crt'"],
            &[
                "hostssl all ann 127.0.0.1/32 scram-sha-256",
                "hostssl all certified 127.0.0.1/32 cert",
                "hostnossl all plain 127.0.0.1/32 trust",
                "hostssl all ciphered 127.0.0.1/32 trust",
            ],
            &[
                ("server.crt", &issued.certificate),
                ("server.key", &issued.key),
                ("root.crt", &root),
            ],
        );
        server.sql(&[
            "create role ann login password 'hush'",
            "create role certified login",
            "create role plain login",
            "create role ciphered login",
        ]);
        let files = tempfile::tempdir().unwrap();
        write(files.path(), "root.crt", 0o644, &root);
        write(files.path(), "wrong.crt", 0o644, &Authority::new("wrong authority").pem());
        Self { server, files, authority }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// A connection string over TCP; `{}` is the directory of the files.
    fn text(&self, host: &str, rest: &str) -> String {
        let directory = self.files.path().display().to_string();
        format!(
            "host={host} hostaddr=127.0.0.1 port={} dbname=postgres {}",
            self.server.port(),
            rest.replace("{}", &directory)
        )
    }

    fn uses_tls(&self, host: &str, rest: &str) -> String {
        value(&mut open(&resolve(&self.text(host, rest))), USES_TLS)
    }

    fn refuses(&self, host: &str, rest: &str, kind: FailureKind, part: &str) {
        assert_refused(&self.text(host, rest), kind, part);
    }
}

#[test]
fn verification_is_as_strict_as_the_mode() {
    let fixture = Fixture::new();
    let ann = "user=ann password=hush";
    for (host, mode) in [
        ("localhost", "verify-full sslrootcert={}/root.crt channel_binding=require"),
        ("localhost", "verify-full sslrootcert={}/root.crt require_auth=scram-sha-256"),
        ("other.example.org", "verify-ca sslrootcert={}/root.crt"),
        ("other.example.org", "require sslrootcert={}/root.crt"),
        ("other.example.org", "require"),
        ("no_name%", "require"),
    ] {
        assert_eq!(fixture.uses_tls(host, &format!("{ann} sslmode={mode}")), "true", "{mode}");
    }
    for (host, mode, part) in [
        ("other.example.org", "verify-full sslrootcert={}/root.crt", "subject alternative name"),
        ("localhost", "verify-full sslrootcert={}/wrong.crt", "not signed by an authority"),
        ("localhost", "verify-ca sslrootcert={}/wrong.crt", "not signed by an authority"),
        ("localhost", "require sslrootcert={}/wrong.crt", "not signed by an authority"),
        ("localhost", "require require_auth=md5", "asks for \"scram-sha-256\""),
        ("localhost", "verify-ca", "root.crt\" does not exist"),
        ("localhost", "verify-full sslrootcert={}/absent.crt", "absent.crt\" does not exist"),
        ("localhost", "verify-full sslrootcert=system", ""),
        ("localhost", "require sslnegotiation=direct", ""),
    ] {
        // From 17 on servers know it.
        if mode.ends_with("direct") && newest_major() >= 17 {
            continue;
        }
        let text = fixture.text(host, &format!("{ann} sslmode={mode}"));
        let error = refused(&resolve(&text));
        assert!(error.to_string().contains(part), "{mode}: {error}");
        if !part.is_empty() && !mode.contains("require_auth") {
            assert_eq!(error.failure(), Some(FailureKind::Tls), "{mode}: {error}");
        }
    }
    let text =
        format!("hostaddr=127.0.0.1 port={} {ann} sslmode=verify-full", fixture.server.port());
    let error =
        refused(&resolve(&format!("{text} sslrootcert={}", fixture.path("root.crt").display())));
    assert!(error.to_string().contains("needs the server's name"), "{error}");
}

/// The major version that servers here are of.
fn newest_major() -> u32 {
    let installed = pum_tests::installations();
    installed.newest_with(&["initdb", "pg_ctl", "postgres"], |_| true).unwrap().major()
}

#[test]
fn files_in_the_home_directory_are_used() {
    let fixture = Fixture::new();
    let home = fixture.files.path().join("home");
    let text = fixture.text("localhost", "user=ann password=hush sslmode=verify-full");
    let resolved = || Settings::resolve(&text, &environment(Some(&home), &[])).unwrap();
    assert_eq!(refused(&resolved()).failure(), Some(FailureKind::Tls));
    write(&home, ".postgresql/root.crt", 0o644, &fixture.authority.pem());
    assert_eq!(value(&mut open(&resolved()), USES_TLS), "true");
    write(&home, ".postgresql/root.crl", 0o644, &fixture.authority.revoking(7));
    assert!(refused(&resolved()).to_string().contains("Revoked"));
}

#[test]
fn revoked_certificates_are_refused() {
    let fixture = Fixture::new();
    write(&fixture.path(""), "other.crl", 0o644, &fixture.authority.revoking(8));
    write(&fixture.path("lists"), "this.crl", 0o644, &fixture.authority.revoking(7));
    let base = "user=ann password=hush sslmode=verify-ca sslrootcert={}/root.crt";
    assert_eq!(fixture.uses_tls("localhost", &format!("{base} sslcrl={{}}/other.crl")), "true");
    let directory = format!("{base} sslcrldir={{}}/lists");
    fixture.refuses("localhost", &directory, FailureKind::Tls, "Revoked");
    let absent = format!("{base} sslcrl={{}}/absent.crl");
    fixture.refuses("localhost", &absent, FailureKind::Tls, "absent.crl");
}

#[test]
fn client_certificates() {
    let fixture = Fixture::new();
    let issued = fixture.authority.issue(9, "certified", &[]);
    write(fixture.files.path(), "client.crt", 0o644, &issued.certificate);
    let key = write(fixture.files.path(), "client.key", 0o600, &issued.key);
    let base = "user=certified sslmode=verify-full sslrootcert={}/root.crt";
    let full = format!("{base} sslcert={{}}/client.crt sslkey={{}}/client.key");
    assert_eq!(fixture.uses_tls("localhost", &full), "true");
    assert_eq!(fixture.uses_tls("localhost", &format!("{full} sslcertmode=require")), "true");
    let without = format!("{full} sslcertmode=disable");
    fixture.refuses("localhost", &without, FailureKind::Authentication, "valid client certificate");
    fixture.refuses("localhost", base, FailureKind::Authentication, "valid client certificate");
    let required = "user=ciphered sslmode=require sslcertmode=require";
    fixture.refuses("localhost", required, FailureKind::Authentication, "sslcertmode=require");

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    fixture.refuses("localhost", &full, FailureKind::Tls, "group or world access");
    let keyless = format!("{base} sslcert={{}}/client.crt sslkey={{}}/absent.key");
    fixture.refuses("localhost", &keyless, FailureKind::Tls, "no private key file");
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    write(fixture.files.path(), "locked.key", 0o600, encrypted);
    let locked = format!("{base} sslcert={{}}/client.crt sslkey={{}}/locked.key sslpassword=hush");
    fixture.refuses("localhost", &locked, FailureKind::Tls, "is encrypted");

    let stranger = Authority::new("a stranger").issue(1, "certified", &[]);
    write(fixture.files.path(), "stranger.crt", 0o644, &stranger.certificate);
    write(fixture.files.path(), "stranger.key", 0o600, &stranger.key);
    let strange = format!("{base} sslcert={{}}/stranger.crt sslkey={{}}/stranger.key");
    fixture.refuses("localhost", &strange, FailureKind::Tls, "client certificate");
}

#[test]
fn prefer_and_allow_try_both_ways_and_the_others_do_not() {
    let fixture = Fixture::new();
    assert_eq!(fixture.uses_tls("localhost", "user=ciphered"), "true", "prefer is the default");
    assert_eq!(fixture.uses_tls("localhost", "user=plain"), "false", "after pg_hba.conf said no");
    assert_eq!(fixture.uses_tls("localhost", "user=plain sslmode=allow"), "false");
    assert_eq!(fixture.uses_tls("localhost", "user=ciphered sslmode=allow"), "true");
    let wrong = "user=plain sslrootcert={}/wrong.crt";
    assert_eq!(fixture.uses_tls("localhost", wrong), "false", "after a failed handshake");
    for (rest, part) in [
        ("user=plain sslmode=require", "no pg_hba.conf entry"),
        ("user=ciphered sslmode=disable", "no pg_hba.conf entry"),
        ("user=nobody", "no pg_hba.conf entry"),
    ] {
        fixture.refuses("localhost", rest, FailureKind::Authentication, part);
    }
}

#[test]
fn a_server_without_tls_is_only_good_enough_for_weak_modes() {
    let server = Server::start(true, &[], &["host all all 127.0.0.1/32 trust"], &[]);
    let text = |rest: &str| format!("host=127.0.0.1 port={} user=postgres {rest}", server.port());
    for mode in ["disable", "allow", "prefer"] {
        let mut session = open(&resolve(&text(&format!("sslmode={mode}"))));
        assert_eq!(value(&mut session, USES_TLS), "false");
    }
    assert_refused(&text("sslmode=require"), FailureKind::Tls, "does not support TLS");
    let bound = text("sslmode=prefer channel_binding=require");
    assert_refused(&bound, FailureKind::Authentication, "channel binding");
}

#[test]
fn protocol_versions() {
    let fixture = Fixture::new();
    for (limits, version) in [
        ("ssl_min_protocol_version=TLSv1.3", "TLSv1.3"),
        ("ssl_max_protocol_version=TLSv1.2", "TLSv1.2"),
    ] {
        let text = fixture.text("localhost", &format!("user=ciphered sslmode=require {limits}"));
        assert_eq!(value(&mut open(&resolve(&text)), TLS_VERSION), version);
    }
}

#[test]
fn an_interrupt_cancels_the_running_statement_over_tls() {
    let fixture = Fixture::new();
    let interrupt = Interrupt::new();
    let text = "user=ciphered sslmode=verify-full sslrootcert={}/root.crt";
    let mut session =
        Session::open(&resolve(&fixture.text("localhost", text)), &interrupt).unwrap();
    let watcher = {
        let mut superuser = fixture.server.superuser();
        let interrupt = interrupt.clone();
        thread::spawn(move || {
            let query = "select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'";
            while superuser.query_one(query, &[]).unwrap().get::<_, i64>(0) == 0 {}
            interrupt.trigger();
        })
    };
    let error = session.client().batch_execute("select pg_sleep(60)").unwrap_err();
    watcher.join().unwrap();
    assert_eq!(error.code().map(|code| code.code().to_owned()).as_deref(), Some("57014"));
}

/// Certificates as PostgreSQL's manual makes them, which rustls alone would not take. psql is
/// the oracle.
#[test]
fn certificates_of_the_manual_mean_the_same_to_psql() {
    let first = Authority::new("first").issue(1, "first", &[]);
    let server = Server::start(
        true,
        &["ssl = on"],
        &["hostssl all postgres 127.0.0.1/32 trust"],
        &[("server.crt", &first.certificate), ("server.key", &first.key)],
    );
    for recipe in [
        // Self-signed; signed by an own authority.
        "openssl req -new -x509 -days 9 -nodes -out s.crt -keyout s.key -subj /CN=localhost; cp s.crt r.crt",
        "openssl req -new -x509 -days 9 -nodes -out r.crt -keyout r.key -subj /CN=root; \
         openssl req -new -nodes -out s.csr -keyout s.key -subj /CN=localhost; \
         openssl x509 -req -in s.csr -days 9 -CA r.crt -CAkey r.key -CAcreateserial -out s.crt",
    ] {
        let files = tempfile::tempdir().unwrap();
        let shell = Command::new("sh")
            .args(["-e", "-c", &format!("{recipe}; openssl x509 -in s.crt -noout -text")])
            .current_dir(files.path())
            .output()
            .unwrap();
        assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
        // Without extensions older versions of OpenSSL make it of X.509 version 1.
        let old = String::from_utf8_lossy(&shell.stdout).contains("Version: 1 (0x0)");
        let read = |name: &str| fs::read_to_string(files.path().join(name)).unwrap();
        server.replace("server.crt", &read("s.crt"));
        server.replace("server.key", &read("s.key"));
        server.restart();
        for (host, mode, cannot) in [
            ("localhost", "require", false),
            ("localhost", "prefer", false),
            ("localhost", "verify-ca", old),
            ("localhost", "verify-full", old),
            ("other", "verify-ca", old),
            ("other", "verify-full", false),
            ("127.0.0.1", "verify-full", false),
        ] {
            let root = if mode.starts_with('v') {
                format!("sslrootcert={}/r.crt", files.path().display())
            } else {
                String::new()
            };
            let text = format!(
                "host={host} hostaddr=127.0.0.1 port={} user=postgres sslmode={mode} {root}",
                server.port()
            );
            let mut psql = Command::new(server.program("psql"));
            psql.env_clear().args(["-X", "-w", "-c", "select 1", &text]);
            let theirs = psql.output().unwrap().status.success();
            let ours = Session::open(&resolve(&text), &Interrupt::new());
            assert_eq!(ours.is_ok(), theirs && !cannot, "{text}: {ours:?}");
            match ours {
                Ok(mut session) => assert_eq!(value(&mut session, USES_TLS), "true"),
                Err(error) => {
                    let told = error.to_string().contains("psql may accept this certificate");
                    assert!(told || !cannot, "{error}");
                }
            }
        }
    }
}
