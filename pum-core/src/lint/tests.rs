//! For each rule what it must find, and what is like it and harmless.

use super::*;
use crate::delta::{Script, Variables};

fn findings(text: &str, options: &LintOptions) -> Vec<LintFinding> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("delta_1.0.0.sql");
    std::fs::write(&path, text).unwrap();
    let script = Script::read(&path).unwrap();
    let header = Header::read(&script).unwrap();
    let split = script.split(&Variables::default()).unwrap();
    lint(&split, &header, options)
}

/// The rules that a script breaks, a limit for locks being set.
fn rules(text: &str) -> Vec<LintRule> {
    let options = LintOptions { lock_timeout: true, ..LintOptions::default() };
    findings(text, &options).into_iter().map(|finding| finding.rule).collect()
}

/// Each rule, statements that break it and nothing else, and statements that break none.
const CASES: &[(LintRule, &[&str], &[&str])] = &[
    (
        LintRule::CreateIndex,
        &[
            "create index on t (a)",
            "CREATE UNIQUE INDEX IF NOT EXISTS \"I x\" ON s.\"T\" (a)",
            "create table a.t (); create index i on b.t (a)",
            "create table t (); create index i on \"T\" (a)",
        ],
        &[
            "create index concurrently i on t (a)",
            "create index concurrently on t (a)",
            "create index i on only t (a)",
            "create temp table if not exists s.t (a int); create index on S.T (a)",
            "create table old (); alter table old rename to new; create index on new (a)",
            "create unlogged table t as select 1; create index on t (a)",
            "select 1 as a into temp t; create index on t (a)",
            "create materialized view v as select 1 a; create unique index on v (a)",
            "create function index() returns int language sql as 'create index on t (a)'",
        ],
    ),
    (
        LintRule::DropIndex,
        &["drop index i", "drop index if exists s.i, s.j"],
        &[
            "drop index concurrently i",
            "create table t (); create index i on t (a); drop index i",
            "comment on index i is 'drop index i'",
        ],
    ),
    (
        LintRule::Reindex,
        &["reindex index i", "reindex (verbose) table s.t", "reindex schema s"],
        &["reindex table concurrently t", "reindex (concurrently) index i"],
    ),
    (
        LintRule::ForeignKey,
        &[
            "alter table t add constraint c foreign key (a) references o (a)",
            "alter table only t add foreign key (a) references o on delete cascade",
            "alter table t add a int default 1 references o",
        ],
        &[
            "alter table t add constraint c foreign key (a) references o not valid",
            "alter table t add a int references o",
            "create table t (a int); alter table t add foreign key (a) references o",
            "create table t (a int references o)",
        ],
    ),
    (
        LintRule::Check,
        &[
            "alter table t add constraint c check (a > 0)",
            "alter table if exists s.t add check (valid is not null), alter a set statistics 9",
            "alter table t add column a int check (a > 0)",
        ],
        &[
            "alter table t add constraint c check (a > 0) not valid",
            "alter table t validate constraint c",
            "alter table t add column a int, add b text default 'check'",
        ],
    ),
    (
        LintRule::UsingIndex,
        &[
            "alter table t add constraint c unique (a)",
            "alter table t add primary key (a)",
            "alter table t add unique (a) using index tablespace fast",
            "alter table t add exclude using gist (a with &&)",
            "alter table t add column a int unique",
        ],
        &[
            "alter table t add constraint c unique using index i",
            "alter table t add primary key using index i",
            "alter table t add exclude boolean",
        ],
    ),
    (
        LintRule::VolatileDefault,
        &[
            "alter table t add a timestamptz not null default clock_timestamp()",
            "alter table t add column a float default 1 + Random() * 2",
            "alter table t add a uuid default gen_random_uuid() not null",
            "alter table t add a bigserial",
            "alter table t add a int default nextval('s'::regclass)",
            "alter table t add a int generated always as identity",
            "alter table t add a int generated always as (b * 2) stored",
            "alter table t add a text default app.next_code()",
        ],
        &[
            "alter table t add a timestamptz default now() not null",
            "alter table t add a timestamptz default current_timestamp",
            "alter table t add a numeric(5,2) default 0::numeric(5,2)",
            "alter table t add a public.geometry(Point,2056) default null::public.geometry(Point,2056)",
            "alter table t alter a set default random()",
            "alter table t add a text default 'random()'",
            "alter table t add a int generated always as (b * 2) virtual",
            "create table t (a serial)",
        ],
    ),
    (
        LintRule::NotNullColumn,
        &[
            "alter table t add a int not null",
            "alter table t add column if not exists a text default null not null",
        ],
        &[
            "alter table t add a int not null default 0",
            "alter table t add a int default 0 not null",
            "alter table t add a int null",
            "create table t (); alter table t add a int not null",
        ],
    ),
    (
        LintRule::ColumnType,
        &[
            "alter table t alter a type bigint",
            "alter table t alter column a set data type text using a::text",
        ],
        &["alter table t alter a set default 1", "alter type y add attribute a bigint"],
    ),
    (
        LintRule::SetNotNull,
        &[
            "alter table t alter a set not null",
            "alter table t alter column a set not null",
            "alter table t add constraint c not null a",
        ],
        &[
            "alter table t validate constraint c; alter table t alter a set not null",
            "alter table t alter a drop not null",
            "alter table t add constraint c not null a not valid",
            "alter domain d set not null",
        ],
    ),
    (
        LintRule::DropColumn,
        &["alter table t drop a", "alter table t drop column if exists \"A\""],
        &[
            "alter table t drop constraint c",
            "alter table t add a int; alter table t drop a",
            "alter table t alter a drop default",
            "alter type y drop attribute a",
        ],
    ),
    (
        LintRule::RenameColumn,
        &["alter table t rename a to b", "alter table t rename column a to b"],
        &[
            "alter table t rename constraint a to b",
            "alter table t add a int; alter table t rename a to b",
            "alter index i rename to j",
        ],
    ),
    (
        LintRule::DropTable,
        &["drop table t", "drop table if exists s.t, s.u", "drop foreign table t"],
        &["create temp table t (); drop table t", "drop view t", "drop sequence if exists t"],
    ),
    (
        LintRule::Truncate,
        &["truncate t", "truncate table only t, u restart identity"],
        &["create table t (); truncate t", "grant truncate on t to r"],
    ),
    (
        LintRule::RenameTable,
        &["alter table t rename to u", "alter table t set schema s"],
        &["alter view v rename to w", "create table t (); alter table t rename to u"],
    ),
    (
        LintRule::DeleteAll,
        &[
            "delete from only s.t",
            "with d as (delete from t returning a) select * from d where a > 1",
            "with d as (delete from t), e as (select 1 from u where b) select 1",
            "delete from t using (select 1 where true) x",
        ],
        &[
            "delete from t where a = 1",
            "create table t (); delete from t",
            "grant delete on t to r",
            "with d as (select 1 a) delete from t where a in (select a from d)",
        ],
    ),
    (
        LintRule::UpdateAll,
        &[
            "update t set a = 1",
            "with x as (select 1 where true) update t set a = 1",
            "update t set a = (select 1 from u where u.b = t.b)",
        ],
        &[
            "update t set a = 1 where b",
            "insert into t values (1) on conflict (a) do update set a = 1",
            "select 1 from t for update",
            "create trigger g before update on t execute function f()",
            "with x as (select 1 from t where a for update) update t set a = 1 where true",
        ],
    ),
    (
        LintRule::TransactionControl,
        &["commit", "abort /* it */ and chain", "rollback"],
        &["savepoint s; rollback to s", "set transaction read only"],
    ),
    (
        LintRule::VacuumFull,
        &[
            "vacuum full",
            "vacuum full verbose s.t",
            "vacuum (verbose, full) t",
            "vacuum (full on) t",
        ],
        &["vacuum", "vacuum (analyze) t", "vacuum (full false) t", "vacuum \"full\""],
    ),
    (
        LintRule::Cluster,
        &["cluster", "cluster verbose t using i", "cluster (verbose) t"],
        &["alter table t cluster on i", "create table t (); cluster t using i"],
    ),
    (
        LintRule::Refresh,
        &["refresh materialized view s.v"],
        &[
            "refresh materialized view concurrently v",
            "create materialized view v as select 1 with no data; refresh materialized view v",
        ],
    ),
    (
        LintRule::DropCascade,
        &[
            "drop view if exists s.v cascade",
            "drop function f(int, text) cascade",
            "drop owned by r cascade",
            "drop text search configuration c cascade",
            "alter table t drop constraint c cascade",
        ],
        &[
            "drop view v",
            "drop view v restrict",
            "alter table t add foreign key (a) references o on delete cascade not valid",
            "create table t (); drop table t cascade",
        ],
    ),
    (
        LintRule::EnumValue,
        &[
            "alter type e add value 'x'; update t set a = 'x' where b",
            "alter type e add value if not exists 'x'; do $$ begin perform 'x'; end $$",
        ],
        &[
            "alter type e add value 'x'; update t set a = 'y' where b",
            "alter type e add value 'x'; alter type e add value 'y' after 'x'",
            "create type e as enum ('a'); alter type e add value 'x'; select 'x'::e",
            "-- pum: no-transaction\nalter type e add value 'x'; select 'x'::e",
            "alter type e add value 'x'; create function f() returns e language plpgsql as 'x'",
        ],
    ),
    (
        LintRule::DisableTrigger,
        &[
            "alter table t disable trigger all",
            "alter table t disable trigger g",
            "set session_replication_role = 'replica'",
        ],
        &[
            "alter table t enable trigger g",
            "alter table t disable rule r",
            "set local session_replication_role to origin",
        ],
    ),
];

