//! Differences in versions of extensions.

use super::comparison::{Comparison, ExtensionVersions};
use crate::diff::{Change, Difference};
use crate::model::{Attributes, Extension, Model};

/// Drops the differences in versions of extensions that were not chosen explicitly.
pub(super) fn drop_default_versions(comparison: &mut Comparison, left: &Model, right: &Model) {
    let Comparison { differences, default_versions, .. } = comparison;
    differences.retain(|difference| match versions_by_default(difference, left, right) {
        Some(versions) => {
            default_versions.push(versions);
            false
        }
        None => true,
    });
}

/// The versions of an extension, if they differ and each is the one that its server installs by
/// itself.
pub(crate) fn versions_by_default(
    difference: &Difference,
    left: &Model,
    right: &Model,
) -> Option<ExtensionVersions> {
    let Difference { identity, change: Change::Attribute { name: "version", .. } } = difference
    else {
        return None;
    };
    let version_in = |model: &Model| {
        let Attributes::Extension(extension) = &model.get(identity)?.attributes else {
            return None;
        };
        let Extension { version, default_version, .. } = &**extension;
        (default_version.as_ref() == Some(version)).then(|| version.clone())
    };
    let (left, right) = (version_in(left)?, version_in(right)?);
    Some(ExtensionVersions { name: identity.name.clone(), left, right })
}
