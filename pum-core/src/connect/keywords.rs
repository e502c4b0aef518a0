//! The parameter key words that libpq 12 to 18 know, with their environment variables.

use crate::did_you_mean::nearest;

/// One of libpq's parameter key words.
#[derive(Debug)]
pub(super) struct Keyword {
    pub(super) name: &'static str,
    /// The environment variable that stands in when the key word is not given.
    pub(super) variable: Option<&'static str>,
}

const fn word(name: &'static str, variable: &'static str) -> Keyword {
    Keyword { name, variable: Some(variable) }
}

const fn bare(name: &'static str) -> Keyword {
    Keyword { name, variable: None }
}

/// All key words of libpq 12 to 18. `authtype` and `tty` meant nothing even in 12.
pub(super) const KEYWORDS: &[Keyword] = &[
    word("service", "PGSERVICE"),
    word("servicefile", "PGSERVICEFILE"),
    word("user", "PGUSER"),
    word("password", "PGPASSWORD"),
    word("passfile", "PGPASSFILE"),
    word("channel_binding", "PGCHANNELBINDING"),
    word("connect_timeout", "PGCONNECT_TIMEOUT"),
    word("dbname", "PGDATABASE"),
    word("host", "PGHOST"),
    word("hostaddr", "PGHOSTADDR"),
    word("port", "PGPORT"),
    word("client_encoding", "PGCLIENTENCODING"),
    word("options", "PGOPTIONS"),
    word("application_name", "PGAPPNAME"),
    bare("fallback_application_name"),
    bare("keepalives"),
    bare("keepalives_idle"),
    bare("keepalives_interval"),
    bare("keepalives_count"),
    bare("tcp_user_timeout"),
    word("sslmode", "PGSSLMODE"),
    word("sslnegotiation", "PGSSLNEGOTIATION"),
    word("sslcompression", "PGSSLCOMPRESSION"),
    word("sslcert", "PGSSLCERT"),
    word("sslkey", "PGSSLKEY"),
    word("sslcertmode", "PGSSLCERTMODE"),
    bare("sslpassword"),
    word("sslrootcert", "PGSSLROOTCERT"),
    word("sslcrl", "PGSSLCRL"),
    word("sslcrldir", "PGSSLCRLDIR"),
    word("sslsni", "PGSSLSNI"),
    bare("sslkeylogfile"),
    word("requirepeer", "PGREQUIREPEER"),
    word("require_auth", "PGREQUIREAUTH"),
    word("min_protocol_version", "PGMINPROTOCOLVERSION"),
    word("max_protocol_version", "PGMAXPROTOCOLVERSION"),
    word("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    word("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    word("gssencmode", "PGGSSENCMODE"),
    word("krbsrvname", "PGKRBSRVNAME"),
    word("gsslib", "PGGSSLIB"),
    word("gssdelegation", "PGGSSDELEGATION"),
    bare("replication"),
    word("target_session_attrs", "PGTARGETSESSIONATTRS"),
    word("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    bare("scram_client_key"),
    bare("scram_server_key"),
    bare("oauth_issuer"),
    bare("oauth_client_id"),
    bare("oauth_client_secret"),
    bare("oauth_scope"),
    bare("authtype"),
    bare("tty"),
];

/// Variables that set a run-time parameter at the start of each session.
pub(super) const STARTUP_VARIABLES: &[(&str, &str)] =
    &[("PGDATESTYLE", "datestyle"), ("PGTZ", "timezone"), ("PGGEQO", "geqo")];

/// Variables that libpq reads and that belong to no key word.
pub(super) const OTHER_VARIABLES: &[&str] =
    &["PGREQUIRESSL", "PGSYSCONFDIR", "PGREALM", "PGOAUTHDEBUG", "PGOAUTHCAFILE"];

/// The key word of this name.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Whether the value of this key word must never be shown.
pub(super) fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "password"
            | "sslpassword"
            | "scram_client_key"
            | "scram_server_key"
            | "oauth_client_secret"
    )
}

/// The key word and value that libpq stores when it reads `name` and `value`: the old
/// `requiressl` is translated.
pub(super) fn translated<'a>(name: &'a str, value: &'a str) -> (&'a str, &'a str) {
    match name {
        "requiressl" if value.starts_with('1') => ("sslmode", "require"),
        "requiressl" => ("sslmode", "prefer"),
        _ => (name, value),
    }
}

/// The key word nearest to an unknown one.
pub(super) fn nearest_keyword(word: &str) -> Option<&'static str> {
    nearest(word, KEYWORDS.iter().map(|keyword| keyword.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_their_keyword() {
        assert_eq!(nearest_keyword("sslmod"), Some("sslmode"));
        assert_eq!(nearest_keyword("database_name"), None);
        assert_eq!(nearest_keyword("hots"), Some("host"));
        assert_eq!(nearest_keyword("passwrod"), Some("password"));
    }

    #[test]
    fn names_and_variables_are_unique() {
        for (position, keyword) in KEYWORDS.iter().enumerate() {
            for other in &KEYWORDS[position + 1..] {
                assert_ne!(keyword.name, other.name);
                assert!(keyword.variable.is_none() || keyword.variable != other.variable);
            }
        }
    }
}
