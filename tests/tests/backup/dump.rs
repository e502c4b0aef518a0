use std::os::unix::fs::PermissionsExt;

use pum_tests::server;

use crate::{PUM, Setting, content, names_in};

#[test]
fn every_format_is_private_complete_and_has_a_manifest() {
    let setting = Setting::new();
    for (options, name, format) in [
        ("", "a.dump", "custom"),
        ("-F directory -j 2", "b.dir", "directory"),
        ("-F plain", "c.sql", "plain"),
        ("-F plain -Z gzip:9", "d.sql.gz", "plain"),
        ("-Z none", "e.dump", "custom"),
        ("-F directory -Z none", "f.dir", "directory"),
    ] {
        let done = setting.pum(&format!("dump -p prod -t upgrades {options} {name}")).expect(0);
        assert!(done.stdout.contains("read back completely"), "{}", done.stdout);
        assert!(done.stdout.contains("it is at version 1.10.0"), "{}", done.stdout);
        let path = setting.path(name);
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), expected, "{name}");
        let manifest = setting.manifest(name);
        assert_eq!(mode(&setting.path(&format!("{name}.manifest.json"))), 0o600);
        assert_eq!(manifest["format"], format);
        assert_eq!(manifest["database"], setting.database.settings.database());
        assert_eq!(manifest["upgrades_table"]["version"], "1.10.0");
        assert_eq!(manifest["properties"]["encoding"], "UTF8");
        assert_eq!(manifest["tables"].as_array().unwrap().len(), 5);
        let server = manifest["server_version"].as_str().unwrap();
        assert_eq!(server, setting.database.session().version().to_string());
        // Its checksums are those of sha256sum.
        let files = manifest["files"].as_array().unwrap();
        let in_directory = if path.is_dir() { names_in(&path).len() } else { 1 };
        assert_eq!(files.len(), in_directory);
        for file in files {
            let file_name = file["name"].as_str().unwrap();
            let of = if path.is_dir() { path.join(file_name) } else { path.clone() };
            let output = std::process::Command::new("sha256sum").arg(&of).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let sum = text.trim_start_matches('\\').split(' ').next().unwrap();
            assert!(path.is_dir() || file_name == name, "{file_name} for {name}");
            assert_eq!(sum, file["sha256"], "{name}");
        }
    }
    assert!(setting.files().iter().all(|name| !name.ends_with(".part")), "{:?}", setting.files());
}

#[test]
fn what_is_left_out_is_not_there() {
    let setting = Setting::new();
    let restored = |options: &str| {
        setting.pum(&format!("dump -p prod {options} x.dump")).expect(0);
        let copy = format!("{}_copy", setting.database.settings.database());
        setting.pum("restore -p prod --suffix _copy --replace --yes x.dump").expect(0);
        let copy = setting.other(&copy);
        let schemas = copy.column(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information)' ORDER BY 1",
        );
        (copy, schemas)
    };
    // Several, each of them.
    let (_, schemas) = restored("-N log -N odd*");
    assert_eq!(schemas, ["app", "public"]);
    let (_, schemas) = restored("-n app -n l?g");
    assert_eq!(schemas, ["app", "log", "public"]);
    let (copy, schemas) = restored("--exclude-table-data log.*");
    assert_eq!(schemas, ["app", "log", "odd \"one\"", "public"]);
    assert_eq!(copy.column("SELECT count(*) FROM log.events"), ["0"]);
    assert_eq!(copy.column("SELECT count(*) FROM app.orders"), ["1000"]);
    let (copy, _) = restored("--schema-only");
    assert_eq!(copy.column("SELECT count(*) FROM app.orders"), ["0"]);

    let said = setting.pum("dump -p prod -N lug --exclude-table-data logs.* y.dump").expect(0);
    assert!(said.stderr.contains("no schema matches \"lug\""), "{}", said.stderr);
    assert!(said.stderr.contains("no table matches \"logs.*\""), "{}", said.stderr);
    setting.pum("dump -p prod -n lug z.dump").expect_error(&["no matching schemas"]);
    assert!(!setting.path("z.dump").exists());
}

