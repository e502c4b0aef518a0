use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pum_tests::{Database, program, programs_of, say, server};

use crate::{PUM, Setting, names_in};

/// Waits until a query has a row; it is asked again at once, because the server decides when.
pub(crate) fn until(database: &Database, child: &mut Child, query: &str) -> String {
    loop {
        if let Some(found) = database.column(query).pop() {
            return found;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
    }
}

fn failed(output: &Output, parts: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let code = if parts.iter().any(|part| part.contains("interrupted")) { 130 } else { 2 };
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in:\n{stderr}");
    }
}

/// A program in front of the real one.
pub(crate) fn wrapper(setting: &Setting, name: &str, script: &str) -> String {
    let text = format!("#!/bin/sh\nreal={}\n{script}\n", program(name).display());
    let path = setting.home.file(&format!("wrapped/{name}"), &text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn destinations_that_are_not_ours_alone() {
    let setting = Setting::new();
    symlink(setting.path("elsewhere"), setting.path("link.dump")).unwrap();
    setting
        .pum("dump -p prod link.dump")
        .expect_error(&["cannot write the dump to link.dump", "is a symbolic link"]);
    assert!(!setting.path("elsewhere").exists());

    let open = setting.path("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    setting.pum("dump -p prod open/x.dump").expect_error(&["a world-writable directory"]);
    assert_eq!(names_in(&open), [""; 0]);
    let allowed = setting.pum("dump -p prod --allow shared-directory open/x.dump").expect(0);
    assert!(allowed.stderr.contains("warning: cannot write the dump"), "{}", allowed.stderr);

    setting.home.file("full/mine.txt", "not a dump");
    setting
        .pum("dump -p prod -F directory full")
        .expect_error(&["is a directory that contains more than a dump"]);
    setting.pum("dump -p prod full").expect_error(&["cannot write the dump to full", "directory"]);
    setting.pum("dump -p prod /dev/null").expect_error(&["neither a file nor a directory"]);
    assert_eq!(names_in(&setting.path("full")), ["mine.txt"]);
}

#[test]
fn a_client_with_a_known_weakness_is_refused() {
    let setting = Setting::new();
    let version = format!("{}.0", server().major());
    let script = format!(
        "[ \"$1\" = --version ] && echo 'pg_dump (PostgreSQL) {version}' || exec $real \"$@\""
    );
    let old = wrapper(&setting, "pg_dump", &script);
    let setting = Setting { home: setting.home.set("PG_DUMP_EXE", &old), ..setting };
    setting
        .pum("dump -p prod x.dump")
        .expect_error(&[&format!("{version} has the known weakness CVE-20"), " or newer"]);
    assert!(!setting.path("x.dump").exists());
    let allowed = setting.pum("dump -p prod --allow vulnerable-client x.dump").expect(0);
    assert!(allowed.stderr.contains("warning: "), "{}", allowed.stderr);
}

/// The processes that a process started.
fn children_of(process: u32) -> Vec<Pid> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let lists = tasks.map(|task| {
        std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default()
    });
    let text: String = lists.collect();
    text.split_whitespace().map(|pid| Pid::from_raw(pid.parse().unwrap())).collect()
}

/// However it ends, nothing looks like a backup, and an older one stays with its own manifest.
#[test]
fn a_dump_that_ends_early_leaves_the_older_one() {
    let setting = Setting::new();
    // pg_dump asks for the state of a sequence in the midst of the data.
    let mut blocker = setting.database.session();
    let mut blocked = |work: &mut dyn FnMut()| {
        let sql = "BEGIN; ALTER SEQUENCE upgrades_id_seq RENAME TO other";
        blocker.client().batch_execute(sql).unwrap();
        work();
        blocker.client().batch_execute("ROLLBACK").unwrap();
    };
    let waiting = "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'pg_dump' \
                   AND wait_event_type = 'Lock' AND datname = current_database()";
    for format in ["custom", "directory", "plain"] {
        let file = format!("{format}.dump");
        let jobs = if format == "directory" { "2" } else { "1" };
        let arguments = ["dump", "-p", "prod", "-F", format, "-j", jobs, &file];
        setting.home.run(PUM, &arguments).expect(0);
        let (before, manifest) = (setting.files(), setting.manifest(&file));
        let mut ended_by = |end: &dyn Fn(&Child, &str), parts: &[&str]| {
            blocked(&mut || {
                let mut child = setting.home.command(PUM, &arguments).spawn().unwrap();
                let backend = until(&setting.database, &mut child, waiting);
                let parts_there = setting.files().iter().any(|name| name.ends_with(".part"));
                assert!(parts_there && setting.path(&file).exists());
                end(&child, &backend);
                failed(&child.wait_with_output().unwrap(), parts);
            });
            assert_eq!(setting.files(), before);
            assert_eq!(setting.manifest(&file), manifest);
        };
        ended_by(
            &|child, _| {
                let dumps = children_of(child.id());
                assert_eq!(dumps.len(), 1);
                kill(dumps[0], Signal::SIGKILL).unwrap();
            },
            &["the dump of prod to", "failed"],
        );
        ended_by(
            &|_, backend| {
                setting.database.execute(&format!("SELECT pg_terminate_backend({backend})"));
            },
            &["the dump of prod to", "terminating connection due to administrator command"],
        );
        ended_by(
            &|child, _| kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap(),
            &["stopping, please wait", "error: interrupted"],
        );
        // What pum leaves when it is killed has no name of a dump, and goes with the next one.
        blocked(&mut || {
            let mut child = setting.home.command(PUM, &arguments).spawn().unwrap();
            let backend = until(&setting.database, &mut child, waiting);
            child.kill().unwrap();
            child.wait().unwrap();
            setting.database.execute(&format!("SELECT pg_terminate_backend({backend})"));
            while !setting.database.column(waiting).is_empty() {}
        });
        let left = setting.files();
        let added: Vec<&String> = left.iter().filter(|name| !before.contains(name)).collect();
        assert!(added.len() == 1 && added[0].ends_with(".part"), "{added:?}");
        assert_eq!(setting.manifest(&file), manifest);
        setting.pum(&format!("dump -p prod -F {format} {file}")).expect(0);
        assert_eq!(setting.files(), before);
    }
}

/// What ends a program, and what is said then.
type End<'a> = (&'a dyn Fn(&Child, &str), &'a str);

/// pg_restore is killed, or loses its connection, or pum is interrupted: no database is left, and
/// one that was to be replaced stays.
#[test]
fn a_restore_that_ends_early_leaves_what_was_there() {
    let setting = Setting::new();
    setting.database.execute(
        "CREATE FUNCTION app.slow() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN \
         IF current_database() LIKE '%\\_pum\\_new\\_%' THEN PERFORM pg_sleep(60); END IF; \
         RETURN true; END $$; \
         CREATE TABLE app.t (id int CHECK (app.slow())); INSERT INTO app.t VALUES (1)",
    );
    setting.pum("dump -p prod x.dump").expect(0);
    let other = pum_tests::database();
    setting.home.service("other", &other);
    other.execute("CREATE TABLE mine ()");
    let name = other.settings.database();
    let asleep = format!(
        "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
         AND starts_with(datname, '{name}_pum_new_')"
    );
    let ends: [End; 3] = [
        (&|child, _| kill(children_of(child.id())[0], Signal::SIGKILL).unwrap(), "failed"),
        (
            &|_, backend| {
                setting.database.execute(&format!("SELECT pg_terminate_backend({backend})"));
            },
            // "terminating connection", or "no connection" in the words of pg_restore 18.
            " connection",
        ),
        (
            &|child, _| kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap(),
            "interrupted",
        ),
    ];
    for (end, part) in ends {
        for more in ["-j1", "-j2", "-x"] {
            // A lost connection in the midst is an error that -x does not ignore.
            let arguments = ["restore", "-p", "other", "--replace", "--yes", more, "x.dump"];
            let mut child = setting.home.command(PUM, &arguments).spawn().unwrap();
            let backend = until(&setting.database, &mut child, &asleep);
            end(&child, &backend);
            failed(&child.wait_with_output().unwrap(), &[part]);
            assert_eq!(setting.databases(name), [name]);
            assert_eq!(other.column("SELECT to_regclass('mine')::text"), ["mine"]);
        }
    }
    // What a killed pum leaves is told of the next time.
    let mut child = setting
        .home
        .command(PUM, &["restore", "-p", "other", "--replace", "--yes", "x.dump"])
        .spawn()
        .unwrap();
    let backend = until(&setting.database, &mut child, &asleep);
    child.kill().unwrap();
    child.wait().unwrap();
    setting.database.execute(&format!("SELECT pg_terminate_backend({backend})"));
    let there = format!("SELECT 1 FROM pg_stat_activity WHERE starts_with(datname, '{name}_pum_')");
    while !setting.database.column(&there).is_empty() {}
    let left = setting.databases(&format!("{name}_pum_new_")).remove(0);
    setting.database.execute(&format!("CREATE DATABASE {name}_pum_old_1"));
    setting.pum("restore -p other x.dump").expect_error(&[
        &format!(
            "database \"{left}\" seems to be left over from a run that was killed; it is not complete"
        ),
        &format!("ALTER DATABASE \"{name}_pum_old_1\" RENAME TO \"{name}\"; restores it"),
        "exists and is not empty",
    ]);
}

#[test]
fn truncated_and_altered_dumps_are_noticed() {
    let setting = Setting::new();
    setting.pum("dump -p prod whole.dump").expect(0);
    setting.pum("dump -p prod -F directory -j 2 whole.dir").expect(0);
    setting.pum("dump -p prod -Z none plain.dump").expect(0);
    let name = format!("{}_restored", setting.database.settings.database());
    let refused = |dump: &str, parts: &[&str]| {
        setting.pum(&format!("restore -p prod --as {name} {dump}")).expect_error(parts);
        assert_eq!(setting.databases(&name), [""; 0], "{dump}");
    };
    let bytes = std::fs::read(setting.path("whole.dump")).unwrap();
    let write = |bytes: &[u8]| std::fs::write(setting.path("whole.dump"), bytes).unwrap();
    write(&bytes[..bytes.len() - 1]);
    refused("whole.dump", &["whole.dump was altered", "bytes and had"]);
    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    write(&altered);
    refused("whole.dump", &["whole.dump was altered", "its checksum does not match"]);
    // Without a manifest it is read, which finds what is cut and what does not unpack.
    std::fs::remove_file(setting.path("whole.dump.manifest.json")).unwrap();
    refused("whole.dump", &["whole.dump is not a complete dump"]);
    write(&bytes[..bytes.len() - 1]);
    refused("whole.dump", &["whole.dump is not a complete dump"]);
    write(&bytes);
    let said = setting.pum(&format!("restore -p prod --as {name} whole.dump")).expect(0);
    assert!(said.stderr.contains("whole.dump.manifest.json is missing"), "{}", said.stderr);
    setting.database.execute(&format!("DROP DATABASE {name}"));
    // Data that are not packed look right whatever they are: the checksum tells.
    let path = setting.path("plain.dump");
    let text = std::fs::read(&path).unwrap();
    let at = text.windows(10).position(|part| part == b"xxxxxxxxxx").unwrap();
    let mut altered = text.clone();
    altered[at] = b'y';
    std::fs::write(&path, altered).unwrap();
    refused("plain.dump", &["plain.dump was altered"]);

    let directory = setting.path("whole.dir");
    let files = names_in(&directory);
    let data =
        files.iter().find(|name| name.ends_with(".dat.gz") && !name.starts_with("blob")).unwrap();
    let file = directory.join(data);
    let bytes = std::fs::read(&file).unwrap();
    let manifest = setting.path("whole.dir.manifest.json");
    let kept = std::fs::read(&manifest).unwrap();
    for with_manifest in [true, false] {
        let part = if with_manifest { "was altered" } else { "is not a complete dump" };
        std::fs::write(&manifest, &kept).unwrap();
        if !with_manifest {
            std::fs::remove_file(&manifest).unwrap();
        }
        std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        refused("whole.dir", &[part]);
        std::fs::remove_file(&file).unwrap();
        refused("whole.dir", &[part, "missing"]);
        std::fs::write(&file, &bytes).unwrap();
        let toc = std::fs::read(directory.join("toc.dat")).unwrap();
        std::fs::write(directory.join("toc.dat"), &toc[..toc.len() / 2]).unwrap();
        refused("whole.dir", &[part]);
        std::fs::write(directory.join("toc.dat"), toc).unwrap();
    }
    std::fs::write(&manifest, &kept).unwrap();
    std::fs::write(directory.join("more.dat"), "").unwrap();
    refused("whole.dir", &["more.dat was added"]);
    std::fs::remove_file(directory.join("more.dat")).unwrap();
    std::fs::write(&manifest, "{\"format_version\": 2}").unwrap();
    refused("whole.dir", &["has version 2, written by a newer pum"]);
    std::fs::write(&manifest, "{").unwrap();
    refused("whole.dir", &["is not the manifest of a dump"]);
}

#[test]
fn what_cannot_be_restored_says_why() {
    let setting = Setting::new();
    setting.pum("dump -p prod x.dump").expect(0);
    let mut bytes = std::fs::read(setting.path("x.dump")).unwrap();
    // The archive's format: major, minor, revision.
    bytes[6] = 99;
    std::fs::write(setting.path("newer.dump"), bytes).unwrap();
    setting.pum("restore -p prod --suffix _x newer.dump").expect_error(&[
        "newer.dump was written by a newer pg_dump, which",
        "unsupported version (1.99)",
    ]);
    setting.pum("dump -p prod -F plain x.sql").expect(0);
    setting
        .pum("restore -p prod --suffix _x x.sql")
        .expect_error(&["x.sql is a plain dump", "psql -X -1 -v ON_ERROR_STOP=1 -f x.sql"]);
    setting.pum("dump -p prod -F plain -Z gzip x.sql.gz").expect(0);
    setting.pum("restore -p prod --suffix _x x.sql.gz").expect_error(&["is a plain dump"]);
    setting
        .pum("restore -p prod --as y --owner nobody_here x.dump")
        .expect_error(&["lacks roles", "nobody_here"]);
    let missing = "host=/nowhere dbname=x user=y";
    setting.home.run(PUM, &["restore", "-p", missing, "x.dump"]).expect_error(&["/nowhere"]);
    let gone = setting.database.conninfo().replace(setting.database.settings.database(), "gone");
    setting
        .home
        .run(PUM, &["dump", "-p", &gone, "y.dump"])
        .expect_error(&["\"gone\" does not exist"]);
    assert!(!setting.path("y.dump").exists());
}

/// A password with everything in it works, and is in no process list.
#[test]
fn a_password_is_seen_by_nobody() {
    let password = "p'a\"s\\s :w@o/r%d=$HOME `x` é !*?";
    let server =
        pum_tests::server::Server::start(false, &[], &["local all ann scram-sha-256"], &[]);
    let quoted = password.replace('\'', "''");
    server.sql(&[
        &format!("CREATE ROLE ann LOGIN SUPERUSER PASSWORD E'{}'", quoted.replace('\\', "\\\\")),
        "CREATE DATABASE prod OWNER ann",
    ]);
    let home = pum_tests::command::Home::new();
    let (socket, port) = (server.socket_directory(), server.port());
    let service = |name: &str| {
        format!(
            "[{name}]\nhost={socket}\nport={port}\nuser=ann\ndbname={name}\npassword={password}\n"
        )
    };
    home.file(".pg_service.conf", &(service("prod") + &service("copy")));
    // Each program notes all command lines that there are while it runs.
    let seen = home.path().join("seen");
    for name in ["pg_dump", "pg_restore"] {
        let script = format!(
            "#!/bin/sh\nfor f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f >>'{}' 2>/dev/null; done\n\
             exec {} \"$@\"\n",
            seen.display(),
            program(name).display()
        );
        let path = home.file(name, &script);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let home = home.set("PG_DUMP_EXE", "./pg_dump").set("PG_RESTORE_EXE", "./pg_restore");
    for arguments in [
        &["dump", "-p", "prod", "-F", "directory", "-j", "2", "x.dir"][..],
        &["restore", "-p", "copy", "-j", "2", "x.dir"][..],
    ] {
        let done = home.run(PUM, arguments).expect(0);
        assert!(!done.stdout.contains("s\\s") && !done.stderr.contains("s\\s"));
    }
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("--format=directory") && seen.contains("--jobs=2"), "{seen}");
    assert!(!seen.contains("w@o"), "{seen}");
}

#[test]
fn a_full_disk_leaves_nothing_in_any_format() {
    let setting = Setting::new();
    setting
        .database
        .execute("CREATE TABLE big AS SELECT md5(i::text) FROM generate_series(1, 60000) i");
    let small = setting.path("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=512k,mode=700", "none", small.to_str().unwrap()])
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        say("NOT TESTED: a full disk needs the right to mount a small file system");
        return;
    }
    let mut outcomes = Vec::new();
    for format in ["custom", "directory", "plain"] {
        for allow in ["", "--allow little-space"] {
            let outcome = setting.pum(&format!("dump -p prod -F {format} {allow} small/x"));
            outcomes.push((format, allow, outcome, names_in(&small)));
        }
    }
    let unmounted = std::process::Command::new("umount").arg(&small).status().unwrap();
    assert!(unmounted.success());
    for (format, allow, outcome, left) in outcomes {
        let part = if allow.is_empty() { "not enough space" } else { "No space left on device" };
        outcome.expect_error(&[part]);
        assert_eq!(left, [""; 0], "{format} {allow}");
    }
}

