use super::migration_plan::MigrationPlan;
use super::step::Step;
use crate::diff::{FilterError, Glob};
use crate::model::Identity;

/// Which data statements may destroy.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum AllowedLosses {
    /// None.
    #[default]
    None,
    /// Any.
    All,
    /// Those of objects whose name, with its schema and table, matches one of these.
    Of(Vec<Glob>),
}

impl AllowedLosses {
    /// Those that are asked for by globs: without a list none, with an empty one all.
    ///
    /// # Errors
    ///
    /// If a glob is none.
    pub fn of_globs(globs: Option<&[String]>) -> Result<Self, FilterError> {
        Ok(match globs {
            None => Self::None,
            Some([]) => Self::All,
            Some(globs) => {
                Self::Of(globs.iter().map(|glob| Glob::new(glob)).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Whether what belongs to an object may be destroyed.
    pub fn allows(&self, identity: &Identity) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Of(globs) => globs.iter().any(|glob| glob.matches(&identity.qualified_name())),
        }
    }

    /// The steps that destroy what they may not.
    pub fn refused<'m>(&self, plan: &'m MigrationPlan) -> Vec<&'m Step> {
        plan.losses().filter(|step| !self.allows(&step.identity)).collect()
    }
}
