use std::path::{Path, PathBuf};

use super::{SourceError, decompress};
use crate::connect::{ConnectError, Environment, Settings, looks_like_uri, redact};
use crate::delta::utf16;

/// A source of a schema.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Source {
    /// A database.
    Database(Settings),
    /// A snapshot.
    Snapshot(PathBuf),
    /// A directory of migrations.
    Directory(PathBuf),
    /// An SQL file that builds the whole schema.
    Script(PathBuf),
    /// A plain dump, which is SQL too.
    PlainDump(PathBuf),
    /// A dump for `pg_restore`, a file or a directory.
    Archive(PathBuf),
}

/// Names with these ends are those of files, and not of services.
const FILE_ENDS: &[&str] = &[".json", ".sql", ".dump", ".dmp", ".backup", ".bak", ".pgdump", ".gz"];

/// As [`Source::recognise`] with no environment: services and `PG*` variables are not read.
impl TryFrom<&str> for Source {
    type Error = SourceError;

    fn try_from(text: &str) -> Result<Self, SourceError> {
        Self::recognise(text, &Environment::default())
    }
}

impl From<Settings> for Source {
    fn from(settings: Settings) -> Self {
        Self::Database(settings)
    }
}

impl Source {
    /// Recognizes a source from user input: a URI, an existing path (with a slash or a known file
    /// extension), a connection string, or a service.
    ///
    /// # Errors
    ///
    /// If there is nothing at a path, the service is unknown, or the name is both a service and a
    /// path.
    ///
    /// ```
    /// use pum_core::connect::Environment;
    /// use pum_core::source::Source;
    ///
    /// let environment = Environment::default();
    /// let database = Source::recognise("host=db dbname=prod user=ann", &environment)?;
    /// assert!(matches!(database, Source::Database(_)));
    ///
    /// let err = Source::recognise("./schema.json", &environment).unwrap_err();
    /// assert_eq!(err.to_string(), "there is no file or directory ./schema.json");
    /// # Ok::<(), pum_core::source::SourceError>(())
    /// ```
    pub fn recognise(text: &str, environment: &Environment) -> Result<Self, SourceError> {
        let path = Path::new(text);
        let is_uri = looks_like_uri(text);
        let name = || redact(text);
        let exists = !is_uri && !text.is_empty() && path.exists();
        let named_like_one = text.contains('/') || FILE_ENDS.iter().any(|end| text.ends_with(end));
        let surely = ["./", "../", "/", "~/"].iter().any(|start| text.starts_with(start));
        if exists && named_like_one {
            // Only a plain name can be that of a service.
            let is_service = !surely
                && !text.contains('=')
                && Settings::resolve_named(text, environment).is_ok();
            if is_service {
                return Err(SourceError::Ambiguous { name: name() });
            }
            return Self::at(path);
        }
        if !is_uri && (surely || (named_like_one && !text.contains('='))) {
            return match Settings::resolve_named(text, environment) {
                Ok(settings) if !surely => Ok(Self::Database(settings)),
                _ => Err(SourceError::Missing { path: name().into() }),
            };
        }
        let resolve = if exists { Settings::resolve_named } else { Settings::resolve };
        match resolve(text, environment) {
            Err(source @ ConnectError::UnknownService { .. }) if exists => {
                Err(SourceError::NoService { name: name(), cause: source })
            }
            Ok(settings) => Ok(Self::Database(settings)),
            Err(err) => Err(err.into()),
        }
    }

    /// Its file or directory; `None` for a database.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Database(_) => None,
            Self::Snapshot(path)
            | Self::Directory(path)
            | Self::Script(path)
            | Self::PlainDump(path)
            | Self::Archive(path) => Some(path),
        }
    }

    /// Recognizes a file or directory by its contents.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not a source.
    pub fn at(path: &Path) -> Result<Self, SourceError> {
        let owned = path.to_owned();
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => SourceError::Missing { path: owned.clone() },
            _ => SourceError::File { path: owned.clone(), cause: source },
        };
        if path.metadata().map_err(failed)?.is_dir() {
            let is_archive = path.join("toc.dat").is_file();
            return Ok(if is_archive { Self::Archive(owned) } else { Self::Directory(owned) });
        }
        let (start, packed) = decompress::start(path).map_err(failed)?;
        match of_content(path, &start)? {
            Self::Archive(path) | Self::Snapshot(path) if packed => Err(SourceError::NotASource {
                path,
                reason: "only SQL and plain dumps can be read from gzip: unpack it first (gunzip \
                         --keep)"
                    .to_owned(),
            }),
            source => Ok(source),
        }
    }
}

/// What `pg_dump --compress` makes beside gzip, and what people use.
const OTHER_PACKINGS: [(&str, &[u8]); 4] = [
    ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]),
    ("lz4", &[0x04, 0x22, 0x4d, 0x18]),
    ("xz", b"\xfd7zXZ"),
    ("bzip2", b"BZh"),
];

/// What a file is, by its first bytes.
fn of_content(path: &Path, start: &[u8]) -> Result<Source, SourceError> {
    let owned = path.to_owned();
    let wrong =
        |reason: &str| SourceError::NotASource { path: owned.clone(), reason: reason.to_owned() };
    if start.starts_with(b"PGDMP") {
        return Ok(Source::Archive(owned));
    }
    for (name, magic) in OTHER_PACKINGS {
        if start.starts_with(magic) {
            return Err(wrong(&format!("it is compressed with {name}: unpack it first")));
        }
    }
    if let Some(encoding) = utf16(start) {
        return Err(wrong(&format!("it is {encoding}: save it as UTF-8")));
    }
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    if is_json || text.starts_with('{') {
        return Ok(Source::Snapshot(owned));
    }
    if text.contains('\0') {
        return Err(wrong("it is neither a snapshot, nor SQL, nor a dump in the custom format"));
    }
    if text.contains("PostgreSQL database dump") {
        return Ok(Source::PlainDump(owned));
    }
    Ok(Source::Script(owned))
}