/// A dump made by the programs of this major, restored to a newer server.
#[test]
fn a_newer_server_takes_the_dump() {
    let Some(programs) = programs_of(18) else { return };
    let away = pum_tests::server::Server::start_with(programs, false, &[], &[], &[]);
    let setting = Setting::new();
    setting.pum("dump -p prod -F directory -j 2 x.dir").expect(0);
    let settings = setting.database.settings.with("host", away.socket_directory()).unwrap();
    let copy = Database {
        settings: settings
            .with("port", &away.port().to_string())
            .unwrap()
            .with("dbname", "copy")
            .unwrap(),
    };
    setting.home.service("away", &copy);
    setting.pum("restore -p away -j 2 x.dir").expect(0);
    setting.pum("check prod away").expect(0);
    let content = |database: &Database| {
        let count = "SELECT count(*) FROM app.lines JOIN app.orders ON orders.id = order_id";
        database.column(count)
    };
    assert_eq!(content(&copy), content(&setting.database));
}

/// A `pg_dump` that says that all is well, and wrote too little.
#[test]
fn a_dump_that_is_cut_behind_our_back_is_noticed() {
    let setting = Setting::new();
    let cut = wrapper(
        &setting,
        "pg_dump",
        "for a; do case $a in --file=*) file=${a#--file=};; esac; done\n\
         $real \"$@\" || exit\n[ \"$1\" = --version ] && exit\n\
         [ -d \"$file\" ] && file=$(ls -S \"$file\"/[0-9]*.dat* | head -n 1)\n\
         truncate -s -30 \"$file\"",
    );
    let setting = Setting { home: setting.home.set("PG_DUMP_EXE", &cut), ..setting };
    let before = setting.files();
    for format in [
        "custom",
        "custom -Z none",
        "directory",
        "directory -j 2",
        "directory -Z none",
        "plain",
        "plain -Z gzip",
    ] {
        let refused = setting.pum(&format!("dump -p prod -F {format} x"));
        assert_eq!(refused.code, Some(2), "{format}: {}", refused.stdout);
        refused.expect_error(&["is not a complete dump"]);
        assert_eq!(setting.files(), before, "{format}");
    }
}

#[test]
fn a_name_that_the_server_would_cut_is_refused() {
    let setting = Setting::new();
    setting.pum("dump -p prod x.dump").expect(0);
    let suffix = format!("_{}", "x".repeat(60));
    for line in [
        format!("restore -p prod --suffix {suffix} x.dump"),
        format!("clone prod --suffix {suffix}"),
    ] {
        setting.pum(&line).expect_error(&["is too long for a database name", "the limit is 63"]);
    }
}
