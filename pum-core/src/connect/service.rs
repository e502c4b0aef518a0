//! Service files: named sets of connection settings, found and read as libpq does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::ConnectError;
use super::keywords;
use super::redact::redact;
use super::secrets;
use crate::did_you_mean::nearest;

/// Where `pg_service.conf` is looked for when `PGSYSCONFDIR` is not set: libpq has one such
/// directory built in, which is the first of these on Debian and Ubuntu, the second in the
/// PostgreSQL project's RPM packages and the third on Fedora and others.
pub const SYSTEM_CONFIGURATION_DIRECTORIES: [&str; 3] =
    ["/etc/postgresql-common", "/etc/sysconfig/pgsql", "/etc"];

const FILE_NAME: &str = "pg_service.conf";

/// A service file, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceFile {
    /// Where it is.
    pub path: PathBuf,
    /// The services in it, in order.
    pub services: Vec<String>,
    /// Why it cannot be read, if it cannot.
    pub problem: Option<String>,
}

/// The service files that count, in the order in which a service is looked for. Those that need
/// not be there and are not are left out.
pub fn service_files(environment: &Environment) -> Vec<ServiceFile> {
    let files = candidates(None, environment).into_iter();
    files
        .filter(|(path, must_exist)| *must_exist || path.exists())
        .map(|(path, _)| match fs::read(&path) {
            Ok(bytes) => ServiceFile { path, services: section_names(&bytes), problem: None },
            Err(err) => {
                let problem = Some(format!("cannot be read: {err}"));
                ServiceFile { path, services: Vec::new(), problem }
            }
        })
        .collect()
}

/// The settings of a service. `explicit_file` is the value of `servicefile`, if it was given.
pub(super) fn look_up(
    service: &str,
    explicit_file: Option<&str>,
    environment: &Environment,
) -> Result<Vec<(&'static str, String)>, ConnectError> {
    let mut known = Vec::new();
    let files = candidates(explicit_file, environment);
    for (path, must_exist) in &files {
        let Some(bytes) = content(path, *must_exist)? else { continue };
        if let Some(settings) = section(path, &bytes, service)? {
            return Ok(settings);
        }
        for name in section_names(&bytes) {
            known.push((name, path.clone()));
        }
    }
    let suggestion = nearest(service, known.iter().map(|(name, _)| name.as_str()));
    Err(ConnectError::UnknownService {
        service: redact(service),
        suggestion: suggestion.map(str::to_owned),
        known,
        looked_at: files.into_iter().map(|(path, _)| path).collect(),
    })
}

/// The names of all services, with the file that each is in, in the order in which they are looked
/// up: a name that stands twice means the first one.
///
/// # Errors
///
/// If a service file cannot be read or understood.
pub fn services(environment: &Environment) -> Result<Vec<(String, PathBuf)>, ConnectError> {
    let mut known: Vec<(String, PathBuf)> = Vec::new();
    for (path, must_exist) in candidates(None, environment) {
        let Some(bytes) = content(&path, must_exist)? else { continue };
        for name in section_names(&bytes) {
            if !known.iter().any(|(seen, _)| *seen == name) {
                known.push((name, path.clone()));
            }
        }
    }
    Ok(known)
}

/// The contents of a service file; `None` if it is missing and optional.
fn content(path: &Path, must_exist: bool) -> Result<Option<Vec<u8>>, ConnectError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(err)
            if !must_exist
                && matches!(err.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(source) => {
            let path = path.to_owned();
            Err(ConnectError::File { action: "read service file", path, source })
        }
    }
}

/// The files to look at, in order, and whether each must exist.
fn candidates(explicit: Option<&str>, environment: &Environment) -> Vec<(PathBuf, bool)> {
    let named = explicit.or_else(|| environment.variable("PGSERVICEFILE"));
    let users = match named {
        Some(named) => Some((PathBuf::from(named), true)),
        None => environment.home_file(".pg_service.conf").map(|path| (path, false)),
    };
    let system: Vec<&str> = match environment.variable("PGSYSCONFDIR") {
        Some(directory) => vec![directory],
        None => SYSTEM_CONFIGURATION_DIRECTORIES.to_vec(),
    };
    let system = system.into_iter().map(|directory| (Path::new(directory).join(FILE_NAME), false));
    users.into_iter().chain(system).collect()
}

/// The settings in the first section of this name, or nothing when there is no such section.
fn section(
    path: &Path,
    bytes: &[u8],
    service: &str,
) -> Result<Option<Vec<(&'static str, String)>>, ConnectError> {
    let heading = format!("[{service}]");
    let mut settings: Option<Vec<(&'static str, String)>> = None;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let error = |reason: String| ConnectError::ServiceFile {
            path: path.to_owned(),
            line: index + 1,
            reason,
        };
        let line = line.trim_ascii();
        if line.is_empty() || line[0] == b'#' {
            continue;
        }
        if line[0] == b'[' {
            if settings.is_some() {
                break;
            }
            if line.starts_with(heading.as_bytes()) {
                settings = Some(Vec::new());
            }
            continue;
        }
        let Some(settings) = &mut settings else { continue };
        let line =
            std::str::from_utf8(line).map_err(|_| error("the line is not UTF-8".to_owned()))?;
        let (keyword, value) = read_line(line).map_err(error)?;
        // The first value of a key word stands, as in libpq.
        if !settings.iter().any(|(earlier, _)| *earlier == keyword) {
            settings.push((keyword, value.to_owned()));
        }
    }
    Ok(settings)
}

