//! Password files: `host:port:database:user:password` lines, matched as libpq does.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::environment::Environment;

/// The result of a lookup in a password file for one server, database and user.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The password, and the line that holds it.
    Password { password: String, line: usize },
    /// The file has no line that matches, or does not exist.
    Nothing,
    /// The file may not be used, and why.
    Ignored(String),
}

/// Looks in the file for the password of `user` in `database` on any of `hosts`, which are
/// names of the same server.
pub(super) fn look_up(
    path: &Path,
    hosts: &[&str],
    port: &str,
    database: &str,
    user: &str,
) -> Answer {
    let Ok(metadata) = fs::metadata(path) else { return Answer::Nothing };
    let ignored = |reason: &str| {
        Answer::Ignored(format!("password file \"{}\" was ignored: it {reason}", path.display()))
    };
    if let Some(reason) = objection(&metadata) {
        return ignored(reason);
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return ignored(&format!("cannot be read: {error}")),
    };
    match find(&bytes, hosts, port, database, user) {
        Some((password, line)) => match String::from_utf8(password) {
            Ok(password) => Answer::Password { password, line },
            Err(_) => ignored(&format!("has a password that is not UTF-8 in line {line}")),
        },
        None => Answer::Nothing,
    }
}

/// The password in the first line that matches, and the number of that line.
pub(super) fn find(
    bytes: &[u8],
    hosts: &[&str],
    port: &str,
    database: &str,
    user: &str,
) -> Option<(Vec<u8>, usize)> {
    bytes.split(|byte| *byte == b'\n').enumerate().find_map(|(index, line)| {
        let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
        let line = &line[..end];
        if line.starts_with(b"#") {
            return None;
        }
        let matched = hosts
            .iter()
            .find_map(|host| [*host, port, database, user].into_iter().try_fold(line, after_match));
        Some((unescaped(matched?), index + 1))
    })
}

/// Why a file may not be used as a password file.
fn objection(metadata: &fs::Metadata) -> Option<&'static str> {
    if !metadata.is_file() {
        return Some("is not a plain file");
    }
    (metadata.mode() & 0o077 != 0).then_some("has group or world access (chmod 0600)")
}

/// A password file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PasswordFile {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is ignored, if it is.
    pub problem: Option<String>,
}

/// The password file of `PGPASSFILE` or the home directory, if it is there.
pub fn password_file(environment: &Environment) -> Option<PasswordFile> {
    let named = environment.variable("PGPASSFILE").map(PathBuf::from);
    let path = named.or_else(|| environment.home_file(".pgpass"))?;
    let metadata = fs::metadata(&path).ok()?;
    let problem = objection(&metadata).map(str::to_owned);
    let problem = problem.or_else(|| Some(format!("cannot be read: {}", fs::read(&path).err()?)));
    Some(PasswordFile { path, problem })
}

/// The rest of the line after its first field, when that field is `*` or `token`.
fn after_match<'a>(line: &'a [u8], token: &str) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(b"*:") {
        return Some(rest);
    }
    let mut wanted = token.bytes();
    let mut at = 0;
    loop {
        let byte = *line.get(at)?;
        if byte == b':' {
            return if wanted.next().is_none() { Some(&line[at + 1..]) } else { None };
        }
        if byte == b'\\' {
            at += 1;
        }
        if *line.get(at)? != wanted.next()? {
            return None;
        }
        at += 1;
    }
}

/// The last field, up to a colon that is not escaped.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut password = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b':' => break,
            b'\\' => password.push(bytes.next().unwrap_or(b'\\')),
            other => password.push(other),
        }
    }
    password
}

/// A field of a line, with colons and backslashes escaped. A lone `*` stays one.
pub(super) fn escaped(field: &str) -> String {
    field.replace('\\', r"\\").replace(':', r"\:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    fn found(
        text: &str,
        host: &str,
        port: &str,
        database: &str,
        user: &str,
    ) -> Option<(String, usize)> {
        match look_up(file(text, 0o600).path(), &[host], port, database, user) {
            Answer::Password { password, line } => Some((password, line)),
            Answer::Nothing => None,
            Answer::Ignored(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn the_first_matching_line_counts() {
        let text = "#h:1:d:u:comment\n\nh:1:d:other:a\nh:1:*:u:b\r\n*:*:*:*:c:rest\n";
        assert_eq!(found(text, "h", "1", "d", "u"), Some(("b".to_owned(), 4)));
        assert_eq!(found(text, "x", "1", "d", "u"), Some(("c".to_owned(), 5)));
        assert_eq!(found("h:1:d:u\n", "h", "1", "d", "u"), None);
        assert_eq!(found("h:1:d:uu:x\nhh:1:d:u:x", "h", "1", "d", "u"), None);
        assert_eq!(found("h:1:d:u:", "h", "1", "d", "u"), Some((String::new(), 1)));
    }

    #[test]
    fn fields_are_unescaped() {
        let text = r"\:\:1:1:a\\b:it\:s:p\:\\w\x";
        assert_eq!(found(text, "::1", "1", r"a\b", "it:s"), Some((r"p:\wx".to_owned(), 1)));
        assert_eq!(found(r"\*:1:d:u:p", "*", "1", "d", "u"), Some(("p".to_owned(), 1)));
        assert_eq!(found(r"\*:1:d:u:p", "h", "1", "d", "u"), None);
    }

    #[test]
    fn what_is_escaped_reads_back() {
        for password in [r"a:b\c", r"\", ":", r"\:", "*", "å '\"%@="] {
            let text = format!("*:*:*:*:{}\n", escaped(password));
            assert_eq!(found(&text, "h", "1", "d", "u"), Some((password.to_owned(), 1)));
        }
    }

    #[test]
    fn a_file_others_can_read_is_ignored() {
        for mode in [0o644, 0o640, 0o601] {
            let file = file("*:*:*:*:x\n", mode);
            let answer = look_up(file.path(), &["h"], "1", "d", "u");
            assert!(
                matches!(&answer, Answer::Ignored(why) if why.contains("chmod 0600")),
                "{answer:?}"
            );
        }
        assert_eq!(look_up(Path::new("/absent"), &["h"], "1", "d", "u"), Answer::Nothing);
        let directory = look_up(Path::new("/tmp"), &["h"], "1", "d", "u");
        assert!(matches!(directory, Answer::Ignored(why) if why.contains("plain file")));
    }

    #[test]
    fn no_carriage_return_at_the_end_of_a_line_is_part_of_a_password() {
        for end in ["", "\r\n", "\r\r\n", "\r\r"] {
            let text = format!("*:*:*:*:a\rb{end}");
            assert_eq!(found(&text, "h", "1", "d", "u"), Some(("a\rb".to_owned(), 1)), "{end:?}");
        }
    }
}
