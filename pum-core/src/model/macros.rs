//! The two macros that keep a kind in one place.

/// Declares the list of kinds: the enum [`Kind`](super::Kind) of their names and the enum
/// [`Attributes`](super::Attributes) of their attribute structs.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal in $element:literal,)+) => {
        /// The kinds of objects, in the order in which reports list them.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $kind,)+ }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// What one object of this kind is called.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// The element name under which filters know the kind, as in `-i tables`.
            pub fn element(self) -> &'static str {
                match self { $(Self::$kind => $element,)+ }
            }

            /// The names of the attributes of this kind.
            pub fn attribute_names(self) -> &'static [&'static str] {
                match self { $(Self::$kind => $kind::NAMES,)+ }
            }
        }

        /// The attributes of an object, by kind.
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Attributes { $($(#[$doc])* $kind(Box<$kind>),)+ }

        impl Attributes {
            /// Reads the attributes of an object of `kind`.
            pub fn read<F: AttributeReader>(kind: Kind, fields: &mut F) -> Result<Self, F::Error> {
                Ok(match kind { $(Kind::$kind => Self::$kind(Box::new($kind::read(fields)?)),)+ })
            }

            /// The values, in the order of [`Kind::attribute_names`].
            pub fn values(&self) -> Vec<Value> {
                match self { $(Self::$kind(attributes) => attributes.values(),)+ }
            }
        }
    };
}

/// Declares the attributes of one kind.
macro_rules! attributes {
    ($(#[$doc:meta])* $kind:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $kind { $($(#[$field_doc])* pub $field: $type,)+ }

        impl $kind {
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($field),)+];

            pub(super) fn read<F: super::AttributeReader>(fields: &mut F) -> Result<Self, F::Error> {
                Ok(Self {
                    $($field: super::value::Attribute::read(fields, stringify!($field))?,)+
                })
            }

            pub(super) fn values(&self) -> Vec<super::Value> {
                vec![$(super::value::Attribute::value(&self.$field),)+]
            }
        }
    };
}

pub(super) use {attributes, kinds};
