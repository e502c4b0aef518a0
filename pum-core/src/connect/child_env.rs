//! Pointing `pg_dump`, `pg_restore` and the users' own commands at a connection.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempPath;

use super::conninfo;
use super::error::ConnectError;
use super::keywords::{self, KEYWORDS, OTHER_VARIABLES, STARTUP_VARIABLES};
use super::passfile;
use super::settings::Settings;

/// How a child program that uses libpq is pointed at a connection, without a secret in any
/// process list.
///
/// The program finds the same connection by [`conninfo`](Self::conninfo), which may stand on
/// its command line, or by the [`environment`](Self::environment) alone. The password is in a
/// private file that is removed when this value is dropped.
#[non_exhaustive]
pub struct ToolConnection {
    /// A connection string without secrets, correctly quoted.
    pub conninfo: String,
    /// Variables for the child's environment.
    pub environment: Vec<(String, String)>,
    /// Variables that must not reach the child.
    pub cleared: Vec<String>,
    pairs: Vec<(&'static str, String)>,
    _passfile: Option<TempPath>,
}

impl ToolConnection {
    /// An entry of a service file that leads to this connection.
    pub fn service_entry(&self, name: &str) -> String {
        let lines = self.pairs.iter().map(|(keyword, value)| format!("{keyword}={value}\n"));
        format!("[{name}]\n") + &lines.collect::<String>()
    }

    /// Sets and clears the variables for a command.
    pub fn apply(&self, command: &mut Command) {
        for name in &self.cleared {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

impl fmt::Debug for ToolConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolConnection").field("conninfo", &self.conninfo).finish_non_exhaustive()
    }
}

impl Settings {
    /// Prepares to point child programs at this connection. The password, if there is one, is
    /// written to a file in `private_dir` that only its owner can read.
    ///
    /// # Errors
    ///
    /// If these settings name no server (they are of a borrowed connection), or the files cannot be
    /// written.
    ///
    /// ```
    /// # use pum_core::connect::{Environment, Settings};
    /// # let private = tempfile::tempdir()?;
    /// let settings = Settings::resolve("host=db user=ann password=s3cret", &Environment::default())?;
    /// let tool = settings.for_tool(private.path())?;
    /// assert!(tool.conninfo.contains("host='db'"));
    /// assert!(!tool.conninfo.contains("s3cret"));
    ///
    /// let mut dump = std::process::Command::new("pg_dump");
    /// tool.apply(&mut dump);
    /// dump.arg("--dbname").arg(&tool.conninfo);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_tool(&self, private_dir: &Path) -> Result<ToolConnection, ConnectError> {
        self.expect_openable()?;
        let mut pairs: Vec<(&'static str, String)> = self.tool_pairs();
        let secret = self.password_lines()?;
        let mut environment: Vec<(String, String)> = Vec::new();
        let mut guard = None;
        match secret {
            Secret::File(text) => {
                let (path, temporary) = write_passfile(private_dir, &text)?;
                guard = Some(temporary);
                pairs.push(("passfile", path.display().to_string()));
            }
            Secret::Variable(password) => environment.push(("PGPASSWORD".to_owned(), password)),
        }
        for (keyword, value) in &pairs {
            let variable = keywords::find(keyword).and_then(|keyword| keyword.variable);
            environment.extend(variable.map(|variable| (variable.to_owned(), value.clone())));
        }
        for (parameter, value) in self.startup() {
            let variable = STARTUP_VARIABLES.iter().find(|(_, name)| name == parameter);
            environment
                .extend(variable.map(|(variable, _)| ((*variable).to_owned(), value.clone())));
        }
        let conninfo: Vec<String> = pairs
            .iter()
            .map(|(keyword, value)| format!("{keyword}={}", conninfo::quoted(value)))
            .collect();
        let cleared = KEYWORDS
            .iter()
            .filter_map(|keyword| keyword.variable)
            .chain(OTHER_VARIABLES.iter().copied())
            .chain(STARTUP_VARIABLES.iter().map(|(variable, _)| *variable))
            .filter(|name| environment.iter().all(|(set, _)| set != name))
            .map(str::to_owned)
            .collect();
        Ok(ToolConnection {
            conninfo: conninfo.join(" "),
            environment,
            cleared,
            pairs,
            _passfile: guard,
        })
    }

    /// The environment of a child program, without secrets.
    fn tool_pairs(&self) -> Vec<(&'static str, String)> {
        /// Known by other means here, without meaning for one host, or against pum's own choice.
        const LEFT_OUT: [&str; 11] = [
            "service",
            "servicefile",
            "passfile",
            "user",
            "dbname",
            "host",
            "hostaddr",
            "port",
            "client_encoding",
            "gssencmode",
            "sslmode",
        ];
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        for keyword in ["host", "hostaddr", "port", "user", "dbname", "sslmode"] {
            pairs.extend(self.get(keyword).map(|value| (keyword, value.to_owned())));
        }
        // pum has no GSSAPI: what it could open without, its children open without.
        pairs.push(("gssencmode", "disable".to_owned()));
        for (keyword, name) in [
            ("sslrootcert", "root.crt"),
            ("sslcert", "postgresql.crt"),
            ("sslkey", "postgresql.key"),
            ("sslcrl", "root.crl"),
        ] {
            if self.given(keyword).is_none() {
                let path = self.default_tls_file(name);
                pairs.extend(path.map(|path| (keyword, path.display().to_string())));
            }
        }
        let several =
            self.get("host").or(self.get("hostaddr")).is_some_and(|hosts| hosts.contains(','));
        for (keyword, value) in self.all_given() {
            let single =
                matches!(keyword, "target_session_attrs" | "load_balance_hosts") && !several;
            if !(LEFT_OUT.contains(&keyword) || keywords::is_secret(keyword) || single) {
                pairs.push((keyword, value.to_owned()));
            }
        }
        pairs
    }

    /// The lines of a password file for this connection.
    fn password_lines(&self) -> Result<Secret, ConnectError> {
        if let Some(password) = self.get("password") {
            return Ok(if password.contains(['\n', '\r']) {
                Secret::Variable(password.to_owned())
            } else {
                Secret::File(format!("*:*:*:*:{}\n", passfile::escaped(password)))
            });
        }
        let mut lines = String::new();
        for endpoint in self.endpoints()? {
            let Some(password) = self.password_for(&endpoint).text else { continue };
            for name in endpoint.password_names() {
                let (name, password) = (passfile::escaped(&name), passfile::escaped(&password));
                lines +=
                    &[&name, ":", &endpoint.port.to_string(), ":*:*:", &password, "\n"].concat();
            }
        }
        Ok(Secret::File(lines))
    }
}

enum Secret {
    /// The text of a password file, possibly empty: then the child finds no other file either.
    File(String),
    /// A password that no password file can hold.
    Variable(String),
}

fn write_passfile(directory: &Path, text: &str) -> Result<(PathBuf, TempPath), ConnectError> {
    let failed = |source| ConnectError::File {
        action: "write a password file in",
        path: directory.to_owned(),
        source,
    };
    let open = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file =
        tempfile::Builder::new().prefix("pgpass-").make_in(directory, open).map_err(failed)?;
    let (mut file, path) = file.into_parts();
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok((path.to_path_buf(), path))
}
