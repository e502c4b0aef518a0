//! Deltas that are programs.

use std::os::unix::fs::PermissionsExt;

use pum_tests::Database;
use pum_tests::command::{Home, Outcome};

use super::{PUM, at_1_0_0};

/// A database at 1.0.0 under the name `db`, and the deltas of its home.
fn home(deltas: &[(&str, &str)]) -> (Home, Database) {
    let (home, database) = (Home::new(), at_1_0_0());
    home.service("db", &database);
    home.file(
        "pum.toml",
        "upgrades_table = \"public.upgrades\"\ndelta_dirs = \"deltas\"\n[variables]\nsrid = 2056\n\
         town = \"Zürich's\"\n",
    );
    for (name, text) in deltas {
        write(&home, name, text);
    }
    (home, database)
}

fn write(home: &Home, name: &str, text: &str) {
    let path = home.file(&format!("deltas/{name}"), text);
    if name.ends_with(".sh") {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn pum(home: &Home, line: &str) -> Outcome {
    home.run(PUM, &line.split_whitespace().collect::<Vec<_>>())
}

const RECORDED: &str = "SELECT version || ' ' || description || ' ' || type FROM upgrades WHERE type > 0 AND success \
     ORDER BY id";

/// As the deltas of data models that were written for the Python program: views are dropped before
/// and made again after, with psql and the service's name.
#[test]
fn programs_around_and_between_deltas_reach_the_database() {
    let (home, database) = home(&[
        (
            "pre-all.py",
            "import subprocess\nfrom pum.core.deltapy import DeltaPy\n\
             class DropViews(DeltaPy):\n    def run(self):\n        \
             self.write_message('Dropping views')\n        \
             cmd = 'psql \"service = {}\" -qc \"DROP VIEW IF EXISTS v\"'.format(self.pg_service)\n        \
             subprocess.check_output(cmd, shell=True)\n",
        ),
        ("delta_1.1.0_wide.sql", "ALTER TABLE t ALTER COLUMN a TYPE bigint;"),
        (
            "delta_1.2.0_told.py",
            "import os, subprocess\nfrom pum.core.deltapy import DeltaPy\n\
             class Told(DeltaPy):\n    def run(self):\n        \
             assert os.path.exists(self.delta_dir + 'pre-all.py')\n        \
             assert len(self.delta_dirs) == 1 and self.upgrades_table == 'public.upgrades'\n        \
             told = [str(self.current_db_version), self.variables['srid'], self.variables['town']]\n        \
             sql = \"INSERT INTO told VALUES ($$%r$$)\" % (told,)\n        \
             subprocess.check_call(['psql', '-qc', sql])\n",
        ),
        (
            "delta_1.3.0_shell.sh",
            "#!/bin/sh\nset -e\npsql -qc \"INSERT INTO told VALUES ('shell $PUM_CURRENT_VERSION')\"\n",
        ),
        ("post-all.sh", "#!/bin/sh\npsql -qc 'CREATE VIEW v AS SELECT a FROM t'\n"),
    ]);
    database
        .execute("CREATE TABLE t (a int); CREATE VIEW v AS TABLE t; CREATE TABLE told (text text)");

    let plan = pum(&home, "upgrade -p db --dry-run").expect(0).stdout;
    assert!(plan.contains("delta_1.2.0_told.py (a program, outside of any transaction"), "{plan}");
    let done = pum(&home, "upgrade -p db -vv").expect(0);
    assert!(done.stderr.contains("Message from DropViews: Dropping views"), "{}", done.stderr);
    assert_eq!(
        database.column("SELECT text FROM told ORDER BY ctid"),
        ["['1.1.0', 2056, \"Zürich's\"]", "shell 1.2.0"]
    );
    assert_eq!(database.column(RECORDED), ["1.1.0 wide 8", "1.2.0 told 4", "1.3.0 shell 4"]);
    let kept = "SELECT relname FROM pg_class WHERE relname IN ('v', 'upgrades_progress')";
    assert_eq!(database.column(kept), ["v"]);
    assert_eq!(
        pum(&home, "upgrade -p db").expect(0).stdout,
        "db is at version 1.3.0: nothing pending\n"
    );
    write(&home, "delta_1.4.0.sh", "#!/bin/sh\n");
    insta::assert_snapshot!(pum(&home, "upgrade -p db --single-transaction").error(), @"
    error: you asked to run everything in one transaction, and these run without one: pre-all.py, delta_1.4.0.sh, post-all.sh. Nothing was run
    hint: leave out --single-transaction
    ");
}

#[test]
fn a_program_that_fails_is_not_recorded_and_runs_again() {
    let (home, database) = home(&[
        (
            "delta_1.1.0.py",
            "from pum.core.deltapy import DeltaPy\nclass A(DeltaPy):\n    def run(self):\n        raise ValueError('no luck')\n",
        ),
        ("delta_1.2.0.sh", "#!/bin/sh\necho 'it went wrong' >&2; exit 3\n"),
    ]);
    let failed =
        pum(&home, "upgrade -p db").expect_error(&["delta_1.1.0.py failed", "ValueError: no luck"]);
    for part in ["version 1.0.0", "what it did before it ended is kept", "from the start"] {
        assert!(failed.stderr.contains(part), "{}", failed.stderr);
    }
    write(
        &home,
        "delta_1.1.0.py",
        "from pum.core.deltapy import DeltaPy\nclass A(DeltaPy):\n    def run(self):\n        pass\n",
    );
    insta::assert_snapshot!(pum(&home, "upgrade -p db").error(), @"
    warning: delta_1.1.0.py was half done: it runs again from the start
      delta_1.1.0.py <duration>
    error: deltas/delta_1.2.0.sh failed:
    it went wrong
    delta_1.2.0.sh is a program, run outside any transaction: what it did before it ended is kept
    committed before and kept: delta_1.1.0.py
    the database is at version 1.1.0; check what delta_1.2.0.sh did, correct the cause, and run the same command again: it runs delta_1.2.0.sh from the start
    ");
    let info = pum(&home, "info -p db").expect(0).stdout;
    assert!(info.contains("half done: the next run continues it"), "{info}");
    let rows: Vec<&str> = info.lines().filter(|line| line.starts_with(" 1.2.0")).collect();
    assert!(matches!(rows[..], [row] if row.contains(" half done ")), "{info}");
    let away = home.path().join("delta_1.2.0.sh");
    std::fs::rename(home.path().join("deltas/delta_1.2.0.sh"), &away).unwrap();
    let nothing = pum(&home, "upgrade -p db").expect(0).stderr;
    assert!(nothing.contains("half done, and is no longer in the directory"), "{nothing}");
    assert_eq!(database.column(RECORDED), ["1.1.0  4"]);
    write(&home, "delta_1.2.0.sh", "#!/bin/sh\n");
    pum(&home, "upgrade -p db").expect(0);
    assert_eq!(database.column(RECORDED), ["1.1.0  4", "1.2.0  4"]);
}

#[test]
fn nothing_runs_when_a_program_cannot() {
    let (home, database) = home(&[("delta_1.1.0.sql", "CREATE TABLE t ()")]);
    home.file("deltas/delta_1.2.0.sh", "#!/bin/sh\n");
    insta::assert_snapshot!(pum(&home, "upgrade -p db").error(), @"error: deltas/delta_1.2.0.sh is a delta to be executed, but is not executable: chmod +x deltas/delta_1.2.0.sh");
    assert_eq!(database.column(RECORDED), [""; 0]);
    std::fs::remove_file(home.path().join("deltas/delta_1.2.0.sh")).unwrap();
    write(&home, "delta_1.2.0.py", "print('nothing here')\n");
    insta::assert_snapshot!(pum(&home, "upgrade -p db").error(), @"
      delta_1.1.0.sql <duration>
    error: deltas/delta_1.2.0.py failed:
    nothing here
    <home>/deltas/delta_1.2.0.py: it has no class that inherits DeltaPy, so there is nothing to run
    delta_1.2.0.py is a program, run outside any transaction: what it did before it ended is kept
    committed before and kept: delta_1.1.0.sql
    the database is at version 1.1.0; check what delta_1.2.0.py did, correct the cause, and run the same command again: it runs delta_1.2.0.py from the start
    ");
    assert_eq!(database.column(RECORDED), ["1.1.0  8"]);
}

/// Whether a program that was killed did its work nobody can know but the operator.
#[test]
fn a_program_that_was_cut_is_asked_about() {
    let (home, database) = home(&[(
        "delta_1.1.0.sh",
        "#!/bin/sh\npsql -qc 'CREATE TABLE begun ()'\nkill -9 $PPID\nsleep 60\n",
    )]);
    assert_eq!(pum(&home, "upgrade -p db").code, None, "pum was killed");
    assert_eq!(database.column("SELECT count(*) FROM pg_class WHERE relname = 'begun'"), ["1"]);
    insta::assert_snapshot!(pum(&home, "upgrade -p db --wait 60").error(), @"
    error: deltas/delta_1.1.0.sh:1: deltas/delta_1.1.0.sh
      an earlier run ended while statement 1 of 1 was running outside a transaction, and the database does not show whether it completed. Check, then run again and say whether it did
    delta_1.1.0.sh is a program, run outside any transaction: what it did before it ended is kept
    nothing was committed by this run
    the database is at version 1.0.0; check what delta_1.1.0.sh did, correct the cause, and run the same command again: it runs delta_1.1.0.sh from the start
    hint: run the same command with --resume done if it completed, or --resume again to run it again
    ");
    assert_eq!(database.column(RECORDED), [""; 0]);
    pum(&home, "upgrade -p db --resume done").expect(0);
    assert_eq!(database.column(RECORDED), ["1.1.0  4"]);
}

#[test]
fn what_python_lacks_is_told_before_anything_runs() {
    let delta = "import os, no_such_module.part\nfrom pum.core.deltapy import DeltaPy\n\
                 try:\n    import perhaps_missing\nexcept ImportError:\n    pass\n\
                 class It(DeltaPy):\n    def run(self):\n        import later_missing\n";
    let (home, database) = home(&[
        ("delta_1.1.0.sql", "CREATE TABLE t (a int);"),
        ("delta_1.2.0.py", delta),
        ("delta_1.3.0.py", "print 'as in Python 2'\n"),
    ]);
    let lacking = pum(&home, "upgrade -p db").expect(2).stderr;
    let expected = [
        "python3 cannot run the deltas in Python:",
        "deltas/delta_1.2.0.py: no module named \"no_such_module\"",
        "deltas/delta_1.3.0.py:1: ",
        "nothing was run",
        "--python-exe",
        "python_exe in pum.toml",
    ];
    for text in expected {
        assert!(lacking.contains(text), "{text}: {lacking}");
    }
    assert!(!lacking.contains("perhaps_missing") && !lacking.contains("later_missing"));
    let none = pum(&home, "upgrade -p db --python-exe /no/python").expect(2).stderr;
    assert!(none.contains("/no/python cannot run the deltas in Python:\n  it cannot be started"));
    assert_eq!(database.column(RECORDED), [""; 0]);
    write(&home, "delta_1.2.0.py", "");
    write(&home, "delta_1.3.0.py", "print('as in Python 3')\n");
    // What it has is not looked for as a file beside it.
    pum(&home, "upgrade -p db -u 1.1.0").expect(0);
    assert_eq!(database.column(RECORDED), ["1.1.0  8"]);
}

/// What a delta does to its interpreter is not there for the next one; what they import is.
#[test]
fn one_interpreter_runs_all_deltas_and_none_finds_the_traces_of_another() {
    let tell = "import os, subprocess, sys\nfrom pum.core.deltapy import DeltaPy\n\
                def tell(text):\n    subprocess.check_call(['psql', '-qc', \
                \"INSERT INTO told VALUES ($$%s$$)\" % text])\n";
    let first = format!(
        "import decimal\n{tell}import atexit, json, threading, time\n\
         class First(DeltaPy):\n    def run(self):\n        \
         sys.path.insert(0, '/nowhere')\n        os.chdir('/')\n        \
         os.environ['LEFT'] = 'here'\n        json.loads = None\n        \
         threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n        \
         atexit.register(lambda: tell('at its end'))\n        tell(os.getppid())\n"
    );
    let second = format!(
        "{tell}import json, threading\n\
         class Second(DeltaPy):\n    def run(self):\n        \
         assert 'decimal' in sys.modules\n        assert '/nowhere' not in sys.path\n        \
         assert os.getcwd() != '/' and 'LEFT' not in os.environ\n        \
         assert json.loads('1') == 1 and threading.active_count() == 1\n        \
         assert not hasattr(sys.modules['__main__'], 'First')\n        tell(os.getppid())\n"
    );
    let (home, database) = home(&[("delta_1.1.0.py", &first), ("delta_1.2.0.py", &second)]);
    database.execute("CREATE TABLE told (text text)");
    pum(&home, "upgrade -p db").expect(0);
    let told = database.column("SELECT text FROM told ORDER BY ctid");
    assert!(told.len() == 3 && told[0] == told[2] && told[1] == "at its end", "{told:?}");
}

/// A module that does something when it is imported does so in the deltas that import it only.
#[test]
fn a_module_that_does_more_than_being_imported_is_left_to_each_delta() {
    let asks = "import sys; print('%d.%d' % sys.version_info[:2])";
    let version = std::process::Command::new("python3").args(["-c", asks]).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let run =
        "from pum.core.deltapy import DeltaPy\nclass It(DeltaPy):\n    def run(self):\n        ";
    let (home, database) = home(&[
        ("delta_1.1.0.py", &format!("import noisy\n{run}noisy.here\n")),
        (
            "delta_1.2.0.py",
            &format!(
                "import os, sys\n{run}assert 'NOISE' not in os.environ and 'noisy' not in sys.modules\n"
            ),
        ),
    ]);
    let site = format!(".local/lib/python{}/site-packages/noisy.py", version.trim());
    home.file(
        &site,
        "import os\nos.environ['NOISE'] = 'loud'\nprint('noise at import')\nhere = 1\n",
    );
    let done = pum(&home, "upgrade -p db -vv").expect(0);
    assert_eq!(done.stderr.matches("noise at import").count(), 1, "{}", done.stderr);
    assert_eq!(database.column(RECORDED), ["1.1.0  4", "1.2.0  4"]);
}

/// The interpreter is one for all, and yet each ends as it would alone.
#[test]
fn a_delta_that_ends_its_interpreter_is_told_with_how_it_ended() {
    let run = "import os, signal, sys\nfrom pum.core.deltapy import DeltaPy\n\
               class It(DeltaPy):\n    def run(self):\n        ";
    let (home, database) = home(&[
        ("delta_1.1.0.py", &format!("{run}pass\n")),
        ("delta_1.2.0.py", &format!("{run}sys.exit(3)\n")),
        ("delta_1.3.0.py", &format!("{run}pass\n")),
    ]);
    for (end, told, recorded) in [
        ("sys.exit(3)", "exit status: 3", 1),
        ("os._exit(4)", "exit status: 4", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", "signal: 9 (SIGKILL)", 1),
        ("os.abort()", "signal: 6 (SIGABRT)", 1),
        // Not only itself, but all that belongs to it.
        ("os.kill(os.getppid(), signal.SIGKILL); os._exit(0)", "delta_1.2.0.py failed", 1),
        ("sys.exit()", "", 3),
    ] {
        write(&home, "delta_1.2.0.py", &format!("{run}{end}\n"));
        let done = pum(&home, "upgrade -p db");
        if told.is_empty() {
            done.expect(0);
        } else {
            done.expect_error(&["delta_1.2.0.py failed", told]);
        }
        assert_eq!(database.column(RECORDED).len(), recorded, "{end}");
    }
}
