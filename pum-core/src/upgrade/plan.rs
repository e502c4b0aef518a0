use std::path::PathBuf;

use super::history::Recorded;
use super::history_rules::history_mismatches;
use super::options::PYTHON;
use super::progress_table::UnfinishedDelta;
use super::repeatable::Repetition;
use super::{
    History, HistoryMismatch, HistoryRules, PlanOptions, StepRole, TableName, UpgradeError,
    UpgradeStep,
};
use crate::connect::SessionOn;
use crate::delta::{
    Delta, DeltaName, DeltaSet, Dependencies, Header, PreparedScript, Project, Reader, Script,
    ScriptWarning, VariableForm, Version, cannot_run_in_transaction,
};
use crate::sql::{Token, first_line, token_iter, tokens};

/// The scripts to run on a database: its pending deltas between `pre-all` and `post-all`, and
/// scripts that an earlier run did not reach.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UpgradePlan {
    /// The upgrades table, in the format that was found.
    table: TableName,
    /// The basis of the plan.
    history: History,
    /// The current version of the database.
    pub current_version: Version,
    /// The steps, in order; empty if no delta is pending.
    pub steps: Vec<UpgradeStep>,
    /// Mismatches between the directory and the history that the rules allow.
    pub concerns: Vec<HistoryMismatch>,
    /// Where the deltas are from.
    pub(super) directories: Vec<PathBuf>,
    /// What runs deltas in Python.
    pub(super) python: PathBuf,
    /// The Python packages that hooks need.
    pub(super) dependencies: Dependencies,
    /// Whether all steps belong together, because they are of a project of PUM 1.
    together: bool,
    /// If these are only what an earlier run did not get to: how much of that it did.
    pub(super) pending_post_all: Option<usize>,
}

