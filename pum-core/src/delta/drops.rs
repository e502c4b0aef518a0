//! Statements that drop the objects of a script.

use super::{DeltaError, Name, PreparedScript, Reader, tokens};

/// SQL that drops what a script makes, the last object first, under the settings under which it was
/// made. It does nothing where the objects are not there.
///
/// Fails on a statement that makes something of which it is not clear how to drop it, or that is
/// not to be dropped because it holds data.
pub(super) fn drops(script: &PreparedScript) -> Result<String, DeltaError> {
    let mut made: Vec<Made> = Vec::new();
    let mut views: Vec<Name> = Vec::new();
    let mut settings: Vec<&str> = Vec::new();
    for statement in script.statements() {
        let sql = &script.text()[statement.span.clone()];
        let tokens = tokens(sql);
        let reader = Reader::new(&tokens);
        if is_setting(reader) {
            settings.push(sql);
            continue;
        }
        match Creates::read(reader, sql, &mut views) {
            Creates::Nothing => {}
            Creates::Drop(drop) => made.push(Made { settings: settings.clone(), drop }),
            Creates::Unclear(reason) => {
                let path = script.file_of(statement).to_owned();
                let own = script.path().with_extension("drop.sql");
                let own = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let message = format!(
                    "{reason}: this cannot be a repeatable script unless {own} next to it says how \
                     to drop what it creates"
                );
                return Err(DeltaError::Syntax { path, line: statement.line, message });
            }
        }
    }
    let mut out: Vec<String> = Vec::new();
    let mut set: Vec<&str> = Vec::new();
    for Made { settings, drop } in made.into_iter().rev() {
        if settings != set {
            if !set.is_empty() {
                out.extend(["RESET ROLE", "RESET search_path"].map(str::to_owned));
            }
            out.extend(settings.iter().map(|one| (*one).to_owned()));
            set = settings;
        }
        out.push(drop);
    }
    Ok(out.join(";\n"))
}

/// An object, and the settings under which it was made.
struct Made<'a> {
    settings: Vec<&'a str>,
    drop: String,
}

/// What a statement makes.
enum Creates {
    /// Nothing, or nothing that is to be dropped.
    Nothing,
    /// What this drops.
    Drop(String),
    /// Something, for which this says why it is not clear how to drop it.
    Unclear(String),
}

/// Whether the statement decides what the names in others mean.
fn is_setting(reader: Reader<'_, '_>) -> bool {
    let sets = reader.is_any(&["set", "reset"]);
    let other = reader.is(&["set", "constraints"]) || reader.is(&["set", "transaction"]);
    (sets && !other) || (reader.is_any(&["select"]) && reader.tokens().iter().any(is_set_config))
}

fn is_set_config(token: &super::Token<'_>) -> bool {
    token.key == "set_config"
}

