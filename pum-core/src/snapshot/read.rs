use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::contents::{CanonicalObject, Snapshot};
use super::dependencies::WrittenDependencies;
use super::error::{FORMAT_VERSION, SnapshotError};
use super::excluded::Excluded;
use super::fields::{attributes, text, text_of};
use crate::connect::ServerVersion;
use crate::diff::Filters;
use crate::model::{Identity, Kind, Model, Object};

impl Snapshot {
    /// Reads a snapshot that this version of pum or an older one wrote.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is of a newer format, or is not what pum wrote.
    pub fn read(path: &Path) -> Result<Self, SnapshotError> {
        let text = std::fs::read_to_string(path).map_err(|source| SnapshotError::File {
            action: "read",
            path: path.to_owned(),
            cause: source,
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a snapshot; `path` is for messages.
    ///
    /// # Errors
    ///
    /// If the text is of a newer format, or not what pum wrote.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SnapshotError> {
        let wrong = |line: usize, message: String| SnapshotError::Content {
            path: path.to_owned(),
            line,
            message,
        };
        let broken = |err: serde_json::Error| wrong(err.line(), without_place(&err));
        let head: Head = serde_json::from_str(text).map_err(broken)?;
        if head.format_version != u64::from(FORMAT_VERSION) {
            return Err(SnapshotError::Format {
                path: path.to_owned(),
                found: head.format_version,
                written_by: head.pum_version.as_str().map(str::to_owned),
            });
        }
        let written: Written = serde_json::from_str(text).map_err(broken)?;
        written.snapshot().map_err(|(needle, message)| wrong(line_of(text, &needle), message))
    }
}

/// What is looked at before anything else.
#[derive(Deserialize)]
struct Head {
    format_version: u64,
    #[serde(default)]
    pum_version: Json,
}

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "format_version")]
    _format_version: u32,
    pum_version: String,
    server_version: String,
    #[serde(rename = "settled_by")]
    canonicalized_by: Option<String>,
    left_out: WrittenLeftOut,
    roles: Vec<String>,
    attributes: BTreeMap<String, BTreeSet<String>>,
    objects: Vec<WrittenObject>,
    #[serde(rename = "respelled")]
    canonicalized: Vec<WrittenCanonical>,
    #[serde(default)]
    dependencies: Option<WrittenDependencies>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLeftOut {
    tables: Vec<String>,
    schemas: Vec<String>,
    elements: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenObject {
    identity: Identity,
    attributes: Map<String, Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCanonical {
    identity: Identity,
    attribute: String,
    sql: Json,
}

/// The problem, and a text in the line that has it.
type Malformed = (String, String);

impl Written {
    fn snapshot(self) -> Result<Snapshot, Malformed> {
        let known = known(self.attributes, &self.pum_version)?;
        let objects = objects(self.objects, &known)?;
        let dependencies = self.dependencies.map(|written| {
            let identities: Vec<Identity> =
                objects.iter().map(|object| object.identity.clone()).collect();
            let wrong = |message| (text_of("dependencies"), format!("dependencies: {message}"));
            written.read(&identities).map_err(wrong)
        });
        let canonicalized = self.canonicalized.into_iter().map(|one| {
            let sql = text(&one.sql).ok_or_else(|| {
                let message = format!("{}: \"sql\" is not a string", one.identity);
                (text_of(&one.identity), message)
            })?;
            Ok(CanonicalObject { identity: one.identity, attribute: one.attribute, sql })
        });
        Ok(Snapshot {
            pum_version: self.pum_version,
            server_version: version("server_version", &self.server_version)?,
            canonicalized_by: self
                .canonicalized_by
                .map(|text| version("settled_by", &text))
                .transpose()?,
            left_out: left_out(self.left_out)?,
            roles: self.roles,
            known,
            canonicalized: canonicalized.collect::<Result<_, Malformed>>()?,
            dependencies: dependencies.transpose()?,
            model: Model::new(objects),
        })
    }
}

/// The attributes that the writer knew, all of which must be known here.
fn known(
    written: BTreeMap<String, BTreeSet<String>>,
    pum_version: &str,
) -> Result<BTreeMap<Kind, BTreeSet<String>>, Malformed> {
    let mut known = BTreeMap::new();
    for (element, names) in written {
        let newer = |what: String| {
            let message = format!(
                "it was written by pum {pum_version}, which knows {what}, but this version does not: \
                 use that version"
            );
            (text_of(&element), message)
        };
        let kind = Kind::ALL.iter().find(|kind| kind.element() == element);
        let kind = *kind.ok_or_else(|| newer(element.clone()))?;
        let here = kind.attribute_names();
        if let Some(name) = names.iter().find(|name| !here.contains(&name.as_str())) {
            return Err(newer(format!("{element}.{name}")));
        }
        known.insert(kind, names);
    }
    Ok(known)
}

fn objects(
    written: Vec<WrittenObject>,
    known: &BTreeMap<Kind, BTreeSet<String>>,
) -> Result<Vec<Object>, Malformed> {
    let mut seen = BTreeSet::new();
    let mut objects = Vec::new();
    for WrittenObject { identity, attributes: fields } in written {
        let wrong = |message: String| (text_of(&identity), format!("{identity}: {message}"));
        if !seen.insert(identity.clone()) {
            return Err(wrong("it appears twice".to_owned()));
        }
        let attributes =
            attributes(identity.kind, fields, known.get(&identity.kind)).map_err(wrong)?;
        objects.push(Object { identity, attributes });
    }
    Ok(objects)
}

fn left_out(written: WrittenLeftOut) -> Result<Excluded, Malformed> {
    let WrittenLeftOut { tables, schemas, elements } = written;
    let mut parsed = Vec::new();
    for table in &tables {
        parsed.push(table.parse().map_err(|err| (text_of(table), format!("{err}")))?);
    }
    let mut filters = Filters::default();
    for element in &elements {
        filters.ignore(element).map_err(|err| (text_of(element), err.to_string()))?;
    }
    for schema in &schemas {
        filters.exclude_schema(schema).map_err(|err| (text_of(schema), err.to_string()))?;
    }
    Ok(Excluded { tables: parsed, schemas, elements })
}

fn version(member: &str, text: &str) -> Result<ServerVersion, Malformed> {
    let parse = || {
        let (major, minor) = text.split_once('.')?;
        let (major, minor): (u32, u32) = (major.parse().ok()?, minor.parse().ok()?);
        (minor < 10_000 && (10..10_000).contains(&major))
            .then_some(ServerVersion(major * 10_000 + minor))
    };
    let wrong = || (text_of(member), format!("\"{text}\" is not a server version such as 15.4"));
    parse().ok_or_else(wrong)
}

/// The line, from 1, in which a text stands; the first if it stands nowhere, as in a file that was
/// rewritten by another program.
fn line_of(text: &str, needle: &str) -> usize {
    // The last one: what stands there twice is wrong where it stands again.
    text.rfind(needle).map_or(1, |at| text[..at].matches('\n').count() + 1)
}

/// What serde says without its own place, which the message begins with.
fn without_place(err: &serde_json::Error) -> String {
    let text = err.to_string();
    let place = format!(" at line {} column {}", err.line(), err.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}
