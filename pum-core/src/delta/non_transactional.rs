//! Statements that the server refuses inside a transaction (its `PreventInTransactionBlock`).

use crate::sql::{Token, token_iter};

/// A statement that cannot run in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NonTransactional {
    /// `CREATE INDEX CONCURRENTLY`, with the index's name if it has one, as written.
    CreateIndex {
        /// The index, not qualified; it is in the schema of its table.
        index: Option<String>,
        /// The table, as written.
        table: String,
    },
    /// `DROP INDEX CONCURRENTLY`.
    DropIndex {
        /// The index, as written.
        index: String,
    },
    /// `REINDEX … CONCURRENTLY` of an index or a table.
    Reindex {
        /// The rebuilt index or table, as written.
        target: String,
    },
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`, which the server does in two transactions.
    DetachPartition {
        /// The partitioned table, as written.
        table: String,
        /// The partition, as written.
        partition: String,
    },
    /// Another one that can safely run twice, such as `VACUUM`.
    Repeatable,
    /// Another one.
    Other,
}

/// Returns the statement if it cannot run in a transaction. `None` if it can, judging by its text.
pub fn cannot_run_in_transaction(sql: &str) -> Option<NonTransactional> {
    let tokens = first_tokens(sql);
    let words: Vec<&str> = tokens.iter().map(|token| token.key.as_str()).collect();
    let has = |word: &str| words.contains(&word);
    match words.as_slice() {
        ["create", "unique", "index", "concurrently", ..] => Some(created(&tokens[4..])),
        ["create", "index", "concurrently", ..] => Some(created(&tokens[3..])),
        ["drop", "index", "concurrently", rest @ ..] => {
            let skipped = if rest.starts_with(&["if", "exists"]) { 5 } else { 3 };
            let index = name_at(&tokens[skipped..]);
            // Several at once are refused by the server.
            Some(index.map_or(NonTransactional::Other, |(index, _)| NonTransactional::DropIndex {
                index,
            }))
        }
        ["reindex", ..] if has("concurrently") => Some(reindexed(&tokens)),
        ["alter", "table", .., "concurrently"] if has("detach") => detached(&tokens[2..]),
        words if is_repeatable(words) => Some(NonTransactional::Repeatable),
        words if is_other(words) => Some(NonTransactional::Other),
        _ => None,
    }
}

/// Statements that can be run twice, and must be alone.
fn is_repeatable(words: &[&str]) -> bool {
    match words {
        ["reindex", rest @ ..] => {
            rest.iter().any(|word| matches!(*word, "database" | "system" | "schema"))
        }
        ["vacuum", ..]
        | ["alter", "system", ..]
        | ["cluster"]
        | ["cluster", "verbose"]
        | ["cluster", "(", "verbose", ")"]
        | ["alter", "database", _, "set", "tablespace", ..] => true,
        _ => false,
    }
}

/// Other statements that must be alone.
fn is_other(words: &[&str]) -> bool {
    match words {
        ["create" | "drop", "database" | "tablespace", ..]
        | ["discard", "all"]
        | ["drop", "subscription", ..]
        | ["alter", "subscription", _, "refresh", ..] => true,
        ["create", "subscription", ..] => {
            !is_off(words, "create_slot") && !is_off(words, "connect")
        }
        ["alter", "subscription", _, "set" | "add" | "drop", "publication", ..] => {
            !is_off(words, "refresh")
        }
        _ => false,
    }
}

/// Whether a statement may end its transaction: procedures and anonymous blocks can contain a
/// `COMMIT`.
pub fn may_commit(sql: &str) -> bool {
    first_word(sql).is_some_and(|word| matches!(word.as_str(), "call" | "do"))
}

/// Whether a statement only sets something for the session, and so must be run again in a new one.
pub fn sets_session(sql: &str) -> bool {
    let tokens = first_tokens(sql);
    let words: Vec<&str> = tokens.iter().map(|token| token.key.as_str()).collect();
    match words.as_slice() {
        ["set", "local" | "transaction" | "constraints", ..] => false,
        ["set" | "reset", ..] => true,
        _ => false,
    }
}

/// Whether a statement resets all settings of the session: `RESET ALL`, `DISCARD ALL`.
pub fn resets_session(sql: &str) -> bool {
    let tokens = first_tokens(sql);
    let words: Vec<&str> = tokens.iter().map(|token| token.key.as_str()).collect();
    matches!(words.as_slice(), ["reset" | "discard", "all"])
}

fn first_word(sql: &str) -> Option<String> {
    token_iter(sql).next().map(|token| token.key)
}

/// The tokens of a statement, up to what no statement here needs to be known by.
fn first_tokens(sql: &str) -> Vec<Token<'_>> {
    const ENOUGH: usize = 200;
    token_iter(sql).take(ENOUGH).collect()
}

/// A name, qualified or not, at the start of the tokens, and what follows it.
fn name_at<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(String, &'t [Token<'a>])> {
    let first = tokens.first().filter(|token| token.is_name)?;
    let mut name = first.written.to_owned();
    let mut rest = &tokens[1..];
    while let [dot, part, after @ ..] = rest
        && dot.key == "."
        && part.is_name
    {
        name = format!("{name}.{}", part.written);
        rest = after;
    }
    Some((name, rest))
}

/// What follows `CREATE INDEX CONCURRENTLY`: `[[IF NOT EXISTS] name] ON [ONLY] table`.
fn created(tokens: &[Token<'_>]) -> NonTransactional {
    let word = |at: usize| tokens.get(at).map(|token| token.key.as_str());
    let exists = word(0) == Some("if") && word(1) == Some("not") && word(2) == Some("exists");
    let after = if exists { &tokens[3..] } else { tokens };
    let is_on = |tokens: &[Token<'_>]| tokens.first().is_some_and(|token| token.key == "on");
    let (index, rest) = match name_at(after) {
        Some((name, rest)) if !is_on(after) || is_on(rest) => (Some(name), rest),
        _ => (None, after),
    };
    let only = rest.get(1).is_some_and(|token| token.key == "only");
    let table = rest.get(if only { 2 } else { 1 }..).and_then(name_at);
    table.map_or(NonTransactional::Other, |(table, _)| NonTransactional::CreateIndex {
        index,
        table,
    })
}

/// `REINDEX [(…)] INDEX|TABLE CONCURRENTLY name`, or with `CONCURRENTLY` among the options.
fn reindexed(tokens: &[Token<'_>]) -> NonTransactional {
    let kind = tokens.iter().position(|token| matches!(token.key.as_str(), "index" | "table"));
    let Some(kind) = kind else { return NonTransactional::Repeatable };
    let mut rest = &tokens[kind + 1..];
    if rest.first().is_some_and(|token| token.key == "concurrently") {
        rest = &rest[1..];
    }
    name_at(rest)
        .map_or(NonTransactional::Other, |(target, _)| NonTransactional::Reindex { target })
}

/// What follows `ALTER TABLE`: `[IF EXISTS] [ONLY] name [*] DETACH PARTITION name CONCURRENTLY`.
fn detached(mut tokens: &[Token<'_>]) -> Option<NonTransactional> {
    fn skip<'t, 'a>(tokens: &'t [Token<'a>], words: &[&str]) -> Option<&'t [Token<'a>]> {
        let (first, rest) = tokens.split_at_checked(words.len())?;
        first.iter().map(|token| token.key.as_str()).eq(words.iter().copied()).then_some(rest)
    }
    tokens = skip(tokens, &["if", "exists"]).unwrap_or(tokens);
    tokens = skip(tokens, &["only"]).unwrap_or(tokens);
    let (table, rest) = name_at(tokens)?;
    let rest = skip(rest, &["*"]).unwrap_or(rest);
    let (partition, rest) = name_at(skip(rest, &["detach", "partition"])?)?;
    skip(rest, &["concurrently"])?;
    Some(NonTransactional::DetachPartition { table, partition })
}

/// Whether an option in parentheses is given as off.
fn is_off(words: &[&str], option: &str) -> bool {
    words.windows(3).any(|window| {
        let off = |value: &str| matches!(value.trim_matches('\''), "false" | "off" | "0" | "no");
        window[0] == option && window[1] == "=" && off(window[2])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_a_transaction_refuses_are_known() {
        for sql in [
            "create /* a /* b */ c */ index -- d\n concurrently \"a\"\"b\" on t (a)",
            "create unique index concurrently i on t (a)",
            "DROP /* now */ INDEX\nCONCURRENTLY i",
            "reindex (verbose, concurrently) table s.t",
            "reindex table concurrently t",
            "reindex database d",
            "reindex (verbose) schema s",
            "vacuum",
            "VACUUM (ANALYZE) t",
            "create database d",
            "drop tablespace t",
            "alter system set work_mem = '1MB'",
            "alter database \"D\" set tablespace fast",
            "cluster",
            "cluster verbose",
            "alter table s.t detach partition s.p concurrently",
            "alter table if exists only \"T\" * detach partition p concurrently",
            "create subscription s connection 'x' publication p",
            "drop subscription s",
            "alter subscription s refresh publication",
            "alter subscription s set publication p",
            "discard all",
        ] {
            assert!(cannot_run_in_transaction(sql).is_some(), "{sql}");
        }
        for sql in [
            "create index i on t (a)",
            "create table concurrently (a int)",
            "drop index i",
            "reindex table t",
            "analyze",
            "cluster t using i",
            "alter database d set work_mem = '1MB'",
            "alter table t detach partition p",
            "alter table t detach partition p finalize",
            "create subscription s connection 'x' publication p with (create_slot = false)",
            "create subscription s connection 'x' publication p with (connect = 'off')",
            "alter subscription s set publication p with (refresh = false)",
            "alter subscription s set (slot_name = none)",
            "comment on table vacuum is 'vacuum'",
            "select 'create index concurrently'",
            "",
        ] {
            assert_eq!(cannot_run_in_transaction(sql), None, "{sql}");
        }
    }

    #[test]
    fn a_partition_is_named() {
        let sql = "ALTER TABLE IF EXISTS s.t DETACH PARTITION s.\"P\" CONCURRENTLY";
        let (table, partition) = ("s.t".to_owned(), "s.\"P\"".to_owned());
        assert_eq!(
            cannot_run_in_transaction(sql),
            Some(NonTransactional::DetachPartition { table, partition })
        );
        assert_eq!(cannot_run_in_transaction("alter table detach add column concurrently"), None);
    }

    #[test]
    fn indexes_are_named() {
        let create = |index: Option<&str>, table: &str| {
            Some(NonTransactional::CreateIndex {
                index: index.map(str::to_owned),
                table: table.to_owned(),
            })
        };
        for (sql, expected) in [
            ("create index concurrently i on t (a)", create(Some("i"), "t")),
            (
                "create unique index concurrently if not exists \"I x\" on only s.\"T\" using gin (a)",
                create(Some("\"I x\""), "s.\"T\""),
            ),
            ("create index concurrently on s.t (a)", create(None, "s.t")),
            (
                "drop index concurrently if exists s.i",
                Some(NonTransactional::DropIndex { index: "s.i".to_owned() }),
            ),
            (
                "reindex (concurrently) index s.i",
                Some(NonTransactional::Reindex { target: "s.i".to_owned() }),
            ),
            ("create index concurrently \"a\"\" on\" on t", create(Some("\"a\"\" on\""), "t")),
            ("create index concurrently \u{e9}t\u{e9} on t", create(Some("\u{e9}t\u{e9}"), "t")),
            ("reindex schema concurrently s", Some(NonTransactional::Repeatable)),
        ] {
            assert_eq!(cannot_run_in_transaction(sql), expected, "{sql}");
        }
    }

    #[test]
    fn comments_and_strings_are_read_as_the_server_reads_them() {
        assert!(cannot_run_in_transaction("-- a\rVACUUM").is_some(), "a comment ends at a CR");
        assert_eq!(cannot_run_in_transaction("COMMENT ON TABLE t IS E'\\'' -- '\n").as_ref(), None);
        let sql = "CREATE SUBSCRIPTION s CONNECTION E'it\\'s; create_slot = true' PUBLICATION p \
                   WITH (create_slot = false)";
        assert_eq!(cannot_run_in_transaction(sql), None);
        let table = "\"\u{e4}\"".to_owned();
        let index = Some("\u{c4}i".to_owned());
        let sql = "CREATE INDEX CONCURRENTLY \u{c4}i ON \"\u{e4}\" (a)";
        assert_eq!(
            cannot_run_in_transaction(sql),
            Some(NonTransactional::CreateIndex { index, table })
        );
    }

    #[test]
    fn settings_of_the_session_are_known() {
        assert!(sets_session("SET search_path = a") && sets_session("reset role"));
        assert!(!sets_session("set local role x") && !sets_session("update t set a = 1"));
        assert!(resets_session("DISCARD /* x */ ALL") && resets_session("reset all"));
        assert!(!resets_session("reset role") && !resets_session("discard temp"));
        assert!(may_commit("CALL p()") && may_commit("do $$ $$") && !may_commit("select 1"));
    }
}
