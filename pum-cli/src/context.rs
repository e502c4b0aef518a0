//! What the library is given of the world outside: environment, files, programs, configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pum_core::Interrupt;
use pum_core::compare::Toolchain;
use pum_core::connect::{Environment, NoticeHandler, Session, Settings, redact, services};
use pum_core::delta::{DeltaSet, VariableValue, Variables};
use pum_core::diff::{Filters, Glob, IgnoreRule};
use pum_core::dump::ToolOverrides;
use pum_core::installation::{Installations, SearchPath};
use pum_core::lint::LintOptions;
use pum_core::scratch::{OnDemand, ServerOptions};
use pum_core::source::{OpenOptions, Source};
use pum_core::upgrade::{
    HistoryRules, PlanOptions, RunOptions, TableName, Timeouts, check_dependencies,
};

use crate::accepted::{self, AcceptedFile};
use crate::args::{Deltas, Filter, Global, Run, Sources, version};
use crate::browser::Browser;
use crate::config::{Config, Ignore, Variable, find_upwards};
use crate::console::{Console, say};
use crate::error::CliError;

/// The world outside, read once.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) environment: Environment,
    pub(crate) interrupt: Interrupt,
    pg_bin_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(global: &Global, interrupt: Interrupt) -> Result<Self, CliError> {
        let here = std::env::current_dir().map_err(|source| CliError::System {
            action: "find the working directory",
            cause: source,
        })?;
        let config = Config::load(global.config_file.as_deref(), &here)?;
        let pg_bin_dir = global.pg_bin_dir.clone().or_else(|| config.pg_bin_dir.clone());
        let cache_dir = global.cache_dir.clone().or_else(|| config.cache_dir.clone());
        let cache_dir = cache_dir.or_else(default_cache_dir);
        let cache_dir = cache_dir.filter(|it| !it.as_os_str().is_empty());
        Ok(Self { config, environment: environment(), interrupt, pg_bin_dir, cache_dir })
    }

    pub(crate) fn settings(&self, text: &str) -> Result<Settings, CliError> {
        Ok(Settings::resolve(text, &self.environment)?)
    }

    /// The database that a command works on: the one that is named, or production of the
    /// configuration.
    pub(crate) fn database<'a>(&'a self, named: Option<&'a str>) -> Result<&'a str, CliError> {
        match (named, self.config.production.as_slice()) {
            (Some(named), _) => Ok(named),
            (None, [only]) => Ok(only),
            (None, []) => {
                Err(CliError::Missing { what: "the database", flag: "-p A", key: "production" })
            }
            (None, _) => Err(CliError::ConflictingOptions {
                what: "production in pum.toml names several databases: name one with -p",
            }),
        }
    }

    pub(crate) fn open(&self, text: &str) -> Result<Session, CliError> {
        Ok(Session::open(&self.settings(text)?, &self.interrupt)?)
    }

    /// Connects, to run scripts: the server's warnings are said.
    pub(crate) fn open_for_scripts(&self, text: &str) -> Result<Session, CliError> {
        let say_warning: NoticeHandler = Arc::new(|notice| {
            let severity = notice.parsed_severity();
            if severity.is_some_and(|severity| severity.to_string() == "WARNING") {
                say(&format!("warning: {}", notice.message()));
            }
        });
        Ok(Session::open_with_notices(&self.settings(text)?, &self.interrupt, say_warning)?)
    }

    /// For an operation of the library that reports to the console.
    pub(crate) fn reporting_to<'a>(&self, console: &'a mut Console) -> pum_core::Context<'a> {
        pum_core::Context::new(console, &self.interrupt)
    }

    /// What is meant by the name of a source.
    pub(crate) fn source(&self, text: &str) -> Result<Source, CliError> {
        Ok(Source::recognise(text, &self.environment)?)
    }

    /// How sources are built; `knows_table`: whether the upgrades table is known.
    pub(crate) fn open_options(
        &self,
        given: &Sources,
        knows_table: bool,
    ) -> Result<OpenOptions, CliError> {
        let mut deltas = PlanOptions::default();
        deltas.variables = self.variables(&given.var)?;
        deltas.python.clone_from(&self.config.python_exe);
        let mut options = OpenOptions::default();
        options.layout = given.layout;
        options.base.clone_from(&given.base);
        options.role.clone_from(&given.role);
        options.deltas = deltas;
        options.knows_upgrades_table = knows_table;
        Ok(options)
    }

    /// Databases that are named one by one or by globs on the names of services, each once.
    pub(crate) fn databases(&self, given: &[String]) -> Result<Vec<Settings>, CliError> {
        let mut names: Vec<String> = Vec::new();
        for text in given {
            for name in self.services_like(text)?.unwrap_or_else(|| vec![text.clone()]) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names.iter().map(|name| self.settings(name)).collect()
    }

    /// The services whose names a glob matches; `None` for what is no glob. A glob that matches
    /// nothing is an error.
    fn services_like(&self, text: &str) -> Result<Option<Vec<String>>, CliError> {
        if !text.contains(['*', '?']) || text.contains(['=', '/']) {
            return Ok(None);
        }
        let known = services(&self.environment)?;
        let names: Vec<String> = known.iter().map(|(name, _)| name.clone()).collect();
        let pattern = Glob::new(text)?;
        let found: Vec<String> =
            names.iter().filter(|name| pattern.matches(name)).cloned().collect();
        if found.is_empty() {
            return Err(CliError::NoService { glob: redact(text), known: names.join(", ") });
        }
        Ok(Some(found))
    }

    pub(crate) fn installations(&self) -> Installations {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::split_paths(&path).collect();
        Installations::find(&SearchPath { explicit: self.pg_bin_dir.clone(), path })
    }

    /// The programs that the user named, in the environment or the configuration.
    pub(crate) fn overrides(&self) -> ToolOverrides {
        let named = |variable: &str, configured: &Option<PathBuf>| {
            std::env::var_os(variable).map(PathBuf::from).or_else(|| configured.clone())
        };
        let mut options = ToolOverrides::default();
        options.pg_dump = named("PG_DUMP_EXE", &self.config.pg_dump_exe);
        options.pg_restore = named("PG_RESTORE_EXE", &self.config.pg_restore_exe);
        options
    }

    /// Scratch servers live in the directory for temporary files.
    pub(crate) fn scratch_options(&self, installations: &Installations) -> ServerOptions {
        let mut options = ServerOptions::new(installations.clone());
        options.base = std::env::temp_dir();
        options.cache.clone_from(&self.cache_dir);
        options
    }

    /// Programs and a scratch server, started when needed.
    pub(crate) fn toolchain(&self) -> Toolchain {
        self.toolchain_with(&[])
    }

    /// The same, with settings for the scratch server.
    pub(crate) fn toolchain_with(&self, settings: &[(&str, &str)]) -> Toolchain {
        let installations = self.installations();
        let mut options = self.scratch_options(&installations);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        options.settings = settings.iter().map(owned).collect();
        Toolchain { installations, overrides: self.overrides(), scratch: OnDemand::new(options) }
    }

    pub(crate) fn table(&self, given: Option<&str>) -> Result<TableName, CliError> {
        let text = given.or(self.config.upgrades_table.as_deref()).ok_or(CliError::Missing {
            what: "the upgrades table",
            flag: "-t TABLE",
            key: "upgrades_table",
        })?;
        Ok(text.parse()?)
    }

    /// The upgrades table: the one that is given, or that of a project of PUM 1.
    pub(crate) fn table_of(
        &self,
        given: Option<&str>,
        deltas: &DeltaSet,
    ) -> Result<TableName, CliError> {
        let own = deltas.project.as_ref().and_then(|project| {
            let schema = project.table_schema.as_deref().unwrap_or("public");
            Some(TableName::of_pum_1(schema, project.module.as_deref()?))
        });
        match (given.or(self.config.upgrades_table.as_deref()), own) {
            (None, Some(own)) => Ok(own),
            (Some(text), Some(own)) if text.parse::<TableName>()?.is_same(&own) => Ok(own),
            _ => self.table(given),
        }
    }

    /// The deltas and the upgrades table. What is wrong with the table's name is said first.
    pub(crate) fn deltas_and_table(
        &self,
        given: &Deltas,
    ) -> Result<(DeltaSet, TableName), CliError> {
        let table = given.table.as_deref();
        if let Some(text) = table.or(self.config.upgrades_table.as_deref()) {
            text.parse::<TableName>()?;
        }
        let deltas = self.deltas(given)?;
        let table = self.table_of(table, &deltas)?;
        Ok((deltas, table))
    }

    /// The same without the parts of their project that are not wanted.
    pub(crate) fn deltas_of_run(
        &self,
        given: &Deltas,
        run: &Run,
    ) -> Result<(DeltaSet, TableName), CliError> {
        let (mut deltas, table) = self.deltas_and_table(given)?;
        run.skipped_parts().for_each(|part| deltas.skip(part));
        Ok((deltas, table))
    }

    /// The delta directories that were given or configured.
    pub(crate) fn delta_dirs<'a>(&'a self, given: &'a Deltas) -> Result<&'a [PathBuf], CliError> {
        let directories = if given.dir.is_empty() { &self.config.delta_dirs } else { &given.dir };
        if directories.is_empty() {
            return Err(CliError::Missing {
                what: "the delta directory",
                flag: "-d DIR",
                key: "delta_dirs",
            });
        }
        Ok(directories)
    }

    pub(crate) fn deltas(&self, given: &Deltas) -> Result<DeltaSet, CliError> {
        Ok(DeltaSet::read(self.delta_dirs(given)?)?)
    }

    /// The variables of the configuration, and those that were given as TYPE, NAME, VALUE.
    pub(crate) fn variables(&self, given: &[String]) -> Result<Variables, CliError> {
        let mut variables = Variables::default();
        for (name, value) in &self.config.variables {
            let value = match value {
                Variable::Integer(number) => VariableValue::Integer(*number),
                Variable::Float(number) => VariableValue::Float(*number),
                Variable::String(text) => VariableValue::String(text.clone()),
            };
            variables.set(name, value);
        }
        for assignment in given.chunks(3) {
            if let [kind, name, value] = assignment {
                variables.assign(kind, name, value)?;
            }
        }
        Ok(variables)
    }

    pub(crate) fn plan_options(&self, run: &Run) -> Result<PlanOptions, CliError> {
        let mut variables = self.variables(&run.var)?;
        if let Some(form) = run.variable_form.or(self.config.variable_form) {
            variables.set_form(form.into());
        }
        let mut options = PlanOptions::default();
        options.max_version = run.max_version.as_deref().map(version).transpose()?;
        options.variables = variables;
        options.python = run.python_exe.clone().or_else(|| self.config.python_exe.clone());
        options.rules = self.history_rules(Some(run));
        options.beta_testing = run.beta_testing;
        options.allow_beta_testing = run.allow_beta_testing;
        Ok(options)
    }

    /// Fails if Python packages are missing that the hooks of a project need: before what comes before
    /// its scripts.
    pub(crate) fn check_dependencies(&self, deltas: &DeltaSet, run: &Run) -> Result<(), CliError> {
        let Some(project) = &deltas.project else { return Ok(()) };
        let python = run.python_exe.as_deref().or(self.config.python_exe.as_deref());
        Ok(check_dependencies(python, &project.dependencies, &self.interrupt)?)
    }

    /// How a directory is held against a history; `run` has the options of an upgrade.
    pub(crate) fn history_rules(&self, run: Option<&Run>) -> HistoryRules {
        let config = &self.config;
        let mut rules = HistoryRules::default();
        rules.baseline_includes_version = config.baseline_includes_version;
        rules.strict_order = config.strict_order || run.is_some_and(|run| run.strict_order);
        rules.allow_changed = config.allow_changed || run.is_some_and(|run| run.allow_changed);
        rules
    }

    pub(crate) fn run_options(&self, run: &Run) -> RunOptions {
        let config = &self.config;
        let lock_timeout = run.lock_timeout.or(config.lock_timeout);
        let statement_timeout = run.statement_timeout.or(config.statement_timeout);
        let mut options = RunOptions::default();
        options.run_lock_timeout = run.wait;
        options.single_transaction = run.single_transaction || config.single_transaction;
        options.timeouts = Timeouts::new(lock_timeout, statement_timeout);
        options.lock_retries = run.lock_retries.or(config.lock_retries);
        options.terminate_blockers = run.terminate_blockers;
        options
    }

    /// How scripts are looked at, if this is the limit for locks that was given.
    pub(crate) fn lint_options(&self, lock_timeout: Option<Duration>) -> LintOptions {
        let limit = lock_timeout.or(self.config.lock_timeout);
        let mut options = LintOptions::default();
        options.ignored.clone_from(&self.config.lint_ignore);
        options.lock_timeout = limit.is_some_and(|limit| !limit.is_zero());
        options
    }

    /// The accepted differences: of the file that was given or configured, or else of the one
    /// beside the configuration file, or upwards from the working directory. `to_be_written`: a
    /// file that is not there will be made.
    pub(crate) fn accepted(
        &self,
        given: Option<&Path>,
        to_be_written: bool,
    ) -> Result<AcceptedFile, CliError> {
        let named = given.or(self.config.accepted_file.as_deref());
        let beside = || Some(self.config.path.as_deref()?.with_file_name(accepted::NAME));
        let here = std::env::current_dir().unwrap_or_default();
        let path = named
            .map(Path::to_owned)
            .or_else(beside)
            .or_else(|| find_upwards(&here, &[accepted::NAME]))
            .unwrap_or_else(|| here.join(accepted::NAME));
        AcceptedFile::read(path, named.is_some() && !to_be_written)
    }

    /// What shows pages.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.environment.variables.get("BROWSER").map(String::as_str))
    }

    /// The filters of the configuration and of the command line, together.
    pub(crate) fn filters(&self, given: &Filter) -> Result<Filters, CliError> {
        let config = &self.config;
        let preset = given.preset.or(config.preset);
        let mut filters =
            preset.map_or_else(Filters::default, |preset| Filters::new(preset.into()));
        for name in config.ignore_elements.iter().chain(&given.ignore) {
            filters.ignore(name)?;
        }
        for name in config.include_elements.iter().chain(&given.include) {
            filters.include(name)?;
        }
        for schema in config.exclude_schemas.iter().chain(&given.exclude_schema) {
            filters.exclude_schema(schema)?;
        }
        for pattern in config.exclude_field_patterns.iter().chain(&given.exclude_field_pattern) {
            filters.exclude_columns(pattern)?;
        }
        for pattern in config.exclude_objects.iter().chain(&given.exclude_object) {
            filters.exclude_objects(pattern)?;
        }
        let configured = config.managed_partitions.iter().map(|managed| &managed.parent);
        for parent in configured.chain(&given.managed_partitions) {
            filters.manage_partitions(parent)?;
        }
        let are_recognized = config.partition_managers.unwrap_or(true);
        filters.recognize_partition_managers(are_recognized && !given.no_partition_managers);
        let today = jiff::Zoned::now().date();
        for Ignore { elements, object, reason, expires } in &config.ignore {
            let rule = IgnoreRule::new(elements, object.as_deref(), reason)?;
            match expires {
                Some(last) if *last < today => {
                    say(&format!(
                        "warning: the rule \"{reason}\" expired on {last}: it hides nothing now"
                    ));
                }
                _ => filters.add_rule(rule),
            }
        }
        Ok(filters)
    }
}

/// Where programs of this user keep what can be made again ("XDG Base Directory Specification").
fn default_cache_dir() -> Option<PathBuf> {
    let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let given = given.filter(|it| it.is_absolute());
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    given.or_else(home).map(|caches| caches.join("pum"))
}

fn environment() -> Environment {
    // Variables that are not text cannot be meant for libpq.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    Environment { variables, home: std::env::home_dir(), user: user.map(|user| user.name) }
}
