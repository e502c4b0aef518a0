//! The plan from the base schema to each changed one and back: applied by `psql`, judged by
//! `pg_dump`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pum_core::Context;
use pum_core::diff::{Change, Filters, all_differences, diff};
use pum_core::dump::ToolOverrides;
use pum_core::model::{Identity, Kind};
use pum_core::plan::{
    MigrationOptions, MigrationPlan, OnlineMode, PlanRequest, Proof, Side, plan, plan_sources,
};
use pum_core::scratch::OnDemand;
use pum_core::source::{Opened, Snapshot, SnapshotOptions, Toolchain};
use pum_tests::{Database, installations, open, say, server_options};

use super::base_server::BaseServer;
use super::changes::{Case, cases, one_in};
use super::rows::{self, Rows};
use super::side;

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Converged,
    /// But for the order of columns, as the plan says.
    OtherOrder,
    /// No module of security labels is installed, as there is none but in PostgreSQL's own tests.
    NoProvider,
    Refused(String),
    /// It makes what is wanted of empty tables; the rows that there are do not fit, and it changes
    /// nothing then.
    RowsDoNotFit(String),
    /// It fails, or pum sees that something is left.
    Unproven(String),
    Wrong(String),
}

/// Brings a database to another schema; in steps that keep its tables readable and writable if that is the one of
/// `in_steps_to`.
fn migrate(
    database: &Database,
    (from, to): (&Side, &Side),
    base_server: &BaseServer<'_>,
    wanted: Option<&String>,
    in_steps_to: Option<&Database>,
) -> Outcome {
    let mut filters = Filters::default();
    filters.include("tablespace").unwrap();
    let planned = if let Some(other) = in_steps_to {
        let mut request = PlanRequest::default();
        request.compare.filters = filters.clone();
        request.online = OnlineMode::Always;
        let [mut left, mut right] = [database, other].map(|one| Opened::database(one.session()));
        let toolchain = super::restored::toolchain();
        let context = &mut Context::default();
        plan_sources(&mut left, &mut right, &request, Some(&toolchain), context)
            .map(|migration| migration.plan)
    } else {
        let differences = all_differences(&from.model, &to.model, &filters);
        let options = MigrationOptions::new(database.settings.user(), base_server.major());
        plan(from, to, &differences, &options)
    };
    let plan = match planned {
        Ok(plan) => plan,
        Err(err) => return Outcome::Refused(err.to_string()),
    };
    if !plan.refused.is_empty() {
        let refused = plan.refused.iter().map(|it| format!("{}: {}", it.identity, it.reason));
        return Outcome::Refused(refused.collect::<Vec<_>>().join("; "));
    }
    let is_in_order = plan.left_out.is_empty();
    let sql = plan.to_sql();
    let rows = Rows::of(database);
    let mut said = run(&plan, &sql, database, wanted);
    let mut unfit = None;
    if let Err(text) = &said
        && does_not_fit(text)
    {
        if in_steps_to.is_some() && !text.contains("security label provider") {
            // What was committed before stays.
            return Outcome::RowsDoNotFit(text.clone());
        }
        if Rows::of(database) != rows {
            return Outcome::Wrong(format!("{text}\nhas changed rows\n{sql}"));
        }
        unfit = Some(text.clone());
        rows::empty(database);
        said = run(&plan, &sql, database, wanted);
    }
    if let Err(text) = said {
        if text.contains("security label provider") {
            return Outcome::NoProvider;
        }
        return Outcome::Unproven(format!("{text}\n{sql}"));
    }
    if unfit.is_none() {
        let lost = rows.lost_in(&Rows::of(database), &plan, (from, to));
        if !lost.is_empty() {
            return Outcome::Wrong(format!("lost: {}\n{sql}", lost.join(", ")));
        }
    }
    // What may be another spelling the dumps decide.
    let mut left = diff(&side(database).model, &to.model, &filters);
    left.retain(|difference| {
        !difference.may_be_spelling()
            && !matches!(difference.change, Change::Attribute { name: "secrets" | "position", .. })
    });
    if !left.is_empty() {
        return Outcome::Unproven(format!("{:?}\n{sql}", super::lines(&left)));
    }
    let dump = base_server.dump(database);
    let form = |dump: &String| {
        let dump = sorted_grants(dump);
        if is_in_order { dump } else { sorted_lines(&dump) }
    };
    let again = |dump: Option<&String>| base_server.restored(dump.unwrap()).map(|dump| form(&dump));
    let are_same = |one: Option<&String>, other: Option<&String>| one.map(form) == other.map(form);
    if !are_same(dump.as_ref(), wanted) && again(dump.as_ref()) != again(wanted) {
        let (dump, wanted) = (dump.unwrap_or_default(), wanted.cloned().unwrap_or_default());
        let changes = similar::TextDiff::from_lines(&dump, &wanted);
        let text = changes.unified_diff().context_radius(2).to_string();
        return Outcome::Wrong(format!("{sql}\n{}", text.chars().take(3000).collect::<String>()));
    }
    match unfit {
        Some(text) => Outcome::RowsDoNotFit(text),
        None if is_in_order => Outcome::Converged,
        None => Outcome::OtherOrder,
    }
}