/// What pum takes for the tables without data is what `pg_dump` leaves out.
#[test]
fn a_pattern_for_tables_means_what_it_does_to_pg_dump() {
    const TABLES: [(&str, &str); 4] = [
        ("hidden", "events_1"),
        ("hidden", "Events|2"),
        ("public", "events_1"),
        ("public", "events_x"),
    ];
    let setting = Setting::new();
    setting.database.execute("CREATE SCHEMA hidden");
    for (schema, name) in TABLES {
        setting.database.execute(&format!("CREATE TABLE {schema}.\"{name}\" AS SELECT 1 AS x"));
    }
    for (pattern, left_out) in [
        // Only what is found without its schema.
        ("events_1", vec!["public.events_1"]),
        ("*.events_1", vec!["hidden.events_1", "public.events_1"]),
        ("PUBLIC.EVENTS_?", vec!["public.events_1", "public.events_x"]),
        ("public.events_[0-9]", vec!["public.events_1"]),
        ("hidden|public.events_1", vec!["hidden.events_1", "public.events_1"]),
        ("hidden.\"Events|2\"", vec!["hidden.Events|2"]),
        ("hidden.Events|2", vec![]),
        ("hidden.\"events_?\"", vec![]),
    ] {
        let arguments = ["dump", "-p", "prod", "--exclude-table-data", pattern, "x.dump"];
        let said = setting.home.run(PUM, &arguments).expect(0);
        let warned = said.stderr.contains("the pattern leaves nothing out");
        assert_eq!(warned, left_out.is_empty(), "{pattern}: {}", said.stderr);
        let listed = std::process::Command::new("pg_restore")
            .arg("--list")
            .arg(setting.path("x.dump"))
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let manifest = setting.manifest("x.dump");
        let tables = manifest["tables"].as_array().unwrap();
        for (schema, table) in TABLES {
            let name = format!("{schema}.{table}");
            let expected = !left_out.contains(&name.as_str());
            let is_dumped = listed.contains(&format!(" TABLE DATA {schema} {table} "));
            assert_eq!(is_dumped, expected, "{pattern}, {name}: {listed}");
            let is_known = tables.iter().any(|table| table["name"] == name);
            assert_eq!(is_known, expected, "{pattern}, {name}: {tables:?}");
        }
    }
}

#[test]
fn a_broken_pattern_for_schemas_is_refused() {
    let setting = Setting::new();
    for command in ["dump -p prod -N lo\\ x.dump", "dump -p prod -n lo\\ x.dump"] {
        setting.pum(command).expect_error(&["the pattern \"lo\\\" ends in a lone backslash"]);
        assert_eq!(setting.files(), Vec::<String>::new());
    }
}

#[test]
fn compression_is_what_the_client_knows() {
    let setting = Setting::new();
    setting
        .pum("dump -p prod -Z zip x.dump")
        .expect_error(&["the methods are none, gzip, lz4 and zstd"]);
    let zstd = setting.pum("dump -p prod -Z zstd x.dump");
    if server().major() < 16 {
        zstd.expect_error(&["cannot compress with \"zstd\"", "16 or newer is required"]);
    } else {
        zstd.expect(0);
    }
    let size = |options: &str| {
        setting.pum(&format!("dump -p prod {options} x.dump")).expect(0);
        setting.path("x.dump").metadata().unwrap().len()
    };
    assert!(size("-Z none") > 2 * size("-Z gzip:1"));
}

#[test]
fn roles_go_with_it_and_passwords_only_if_asked() {
    let setting = Setting::new();
    setting.database.execute("CREATE ROLE \"globals ann\" LOGIN PASSWORD 'only for globals'");
    let globals = |options: &str| {
        let done = setting.pum(&format!("dump -p prod --globals {options} g.dump")).expect(0);
        assert!(done.stdout.contains("g.dump.globals.sql"), "{}", done.stdout);
        let path = setting.path("g.dump.globals.sql");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::read_to_string(path).unwrap()
    };
    let without = globals("");
    assert!(without.contains("CREATE ROLE \"globals ann\""));
    assert!(!without.contains("SCRAM-SHA-256") && !without.contains("PASSWORD"), "{without}");
    assert!(globals("--role-passwords").contains("SCRAM-SHA-256"));
    // Those of an older dump are not taken for this one's.
    setting.pum("dump -p prod g.dump").expect(0);
    assert!(!setting.path("g.dump.globals.sql").exists());
}

