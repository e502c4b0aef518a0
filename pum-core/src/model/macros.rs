//! The macros that keep a kind in one place.

/// Declares the list of kinds: the enum [`Kind`](super::Kind) of their names and the enum
/// [`Attributes`](super::Attributes) of their attribute structs.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal in $element:literal,)+) => {
        /// The kinds of objects, in the order in which reports list them.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $kind,)+ }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The name of one object of this kind.
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
        #[non_exhaustive]
        pub enum Attributes { $($(#[$doc])* $kind(Box<$kind>),)+ }

        impl Attributes {
            /// Reads the attributes of an object of `kind`.
            ///
            /// # Errors
            ///
            /// If a value is missing or of another type.
            pub fn read<R: AttributeReader>(kind: Kind, reader: &mut R) -> Result<Self, R::Error> {
                Ok(match kind { $(Kind::$kind => Self::$kind(Box::new($kind::read(reader)?)),)+ })
            }

            /// The values, in the order of [`Kind::attribute_names`].
            pub fn values(&self) -> Vec<Value> {
                match self { $(Self::$kind(attributes) => attributes.values(),)+ }
            }

            /// The same with one attribute, and what does not go without it, as `other` has it;
            /// `None` if that is of another kind.
            pub(crate) fn with(&self, other: &Self, name: &str) -> Option<Self> {
                match (self, other) {
                    $((Self::$kind(own), Self::$kind(other)) => {
                        Some(Self::$kind(Box::new(own.with(other, name))))
                    })+
                    _ => None,
                }
            }
        }

        /// The attributes of one kind.
        pub(crate) trait OfKind: Sized {
            /// The kind.
            const KIND: Kind;
            /// An object's attributes, if it is of the kind.
            fn of(attributes: &Attributes) -> Option<&Self>;
        }

        $(impl OfKind for $kind {
            const KIND: Kind = Kind::$kind;
            fn of(attributes: &Attributes) -> Option<&Self> {
                match attributes {
                    Attributes::$kind(own) => Some(own),
                    _ => None,
                }
            }
        })+
    };
}

/// Declares the attributes of one kind. A field has the attribute of its name, or those behind
/// `as`, which it makes one of.
macro_rules! attributes {
    ($(#[$doc:meta])* $kind:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty $(as [$($name:ident),+])?,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $kind { $($(#[$field_doc])* pub $field: $type,)+ }

        impl $kind {
            const GROUPS: &'static [&'static [&'static str]] =
                &[$(&$crate::model::macros::names!($field $($($name)+)?),)+];
            pub(super) const NAMES: &'static [&'static str] =
                &$crate::model::attribute::flatten::<
                    { $crate::model::attribute::count(Self::GROUPS) },
                >(Self::GROUPS);

            pub(super) fn read<R: $crate::model::attribute::AttributeReader>(
                reader: &mut R,
            ) -> Result<Self, R::Error> {
                Ok(Self {
                    $($field: $crate::model::attribute::Attribute::read(
                        reader,
                        $crate::model::macros::names!($field $($($name)+)?),
                    )?,)+
                })
            }

            pub(super) fn values(&self) -> Vec<$crate::model::value::Value> {
                let mut values = Vec::with_capacity(Self::NAMES.len());
                $(values.extend($crate::model::attribute::Attribute::values(&self.$field));)+
                values
            }

            pub(super) fn with(&self, other: &Self, name: &str) -> Self {
                let mut with = self.clone();
                $(if $crate::model::macros::names!($field $($($name)+)?).contains(&name) {
                    with.$field = other.$field.clone();
                })+
                with
            }
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::model::named_values::serialize(Self::NAMES, &self.values(), serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut values = $crate::model::named_values::NamedValues::deserialize(deserializer)?;
                Self::read(&mut values).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The names of a field's attributes, as an array.
macro_rules! names {
    ($field:ident) => { [stringify!($field)] };
    ($field:ident $($name:ident)+) => { [$(stringify!($name)),+] };
}

/// Declares a type for the letters of a catalog's column, each with its word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A letter that this version of pum does not know, with its column.
            Unknown(String),
        }

        impl $crate::model::word::Word for $name {
            const WORDS: &'static [&'static str] = &[$($word,)+];

            fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn unknown(letter: String) -> Self {
                Self::Unknown(letter)
            }

            fn word(&self) -> std::borrow::Cow<'_, str> {
                match self {
                    $(Self::$variant => $word.into(),)+
                    Self::Unknown(letter) => $crate::model::word::unknown_word(letter).into(),
                }
            }
        }

        $crate::model::macros::word_attribute!($name);
    };
}

/// Makes a type of words one that an attribute can have.
macro_rules! word_attribute {
    ($name:ident) => {
        impl $crate::model::attribute::Attribute<1> for $name {
            fn read<R: $crate::model::attribute::AttributeReader>(
                reader: &mut R,
                [name]: [&'static str; 1],
            ) -> Result<Self, R::Error> {
                match reader.word(name)? {
                    Some(word) => Ok(word),
                    // It does not count, see `AttributeReader::missing`.
                    None => reader
                        .missing(name)
                        .map(|()| $crate::model::word::Word::unknown("not set".to_owned())),
                }
            }
            fn values(&self) -> [$crate::model::value::Value; 1] {
                let word = $crate::model::word::Word::word(self);
                [$crate::model::value::Value::Text(word.into_owned())]
            }
        }

        impl $crate::model::attribute::Attribute<1> for Option<$name> {
            fn read<R: $crate::model::attribute::AttributeReader>(
                reader: &mut R,
                [name]: [&'static str; 1],
            ) -> Result<Self, R::Error> {
                reader.word(name)
            }
            fn values(&self) -> [$crate::model::value::Value; 1] {
                use $crate::model::value::Value;
                let word = |word: &$name| $crate::model::word::Word::word(word).into_owned();
                [self.as_ref().map_or(Value::None, |it| Value::Text(word(it)))]
            }
        }
    };
}

pub(super) use {attributes, kinds, names, word_attribute, words};
