//! The format and compression of a dump.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::DumpError;

/// The format of a dump, as `pg_dump` names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// One compressed file, which `pg_restore` can restore partially and in parallel.
    #[default]
    Custom,
    /// A directory with one file per table, which several workers can write in parallel.
    Directory,
    /// An SQL script.
    Plain,
}

impl Format {
    /// Its name, as in `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::Directory => "directory",
            Self::Plain => "plain",
        }
    }
}

/// How data are compressed, written as `METHOD` or `METHOD:LEVEL`.
///
/// ```
/// use pum_core::dump::Compression;
///
/// let compression: Compression = "gzip:9".parse()?;
/// assert_eq!(compression.to_string(), "gzip:9");
/// assert!("zip".parse::<Compression>().is_err());
/// # Ok::<(), pum_core::dump::DumpError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    method: Method,
    level: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    None,
    Gzip,
    Lz4,
    Zstd,
}

const METHODS: &[(&str, Method)] =
    &[("none", Method::None), ("gzip", Method::Gzip), ("lz4", Method::Lz4), ("zstd", Method::Zstd)];

/// The first client that knows other methods than gzip.
const KNOWS_METHODS: u32 = 16;

impl Compression {
    /// No compression.
    pub const NONE: Self = Self { method: Method::None, level: None };

    pub(super) fn is_none(self) -> bool {
        self.method == Method::None
    }

    /// The value of `--compress` for a client of this major version.
    pub(super) fn argument(self, client: u32, format: Format) -> Result<String, DumpError> {
        let newer = matches!(self.method, Method::Lz4 | Method::Zstd);
        if newer && client < KNOWS_METHODS {
            return Err(DumpError::Compression {
                text: self.to_string(),
                reason: format!(
                    "pg_dump {client} supports only none and gzip; {KNOWS_METHODS} or newer is required"
                ),
            });
        }
        if newer && format == Format::Plain {
            let reason = "a plain dump could not be read back; use gzip or none".to_owned();
            return Err(DumpError::Compression { text: self.to_string(), reason });
        }
        if client >= KNOWS_METHODS {
            return Ok(self.to_string());
        }
        // gzip's own usual level.
        let level = if self.is_none() { 0 } else { self.level.unwrap_or(6) };
        Ok(level.to_string())
    }
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = METHODS.iter().find(|(_, method)| *method == self.method);
        f.write_str(name.map_or("none", |(name, _)| name))?;
        self.level.map_or(Ok(()), |level| write!(f, ":{level}"))
    }
}

impl FromStr for Compression {
    type Err = DumpError;

    fn from_str(text: &str) -> Result<Self, DumpError> {
        let wrong = |reason: &str| DumpError::Compression {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level)),
            None => (text, None),
        };
        let method = METHODS.iter().find(|(known, _)| *known == name);
        let (_, method) =
            method.ok_or_else(|| wrong("the methods are none, gzip, lz4 and zstd"))?;
        let level = level
            .map(|level| {
                level.parse().map_err(|_| wrong("the level must be a number, as in gzip:9"))
            })
            .transpose()?;
        let highest = match method {
            Method::None => 0,
            Method::Gzip => 9,
            Method::Lz4 => 12,
            Method::Zstd => 22,
        };
        if level.is_some_and(|level| !(1..=highest).contains(&level)) {
            return Err(wrong(&format!("{name} has the levels 1 to {highest}")));
        }
        Ok(Self { method: *method, level })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_asked_for_what_it_knows() {
        let argument = |text: &str, client, format| {
            text.parse::<Compression>().and_then(|c| c.argument(client, format)).ok()
        };
        assert_eq!(argument("none", 15, Format::Custom).as_deref(), Some("0"));
        assert_eq!(argument("gzip", 15, Format::Custom).as_deref(), Some("6"));
        assert_eq!(argument("gzip:2", 17, Format::Custom).as_deref(), Some("gzip:2"));
        assert_eq!(argument("zstd", 15, Format::Custom), None);
        assert_eq!(argument("zstd:3", 16, Format::Directory).as_deref(), Some("zstd:3"));
        assert_eq!(argument("zstd", 16, Format::Plain), None);
        for wrong in ["gzip:10", "gzip:x", "none:1", "bzip2", "gzip:0"] {
            assert!(wrong.parse::<Compression>().is_err(), "{wrong}");
        }
    }
}
