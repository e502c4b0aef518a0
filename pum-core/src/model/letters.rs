//! Letters that several catalogs have.

use super::macros::words;

words! {
    /// How long the data of a relation last: `pg_class.relpersistence`.
    Persistence {
        /// Until they are removed.
        Permanent = "permanent",
        /// Until the server crashes: `UNLOGGED`.
        Unlogged = "unlogged",
        /// Until the session ends.
        Temporary = "temporary",
    }
}

words! {
    /// How values of a type are stored: `pg_type.typstorage`, `pg_attribute.attstorage`.
    Storage {
        /// Inline, not compressed.
        Plain = "plain",
        /// Out of line, not compressed.
        External = "external",
        /// Compressed, and out of line only if all else fails.
        Main = "main",
        /// Compressed and out of line.
        Extended = "extended",
    }
}

words! {
    /// When a trigger or rule fires: `pg_trigger.tgenabled`, `pg_rewrite.ev_enabled`,
    /// `pg_event_trigger.evtenabled`.
    FiringMode {
        /// Unless the session replicates: the normal state.
        Origin = "origin",
        /// Never.
        Disabled = "disabled",
        /// Only if the session replicates.
        Replica = "replica",
        /// Always.
        Always = "always",
    }
}

words! {
    /// The library behind a collation or a database's locale: `pg_collation.collprovider`.
    LocaleProvider {
        /// The system's C library.
        Libc = "libc",
        /// ICU.
        Icu = "icu",
        /// PostgreSQL itself.
        Builtin = "builtin",
        /// That of the database.
        Default = "default",
    }
}

#[cfg(test)]
mod tests {
    use super::super::word::Word;
    use super::*;

    #[test]
    fn a_word_is_read_back_and_an_unknown_letter_is_not_lost() {
        for word in Storage::WORDS {
            assert_eq!(Storage::parse(word).unwrap().word(), *word);
        }
        assert_eq!(Storage::parse("plian"), None);
        let unknown = Storage::unknown("attstorage q".to_owned());
        assert_eq!(unknown.word(), "unknown (attstorage q)");
        assert_eq!(Storage::parse(&unknown.word()), None);
        assert_eq!(Storage::from_written(&unknown.word()), Some(unknown));
    }
}
