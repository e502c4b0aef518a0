//! Statements that change the client encoding: pum always sends UTF-8, which the server would then
//! silently store as something else.

use super::{DeltaError, PreparedScript, StatementKind};
use crate::sql::{Token, token_iter};

/// What is looked for, and how a message calls it.
const SETTING: &str = "client_encoding";

/// Refuses another encoding than UTF-8 where there is anything that is not ASCII: in the script, in
/// its COPY data or in the names of its files, which are recorded in the same session.
pub(super) fn refuse_another(script: &PreparedScript) -> Result<(), DeltaError> {
    let data_are_ascii = script.statements().iter().all(|statement| match &statement.kind {
        StatementKind::CopyFromStdin { data } => data.is_ascii(),
        _ => true,
    });
    if script.text().is_ascii() && data_are_ascii && script.path().as_os_str().is_ascii() {
        return Ok(());
    }
    let set = script.statements().iter().find_map(|statement| {
        let sql = script.text().get(statement.span.clone())?;
        Some((statement, another_encoding(sql)?))
    });
    let Some((statement, encoding)) = set else { return Ok(()) };
    Err(DeltaError::Syntax {
        path: script.file_of(statement).to_owned(),
        line: statement.line,
        message: format!(
            "{SETTING} is set to {encoding}, but the file is sent as UTF-8: non-ASCII characters \
             would be stored wrongly. Remove the statement"
        ),
    })
}

/// The encoding that a statement sets for the session, if it is not UTF-8.
fn another_encoding(sql: &str) -> Option<String> {
    // Most statements are long for other reasons.
    let first: Vec<Token<'_>> = token_iter(sql).take(6).collect();
    let keys: Vec<&str> = first.iter().map(|token| token.key.as_str()).collect();
    match keys.as_slice() {
        ["set", "session" | "local", rest @ ..] | ["set", rest @ ..] => {
            let value = match rest {
                ["names", value, ..] => value,
                [setting, "=" | "to", value, ..] if is_setting(setting) => value,
                _ => return None,
            };
            let is_default = value.eq_ignore_ascii_case("default");
            (!is_default && !is_utf8(value)).then(|| (*value).to_owned())
        }
        ["do", ..] => hidden_in_block(sql),
        _ if mentions(sql, SETTING) => set_by_call(sql),
        _ => None,
    }
}

/// `set_config('client_encoding', …)`, and `UPDATE pg_settings` as the other way to call it.
fn set_by_call(sql: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = token_iter(sql).collect();
    let has = |word: &str| tokens.iter().any(|token| token.name().is_some_and(|name| name == word));
    let updates = tokens.first().is_some_and(|token| token.key == "update") && has("pg_settings");
    let literal = |token: &&Token<'_>| token.written.contains('\'') && !token.is_name;
    let mut literals = tokens.iter().filter(literal);
    let named = tokens.iter().filter(literal).any(|token| is_setting(token.written));
    if !named || !(updates || has("set_config")) {
        return None;
    }
    if updates {
        let other = literals.find(|token| !is_setting(token.written));
        return Some(other.map_or("a computed value", |token| token.written).to_owned())
            .filter(|value| !is_utf8(value));
    }
    literals.find(|token| is_setting(token.written));
    let value = literals.next().map_or("a computed value", |token| token.written);
    (!is_utf8(value)).then(|| value.to_owned())
}

/// Of an anonymous block only the text is known: it speaks of the setting, and not of UTF-8.
fn hidden_in_block(sql: &str) -> Option<String> {
    let speaks = mentions(sql, SETTING) || mentions(sql, "set names");
    let of_utf8 = mentions(sql, "utf8") || mentions(sql, "utf-8") || mentions(sql, "unicode");
    (speaks && !of_utf8).then(|| "another encoding in a DO block".to_owned())
}

fn mentions(sql: &str, word: &str) -> bool {
    sql.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a name, or a literal with it, is that of the setting.
fn is_setting(written: &str) -> bool {
    unquoted(written).eq_ignore_ascii_case(SETTING)
}

/// Whether a value names UTF-8, as the server reads names of encodings: letters and digits count.
pub(super) fn is_utf8(written: &str) -> bool {
    let name: String = unquoted(written).chars().filter(char::is_ascii_alphanumeric).collect();
    matches!(name.to_ascii_lowercase().as_str(), "utf8" | "unicode")
}

fn unquoted(written: &str) -> &str {
    let text = written.trim_start_matches(['e', 'E']);
    match text.strip_prefix(['\'', '"']) {
        Some(inside) => inside.strip_suffix(['\'', '"']).unwrap_or(inside),
        None => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_set_it_is_known() {
        for sql in [
            "SET client_encoding = 'LATIN1'",
            "set client_encoding to latin1",
            "SET SESSION client_encoding TO 'WIN1252'",
            "SET LOCAL \"client_encoding\" = E'LATIN1'",
            "SET Client_Encoding = SQL_ASCII",
            "SET NAMES 'LATIN1'",
            "/* x */ SET SESSION NAMES 'sjis'",
            "SELECT set_config('client_encoding', 'LATIN1', false)",
            "SELECT pg_catalog.set_config('Client_Encoding', 'LATIN1', true), 1",
            "SELECT set_config('client_encoding', 'LAT' || 'IN1', false)",
            "SELECT \"set_config\"('client_encoding', $1::text, false)",
            "SELECT set_config(setting_name => 'client_encoding', new_value => 'LATIN1', \
             is_local => false)",
            "UPDATE pg_settings SET setting = 'LATIN1' WHERE name = 'client_encoding'",
            "DO $$ BEGIN PERFORM set_config('client_encoding', 'LATIN1', false); END $$",
            "DO 'BEGIN SET NAMES ''LATIN1''; END'",
        ] {
            assert!(another_encoding(sql).is_some(), "{sql}");
        }
    }

    #[test]
    fn utf_8_and_what_sets_nothing_for_the_session_stay() {
        for sql in [
            "SET client_encoding = 'UTF8'",
            "SET client_encoding TO utf_8",
            "SET NAMES 'utf-8'",
            "SET NAMES",
            "SET NAMES DEFAULT",
            "SET client_encoding TO DEFAULT",
            "RESET client_encoding",
            "SELECT set_config('client_encoding', 'Unicode', false)",
            "SELECT set_config('search_path', 'client', false)",
            "UPDATE pg_settings SET setting = 'utf8' WHERE name = 'client_encoding'",
            "SHOW client_encoding",
            "SELECT setting FROM pg_settings WHERE name = 'client_encoding'",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET client_encoding = 'LATIN1' AS 'SELECT 1'",
            "ALTER ROLE ann SET client_encoding = 'LATIN1'",
            "INSERT INTO names VALUES ('client_encoding', 'LATIN1')",
            "DO $$ BEGIN SET client_encoding = 'UTF8'; END $$",
        ] {
            assert_eq!(another_encoding(sql), None, "{sql}");
        }
    }
}
