use crate::delta::{Reader, Token};
use crate::lint::alter_table::match_new_columns;
use crate::lint::rule::{Match, RuleDefinition, StatementContext};
use crate::lint::syntax::is_serial;

pub(super) const RULE: RuleDefinition = RuleDefinition {
    risk: "the table is rewritten under a lock, to compute a value for each row",
    instead: "add the column without it, set the default with ALTER COLUMN … SET DEFAULT, and backfill the existing rows in batches (now() and current_timestamp are stable and do no harm)",
    check,
};

fn check(statement: &StatementContext<'_, '_>) -> Vec<Match> {
    match_new_columns(statement, |definition| {
        let generated = definition.has(&["generated"]) && !definition.has(&["virtual"]);
        is_serial(definition) || generated || definition.find(&["default"]).is_some_and(is_volatile)
    })
}

/// Functions of the server and its usual extensions that give another value each time.
const VOLATILE: &[&str] = &[
    "clock_timestamp",
    "gen_random_uuid",
    "nextval",
    "random",
    "random_normal",
    "setval",
    "timeofday",
    "uuid_generate_v1",
    "uuid_generate_v1mc",
    "uuid_generate_v4",
    "uuidv4",
    "uuidv7",
];

/// What may follow a default in the definition of a column.
const AFTER_DEFAULT: &[&str] =
    &["constraint", "not", "null", "check", "unique", "primary", "references", "collate"];

/// Whether a default is another one for each row. A function of a schema of one's own is, unless it
/// is declared otherwise.
fn is_volatile(default: Reader<'_, '_>) -> bool {
    let depth = default.tokens().first().map_or(0, |token| token.depth);
    let tokens = default.tokens().get(1..).unwrap_or_default();
    let goes_on = |(at, token): &(usize, &Token<'_>)| {
        *at == 0 || token.depth > depth || !AFTER_DEFAULT.contains(&&*token.key)
    };
    let length = tokens.iter().enumerate().take_while(goes_on).count();
    let mut rest = Reader::new(&tokens[..length]);
    while !rest.tokens().is_empty() {
        if rest.eat(&["::"]) {
            // The name of a type, which may have parameters, is no function.
            rest.name();
            continue;
        }
        let mut name = rest;
        let Some(function) = name.name() else {
            rest.skip(1);
            continue;
        };
        let function = function.to_string().to_lowercase();
        let (schema, own) = function.rsplit_once('.').unwrap_or(("pg_catalog", &function));
        if name.is(&["("]) && (VOLATILE.contains(&own) || schema != "pg_catalog") {
            return true;
        }
        rest = name;
    }
    false
}

#[cfg(test)]
pub(super) mod tests {
    use crate::delta::LintRule;
    use crate::lint::tests::assert_finds_only;

    pub(crate) const RISKY: &[&str] = &[
        "alter table t add a timestamptz not null default clock_timestamp()",
        "alter table t add column a float default 1 + Random() * 2",
        "alter table t add a uuid default gen_random_uuid() not null",
        "alter table t add a bigserial",
        "alter table t add a int default nextval('s'::regclass)",
        "alter table t add a int generated always as identity",
        "alter table t add a int generated always as (b * 2) stored",
        "alter table t add a text default app.next_code()",
    ];

    pub(crate) const HARMLESS: &[&str] = &[
        "alter table t add a timestamptz default now() not null",
        "alter table t add a timestamptz default current_timestamp",
        "alter table t add a numeric(5,2) default 0::numeric(5,2)",
        "alter table t add a public.geometry(Point,2056) default null::public.geometry(Point,2056)",
        "alter table t alter a set default random()",
        "alter table t add a text default 'random()'",
        "alter table t add a int generated always as (b * 2) virtual",
        "create table t (a serial)",
    ];

    #[test]
    fn finds_what_it_is_for_and_nothing_else() {
        assert_finds_only(LintRule::VolatileDefault, RISKY, HARMLESS);
    }
}