#[test]
fn each_rule_finds_what_it_is_for_and_nothing_else() {
    for (rule, risky, harmless) in CASES {
        for text in *risky {
            assert_eq!(rules(text), [*rule], "{text}");
        }
        for text in *harmless {
            assert_eq!(rules(text), [], "{text}");
        }
    }
    let tested = |rule: &&LintRule| CASES.iter().any(|(one, ..)| one == *rule);
    let rest: Vec<_> = LintRule::ALL.iter().filter(|rule| !tested(rule)).collect();
    assert_eq!(rest, [&LintRule::NoLockTimeout], "it has a test of its own");
}

#[test]
fn an_unlimited_wait_is_told_once_and_only_where_readers_must_wait() {
    let found = |text: &str| -> Vec<usize> {
        let findings = findings(text, &LintOptions::default());
        let waits = findings.iter().filter(|finding| finding.rule == LintRule::NoLockTimeout);
        waits.map(|finding| finding.line).collect()
    };
    for text in [
        "alter table t add a int;\nalter table t add b int;",
        "alter table t alter a set statistics 9, add b int",
        "drop table t",
        "drop index i",
        "drop trigger if exists g on s.t",
        "create policy p on t using (true)",
        "truncate t",
        "lock t",
        "lock table only t in access exclusive mode",
        "refresh materialized view v",
        "-- pum: lock-timeout 0\ndrop table t",
    ] {
        let line = if text.starts_with("--") { 2 } else { 1 };
        assert_eq!(found(text), [line], "{text}");
    }
    for text in [
        "create table t (); alter table t add a int",
        "alter table t validate constraint c",
        "alter table t disable trigger g",
        "alter table t add constraint c foreign key (a) references o not valid",
        "alter table t attach partition p for values in (1)",
        "alter table t alter a set statistics 9",
        "lock table t in share mode",
        "drop index concurrently i",
        "create index on t (a)",
        "update t set a = 1",
        "set lock_timeout = '5s'; drop table t",
        "set local lock_timeout to 500; drop table t",
        "select set_config('lock_timeout', '5s', true); drop table t",
        "-- pum: lock-timeout 5s\ndrop table t",
    ] {
        assert_eq!(found(text), [0; 0], "{text}");
    }
    assert_eq!(found("set lock_timeout = '5s'; set lock_timeout = 0;\n drop table t"), [2]);
    assert_eq!(found("set lock_timeout = '5s'; reset lock_timeout;\n drop table t"), [2]);
}