impl UpgradePlan {
    /// Reads the upgrades table, chooses the pending deltas and prepares all scripts, so that
    /// errors in files are found before anything runs. Fails if there is no upgrades table, or on a
    /// mismatch that the rules do not allow.
    ///
    /// A delta is pending if it is not recorded and its version is greater than or equal to the
    /// database's. `pre-all` and `post-all` run only if a delta is pending, but `post-all` scripts
    /// that an earlier run did not reach are always part of the plan.
    ///
    /// # Errors
    ///
    /// If the upgrades table cannot be read or does not exist, a script cannot be prepared, or the
    /// files and the history do not match.
    ///
    /// ```no_run
    /// # use pum_core::{Context, Interrupt};
    /// # use pum_core::connect::{Environment, Session, Settings};
    /// # use pum_core::delta::DeltaSet;
    /// use pum_core::upgrade::{PlanOptions, TableName, Upgrade, UpgradePlan};
    ///
    /// # let settings = Settings::resolve("service=prod", &Environment::default())?;
    /// # let mut session = Session::open(&settings, &Interrupt::new())?;
    /// let table: TableName = "public.upgrades".parse()?;
    /// let deltas = DeltaSet::read(&["deltas"])?;
    /// let plan = UpgradePlan::read(&mut session, &table, &deltas, &PlanOptions::default())?;
    /// for delta in plan.pending() {
    ///     println!("{}", delta.version);
    /// }
    /// Upgrade::new(&plan).run(&mut session, &mut Context::default())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(
        session: &mut SessionOn<'_>,
        table: &TableName,
        deltas: &DeltaSet,
        options: &PlanOptions,
    ) -> Result<Self, UpgradeError> {
        let history = History::expect(session, table)?;
        let half_undone = UnfinishedDelta::read_undone(session, table, &history)?;
        if let Some(one) = half_undone.first() {
            let (delta, table) = (one.to_string(), table.progress());
            return Err(UpgradeError::HalfUndone { delta, table });
        }
        let mut plan = Self::from_history(table, deltas, &history, options)?;
        if plan.is_empty() && !deltas.post_all.is_empty() {
            let unfinished = UnfinishedDelta::read_all(session, table)?;
            if let Some(done) = UnfinishedDelta::post_all_done(&unfinished) {
                plan.pending_post_all = Some(done);
                let left = deltas.post_all.get(done..).unwrap_or_default();
                let options = &in_form_of(options, deltas, &history)?;
                plan.steps = around(&StepRole::PostAll, left, options)?;
            }
        }
        Ok(plan)
    }

    /// The upgrades table.
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// The contents of the upgrades table when the plan was made.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The part of it that follows from a history alone.
    pub(crate) fn from_history(
        table: &TableName,
        deltas: &DeltaSet,
        history: &History,
        options: &PlanOptions,
    ) -> Result<Self, UpgradeError> {
        let mut plan = Self::without_steps(table, deltas, history, options)?;
        let options = &in_form_of(options, deltas, history)?;
        plan.concerns = history_mismatches(deltas, history, options.rules);
        refuse(&plan.concerns, options.rules)?;
        plan.steps = steps(deltas, history, &plan.current_version, options)?;
        Ok(plan)
    }

    pub(super) fn without_steps(
        table: &TableName,
        deltas: &DeltaSet,
        history: &History,
        options: &PlanOptions,
    ) -> Result<Self, UpgradeError> {
        history.expect_project(deltas.project.as_ref())?;
        let options = &in_form_of(options, deltas, history)?;
        let current_version = history.current_version().ok_or(UpgradeError::NoBaseline)?.clone();
        let python = options.python.clone().unwrap_or_else(|| PathBuf::from(PYTHON));
        let directories = deltas.directories.clone();
        let parameters = serde_json::json!(options.variables).to_string();
        let migrations = history.migrations.clone();
        let migrations = migrations.map(|found| found.of_run(&parameters, options.beta_testing));
        let together = deltas.project.is_some();
        let dependencies = deltas.project.as_ref().map(|project| project.dependencies.clone());
        let dependencies = dependencies.unwrap_or_default();
        Ok(Self {
            table: table.in_form(migrations),
            history: history.clone(),
            current_version,
            steps: Vec::new(),
            concerns: Vec::new(),
            directories,
            python,
            dependencies,
            together,
            pending_post_all: None,
        })
    }

    /// One that runs the scripts that undo deltas.
    pub(super) fn undoing(
        (table, deltas, history): (&TableName, &DeltaSet, &History),
        options: &PlanOptions,
        undone: &[(&DeltaName, &Script)],
    ) -> Result<Self, UpgradeError> {
        let mut plan = Self::without_steps(table, deltas, history, options)?;
        // Each is undone by itself, and hooks are not run.
        plan.together = false;
        plan.dependencies = Dependencies::default();
        let options = &in_form_of(options, deltas, history)?;
        let one = |(name, script): &(&DeltaName, &Script)| {
            step(StepRole::Undo((*name).clone()), script, options)
        };
        plan.steps = undone.iter().map(one).collect::<Result<_, _>>()?;
        Ok(plan)
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The syntax in which the scripts refer to variables; `None` if no variables were given.
    pub fn variable_form(&self) -> Option<VariableForm> {
        self.steps.first().and_then(|step| step.script.variable_form())
    }

    /// The names of the pending deltas, in order.
    pub fn pending(&self) -> impl Iterator<Item = &DeltaName> {
        self.steps.iter().filter_map(UpgradeStep::delta)
    }

    /// The version of the database after the upgrade.
    pub fn target_version(&self) -> &Version {
        self.pending().map(|name| &name.version).max().unwrap_or(&self.current_version)
    }

    /// Whether the steps belong together: they are of a project of PUM 1, or other sessions
    /// should not see the database between the drop of what repeatable scripts made and its return.
    pub(super) fn belongs_together(&self) -> bool {
        let drops = |step: &UpgradeStep| matches!(step.role, StepRole::Drop { .. });
        self.together || self.steps.iter().any(drops)
    }

    /// Whether all steps can run in one transaction: none runs without a transaction, and none adds
    /// a value to an enumerated type, which must be committed before it can be used.
    pub fn can_be_one_transaction(&self) -> bool {
        let adds_value = |step: &UpgradeStep| {
            step.script.statements().iter().any(|statement| {
                let tokens = tokens(&step.script.text()[statement.span.clone()]);
                let reader = Reader::new(&tokens);
                reader.is(&["alter", "type"]) && reader.has(&["add", "value"])
            })
        };
        !self.steps.iter().any(|step| step.header.no_transaction || adds_value(step))
    }

    /// Whether two plans run the same scripts, byte for byte, in the same order.
    pub fn runs_the_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&UpgradeStep, &UpgradeStep)| {
            a.role == b.role
                && a.checksum == b.checksum
                && a.header == b.header
                && a.script.text() == b.script.text()
        };
        self.steps.len() == other.steps.len() && self.steps.iter().zip(&other.steps).all(same)
    }
}