/// Runs a script. Gives what `psql` says if it fails.
fn run(
    plan: &MigrationPlan,
    sql: &str,
    database: &Database,
    wanted: Option<&String>,
) -> Result<(), String> {
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-f", "-"])
        .args(["--dbname", &database.conninfo()])
        .args(plan.variables.iter().map(|variable| {
            let connection = wanted.and_then(|wanted| connection_in(wanted, &variable.identity));
            format!("--set={}={}", variable.name, connection.unwrap_or("hidden"))
        }))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
    let output = psql.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(text) }
}

/// Whether a script failed for the rows that there are: values that the other type does not take, or
/// that a new constraint refuses.
fn does_not_fit(text: &str) -> bool {
    text.contains("ERROR:  22") || text.contains("ERROR:  23")
}

/// The connection string of a subscription as a dump has it.
fn connection_in<'a>(dump: &'a str, subscription: &Identity) -> Option<&'a str> {
    let after = |name: &str| {
        let (_, after) = dump.split_once(&format!("CREATE SUBSCRIPTION {name} CONNECTION '"))?;
        after.split('\'').next()
    };
    (subscription.kind == Kind::Subscription)
        .then(|| [subscription.name.clone(), format!("\"{}\"", subscription.name)])?
        .iter()
        .find_map(|name| after(name))
}