#[test]
fn a_finding_says_where_what_and_what_to_do() {
    let text =
        "-- Why.\nSELECT 1;\n\nALTER TABLE app.t\n  ADD a int,\n  DROP COLUMN \"B\" CASCADE;\n";
    let options = LintOptions { lock_timeout: true, ..LintOptions::default() };
    let found = findings(text, &options);
    let places: Vec<_> = found.iter().map(|one| (one.rule, one.line)).collect();
    assert_eq!(places, [(LintRule::DropColumn, 6), (LintRule::DropCascade, 6)]);
    let LintFinding { path, message, .. } = &found[0];
    assert!(path.ends_with("delta_1.0.0.sql"));
    assert!(message.starts_with("column app.t.\"B\": its data is lost"), "{message}");
    assert!(message.ends_with(LintRule::DropColumn.instead()), "{message}");
}

#[test]
fn a_header_and_the_options_leave_rules_out() {
    let text = "drop table t; alter table u drop a";
    assert_eq!(rules(text).len(), 2);
    let allowed = format!("-- pum: allow drop-table, drop-column\n{text}; truncate x");
    assert_eq!(rules(&allowed), [LintRule::Truncate]);
    let ignored = BTreeSet::from([LintRule::DropTable]);
    let found = findings(text, &LintOptions { ignored, lock_timeout: true });
    assert_eq!(found.iter().map(|one| one.rule).collect::<Vec<_>>(), [LintRule::DropColumn]);
}

#[test]
fn an_enclosing_transaction_is_found_whether_it_was_left_out_or_not() {
    assert_eq!(rules("begin; select 1; commit"), [LintRule::TransactionControl]);
    assert_eq!(rules("begin; commit; begin; commit"), [LintRule::TransactionControl; 3]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("delta_1.0.0.sql");
    std::fs::write(&path, "\nBEGIN; SELECT 1; COMMIT;").unwrap();
    let script = Script::read(&path).unwrap().prepare(&Variables::default()).unwrap();
    let found = lint(&script, &Header::default(), &LintOptions::default());
    let places: Vec<_> = found.iter().map(|one| (one.rule, one.line)).collect();
    assert_eq!(places, [(LintRule::TransactionControl, 2)]);
}

#[test]
fn no_text_makes_it_panic() {
    let statements = CASES.iter().flat_map(|(_, risky, harmless)| risky.iter().chain(*harmless));
    for sql in statements {
        let words: Vec<&str> = sql.split(' ').collect();
        for length in 0..words.len() {
            // What is open at the end is an error of the script, and none of this room.
            let tokens = tokens(&sql[..words[..length].join(" ").len()]);
            let mut made = Made::new(false, false);
            for from in 0..=tokens.len() {
                let reader = Reader::new(&tokens[from..]);
                let _ = check::CHECKS.iter().flat_map(|check| check(reader, &made)).count();
                made.note(reader);
            }
        }
    }
}