/// All steps of a plan, in order.
fn steps(
    deltas: &DeltaSet,
    history: &History,
    current_version: &Version,
    options: &PlanOptions,
) -> Result<Vec<UpgradeStep>, UpgradeError> {
    let recorded = Recorded::new(history);
    let mut steps = Vec::new();
    for delta in &deltas.deltas {
        let max = options.max_version.as_ref();
        if !options.rules.is_pending(&delta.name, &recorded, current_version, max) {
            continue;
        }
        steps.push(delta_step(delta, deltas.project.as_ref(), options)?);
    }
    let has_deltas = !steps.is_empty();
    let is_beta_test = history.migrations.as_ref().is_some_and(|one| one.beta_testing);
    if has_deltas && is_beta_test && !options.allow_beta_testing {
        return Err(UpgradeError::BetaTesting);
    }
    let mut repetition = Repetition::new(deltas, &history.repeatable, has_deltas, options)?;
    let mut all = Vec::new();
    if has_deltas {
        all = around(&StepRole::PreAll, &deltas.pre_all, options)?;
    }
    all.append(&mut repetition.before);
    all.append(&mut steps);
    all.append(&mut repetition.after);
    if has_deltas {
        all.append(&mut around(&StepRole::PostAll, &deltas.post_all, options)?);
    }
    Ok(all)
}

/// These options with the form of variables that the directory has; in a project of PUM 1 with
/// its parameters, and its rule for baselines.
pub(super) fn in_form_of(
    options: &PlanOptions,
    deltas: &DeltaSet,
    history: &History,
) -> Result<PlanOptions, UpgradeError> {
    let given = options;
    let mut options = given.clone();
    options.rules = given.rules.in_layout_of(deltas);
    if let Some(project) = &deltas.project {
        let before = |name: &str| history.migrations.as_ref()?.parameter(name);
        options.variables = project.variables(&given.variables, before)?;
        if given.variables.form().is_none() {
            options.variables.set_form(VariableForm::Braces);
        }
    } else if let Some(form) = deltas.variable_form(&given.variables) {
        options.variables.set_form(form);
    }
    Ok(options)
}

pub(super) fn around(
    role: &StepRole,
    scripts: &[Script],
    options: &PlanOptions,
) -> Result<Vec<UpgradeStep>, UpgradeError> {
    scripts.iter().map(|script| step(role.clone(), script, options)).collect()
}

fn delta_step(
    delta: &Delta,
    project: Option<&Project>,
    options: &PlanOptions,
) -> Result<UpgradeStep, UpgradeError> {
    let role = StepRole::Delta(delta.name.clone());
    let Some(project) = project else { return step(role, &delta.script, options) };
    let variables = project.for_changelogs(&options.variables);
    let own = PlanOptions { variables, ..options.clone() };
    step(role, &delta.script, &own).map_err(|err| match err {
        UpgradeError::Delta(err) => UpgradeError::Delta(project.explain(err)),
        other => other,
    })
}

fn step(
    role: StepRole,
    script: &Script,
    options: &PlanOptions,
) -> Result<UpgradeStep, UpgradeError> {
    if let Some((path, line, question)) = script.undecided().filter(|_| !options.allow_undecided) {
        return Err(UpgradeError::Undecided { path, line, question });
    }
    let prepared = script.prepare(&options.variables)?;
    let header = Header::read(script)?;
    check_transaction(&prepared, &header)?;
    let files = script.own_texts().map(|(path, _)| path.to_owned()).collect();
    Ok(UpgradeStep { role, script: prepared, checksum: script.checksum().clone(), header, files })
}

