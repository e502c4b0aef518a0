//! Copies settings of a whole server (`ALTER SYSTEM`) to another one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::DumpError;
use crate::connect::{Session, describe};
use crate::sql::set_clause;

/// The result for a server's settings.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServerSettings {
    /// The settings that were copied and are in effect.
    pub set: Vec<String>,
    /// The settings that were not copied, with the reasons.
    pub left: Vec<LeftSetting>,
    /// Settings in the source's `postgresql.conf` that have another value on the target.
    pub different_in_files: Vec<String>,
}

/// A setting that was not copied.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LeftSetting {
    /// Its name.
    pub name: String,
    /// The reason.
    pub why: WhyLeft,
}

/// Why a setting is not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyLeft {
    /// It is specific to the machine, its network, archive or standbys.
    Place,
    /// It may prevent the server from starting: the user must run this statement.
    ReadAtStart(String),
    /// The target has it with another value.
    Taken,
    /// The target's message.
    Refused(String),
}

/// One setting as a server's file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Setting {
    value: String,
    /// Set with `ALTER SYSTEM` instead of in a hand-written file.
    by_statement: bool,
}

/// The settings that a server's files have (`pg_file_settings`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileSettings {
    by_name: BTreeMap<String, Setting>,
    /// The values that sessions start with, by name of the setting.
    in_effect: BTreeMap<String, String>,
}

impl FileSettings {
    pub(super) fn read(session: &mut Session) -> Result<Self, DumpError> {
        let action =
            format!("cannot read the settings of the server of {}", session.settings().label());
        // A later line counts; the file of ALTER SYSTEM is read last. What has to wait for the next
        // start is an error there.
        let query = "SELECT name, setting, sourcefile ~ '[/\\\\]postgresql\\.auto\\.conf$' \
                     FROM pg_catalog.pg_file_settings \
                     WHERE name IS NOT NULL ORDER BY seqno";
        let rows = session.client().query(query, &[]);
        let rows = rows.map_err(|err| DumpError::server(action, &err))?;
        let setting = |row: &postgres::Row| {
            let value: Option<String> = row.get(1);
            (row.get(0), Setting { value: value.unwrap_or_default(), by_statement: row.get(2) })
        };
        let by_name = rows.iter().map(setting).collect();
        let in_effect = "SELECT name, coalesce(reset_val, '') FROM pg_catalog.pg_settings";
        Ok(Self { by_name, in_effect: pairs(session, in_effect)? })
    }

    /// What of them is given to another server or compared with it: nothing of the place's own,
    /// whose values may hold passwords.
    pub(super) fn without_place(mut self) -> Self {
        for (name, setting) in &mut self.by_name {
            if is_place(name) {
                setting.value.clear();
            }
        }
        let Self { by_name, in_effect } = &mut self;
        in_effect.retain(|name, _| by_name.contains_key(name) && !is_place(name));
        self
    }

    /// Gives the target what `ALTER SYSTEM` set on the source, but for what is the place's own,
    /// what the target has otherwise, and what only counts from its next start.
    pub(super) fn give_to(&self, target: &mut Session) -> Result<ServerSettings, DumpError> {
        let there = Self::read(target)?;
        let contexts = pairs(target, "SELECT name, context FROM pg_catalog.pg_settings")?;
        let mut report = ServerSettings::default();
        for (name, setting) in &self.by_name {
            let taken = there.by_name.get(name).filter(|there| there.by_statement);
            if !setting.by_statement {
                let differs = there.in_effect.get(name) != self.in_effect.get(name);
                if differs && !is_place(name) {
                    report.different_in_files.push(name.clone());
                }
                continue;
            }
            if taken.is_some_and(|there| there.value == setting.value) {
                continue;
            }
            let sql = format!("ALTER SYSTEM {}", set_clause(name, &setting.value));
            let why = if is_place(name) {
                WhyLeft::Place
            } else if taken.is_some() {
                WhyLeft::Taken
            } else if contexts.get(name).is_some_and(|context| context == "postmaster") {
                WhyLeft::ReadAtStart(sql)
            } else {
                match target.client().batch_execute(&sql) {
                    Ok(()) => {
                        report.set.push(name.clone());
                        continue;
                    }
                    Err(err) if err.as_db_error().is_some() => WhyLeft::Refused(describe(&err)),
                    Err(err) => {
                        let action = format!("cannot set {name} on the server of the target");
                        return Err(DumpError::server(action, &err));
                    }
                }
            };
            report.left.push(LeftSetting { name: name.clone(), why });
        }
        if !report.set.is_empty() {
            let reloaded = target.client().batch_execute("SELECT pg_catalog.pg_reload_conf()");
            reloaded.map_err(|err| {
                DumpError::server("cannot have the server read its settings".to_owned(), &err)
            })?;
        }
        Ok(report)
    }
}

fn pairs(session: &mut Session, query: &str) -> Result<BTreeMap<String, String>, DumpError> {
    let rows = session.client().query(query, &[]).map_err(|err| {
        DumpError::server("cannot read the settings of a server".to_owned(), &err)
    })?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Whether a setting is about where a server stands: its files, network, archive, standbys and
/// tablespaces. A copy that archives to the archive of what it was copied from destroys it.
fn is_place(name: &str) -> bool {
    const STARTS: [&str; 7] =
        ["archive_", "primary_", "recovery_", "ssl", "unix_socket_", "bonjour", "krb_"];
    const ENDS: [&str; 3] = ["_directory", "_file", "_tablespaces"];
    const NAMES: [&str; 12] = [
        "restore_command",
        "port",
        "listen_addresses",
        "cluster_name",
        "default_tablespace",
        "promote_trigger_file",
        "log_filename",
        "event_source",
        "extension_control_path",
        "synchronous_standby_names",
        "synchronized_standby_slots",
        "sync_replication_slots",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
        || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::is_place;

    #[test]
    fn what_belongs_to_the_place() {
        for name in ["archive_command", "port", "hba_file", "ssl_cert_file", "data_directory"] {
            assert!(is_place(name), "{name}");
        }
        for name in
            ["work_mem", "synchronous_commit", "log_min_messages", "auto_explain.log_format"]
        {
            assert!(!is_place(name), "{name}");
        }
    }
}
