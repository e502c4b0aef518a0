use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{FORMAT_VERSION, Snapshot, SnapshotError};
use crate::model::{Object, Value};

/// How the line begins on which an object begins, behind its indent.
pub(super) const BEGIN: &str = "{\"identity\": ";

impl Snapshot {
    /// Its text: the same schema always gives the same.
    pub fn to_json(&self) -> String {
        let tables: Vec<String> = self.left_out.tables.iter().map(ToString::to_string).collect();
        let mut out = Lines::default();
        out.open("{");
        out.member("format_version", &FORMAT_VERSION);
        out.member("pum_version", &self.pum_version);
        out.member("server_version", &self.server_version.to_string());
        out.member("settled_by", &self.canonicalized_by.map(|version| version.to_string()));
        out.open("\"left_out\": {");
        out.list("tables", &tables);
        out.list("schemas", &self.left_out.schemas);
        out.list("elements", &self.left_out.elements);
        out.close("}");
        out.list("roles", &self.roles);
        out.open("\"attributes\": {");
        for (kind, names) in &self.known {
            out.member(kind.element(), &names);
        }
        out.close("}");
        out.open("\"objects\": [");
        for object in self.model.objects() {
            out.object(object);
        }
        out.close("]");
        out.open("\"respelled\": [");
        for one in &self.canonicalized {
            let identity = text_of(&one.identity);
            out.open(&format!("{BEGIN}{identity},"));
            out.member("attribute", &one.attribute);
            out.value("sql", &text_value(&one.sql));
            out.close("}");
        }
        out.close("]");
        out.close("}");
        out.text + "\n"
    }

    /// Writes it to a file, which is there completely or not at all.
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

/// What is set of an object's attributes, by name. What is not there is unset: null, false, or an
/// empty list.
pub(super) fn fields_of(object: &Object) -> Map<String, Json> {
    let names = object.identity.kind.attribute_names();
    let values = object.attributes.values();
    let set = names.iter().zip(&values).filter_map(|(name, value)| {
        let written = match value {
            Value::None | Value::Boolean(false) => return None,
            Value::Boolean(true) => json!(true),
            Value::Integer(number) => json!(number),
            Value::Text(text) | Value::Sql(text) => text_value(text),
            Value::List(list) if list.is_empty() => return None,
            Value::List(list) => json!(list),
            // Written without their values.
            Value::Secrets(secrets) => match json!(secrets) {
                Json::Array(list) if list.is_empty() => return None,
                list => list,
            },
        };
        Some(((*name).to_owned(), written))
    });
    set.collect()
}

/// A text; one of several lines line by line, so that a change in it is a changed line.
pub(super) fn text_value(text: &str) -> Json {
    if text.contains('\n') {
        return json!({ "lines": text.split('\n').collect::<Vec<_>>() });
    }
    json!(text)
}

/// Anything on one line. A model has no maps but with texts as keys, so this cannot fail.
pub(super) fn text_of(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// JSON being written, with commas where they belong.
#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
    /// Whether something stands before in the object or list at hand.
    follows: bool,
}

impl Lines {
    fn begin(&mut self) {
        if self.follows {
            self.text.push(',');
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&"  ".repeat(self.depth));
    }

    fn open(&mut self, text: &str) {
        self.begin();
        self.text.push_str(text);
        self.depth += 1;
        // After what opens with members of its own there was a comma.
        self.follows = false;
    }

    fn close(&mut self, text: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(text);
        self.follows = true;
    }

    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.begin();
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "{}: {}", text_of(name), text_of(value));
        self.follows = true;
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) {
        self.begin();
        self.text.push_str(&text_of(value));
        self.follows = true;
    }

    fn list<T: Serialize>(&mut self, name: &str, items: &[T]) {
        if items.is_empty() {
            return self.member(name, &[(); 0]);
        }
        self.open(&format!("{}: [", text_of(name)));
        for item in items {
            self.item(item);
        }
        self.close("]");
    }

    /// A list item by item, a text of several lines line by line.
    fn value(&mut self, name: &str, value: &Json) {
        match value {
            Json::Array(items) => self.list(name, items),
            Json::Object(object) => {
                self.open(&format!("{}: {{", text_of(name)));
                for (name, value) in object {
                    self.value(name, value);
                }
                self.close("}");
            }
            other => self.member(name, other),
        }
    }

    fn object(&mut self, object: &Object) {
        let identity = text_of(&object.identity);
        self.open(&format!("{BEGIN}{identity}, \"attributes\": {{"));
        let mut fields = fields_of(object);
        // In the order in which the kind declares them.
        for name in object.identity.kind.attribute_names() {
            if let Some(value) = fields.remove(*name) {
                self.value(name, &value);
            }
        }
        self.close("}}");
    }
}
