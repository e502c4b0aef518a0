//! Differences, object by object.

use std::collections::{BTreeMap, BTreeSet};

use super::decided::partition_of;
use crate::diff::{self, Change, Difference};
use crate::model::{Identity, Kind, Model};

/// What is different, object by object.
pub(super) struct Unfolded {
    /// Only in the left model.
    pub(super) dropped: BTreeSet<Identity>,
    /// Only in the right one.
    pub(super) created: BTreeSet<Identity>,
    /// In both, with the attributes in which they differ.
    pub(super) changed: BTreeMap<Identity, Vec<&'static str>>,
}

/// Of all differences: objects that are missing with all that belongs to them, but no attribute that
/// follows another one.
pub(super) fn unfold(all: &[Difference], left: &Model, right: &Model) -> Unfolded {
    let mut unfolded =
        Unfolded { dropped: BTreeSet::new(), created: BTreeSet::new(), changed: BTreeMap::new() };
    for Difference { identity, change } in all {
        match change {
            Change::OnlyLeft => unfolded.dropped.insert(identity.clone()),
            Change::OnlyRight => unfolded.created.insert(identity.clone()),
            // Of default privileges, say, an attribute may be all that there is.
            Change::Attribute { .. } if left.get(identity).is_none() => {
                unfolded.created.insert(identity.clone())
            }
            Change::Attribute { .. } if right.get(identity).is_none() => {
                unfolded.dropped.insert(identity.clone())
            }
            // A sequence follows its column by name, but not by itself.
            Change::Attribute { name, .. } if identity.kind == Kind::Sequence => {
                unfolded.changed.entry(identity.clone()).or_default().push(name);
                continue;
            }
            // The key of a partition follows its table only where the partitioned table has that key.
            Change::Attribute { name, .. } if *name == "partition_of" => {
                let is_attached = partition_of(identity, left).is_none()
                    && partition_of(identity, right).is_some();
                if is_attached {
                    unfolded.changed.entry(identity.clone()).or_default().push(name);
                }
                continue;
            }
            Change::Attribute { .. } => continue,
        };
    }
    let mut told = all.to_vec();
    diff::finish(&mut told, left, right);
    for Difference { identity, change } in told {
        if let Change::Attribute { name, .. } = change
            && identity.kind != Kind::Sequence
            && left.get(&identity).is_some()
            && right.get(&identity).is_some()
        {
            let changed = unfolded.changed.entry(identity).or_default();
            if !changed.contains(&name) {
                changed.push(name);
            }
        }
    }
    unfolded
}
