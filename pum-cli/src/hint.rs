//! Hints for errors in terms of this command: its options and other commands.

use pum_core::Hint;

use crate::system_packages::server_command;
use crate::text::{printable, shell_word};

/// What a person can type or change; nothing for what the error says itself.
pub(crate) fn words(hint: &Hint) -> Option<String> {
    Some(match hint {
        Hint::RaiseLockTimeout => "wait longer with --lock-timeout".to_owned(),
        Hint::AllowUnknown => "--allow-unknown compares it as it is".to_owned(),
        Hint::LeaveOut { element } => format!("-i {element} leaves them out"),
        Hint::NameLayout => "name it with --layout".to_owned(),
        Hint::GiveVariable { name } => {
            format!("give it with -v TYPE {} VALUE", printable(name))
        }
        Hint::GiveBase => "if it is made before the first migration (an extension, a schema, \
                           another history), give an SQL file or a plain dump that makes it: \
                           --base FILE"
            .to_owned(),
        Hint::SnapshotOnBase => "if it is made before the first migration (an extension, a \
                                 schema, another history), take a snapshot on top of what makes \
                                 it, and give that as the reference: \
                                 pum snapshot DIR --base FILE -o FILE.json"
            .to_owned(),
        Hint::ReplaceDatabase => "--replace replaces it".to_owned(),
        Hint::ProvideRoles => "--create-roles creates them, --no-owner leaves out owners and \
                               privileges, --map-role OLD NEW maps them to other roles"
            .to_owned(),
        Hint::KeepRoles => "--keep-roles leaves them unchanged; or alter them".to_owned(),
        Hint::LeaveOutTablespaces => "--no-tablespaces leaves them out".to_owned(),
        Hint::CopyByStream => "--via stream copies it over connections".to_owned(),
        Hint::InstallServer { wanted } => install_server(*wanted),
        Hint::NameProgram { program } => match *program {
            "pg_dump" => "name it in PG_DUMP_EXE, or as pg_dump_exe in pum.toml".to_owned(),
            "pg_restore" => {
                "name it in PG_RESTORE_EXE, or as pg_restore_exe in pum.toml".to_owned()
            }
            "python3" => "install what is missing, or name another Python with --python-exe or \
                          python_exe in pum.toml"
                .to_owned(),
            _ => "name its directory with --pg-bin-dir, or as pg_bin_dir in pum.toml".to_owned(),
        },
        Hint::InstallPackages { python, requirements } => {
            let requirements: Vec<String> =
                requirements.iter().map(|one| shell_word(&printable(one))).collect();
            format!(
                "{} -m pip install {}, or name a Python that has them, such as that of a virtual \
                 environment, with --python-exe or python_exe in pum.toml",
                shell_word(&printable(&python.display().to_string())),
                requirements.join(" ")
            )
        }
        Hint::AllowBetaTesting => "--allow-beta-testing upgrades it all the same".to_owned(),
        Hint::SetBaseline { label, table: Some(table) } => format!(
            "pum baseline -p {} -t {} -d DIR -b X.Y.Z, with the version that it is at; if the \
             database is empty, pum upgrade --create",
            shell_word(&printable(label)),
            printable(table)
        ),
        Hint::SetBaseline { .. } => "set it with pum baseline".to_owned(),
        Hint::GiveBaseline => {
            "give it with -b X.Y.Z, or a query for it as baseline_query in pum.toml".to_owned()
        }
        Hint::NameDump => "name another file with -f, or say what to dump with \
                           --test-source full or --test-source schema"
            .to_owned(),
        Hint::ChooseTestSource => "choose another --test-source".to_owned(),
        Hint::StartNewRun => "run pum again without --resume".to_owned(),
        Hint::SeeHistory => {
            "pum info tells what production has; then run pum again without --resume".to_owned()
        }
        Hint::DecideStatement => "run the same command with --resume done if it completed, or \
                                  --resume again to run it again"
            .to_owned(),
        Hint::AcceptChangedDeltas => {
            "pum repair records the checksums; --allow-changed continues without".to_owned()
        }
        Hint::RecordChecksum => "pum repair records the new one".to_owned(),
        Hint::AllowSeveralTransactions { rehearse: true } => {
            "--dry-run shows what would run, or leave out --rehearse".to_owned()
        }
        Hint::AllowSeveralTransactions { rehearse: false } => {
            "leave out --single-transaction".to_owned()
        }
        Hint::AllowOutOfOrder => "or leave out --strict-order".to_owned(),
        Hint::ContinueDelta => "pum upgrade continues it, see its option --resume".to_owned(),
        Hint::ContinueDowngrade => "pum downgrade continues it, to a version below it".to_owned(),
        Hint::SayBaselineIncludesVersion => "set baseline_includes_version in pum.toml".to_owned(),
        // The ways on of a run tell those of a restore, with what the run was given.
        _ => return None,
    })
}

/// What installs the programs of a server, of a major version if one is wanted.
fn install_server(wanted: Option<u32>) -> String {
    let install = match (server_command(), wanted) {
        (Some(command), None) => format!("{command}, or "),
        (Some(command), Some(major)) => format!(
            "{command} (or, if that is older than {major}, the packages of postgresql.org), or "
        ),
        (None, _) => String::new(),
    };
    format!(
        "{install}name the directory of initdb and postgres with --pg-bin-dir, or as pg_bin_dir in \
         pum.toml"
    )
}
