//! Tables and views, and what belongs to them.

use super::make::{sequence_options, with_semicolon};
use super::{Sides, Statements, is_true, list, name, text};
use crate::connect::quote_ident;
use crate::model::{Identity, Kind, Object, quoted_name};

impl Sides<'_> {
    /// The columns of a relation in the reference, in their order.
    pub(super) fn columns_of(&self, relation: &Identity) -> Vec<&Object> {
        let mut columns = self.parts_of(relation, Kind::Column);
        let position = |column: &Object| text(column, "position")?.parse::<u32>().ok();
        columns.sort_by_key(|column| position(column));
        columns
    }

    fn parts_of(&self, parent: &Identity, kind: Kind) -> Vec<&Object> {
        let is_part = |object: &&Object| {
            let identity = &object.identity;
            identity.kind == kind
                && identity.schema == parent.schema
                && identity.parent.as_ref() == Some(&parent.name)
        };
        self.reference.objects().iter().filter(is_part).collect()
    }

    /// What makes all that belongs to something new.
    pub(super) fn parts(&self, parent: &Identity, kinds: &[Kind]) -> Statements {
        let mut statements = Vec::new();
        for kind in kinds {
            let mut parts = self.parts_of(parent, *kind);
            // A foreign key to the same table needs its primary key.
            parts.sort_by_key(|part| {
                text(part, "constraint_type").is_some_and(|of| of == "foreign key")
            });
            for part in parts {
                // Those come with the parent.
                if !is_true(part, "inherited") && text(part, "partition_of").is_none() {
                    statements.extend(self.make(part, false)?);
                }
            }
        }
        Some(statements)
    }

    pub(super) fn table(&self, object: &Object) -> Statements {
        let identity = &object.identity;
        let is_plain = text(object, "relation")? != "foreign table"
            && text(object, "of_type").is_none()
            && list(object, "inherits").is_empty();
        if !is_plain {
            return None;
        }
        let columns = self.columns_of(identity);
        let own = name::full(identity);
        let unlogged = if text(object, "persistence")? == "unlogged" { "UNLOGGED " } else { "" };
        let mut statements = self.sequences_of(&columns)?;
        let mut sql = format!("CREATE {unlogged}TABLE {own}");
        if let Some(parent) = text(object, "partition_of") {
            if !columns.iter().all(|column| is_true(column, "inherited")) {
                return None;
            }
            sql += &format!(" PARTITION OF {parent} {}", text(object, "partition_bound")?);
        } else {
            let columns: Vec<String> =
                columns.iter().map(|column| self.column_sql(column)).collect::<Option<_>>()?;
            let columns: Vec<String> = columns.iter().map(|sql| format!("\n  {sql}")).collect();
            sql += &format!(" ({}\n)", columns.join(","));
        }
        if let Some(key) = text(object, "partition_key") {
            sql += &format!(" PARTITION BY {key}");
        }
        if let Some(method) = text(object, "access_method").filter(|method| method != "heap") {
            sql += &format!(" USING {}", quote_ident(&method));
        }
        let parameters = list(object, "storage_parameters");
        if !parameters.is_empty() {
            sql += &format!(" WITH ({})", parameters.join(", "));
        }
        statements.push(sql + ";");
        statements.extend(self.owned(&columns)?);
        for column in &columns {
            statements.extend(self.column_properties(column)?);
        }
        let kinds = [Kind::Constraint, Kind::Index, Kind::Trigger, Kind::Rule, Kind::Policy];
        statements.extend(self.parts(identity, &kinds)?);
        statements.extend(self.statistics(identity)?);
        statements.extend(table_properties(object, &own)?);
        Some(statements)
    }

    /// Extended statistics, which follow their table without belonging to it.
    fn statistics(&self, table: &Identity) -> Statements {
        let mut statements = Vec::new();
        let name = table.quoted_name();
        for object in self.reference.objects() {
            if object.identity.kind == Kind::Statistics
                && text(object, "table").is_some_and(|of| of == name)
            {
                statements.extend(self.make(object, false)?);
            }
        }
        Some(statements)
    }

    pub(super) fn view(&self, object: &Object, replace: bool) -> Statements {
        let identity = &object.identity;
        let relation = text(object, "relation")?.to_uppercase();
        let replace_sql = if replace { "OR REPLACE " } else { "" };
        let mut sql = format!("CREATE {replace_sql}{relation} {}", name::full(identity));
        let options = list(object, "options");
        if !options.is_empty() {
            sql += &format!(" WITH ({})", options.join(", "));
        }
        let mut statements =
            vec![format!("{sql} AS\n{}", with_semicolon(&text(object, "definition")?))];
        if !replace {
            for column in self.columns_of(identity) {
                if let Some(default) = text(column, "default") {
                    let (view, own) = (name::full(identity), quote_ident(&column.identity.name));
                    statements.push(format!(
                        "ALTER VIEW {view} ALTER COLUMN {own} SET DEFAULT {default};"
                    ));
                }
                statements.extend(self.properties(column)?);
            }
            statements.extend(self.parts(identity, &[Kind::Index, Kind::Trigger, Kind::Rule])?);
        }
        Some(statements)
    }

    pub(super) fn column(&self, object: &Object) -> Statements {
        let identity = &object.identity;
        if is_true(object, "inherited") {
            return None;
        }
        let alter = name::alter_parent(identity, self.reference)?;
        if name::is_of(identity, Kind::CompositeType, self.reference) {
            let (own, of) = (quote_ident(&identity.name), text(object, "data_type")?);
            return Some(vec![format!("{alter} ADD ATTRIBUTE {own} {of};")]);
        }
        let mut statements = self.sequences_of(&[object])?;
        statements.push(format!("{alter} ADD COLUMN {};", self.column_sql(object)?));
        statements.extend(self.owned(&[object])?);
        statements.extend(storage(object, &alter));
        Some(statements)
    }

    /// A column as it stands in `CREATE TABLE`.
    fn column_sql(&self, column: &Object) -> Option<String> {
        if text(column, "not_null_form").is_some() {
            return None;
        }
        let mut sql =
            format!("{} {}", quote_ident(&column.identity.name), text(column, "data_type")?);
        if let Some(collation) = text(column, "collation") {
            sql += &format!(" COLLATE {collation}");
        }
        if let Some(default) = text(column, "default") {
            sql += &format!(" DEFAULT {default}");
        }
        if let Some(expression) = text(column, "generated") {
            let how = if is_true(column, "generated_virtual") { "VIRTUAL" } else { "STORED" };
            sql += &format!(" GENERATED ALWAYS AS ({expression}) {how}");
        }
        if let Some(identity) = text(column, "identity") {
            let when = identity.to_uppercase();
            let mut sequences = self.sequences(column).into_iter();
            let sequence = sequences.find(|sequence| is_true(sequence, "identity"))?;
            let (name, options) = (name::full(&sequence.identity), sequence_options(sequence)?);
            sql += &format!(" GENERATED {when} AS IDENTITY (SEQUENCE NAME {name} {options})");
        }
        if is_true(column, "not_null") {
            sql += " NOT NULL";
        }
        Some(sql)
    }

    /// The sequences that a column owns.
    fn sequences(&self, column: &Object) -> Vec<&Object> {
        let column = column.identity.quoted_name();
        let owned = |object: &&Object| {
            object.identity.kind == Kind::Sequence
                && text(object, "owned_by").as_ref() == Some(&column)
        };
        self.reference.objects().iter().filter(owned).collect()
    }

    /// What makes the sequences that the defaults of columns need, but those that test has.
    fn sequences_of(&self, columns: &[&Object]) -> Statements {
        let mut statements = Vec::new();
        for sequence in self.lacking(columns) {
            let mut made = self.make(sequence, false)?;
            made.retain(|sql| !is_ownership(sql));
            statements.extend(made);
        }
        Some(statements)
    }

    /// What gives those sequences to their columns, once these are there.
    fn owned(&self, columns: &[&Object]) -> Statements {
        let mut statements = Vec::new();
        for sequence in self.lacking(columns) {
            let made = self.make(sequence, false)?;
            statements.extend(made.into_iter().filter(|sql| is_ownership(sql)));
        }
        Some(statements)
    }

    fn lacking(&self, columns: &[&Object]) -> Vec<&Object> {
        let owned = columns.iter().flat_map(|column| self.sequences(column));
        owned
            .filter(|sequence| !is_true(sequence, "identity"))
            .filter(|sequence| self.test.get(&sequence.identity).is_none())
            .collect()
    }

    fn column_properties(&self, column: &Object) -> Statements {
        let alter = name::alter_parent(&column.identity, self.reference)?;
        let mut statements = storage(column, &alter);
        statements.extend(self.properties(column)?);
        Some(statements)
    }

    pub(super) fn constraint(&self, object: &Object) -> Option<String> {
        let identity = &object.identity;
        let unsaid = is_true(object, "inherited")
            || text(object, "index_comment").is_some()
            || !list(object, "storage_parameters").is_empty();
        if unsaid {
            return None;
        }
        let alter = name::alter_parent(identity, self.reference)?;
        let valid = if is_true(object, "validated") { "" } else { " NOT VALID" };
        let (own, definition) = (quote_ident(&identity.name), text(object, "definition")?);
        Some(format!("{alter} ADD CONSTRAINT {own} {definition}{valid};"))
    }
}

