//! Scripts of a project of PUM 1 that are run by themselves.

use super::plan::around;
use super::{History, PlanOptions, StepRole, TableName, UpgradeError, UpgradePlan};
use crate::connect::SessionOn;
use crate::delta::{DeltaSet, Script};

/// Which scripts of a project are run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectScripts {
    /// Those that drop the application.
    DropApplication,
    /// Those that create the application; the roles get their permissions then.
    CreateApplication,
    /// Both.
    RecreateApplication,
    /// A set of demo data; the application is dropped before and created after it.
    DemoData(String),
    /// Those that remove the module.
    Uninstall,
}

impl UpgradePlan {
    /// The scripts of a project that are run outside of an upgrade. The upgrades table stays as it is, unless
    /// one of them drops it.
    ///
    /// # Errors
    ///
    /// If the directory is no project or has no such scripts, the module is not installed, or a script cannot
    /// be prepared.
    pub fn of_project(
        session: &mut SessionOn<'_>,
        table: &TableName,
        deltas: &DeltaSet,
        scripts: &ProjectScripts,
        options: &PlanOptions,
    ) -> Result<Self, UpgradeError> {
        let chosen = chosen(deltas, scripts)?;
        let history = History::expect(session, table)?;
        let mut plan = Self::without_steps(table, deltas, &history, options)?;
        let options = &super::plan::in_form_of(options, deltas, &history)?;
        // As what comes before the deltas, they leave no trace in the upgrades table.
        plan.steps = around(&StepRole::PreAll, &chosen, options)?;
        Ok(plan)
    }
}

fn chosen(deltas: &DeltaSet, scripts: &ProjectScripts) -> Result<Vec<Script>, UpgradeError> {
    let missing = |what: String| UpgradeError::NoScripts { what };
    let Some(project) = &deltas.project else {
        return Err(missing(
            "the directory is no project of PUM 1, which alone has such scripts".into(),
        ));
    };
    let (mut drop, create) = deltas.application_scripts();
    let chosen = match scripts {
        ProjectScripts::DropApplication => drop,
        ProjectScripts::CreateApplication => create,
        ProjectScripts::RecreateApplication => [drop, create].concat(),
        ProjectScripts::Uninstall => {
            let scripts = project.uninstall_scripts()?;
            if scripts.is_empty() {
                let what = "the project has no scripts that remove it (\"uninstall\" in .pum.yaml)";
                return Err(missing(what.to_owned()));
            }
            scripts
        }
        ProjectScripts::DemoData(name) => {
            let scripts = project.demo_data_scripts(name)?;
            if scripts.is_empty() {
                let known: Vec<&str> = project.demo_data().collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(missing(format!(
                    "the project has no demo data \"{name}\"; it has {known}"
                )));
            }
            drop.extend(scripts);
            [drop, create].concat()
        }
    };
    if chosen.is_empty() {
        let what = "the project has no such scripts (\"application\" in .pum.yaml)";
        return Err(missing(what.to_owned()));
    }
    Ok(chosen)
}
