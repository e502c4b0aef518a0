//! Passwords, which are in no statement: a variable of psql stands for each.

use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Attributes, Identity, Object, Secrets};
use crate::sql::{quote_ident, quote_literal};

/// The passwords of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret<'a>(pub(super) &'a Identity);

impl Secret<'_> {
    /// The variable for one of them in a statement.
    pub(super) fn placeholder(self, option: &str) -> String {
        format!(":'{}'", self.variable(option))
    }

    /// `name :'variable'`
    pub(super) fn set(self, option: &str) -> String {
        format!("{} {}", quote_ident(option), self.placeholder(option))
    }

    /// The name of the variable: that of the object and of the option, each part behind two
    /// underscores. If other characters than letters, digits and underscores are in a part, or it could
    /// be taken for two, a checksum keeps the variable apart from others.
    fn variable(self, option: &str) -> String {
        let Identity { kind, schema, parent, name, arguments: _ } = self.0;
        let parts: Vec<&str> = [Some(schema), parent.as_ref(), Some(name)]
            .into_iter()
            .flatten()
            .map(|it| &**it)
            .collect();
        let parts = parts.into_iter().filter(|part| !part.is_empty()).chain([option]);
        let parts: Vec<&str> = [kind.name()].into_iter().chain(parts).collect();
        let plain = |part: &str| -> String {
            part.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
        };
        let is_plain = |part: &&str| {
            part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !part.contains("__")
                && !part.starts_with('_')
                && !part.ends_with('_')
        };
        let variable = parts.iter().map(|part| plain(part)).collect::<Vec<_>>().join("__");
        if parts.iter().skip(1).all(is_plain) {
            return variable;
        }
        format!("{variable}__{:08x}", xxh3_64(parts.join("\0").as_bytes()) >> 32)
    }
}

/// The option of a subscription that is the variable for the whole of its connection string.
pub(super) const CONNECTION: &str = "connection";

/// The variables that statements of an object may have, each with a literal that can stand there where
/// the object is not used.
pub(crate) fn variables(object: &Object) -> Vec<(String, String)> {
    let secret = Secret(&object.identity);
    let of = |secrets: &Secrets| -> Vec<(String, String)> {
        secrets.names().map(|name| (secret.variable(name), "'secret'".to_owned())).collect()
    };
    match &object.attributes {
        Attributes::ForeignDataWrapper(own) => of(&own.secrets),
        Attributes::ForeignServer(own) => of(&own.secrets),
        Attributes::UserMapping(own) => of(&own.secrets),
        Attributes::Subscription(own) if own.secrets.names().next().is_some() => {
            vec![(secret.variable(CONNECTION), quote_literal(&own.connection))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn variable(parent: &str, name: &str) -> String {
        let identity = Identity {
            kind: Kind::UserMapping,
            schema: String::new(),
            parent: Some(parent.to_owned()),
            name: name.to_owned(),
            arguments: None,
        };
        Secret(&identity).variable("password")
    }

    #[test]
    fn no_two_passwords_have_one_variable() {
        assert_eq!(variable("store", "app_reader"), "user_mapping__store__app_reader__password");
        let names =
            [("a", "b__c"), ("a__b", "c"), ("a_", "b"), ("a", "_b"), ("a-b", "c"), ("a.b", "c")];
        let mut variables: Vec<String> = names.iter().map(|(a, b)| variable(a, b)).collect();
        for name in &variables {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(name.chars().all(is_plain), "{name}");
        }
        variables.sort();
        variables.dedup();
        assert_eq!(variables.len(), names.len());
    }
}
