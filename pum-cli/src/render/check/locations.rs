//! Where differences come from: lines of the files that a source was built from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pum_core::compare::Comparison;
use pum_core::diff::{Change, Difference};
use pum_core::model::Identity;
use pum_core::source::{Opened, SourceLocation};

/// Where each object that differs was made or changed last.
#[derive(Default)]
pub(crate) struct Locations(HashMap<Identity, [Option<SourceLocation>; 2]>);

impl Locations {
    /// Looks them up in what the sides were built from. Paths are made relative to `directory`,
    /// where they are below it: so readers of reports know them.
    pub(crate) fn new(comparison: &Comparison, sides: [&Opened; 2], directory: &Path) -> Self {
        let objects: Vec<&Identity> =
            comparison.differences.iter().map(|found| &found.identity).collect();
        let mut places: HashMap<Identity, [Option<SourceLocation>; 2]> = HashMap::new();
        let counterparts: Vec<Identity> =
            objects.iter().map(|object| counterpart(object, comparison)).collect();
        let of_right: Vec<&Identity> = counterparts.iter().collect();
        for (side, opened) in sides.into_iter().enumerate() {
            let names = if side == 0 { &objects } else { &of_right };
            for (object, place) in objects.iter().zip(opened.places_of(names)) {
                let Some(SourceLocation { path, line }) = place else { continue };
                let place = SourceLocation { path: relative(&path, directory), line };
                places.entry((*object).clone()).or_default()[side] = Some(place);
            }
        }
        Self(places)
    }

    /// The place of a difference; where both sides have one, that of the side that has the object,
    /// or else the right one's.
    pub(crate) fn get(&self, difference: &Difference) -> Option<&SourceLocation> {
        let [left, right] = self.0.get(&difference.identity)?;
        match difference.change {
            Change::OnlyLeft => left.as_ref().or(right.as_ref()),
            _ => right.as_ref().or(left.as_ref()),
        }
    }
}

/// What an object is called on the right side.
fn counterpart(object: &Identity, comparison: &Comparison) -> Identity {
    let mut named = object.clone();
    if let Some(schema) = comparison.schemas.iter().find(|schema| schema.left == object.schema) {
        named.schema.clone_from(&schema.right);
    }
    named
}

fn relative(path: &Path, directory: &Path) -> PathBuf {
    let below = path.strip_prefix(directory).unwrap_or(path);
    below.strip_prefix(".").unwrap_or(below).to_owned()
}

/// What stands in a URI's path as it is.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A path as a URI; a relative one is a relative reference.
pub(crate) fn uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let start = if path.is_absolute() { "file://" } else { "" };
    format!("{start}{}", utf8_percent_encode(&text, PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_readers_know() {
        let shown =
            |path: &str| relative(Path::new(path), Path::new("/repo")).display().to_string();
        assert_eq!(shown("/repo/deltas/a.sql"), "deltas/a.sql");
        assert_eq!(shown("./deltas/a.sql"), "deltas/a.sql");
        assert_eq!(shown("../a.sql"), "../a.sql");
        assert_eq!(shown("/other/a.sql"), "/other/a.sql");
        assert_eq!(uri(Path::new("deltas/a b#%é.sql")), "deltas/a%20b%23%25%C3%A9.sql");
        assert_eq!(uri(Path::new("/x/a.sql")), "file:///x/a.sql");
    }
}