/// `CREATE INDEX …`
pub(super) fn index(object: &Object) -> Statements {
    let identity = &object.identity;
    if !is_true(object, "valid") || text(object, "partition_of").is_some() {
        return None;
    }
    let definition = text(object, "definition")?;
    // That of a partitioned table is printed as one without its parts.
    let on = name_on(&definition, identity);
    let mut statements = vec![with_semicolon(&on)];
    for target in list(object, "statistics_targets") {
        let (column, target) = target.split_once(": ")?;
        let own = name::full(identity);
        statements
            .push(format!("ALTER INDEX {own} ALTER COLUMN {column} SET STATISTICS {target};"));
    }
    Some(statements)
}

/// `CREATE INDEX i ON ONLY s.t …` as `CREATE INDEX i ON s.t …`.
fn name_on(definition: &str, identity: &Identity) -> String {
    let name = quoted_name([&*identity.name]);
    ["CREATE INDEX", "CREATE UNIQUE INDEX"]
        .iter()
        .find_map(|begin| {
            let rest = definition.strip_prefix(&format!("{begin} {name} ON ONLY "))?;
            Some(format!("{begin} {name} ON {rest}"))
        })
        .unwrap_or_else(|| definition.to_owned())
}

fn is_ownership(sql: &str) -> bool {
    sql.starts_with("ALTER SEQUENCE ") && sql.contains(" OWNED BY ")
}

