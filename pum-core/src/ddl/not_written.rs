//! Kinds whose objects this version of pum does not make, change or drop.

/// Says so of a kind, and names its attributes.
macro_rules! not_written {
    ($kind:ident { $($attribute:ident),+ $(,)? }) => {
        impl $crate::ddl::statements::Ddl for $crate::model::$kind {
            fn described(
                &self,
                _: &$crate::model::Identity,
                _: &$crate::model::Model,
            ) -> Result<String, $crate::ddl::statements::NoStatement> {
                Err($crate::ddl::statements::NoStatement::NotWritten)
            }

            fn create(
                &self,
                _: &$crate::model::Identity,
                _: &$crate::ddl::statements::Schemas<'_>,
            ) -> $crate::ddl::statements::Statements {
                let Self { $($attribute: _),+ } = self;
                Err($crate::ddl::statements::NoStatement::NotWritten)
            }

            fn alter(
                &self,
                wanted: &Self,
                _: &$crate::model::Identity,
                _: &$crate::ddl::statements::Schemas<'_>,
            ) -> Result<
                $crate::ddl::statements::Alteration,
                $crate::ddl::statements::NoStatement,
            > {
                let Self { $($attribute: _),+ } = wanted;
                Err($crate::ddl::statements::NoStatement::NotWritten)
            }
        }
    };
}

pub(super) use not_written;