fn read_line(line: &str) -> Result<(&'static str, &str), String> {
    if line.starts_with("ldap") {
        return Err("LDAP look-ups are not supported by pum; write the settings here".to_owned());
    }
    let Some((keyword, value)) = line.split_once('=') else {
        return Err("syntax error: expected keyword=value".to_owned());
    };
    if keyword == "service" || keyword == "servicefile" {
        return Err(format!("a service cannot refer to another \"{keyword}\""));
    }
    if let Some(known) = keywords::find(keyword) {
        return Ok((known.name, value));
    }
    if keywords::find(keyword.trim()).is_some() {
        return Err(format!("remove the spaces around \"=\" after \"{}\"", keyword.trim()));
    }
    let suggestion = keywords::nearest_keyword(keyword)
        .map(|word| format!("; did you mean \"{word}\"?"))
        .unwrap_or_default();
    if !secrets::is_word(keyword) {
        return Err("the text before \"=\" is not a connection keyword".to_owned());
    }
    Err(format!("unknown connection keyword \"{keyword}\"{suggestion}"))
}

fn section_names(bytes: &[u8]) -> Vec<String> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.trim_ascii().strip_prefix(b"["))
        .filter_map(|line| line.iter().position(|byte| *byte == b']').map(|end| &line[..end]))
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] =
        b"# comment\r\n\n[one]\nhost=a\n  # more\n port= 1 \r\nhost=b\npassword=x=y z\n\
        [two] trailing\ndbname=d\n[two]\ndbname=e\n[bad]\nhost = a\n[nested]\nservice=one\n\
        [ldap]\nldap://example.org\n[typing]\nhots=a\n[none]\nhost\n[latin]\nuser=\xe9\n";

    fn read(service: &str) -> Result<Option<Vec<(&'static str, String)>>, ConnectError> {
        section(Path::new("/x/pg_service.conf"), FILE, service)
    }

    #[test]
    fn a_section_is_read_as_libpq_reads_it() {
        let one = read("one").unwrap().unwrap();
        let expected = [("host", "a"), ("port", " 1"), ("password", "x=y z")];
        assert_eq!(one, expected.map(|(keyword, value)| (keyword, value.to_owned())));
        assert_eq!(read("two").unwrap().unwrap(), [("dbname", "d".to_owned())]);
        assert_eq!(read("on").unwrap(), None);
    }

    #[test]
    fn errors_name_file_and_line() {
        for (service, line, part) in [
            ("bad", 14, "spaces around"),
            ("nested", 16, "another \"service\""),
            ("ldap", 18, "LDAP"),
            ("typing", 20, "did you mean \"host\"?"),
            ("none", 22, "expected keyword=value"),
            ("latin", 24, "not UTF-8"),
        ] {
            let message = read(service).unwrap_err().to_string();
            let place = format!("\"/x/pg_service.conf\", line {line}: ");
            assert!(message.contains(&place) && message.contains(part), "{message}");
        }
    }

    #[test]
    fn user_file_before_system_file_and_all_known_services_named() {
        let directory = tempfile::tempdir().unwrap();
        let system = directory.path().join("system");
        fs::create_dir(&system).unwrap();
        fs::write(directory.path().join(".pg_service.conf"), "[prod]\nhost=mine\n").unwrap();
        fs::write(system.join(FILE_NAME), "[prod]\nhost=system\n[reference]\nhost=r\n").unwrap();
        let variables = [("PGSYSCONFDIR".to_owned(), system.display().to_string())];
        let mut environment = Environment {
            variables: variables.into(),
            home: Some(directory.path().to_owned()),
            user: None,
        };
        let host = |service, environment: &Environment| {
            look_up(service, None, environment).map(|settings| settings[0].1.clone())
        };
        assert_eq!(host("prod", &environment).unwrap(), "mine");
        assert_eq!(host("reference", &environment).unwrap(), "r");

        let message = host("referense", &environment).unwrap_err().to_string();
        assert!(message.contains("did you mean \"reference\"?"), "{message}");
        assert!(message.contains("known: \"prod\" in ") && message.contains("searched: "));

        let absent = directory.path().join("absent").display().to_string();
        environment.variables.insert("PGSERVICEFILE".to_owned(), absent.clone());
        let message = host("prod", &environment).unwrap_err().to_string();
        assert_eq!(message, format!("cannot read service file \"{absent}\""));
        let users = directory.path().join(".pg_service.conf").display().to_string();
        let explicit = look_up("prod", Some(&users), &environment).unwrap();
        assert_eq!(explicit[0].1, "mine");
    }
}