/// A dump with its lines in the order of their texts.
fn sorted_lines(dump: &str) -> String {
    let mut lines: Vec<&str> = dump.lines().map(|line| line.trim_end_matches(',')).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Grants and storage parameters are printed in the order in which they were made, which means
/// nothing. Passwords are others.
fn sorted_grants(dump: &str) -> String {
    let passwords = regex::Regex::new(r"(passw\w*|api_token) '[^']*'").unwrap();
    let dump = passwords.replace_all(dump, "$1 'hidden'");
    let parameters = |line: &str| {
        let inside = line.strip_prefix("WITH (").and_then(|line| line.strip_suffix(");"));
        inside.map_or_else(
            || line.to_owned(),
            |inside| {
                let mut parameters: Vec<&str> = inside.split(", ").collect();
                parameters.sort_unstable();
                format!("WITH ({});", parameters.join(", "))
            },
        )
    };
    let lines: Vec<String> = dump.lines().map(parameters).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for block in lines.chunk_by_mut(|a, b| [a, b].iter().all(|line| is_grant(line))) {
        block.sort_unstable();
    }
    lines.join("\n")
}

fn is_grant(line: &str) -> bool {
    line.starts_with("GRANT ") || line.starts_with("REVOKE ")
}

/// Every kind of object, created of what a snapshot holds.
#[test]
fn what_a_snapshot_holds_is_built_for_the_proof() {
    let base_server = BaseServer::shared();
    let (from, to) = (base_server.copy(), base_server.copy());
    to.execute("ALTER TABLE app.bare ADD COLUMN surplus integer");
    let toolchain = Toolchain {
        installations: installations(),
        overrides: ToolOverrides::default(),
        scratch: OnDemand::new(server_options()),
    };
    let mut context = Context::default();
    // The provider of the labels is not there on a scratch server.
    let mut capture = SnapshotOptions::default();
    capture.left_out.elements = vec!["security_labels".to_owned()];
    let snapshot = Snapshot::capture(&mut Opened::database(from.session()), &capture, &mut context);
    let mut left = Opened::snapshot(snapshot.unwrap(), "snapshot");
    let mut right = Opened::database(to.session());
    let request = PlanRequest::default();
    let migration =
        plan_sources(&mut left, &mut right, &request, Some(&toolchain), &mut context).unwrap();
    assert_eq!(migration.plan.refused, []);
    let proof =
        migration.prove([&mut left, &mut right], &request, &toolchain, &mut context).unwrap();
    assert!(matches!(proof, Proof::Proven { is_built: true, .. }), "{proof:?}");
    drop((left, right));
    base_server.drop(&from);
    base_server.drop(&to);
}

/// How many changes came out how, and what is to be said of them.
fn told(outcomes: &[(String, &str, Outcome)]) -> (BTreeMap<&'static str, usize>, String) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut told = String::new();
    for (sql, way, outcome) in outcomes {
        let (name, text) = match outcome {
            Outcome::Converged => ("converged", ""),
            Outcome::OtherOrder => ("other order", ""),
            Outcome::NoProvider => ("no provider", ""),
            Outcome::Refused(text) => ("refused", &**text),
            Outcome::RowsDoNotFit(text) => ("rows do not fit", &**text),
            Outcome::Unproven(text) => ("unproven", &**text),
            Outcome::Wrong(text) => ("wrong", &**text),
        };
        *counts.entry(name).or_default() += 1;
        if !text.is_empty() {
            told += &format!("=== {name} {way}: {sql}\n{text}\n");
        }
    }
    (counts, told)
}

/// The base schema with a change and a row in every table: those that there were, if they allow it.
fn changed(case: &Case, base_server: &BaseServer<'_>, filled: &Database) -> Database {
    let change = |database: &Database| open(&database.settings).client().batch_execute(&case.sql);
    let mut changed = base_server.copy_of(filled);
    if change(&changed).is_err() {
        base_server.drop(&changed);
        changed = base_server.copy();
        change(&changed).unwrap();
    }
    rows::fill(&changed);
    changed
}

#[test]
fn statements_make_each_change_and_take_it_back() {
    make_each_change(BaseServer::shared(), one_in(70), 98, false);
}

/// As they are written for busy tables.
#[test]
fn steps_make_each_change_and_take_it_back() {
    make_each_change(BaseServer::shared(), one_in(70), 98, true);
}

/// Makes one in `step` of all changes, and takes it back: so many percent must converge, none may be wrong.
pub(super) fn make_each_change(
    base_server: &BaseServer<'_>,
    step: usize,
    percent: usize,
    in_steps: bool,
) {
    let major = base_server.major();
    let cases = cases().into_iter().filter(|case| case.since <= major);
    let cases: Vec<Case> = cases.skip(major as usize % step).step_by(step).collect();
    make_changes(base_server, &cases, percent, in_steps);
}

/// Changes beside which the server does more than is said.
const BESIDE: [&str; 3] = [
    // It forgets the other operator of a pair.
    "COMMUTATOR = OPERATOR(app.~#)",
    // It gives a partition an index of each of the partitioned table, and refuses one that overlaps.
    "measures_2024 SET SCHEMA",
    "DETACH PARTITION",
];

#[test]
fn what_the_server_does_beside_a_change_is_taken_into_account() {
    let base_server = BaseServer::shared();
    let mut cases = cases();
    cases.retain(|case| case.since <= base_server.major());
    cases.retain(|case| BESIDE.iter().any(|part| case.sql.contains(part)));
    assert!(cases.len() >= 4, "{}", cases.len());
    for in_steps in [false, true] {
        make_changes(base_server, &cases, 100, in_steps);
    }
}

/// The same of these changes.
fn make_changes(base_server: &BaseServer<'_>, cases: &[Case], percent: usize, in_steps: bool) {
    let major = base_server.major();
    let base = (side(&base_server.base()), base_server.dump(&base_server.base()));
    let outcomes = Mutex::new(Vec::new());
    let filled = base_server.copy();
    rows::fill(&filled);
    let rows = Rows::of(&filled);
    let (number, none) = rows.count();
    say(&format!("{number} tables have a row, these have none: {none:?}"));
    assert!(none.len() * 10 < number, "{none:?}");
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let copy = base_server.copy_of(&filled);
                    let changed = changed(case, base_server, &filled);
                    let after = (side(&changed), base_server.dump(&changed));
                    let goals =
                        in_steps.then(|| [base_server.copy_of(&changed), base_server.base()]);
                    let [there, back] = [0, 1].map(|at| goals.as_ref().map(|goals| &goals[at]));
                    let make = |database: &Database, (from, to): (&Side, &Side), at: usize| {
                        let wanted = [&after.1, &base.1][at].as_ref();
                        migrate(database, (from, to), base_server, wanted, [there, back][at])
                    };
                    let there = make(&copy, (&base.0, &after.0), 0);
                    let back = make(&changed, (&after.0, &base.0), 1);
                    // What the statements made is taken back by statements.
                    let round = (there == Outcome::Converged).then(|| {
                        let made = side(&copy);
                        make(&copy, (&made, &base.0), 1)
                    });
                    if let Some([copied, _]) = &goals {
                        base_server.drop(copied);
                    }
                    base_server.drop(&copy);
                    base_server.drop(&changed);
                    let mut outcomes = outcomes.lock().unwrap();
                    outcomes.push((case.sql.clone(), "there", there));
                    outcomes.push((case.sql.clone(), "back", back));
                    outcomes.extend(round.map(|one| (case.sql.clone(), "there and back", one)));
                    if outcomes.len() % 200 == 0 {
                        say(&told(&outcomes).1);
                    }
                }
            });
        }
    });
    base_server.drop(&filled);
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort();
    let (counts, told) = told(&outcomes);
    say(&format!("PostgreSQL {major}: {counts:?}"));
    let number = |name: &str| counts.get(name).copied().unwrap_or_default();
    assert_eq!(number("wrong"), 0, "PostgreSQL {major}: {told}");
    if !told.is_empty() {
        say(&told);
    }
    let judged = outcomes.len() - number("other order") - number("no provider");
    let converged = number("converged") + number("rows do not fit");
    let is_enough = converged * 100 >= judged * percent;
    assert!(is_enough, "PostgreSQL {major}: {counts:?}: {told}");
    // Both ways on one copy.
    let rounds = outcomes.iter().filter(|(_, way, _)| *way == "there and back");
    let (mut all, mut good) = (0, 0);
    let is_judged = |it: &Outcome| !matches!(it, Outcome::OtherOrder | Outcome::NoProvider);
    for (_, _, outcome) in rounds.filter(|(.., it)| is_judged(it)) {
        all += 1;
        good += usize::from(matches!(outcome, Outcome::Converged | Outcome::RowsDoNotFit(_)));
    }
    say(&format!("PostgreSQL {major}: {good} of {all} round trips"));
    // Of a few, each is many percent.
    let least = percent.min(95);
    assert!(good * 100 >= all * least, "PostgreSQL {major}: {good} of {all} round trips: {told}");
}
