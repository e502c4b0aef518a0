//! Database-level properties.

use std::collections::BTreeMap;

use postgres::Row;
use serde::{Deserialize, Serialize};

use super::{DumpError, InitialObjects};
use crate::connect::{Session, SessionOn, quote_ident, quote_literal};
use crate::sql::set_clause;

/// The setting that marks a database that pum created for a rehearsal. It is not one of its
/// properties: copies, dumps and comparisons ignore it.
pub const DISPOSABLE: &str = "pum.disposable";

/// The setting by which a restored database says of which dump of a whole server it is a part, as
/// long as not all of that is restored. It is none of its properties either.
pub(super) const PART_OF: &str = "pum.restored_from";

/// Properties that a dump without `--create` loses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct DatabaseProperties {
    /// Character set encoding.
    pub encoding: String,
    /// `LC_COLLATE`
    pub collate: String,
    /// `LC_CTYPE`
    pub ctype: String,
    /// `libc`, `icu` or `builtin`.
    pub provider: String,
    /// The locale of providers other than `libc`.
    pub locale: Option<String>,
    /// `ICU_RULES`
    pub icu_rules: Option<String>,
    /// The role that owns it.
    pub owner: String,
    /// `CONNECTION LIMIT`; -1 means no limit.
    pub connection_limit: i32,
    /// `COMMENT ON DATABASE`
    pub comment: Option<String>,
    /// `ALTER DATABASE … SET`, each as `name=value`.
    pub settings: Vec<String>,
    /// `ALTER ROLE … IN DATABASE … SET`
    pub role_settings: Vec<RoleSetting>,
    /// Granted privileges; `None` if they are the defaults of a new database.
    pub grants: Option<Vec<Grant>>,
    /// The objects of `initdb` that it has, if known.
    pub initial: Option<InitialObjects>,
}

/// A setting for one role in one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RoleSetting {
    /// The role.
    pub role: String,
    /// `name=value`
    pub setting: String,
}

/// A privilege on a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Grant {
    /// The role; `None` means all roles.
    pub role: Option<String>,
    /// The privilege, such as `CONNECT`.
    pub privilege: String,
    /// Whether it includes the grant option.
    pub grantable: bool,
}

impl DatabaseProperties {
    /// Reads the properties of the session's database.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn read(session: &mut SessionOn<'_>) -> Result<Self, DumpError> {
        let failed = |err: postgres::Error| {
            DumpError::server("cannot read the database's properties".to_owned(), &err)
        };
        // Columns have come and gone with the providers of locales.
        let (provider, locale, rules) = match session.version().major() {
            ..15 => ("'c'", "NULL", "NULL"),
            15 => ("d.datlocprovider::text", "d.daticulocale", "NULL"),
            16 => ("d.datlocprovider::text", "d.daticulocale", "d.daticurules"),
            17.. => ("d.datlocprovider::text", "d.datlocale", "d.daticurules"),
        };
        let query = format!(
            "SELECT pg_catalog.pg_encoding_to_char(d.encoding)::text, d.datcollate::text, \
                    d.datctype::text, {provider}, {locale}::text, {rules}::text, \
                    pg_catalog.pg_get_userbyid(d.datdba)::text, d.datconnlimit, \
                    (SELECT s.description FROM pg_catalog.pg_shdescription s \
                     WHERE s.classoid = 'pg_catalog.pg_database'::regclass AND s.objoid = d.oid), \
                    ARRAY(SELECT c FROM pg_catalog.pg_db_role_setting s, \
                                 pg_catalog.unnest(s.setconfig) c \
                          WHERE s.setdatabase = d.oid AND s.setrole = 0 \
                            AND NOT pg_catalog.starts_with(c, '{DISPOSABLE}=') \
                            AND NOT pg_catalog.starts_with(c, '{PART_OF}=')), \
                    d.datacl IS NOT NULL, d.oid \
             FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"
        );
        let row = session.client().query_one(query.as_str(), &[]).map_err(failed)?;
        let oid: u32 = row.get(11);
        let rows = session.client().query(ROLE_SETTINGS, &[&oid]).map_err(failed)?;
        let role_settings =
            rows.iter().map(|row| RoleSetting { role: row.get(0), setting: row.get(1) }).collect();
        let grants = if row.get(10) {
            let rows = session.client().query(GRANTS, &[&oid]).map_err(failed)?;
            Some(rows.iter().map(Grant::from_row).collect())
        } else {
            None
        };
        let initial = Some(InitialObjects::read(session)?);
        let provider = match row.get(3) {
            "i" => "icu",
            "b" => "builtin",
            _ => "libc",
        };
        Ok(Self {
            encoding: row.get(0),
            collate: row.get(1),
            ctype: row.get(2),
            provider: provider.to_owned(),
            locale: row.get(4),
            icu_rules: row.get(5),
            owner: row.get(6),
            connection_limit: row.get(7),
            comment: row.get(8),
            settings: row.get(9),
            role_settings,
            grants,
            initial,
        })
    }

    /// Those of a new database that can take the text of one in `encoding`, where no database in
    /// UTF-8 can: the server converts nothing to or from `SQL_ASCII`. `None` for other encodings.
    pub(crate) fn of_unconverted(encoding: &str) -> Option<Self> {
        (encoding == "SQL_ASCII").then(|| Self {
            encoding: encoding.to_owned(),
            collate: "C".to_owned(),
            ctype: "C".to_owned(),
            provider: "libc".to_owned(),
            connection_limit: -1,
            ..Self::default()
        })
    }

    /// The roles that own it or have privileges on it.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let grants = self.grants.iter().flatten().filter_map(|grant| grant.role.as_deref());
        [self.owner.as_str()].into_iter().chain(grants)
    }

    /// What to say behind `CREATE DATABASE name TEMPLATE template0` on a server of this major
    /// version to have the same encoding and locale.
    pub(super) fn locale_clause(&self, major: u32) -> String {
        let mut clause = format!(
            " ENCODING {} LC_COLLATE {} LC_CTYPE {}",
            quote_literal(&self.encoding),
            quote_literal(&self.collate),
            quote_literal(&self.ctype)
        );
        if major < 15 {
            return clause;
        }
        clause += match (self.provider.as_str(), &self.locale) {
            ("icu", Some(locale)) => {
                format!(" LOCALE_PROVIDER icu ICU_LOCALE {}", quote_literal(locale))
            }
            ("builtin", Some(locale)) => {
                format!(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}", quote_literal(locale))
            }
            _ => " LOCALE_PROVIDER libc".to_owned(),
        }
        .as_str();
        if let Some(rules) = self.icu_rules.as_deref().filter(|_| major >= 16) {
            clause += &format!(" ICU_RULES {}", quote_literal(rules));
        }
        clause
    }
}