/// What the server would refuse in the transaction that the script is run in, or without one.
fn check_transaction(script: &PreparedScript, header: &Header) -> Result<(), UpgradeError> {
    let path = || script.path().to_owned();
    if header.no_transaction {
        let enclosing = |warning: &ScriptWarning| match warning {
            ScriptWarning::EnclosingTransaction { line } => *line,
        };
        return match script.warnings().iter().map(enclosing).next() {
            Some(line) => Err(UpgradeError::TransactionInside { path: path(), line }),
            None => Ok(()),
        };
    }
    let mut without_slot: Vec<String> = Vec::new();
    for statement in script.statements() {
        let sql = &script.text()[statement.span.clone()];
        // Without its slot a subscription can be dropped in a transaction.
        without_slot.extend(gives_up_slot(sql));
        let exempt = dropped_subscription(sql).is_some_and(|name| without_slot.contains(&name));
        if !exempt && cannot_run_in_transaction(sql).is_some() {
            return Err(UpgradeError::NeedsNoTransaction {
                path: script.file_of(statement).to_owned(),
                line: statement.line,
                statement: first_line(sql).to_owned(),
            });
        }
    }
    Ok(())
}

/// The subscription whose slot is taken off: `ALTER SUBSCRIPTION name SET (slot_name = NONE)`.
fn gives_up_slot(sql: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = token_iter(sql).take(MOST_OF_SUBSCRIPTION).collect();
    let mut reader = Reader::new(&tokens);
    let is_none = |window: &[Token<'_>]| {
        window[0].key == "slot_name" && window[1].key == "=" && window[2].key == "none"
    };
    let gives_up = reader.eat(&["alter", "subscription"]) && tokens.windows(3).any(is_none);
    gives_up.then(|| reader.tokens().first()?.name()).flatten()
}

/// The subscription that is dropped.
fn dropped_subscription(sql: &str) -> Option<String> {
    let tokens: Vec<Token<'_>> = token_iter(sql).take(MOST_OF_SUBSCRIPTION).collect();
    let mut reader = Reader::new(&tokens);
    let drops = reader.eat(&["drop", "subscription"]);
    reader.eat(&["if", "exists"]);
    drops.then(|| reader.tokens().first()?.name()).flatten()
}

/// More than a statement about a subscription has of tokens.
const MOST_OF_SUBSCRIPTION: usize = 100;

fn refuse(concerns: &[HistoryMismatch], rules: HistoryRules) -> Result<(), UpgradeError> {
    let those = |which: fn(&HistoryMismatch) -> bool| -> Vec<HistoryMismatch> {
        concerns.iter().filter(|concern| which(concern)).cloned().collect()
    };
    let changed = those(|concern| matches!(concern, HistoryMismatch::Changed { .. }));
    if !rules.allow_changed && !changed.is_empty() {
        return Err(UpgradeError::ChangedDeltas { concerns: changed });
    }
    let out_of_order = those(|concern| matches!(concern, HistoryMismatch::OutOfOrder { .. }));
    if rules.strict_order && !out_of_order.is_empty() {
        return Err(UpgradeError::OutOfOrder { concerns: out_of_order });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::delta::Variables;

    fn fits_a_transaction(sql: &str) -> bool {
        let script = Script::of_text(Path::new("delta_1.0.0.sql"), sql).unwrap();
        let prepared = script.prepare(&Variables::default()).unwrap();
        let result = check_transaction(&prepared, &Header::default());
        assert!(
            matches!(result, Ok(()) | Err(UpgradeError::NeedsNoTransaction { .. })),
            "{result:?}"
        );
        result.is_ok()
    }

    /// Byte 40 of the statement stood within a character.
    #[test]
    fn a_subscription_without_its_slot_is_dropped_in_a_transaction() {
        let long = "\"a rather long name, with an \u{e4}\u{f6}\u{fc}\"";
        for name in ["s", "\"S\"", long] {
            let take_off = format!("ALTER SUBSCRIPTION {name} SET (SLOT_NAME = NONE)");
            let drop = format!("/* now */ DROP SUBSCRIPTION {name}");
            assert!(fits_a_transaction(&format!("{take_off}; {drop};")), "{name}");
            assert!(fits_a_transaction(&format!("-- x\n{take_off}; {drop} CASCADE;")), "{name}");
            assert!(!fits_a_transaction(&format!("{drop}; {take_off};")), "{name}");
            assert!(!fits_a_transaction(&format!("{take_off}; DROP SUBSCRIPTION other;")));
            let other = format!("ALTER SUBSCRIPTION {name} SET (slot_name = 'x')");
            assert!(!fits_a_transaction(&format!("{other}; {drop};")), "{name}");
        }
        assert!(fits_a_transaction(
            "ALTER SUBSCRIPTION s SET (slot_name = none); DROP SUBSCRIPTION IF EXISTS s;"
        ));
    }
}