/// How the values of a column are kept.
fn storage(column: &Object, alter: &str) -> Vec<String> {
    let column_sql = format!("{alter} ALTER COLUMN {}", quote_ident(&column.identity.name));
    let mut statements = Vec::new();
    for (attribute, word) in [
        ("storage", "STORAGE"),
        ("compression", "COMPRESSION"),
        ("statistics_target", "STATISTICS"),
    ] {
        if let Some(wanted) = text(column, attribute) {
            statements.push(format!("{column_sql} SET {word} {wanted};"));
        }
    }
    let options = list(column, "options");
    if !options.is_empty() {
        statements.push(format!("{column_sql} SET ({});", options.join(", ")));
    }
    statements
}

fn table_properties(object: &Object, own: &str) -> Statements {
    let mut actions = Vec::new();
    match text(object, "replica_identity")?.as_str() {
        "default" => {}
        plain @ ("full" | "nothing") => {
            actions.push(format!("REPLICA IDENTITY {}", plain.to_uppercase()));
        }
        index => {
            let index = quote_ident(index.strip_prefix("index ")?);
            actions.push(format!("REPLICA IDENTITY USING INDEX {index}"));
        }
    }
    for (attribute, action) in [("row_security", "ENABLE"), ("force_row_security", "FORCE")] {
        if is_true(object, attribute) {
            actions.push(format!("{action} ROW LEVEL SECURITY"));
        }
    }
    if let Some(index) = text(object, "clustered_on") {
        actions.push(format!("CLUSTER ON {}", quote_ident(&index)));
    }
    Some(actions.iter().map(|action| format!("ALTER TABLE {own} {action};")).collect())
}

/// Whether a trigger or rule fires.
pub(super) fn enabled(object: &Object) -> Option<String> {
    let identity = &object.identity;
    let word = identity.kind.name().to_uppercase();
    let action = match text(object, "enabled")?.as_str() {
        "origin" => format!("ENABLE {word}"),
        "disabled" => format!("DISABLE {word}"),
        "replica" => format!("ENABLE REPLICA {word}"),
        "always" => format!("ENABLE ALWAYS {word}"),
        _ => return None,
    };
    let on = name::parent(identity)?;
    Some(format!("ALTER TABLE {on} {action} {};", quote_ident(&identity.name)))
}

/// `CREATE POLICY …`
pub(super) fn policy(object: &Object) -> Option<String> {
    let identity = &object.identity;
    let kind = if is_true(object, "permissive") { "PERMISSIVE" } else { "RESTRICTIVE" };
    let command = text(object, "command")?.to_uppercase();
    let roles: Vec<String> = list(object, "roles").iter().map(|role| name::role(role)).collect();
    let mut sql = format!(
        "CREATE POLICY {} ON {} AS {kind} FOR {command} TO {}",
        quote_ident(&identity.name),
        name::parent(identity)?,
        roles.join(", ")
    );
    for (attribute, word) in [("using", "USING"), ("with_check", "WITH CHECK")] {
        if let Some(condition) = text(object, attribute) {
            sql += &format!(" {word} ({condition})");
        }
    }
    Some(sql + ";")
}