const ROLE_SETTINGS: &str = "SELECT pg_catalog.pg_get_userbyid(s.setrole)::text, c.setting \
     FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c (setting) \
     WHERE s.setdatabase = $1 AND s.setrole <> 0 ORDER BY 1, 2";

/// The owner's own are not listed: who owns the database has them.
const GRANTS: &str = "SELECT a.grantee = 0, \
            CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee)::text END, \
            a.privilege_type, a.is_grantable \
     FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a \
     WHERE d.oid = $1 AND a.grantee <> d.datdba ORDER BY 2, 3";

impl Grant {
    fn from_row(row: &Row) -> Self {
        let everybody: bool = row.get(0);
        Self {
            role: (!everybody).then(|| row.get(1)),
            privilege: row.get(2),
            grantable: row.get(3),
        }
    }
}

/// Which properties a restored database gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried<'a> {
    pub(super) properties: &'a DatabaseProperties,
    /// Also what names roles: grants, settings of roles.
    pub(super) with_roles: bool,
    /// The names of roles there, if different.
    pub(super) role_map: &'a BTreeMap<String, String>,
}

/// Gives a database on the session's server the properties of another, but for encoding, locale
/// and owner, which it got when it was made. Gives what could not be carried over, because its role
/// does not exist or the server does not know the setting.
pub(super) fn carry_over(
    server: &mut Session,
    name: &str,
    carried: Carried<'_>,
) -> Result<Vec<String>, DumpError> {
    let Carried { properties, with_roles, role_map } = carried;
    let role = |role: &str| role_map.get(role).map_or(role, String::as_str).to_owned();
    let database = quote_ident(name);
    let mut statements = Vec::new();
    for (name, value) in properties.settings.iter().filter_map(|setting| setting.split_once('=')) {
        statements.push(format!("ALTER DATABASE {database} {}", set_clause(name, value)));
    }
    if properties.connection_limit != -1 {
        let limit = properties.connection_limit;
        statements.push(format!("ALTER DATABASE {database} CONNECTION LIMIT {limit}"));
    }
    if let Some(comment) = &properties.comment {
        statements.push(format!("COMMENT ON DATABASE {database} IS {}", quote_literal(comment)));
    }
    if with_roles {
        for RoleSetting { role: of, setting } in &properties.role_settings {
            let Some((name, value)) = setting.split_once('=') else { continue };
            let (of, set) = (quote_ident(&role(of)), set_clause(name, value));
            statements.push(format!("ALTER ROLE {of} IN DATABASE {database} {set}"));
        }
        if let Some(grants) = &properties.grants {
            statements.push(format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"));
            statements.extend(grants.iter().map(|grant| {
                let to =
                    grant.role.as_ref().map_or("PUBLIC".to_owned(), |to| quote_ident(&role(to)));
                let option = if grant.grantable { " WITH GRANT OPTION" } else { "" };
                format!("GRANT {} ON DATABASE {database} TO {to}{option}", grant.privilege)
            }));
        }
    }
    let mut lost = Vec::new();
    for sql in statements {
        match server.client().batch_execute(&sql) {
            Ok(()) => {}
            // What the role or the server itself refuses is told; a lost connection is an error.
            Err(err) if err.as_db_error().is_some() => {
                let what = sql.replace(&database, "...");
                lost.push(format!("{what}: {}", crate::connect::describe(&err)));
            }
            Err(err) => {
                let action = format!("cannot carry over the settings of database \"{name}\"");
                return Err(DumpError::server(action, &err));
            }
        }
    }
    Ok(lost)
}