#[test]
fn names_with_everything_in_them() {
    let name = "it's \"x\" = é\nand more";
    let setting = Setting::with(pum_tests::database_named(name));
    let conninfo = setting.database.conninfo();
    let file = "a = 'b' \"c\"\nd.dump";
    setting.home.run(crate::PUM, &["dump", "-p", &conninfo, file]).expect(0);
    setting
        .home
        .run(crate::PUM, &["dump", "-p", &conninfo, "-Fdirectory", "-j2", "--", "-dir"])
        .expect(0);
    assert_eq!(setting.manifest(file)["database"], name);
    for dump in [file, "-dir"] {
        let arguments =
            ["restore", "-p", &conninfo, "--suffix", "\n2", "--replace", "--yes", "--", dump];
        setting.home.run(crate::PUM, &arguments).expect(0);
        let copy = setting.other(&format!("{name}\n2"));
        assert_eq!(content(&copy), content(&setting.database));
    }
}

/// What an embedding program sees: progress that ends where the manifest says.
#[test]
fn progress_is_told_in_bytes_and_tables() {
    use pum_core::dump::{BackupOptions, Format, ToolOverrides, Tools, backup};
    use pum_core::progress::{Event, Observer};
    use pum_core::{Context, Interrupt};

    #[derive(Default)]
    struct Seen(Vec<(String, usize, u64, Option<u64>)>);
    impl Observer for Seen {
        fn notify(&mut self, event: Event<'_>) {
            if let Event::Progress(far) = event {
                assert_eq!(far.all_tables, 5);
                assert!(far.bytes <= far.all_bytes.unwrap(), "{far:?}");
                self.0.push((far.action.to_owned(), far.tables, far.bytes, far.all_bytes));
            }
        }
    }

    let setting = Setting::new();
    let mut session = setting.database.session();
    let major = session.version().major();
    let (installed, none) = (pum_tests::installations(), ToolOverrides::default());
    let tools = Tools::choose(&installed, &none, major).unwrap();
    for (format, jobs) in [(Format::Custom, 1), (Format::Directory, 2), (Format::Plain, 1)] {
        let mut options = BackupOptions::default();
        options.dump.format = format;
        options.dump.jobs = jobs;
        let (mut seen, file) = (Seen::default(), setting.path(format.name()));
        let interrupt = Interrupt::new();
        let report =
            backup(&mut session, &tools, &file, &options, &mut Context::new(&mut seen, &interrupt))
                .unwrap();
        assert!(seen.0.windows(2).all(|pair| pair[0].1 <= pair[1].1 && pair[0].2 <= pair[1].2));
        let all: u64 = report.manifest.tables.iter().map(|table| table.bytes).sum();
        let last = seen.0.last().unwrap();
        assert_eq!((last.0.as_str(), last.1), ("read back", 5));
        assert!(last.2 >= all && last.3 == Some(last.2), "{last:?}, {all}");
        // Whatever the run did to the session, it is free again.
        session.client().batch_execute("VACUUM app.orders").unwrap();
    }
    let interrupt = Interrupt::new();
    interrupt.trigger();
    let mut seen = Seen::default();
    let file = setting.path("never");
    let options = BackupOptions::default();
    backup(&mut session, &tools, &file, &options, &mut Context::new(&mut seen, &interrupt))
        .unwrap_err();
    assert!(!file.exists() && seen.0.is_empty());
}

/// Who backs up a standby spares the primary.
#[test]
fn a_standby_can_be_dumped() {
    let server =
        pum_tests::server::Server::start(false, &[], &["local replication all trust"], &[]);
    server.sql(&["CREATE DATABASE prod", "CREATE TABLE in_postgres AS SELECT 1 AS one"]);
    let standby = server.standby();
    let home = pum_tests::command::Home::new();
    let of = |server: &pum_tests::server::Server, name: &str| {
        let (socket, port) = (server.socket_directory(), server.port());
        format!("[{name}]\nhost={socket}\nport={port}\nuser=postgres\ndbname=postgres\n")
    };
    home.file(".pg_service.conf", &(of(&standby, "standby") + &of(&server, "primary")));
    let run = |line: &str| home.run(crate::PUM, &line.split(' ').collect::<Vec<_>>());
    run("dump -p standby -F directory -j 2 x.dir").expect(0);
    run("restore -p primary --as back x.dir").expect(0);
    run("clone standby --on primary --as too").expect(0);
    run("restore -p standby --as never x.dir").expect_error(&["read-only transaction"]);
}
