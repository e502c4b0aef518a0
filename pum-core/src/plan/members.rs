//! Objects that are members of an extension on one side only.

use super::decided::{ChangedMember, Decided, parts_of};
use super::side::Side;
use crate::ddl;
use crate::model::{Dependencies, Identity, Kind, Model};

impl Decided {
    /// What is dropped and is a member afterwards is added to the extension; what is created and was a
    /// member is taken out of it.
    pub(super) fn change_members(&mut self, left: &Side, right: &Side) {
        let added = self.dropped.iter().filter_map(|object| {
            let extension = extension_of(object, &right.dependencies)?;
            left.model.get(extension)?;
            let (object, extension) = (object.clone(), extension.clone());
            Some(ChangedMember { object, extension, is_added: true })
        });
        let taken = self.created.iter().filter_map(|object| {
            let extension = extension_of(object, &left.dependencies)?;
            let (object, extension) = (object.clone(), extension.clone());
            Some(ChangedMember { object, extension, is_added: false })
        });
        let members: Vec<ChangedMember> = added.chain(taken).collect();
        for member in &members {
            let side = if member.is_added { left } else { right };
            let Some(object) = side.model.get(&member.object) else { continue };
            let Ok(statement) =
                ddl::change_member(object, &side.model, &member.extension.name, member.is_added)
            else {
                continue;
            };
            for identity in with_parts(&member.object, &side.model) {
                self.dropped.remove(&identity);
                self.created.remove(&identity);
            }
            self.altered.insert(member.object.clone(), vec![statement]);
        }
        self.members = members;
    }
}

fn with_parts(identity: &Identity, model: &Model) -> Vec<Identity> {
    let mut all = parts_of(identity, model);
    all.push(identity.clone());
    all
}

fn extension_of<'d>(identity: &Identity, dependencies: &'d Dependencies) -> Option<&'d Identity> {
    names(identity).iter().find_map(|name| dependencies.extension_of(name))
}

/// What `pg_identify_object` may call an object: its type, and its identity.
fn names(identity: &Identity) -> Vec<String> {
    let types: &[&str] = match identity.kind {
        Kind::Table => &["table", "foreign table"],
        Kind::View => &["view", "materialized view"],
        Kind::Sequence => &["sequence"],
        Kind::Function => &["function", "procedure", "aggregate"],
        Kind::BaseType | Kind::EnumType | Kind::CompositeType | Kind::Domain | Kind::RangeType => {
            &["type"]
        }
        Kind::Cast => &["cast"],
        Kind::Collation => &["collation"],
        Kind::Conversion => &["conversion"],
        Kind::EventTrigger => &["event trigger"],
        Kind::ForeignDataWrapper => &["foreign-data wrapper"],
        Kind::ForeignServer => &["server"],
        Kind::Language => &["language"],
        Kind::Operator => &["operator"],
        Kind::OperatorClass => &["operator class"],
        Kind::OperatorFamily => &["operator family"],
        Kind::Schema => &["schema"],
        Kind::AccessMethod => &["access method"],
        Kind::TextSearchConfiguration => &["text search configuration"],
        Kind::TextSearchDictionary => &["text search dictionary"],
        Kind::TextSearchParser => &["text search parser"],
        Kind::TextSearchTemplate => &["text search template"],
        Kind::Transform => &["transform"],
        _ => &[],
    };
    let arguments = identity.arguments.as_deref().unwrap_or_default();
    let name = match identity.kind {
        Kind::Function => format!("{}({})", identity.quoted_name(), arguments.replace(", ", ",")),
        Kind::Operator => {
            let schema = crate::model::quoted_name([&*identity.schema]);
            format!("{schema}.{}({})", identity.name, arguments.replace(", ", ","))
        }
        Kind::OperatorClass | Kind::OperatorFamily => {
            format!("{} USING {arguments}", identity.quoted_name())
        }
        Kind::Cast => format!("({})", identity.name),
        Kind::Transform => {
            identity.name.replacen("FOR ", "for ", 1).replacen(" LANGUAGE ", " on language ", 1)
        }
        _ => identity.quoted_name(),
    };
    types.iter().map(|it| format!("{it} {name}")).collect()
}