impl Creates {
    /// `views` are the views that the script has made so far.
    fn read(mut reader: Reader<'_, '_>, sql: &str, views: &mut Vec<Name>) -> Self {
        if !reader.eat(&["create"]) {
            return Self::Nothing;
        }
        let replaces = reader.eat(&["or", "replace"]);
        let temporary = reader.eat_any(&["temp", "temporary"]);
        reader.eat_any(&["recursive", "trusted", "procedural", "constraint", "unique"]);
        let stays = reader.has(&["if", "not", "exists"]);
        if reader.eat(&["view"]) || (temporary && reader.is(&["table"])) {
            let Some(name) = reader.name().filter(|_| !temporary) else { return Self::Nothing };
            views.push(name.clone());
            return Self::Drop(format!("DROP VIEW IF EXISTS {name}"));
        }
        if reader.eat(&["materialized", "view"]) {
            reader.eat(&["if", "not", "exists"]);
            let Some(name) = reader.name() else { return Self::unclear("a view without a name") };
            views.push(name.clone());
            return Self::Drop(format!("DROP MATERIALIZED VIEW IF EXISTS {name}"));
        }
        for routine in ["function", "procedure", "aggregate"] {
            if reader.eat(&[routine]) {
                return Self::routine(routine, replaces, reader, sql);
            }
        }
        for kind in ["trigger", "rule", "policy"] {
            if reader.eat(&[kind]) {
                return Self::on_table(kind, reader);
            }
        }
        if reader.eat(&["event", "trigger"]) {
            return match reader.name() {
                Some(name) => Self::Drop(format!("DROP EVENT TRIGGER IF EXISTS {name}")),
                None => Self::unclear("an event trigger without a name"),
            };
        }
        if reader.eat(&["index"]) {
            // An index goes with its materialized view.
            let table = reader.find(&["on"]).and_then(|mut on| {
                on.skip(1);
                on.eat(&["only"]);
                on.name()
            });
            let of_view = table.is_some_and(|table| table.is_in(views));
            return if of_view || stays {
                Self::Nothing
            } else {
                Self::unclear("an index of a table belongs in a delta")
            };
        }
        if stays {
            return Self::Nothing;
        }
        if reader.is_any(&["table", "sequence", "unlogged", "foreign"]) {
            return Self::unclear("an object that holds data belongs in a delta");
        }
        let words: Vec<_> = reader.tokens().iter().take(2).map(|token| token.written).collect();
        Self::unclear(&format!(
            "pum does not know how to drop what CREATE {} creates",
            words.join(" ")
        ))
    }

    fn unclear(reason: &str) -> Self {
        Self::Unclear(reason.to_owned())
    }

    /// A function with the types of its arguments, without their defaults. One that will be
    /// replaced may stay where something else needs it, such as a trigger or a default that a delta
    /// made.
    fn routine(kind: &str, replaces: bool, mut reader: Reader<'_, '_>, sql: &str) -> Self {
        let found = reader.name().and_then(|name| Some((name, arguments(&mut reader, sql)?)));
        let Some((name, arguments)) = found else {
            return Self::unclear("the arguments cannot be determined");
        };
        // The old form has its definition where the arguments are.
        if kind == "aggregate" && !reader.is(&["("]) {
            return Self::unclear("an aggregate in the old syntax");
        }
        let drop = format!("DROP {} IF EXISTS {name}({arguments})", kind.to_uppercase());
        Self::Drop(if replaces {
            format!(
                "DO $pum$ BEGIN {drop}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; \
                 END $pum$"
            )
        } else {
            drop
        })
    }

    /// Something that has a name only on its table.
    fn on_table(kind: &str, mut reader: Reader<'_, '_>) -> Self {
        let word = if kind == "rule" { "to" } else { "on" };
        let name = reader.name();
        let table = reader.find(&[word]).and_then(|mut rest| {
            rest.skip(1);
            rest.name()
        });
        match (name, table) {
            (Some(name), Some(table)) => {
                Self::Drop(format!("DROP {} IF EXISTS {name} ON {table}", kind.to_uppercase()))
            }
            _ => Self::Unclear(format!("the table of the {kind} cannot be determined")),
        }
    }
}

