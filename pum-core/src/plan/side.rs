use crate::model::{Dependencies, Model};

/// A schema with what depends on what in it.
#[derive(Debug, Clone)]
pub struct Side {
    /// Its objects.
    pub model: Model,
    /// What depends on what.
    pub dependencies: Dependencies,
}
