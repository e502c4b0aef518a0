use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::Serialize;
use serde_json::ser::Serializer;

use super::contents::{CanonicalObject, Snapshot};
use super::dependencies::WrittenDependencies;
use super::error::{FORMAT_VERSION, SnapshotError};
use super::fields::{WrittenText, set_attributes};
use super::layout::Layout;
use crate::model::{Identity, Kind, Object};

impl Snapshot {
    /// Its text: the same schema always gives the same.
    pub fn to_json(&self) -> String {
        let mut json = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut json, Layout::default());
        // Texts as keys, and memory to write to: this cannot fail.
        let written = Written::of(self).serialize(&mut serializer);
        debug_assert!(written.is_ok(), "{written:?}");
        json.push(b'\n');
        String::from_utf8(json).unwrap_or_default()
    }

    /// Writes it to a file, which is there completely or not at all.
    ///
    /// # Errors
    ///
    /// If the file cannot be written; an older one stays then.
    pub fn write(&self, path: &Path) -> Result<(), SnapshotError> {
        let failed =
            |source| SnapshotError::File { action: "write", path: path.to_owned(), cause: source };
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            .prefix(".pum-snapshot-")
            // As other files are made: it is for version control, and holds no secrets.
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(directory.unwrap_or(Path::new(".")))
            .map_err(failed)?;
        file.write_all(self.to_json().as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|err| failed(err.error))?;
        Ok(())
    }
}

/// The file as it is written; [`Layout`] knows some of the names.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = false)))]
pub(super) struct Written<'a> {
    /// Grows when older versions of pum cannot read what newer ones write.
    #[cfg_attr(feature = "schema", schemars(extend("const" = FORMAT_VERSION)))]
    format_version: u32,
    /// The version of pum that wrote it.
    pum_version: &'a str,
    /// The version of the server that it was taken from.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9]+\.[0-9]+$")))]
    server_version: String,
    /// The version of the server on which its SQL went through a dump and restore; null if it did
    /// not.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[0-9]+\.[0-9]+$")))]
    settled_by: Option<String>,
    /// What was excluded when it was taken, or is not compared.
    left_out: WrittenExcluded<'a>,
    /// The roles that its objects name.
    roles: &'a [String],
    /// For each element the attributes that the pum that wrote it knew. What is not listed is not
    /// compared.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Vec<String>>"))]
    attributes: Known<'a>,
    /// The objects, sorted.
    objects: Vec<WrittenObject<'a>>,
    /// How SQL reads after a dump and restore, where that is another text.
    respelled: Vec<WrittenCanonical<'a>>,
    /// What depends on what, in numbers. It is not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "WrittenDependencies"))]
    dependencies: Option<WrittenDependencies>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = false)))]
struct WrittenExcluded<'a> {
    /// Qualified names of tables, with all that belongs to them.
    tables: Vec<String>,
    /// Globs of schemas.
    schemas: &'a [String],
    /// Elements and attributes, as filters of a comparison name them.
    elements: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = false)))]
struct WrittenObject<'a> {
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::field_schema::identity"))]
    identity: &'a Identity,
    /// What is set. What is not there is null, false, or an empty list.
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::field_schema::attributes"))]
    attributes: WrittenAttributes<'a>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("additionalProperties" = false)))]
struct WrittenCanonical<'a> {
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::field_schema::identity"))]
    identity: &'a Identity,
    attribute: &'a str,
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::field_schema::text"))]
    sql: WrittenText<'a>,
}

impl<'a> Written<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let Snapshot {
            pum_version,
            server_version,
            canonicalized_by,
            left_out,
            roles,
            known,
            model,
            canonicalized,
            dependencies,
        } = snapshot;
        let object = |object: &'a Object| WrittenObject {
            identity: &object.identity,
            attributes: WrittenAttributes(object),
        };
        let canonical = |one: &'a CanonicalObject| WrittenCanonical {
            identity: &one.identity,
            attribute: &one.attribute,
            sql: WrittenText(&one.sql),
        };
        Self {
            format_version: FORMAT_VERSION,
            pum_version,
            server_version: server_version.to_string(),
            settled_by: canonicalized_by.map(|version| version.to_string()),
            left_out: WrittenExcluded {
                tables: left_out.tables.iter().map(ToString::to_string).collect(),
                schemas: &left_out.schemas,
                elements: &left_out.elements,
            },
            roles,
            attributes: Known(known),
            objects: model.objects().iter().map(object).collect(),
            respelled: canonicalized.iter().map(canonical).collect(),
            dependencies: dependencies
                .as_ref()
                .map(|dependencies| WrittenDependencies::of(dependencies, model)),
        }
    }
}

/// The attributes of each kind that the writer knew.
struct Known<'a>(&'a BTreeMap<Kind, BTreeSet<String>>);

impl Serialize for Known<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(kind, names)| (kind.element(), names)))
    }
}

/// The attributes that are set, in the order in which the kind declares them.
struct WrittenAttributes<'a>(&'a Object);

impl Serialize for WrittenAttributes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.0.attributes.values();
        serializer.collect_map(set_attributes(self.0.identity.kind, &values))
    }
}