/// What stands in the parentheses that come next, without defaults; goes behind them.
fn arguments(reader: &mut Reader<'_, '_>, sql: &str) -> Option<String> {
    let open = reader.tokens().first().filter(|token| token.key == "(")?;
    let depth = open.depth;
    let close = reader.tokens().iter().position(|t| t.key == ")" && t.depth == depth)?;
    let inside = reader.tokens().get(1..close)?;
    let written = |part: &[super::Token<'_>]| {
        let is_default = |t: &super::Token<'_>| {
            t.depth == depth + 1 && matches!(&*t.key, "default" | "=" | ":=")
        };
        let end = part.iter().position(is_default).unwrap_or(part.len());
        let (first, last) = (part.first()?, part.get(end.checked_sub(1)?)?);
        sql.get(first.at..last.at + last.written.len()).map(str::to_owned)
    };
    let parts = inside.split(|token| token.depth == depth + 1 && token.key == ",");
    let list: Vec<String> = parts.filter_map(written).collect();
    reader.skip(close + 1);
    Some(list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::{Script, Variables};
    use super::*;

    fn parse(sql: &str) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views.sql");
        std::fs::write(&path, sql).unwrap();
        let script = Script::read(&path).unwrap().prepare(&Variables::default()).unwrap();
        let sql = drops(&script).map_err(|err| err.to_string())?;
        Ok(sql.split(";\n").map(str::to_owned).collect())
    }

    #[test]
    fn the_last_object_goes_first() {
        let sql = "
            CREATE SCHEMA IF NOT EXISTS app;
            CREATE OR REPLACE VIEW app.\"V;1\" AS SELECT 1 AS a;
            CREATE MATERIALIZED VIEW IF NOT EXISTS app.m AS SELECT 1;
            CREATE UNIQUE INDEX ON app.m (a);
            GRANT SELECT ON app.m TO PUBLIC;
            CREATE FUNCTION app.f(a integer = 1, OUT b numeric(5, 2), VARIADIC c text[] DEFAULT '{}')
                LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE app.p() LANGUAGE sql AS '';
            CREATE AGGREGATE app.total(integer ORDER BY text) (SFUNC = f, STYPE = integer);
            CREATE CONSTRAINT TRIGGER t AFTER INSERT OR UPDATE OF a ON app.x FOR EACH ROW
                EXECUTE FUNCTION g();
            CREATE OR REPLACE RULE r AS ON UPDATE TO app.v DO INSTEAD NOTHING;
            COMMENT ON VIEW app.v IS 'CREATE VIEW x'";
        let expected = [
            "DROP RULE IF EXISTS r ON app.v",
            "DROP TRIGGER IF EXISTS t ON app.x",
            "DROP AGGREGATE IF EXISTS app.total(integer ORDER BY text)",
            "DROP PROCEDURE IF EXISTS app.p()",
            "DROP FUNCTION IF EXISTS app.f(a integer, OUT b numeric(5, 2), VARIADIC c text[])",
            "DROP MATERIALIZED VIEW IF EXISTS app.m",
            "DROP VIEW IF EXISTS app.\"V;1\"",
        ];
        assert_eq!(parse(sql).unwrap(), expected);
        assert_eq!(parse("SELECT 1").unwrap(), [""]);
    }

    #[test]
    fn names_mean_what_they_meant() {
        let sql = "CREATE VIEW a AS SELECT 1; SET search_path = app; CREATE VIEW b AS SELECT 1;
                   CREATE VIEW c AS SELECT 1; SELECT set_config('search_path', 'x', true);
                   CREATE VIEW d AS SELECT 1";
        let expected = [
            "SET search_path = app",
            "SELECT set_config('search_path', 'x', true)",
            "DROP VIEW IF EXISTS d",
            "RESET ROLE",
            "RESET search_path",
            "SET search_path = app",
            "DROP VIEW IF EXISTS c",
            "DROP VIEW IF EXISTS b",
            "RESET ROLE",
            "RESET search_path",
            "DROP VIEW IF EXISTS a",
        ];
        assert_eq!(parse(sql).unwrap(), expected);
    }

    #[test]
    fn a_function_that_is_replaced_may_stay() {
        let drops =
            parse("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS '1'").unwrap();
        let drops = drops.join(";\n");
        assert!(drops.starts_with("DO $pum$ BEGIN DROP FUNCTION IF EXISTS f(); EX"), "{drops}");
    }

    #[test]
    fn what_cannot_be_dropped_is_refused() {
        for (sql, reason) in [
            ("CREATE TABLE t ()", "holds data"),
            ("SELECT 1;\nCREATE INDEX i ON t (a)", ":2: an index of a table"),
            ("CREATE TYPE t AS ENUM ()", "CREATE TYPE t"),
            ("CREATE AGGREGATE a (BASETYPE = integer, SFUNC = f)", "old syntax"),
            ("CREATE FUNCTION f", "views.drop.sql"),
        ] {
            let err = parse(sql).unwrap_err();
            assert!(err.contains(reason), "{sql}: {err}");
        }
    }
}
