//! A connection's settings, resolved from all that libpq would look at.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::ConnectError;
use super::given;
use super::hosts::{self, Endpoint};
use super::keywords;
use super::options::ConnectionOptions;
use super::passfile::{self, Answer};
use super::secrets;

/// A resolved connection: where to, as whom, and how.
///
/// Neither `Debug` nor `Display` shows a password.
///
/// ```
/// use pum_core::connect::{Environment, Settings};
///
/// let settings =
///     Settings::resolve("postgres://ann:s3cret@db.example.org/parcels", &Environment::default())?;
/// assert_eq!(settings.database(), "parcels");
/// assert_eq!(settings.label(), "postgres://ann:***@db.example.org/parcels");
/// assert!(!format!("{settings:?} {settings}").contains("s3cret"));
/// # Ok::<(), pum_core::connect::ConnectError>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    label: String,
    /// The values given by a connection string, a service or the environment.
    given: BTreeMap<&'static str, String>,
    /// The effective values: the given ones, with libpq's defaults for the rest.
    effective: BTreeMap<&'static str, String>,
    /// Run-time parameters from the environment, set at the start of a session.
    startup: Vec<(&'static str, String)>,
    home: Option<PathBuf>,
    system_user: Option<String>,
    /// How the password came to be known, when it was looked up for an earlier session.
    password_origin: Option<String>,
    /// They only name a connection that the program opened, and borrowed.
    borrowed: bool,
    /// Why a plain name is that of a database: no service has it.
    no_service: Option<String>,
}

/// The password for one server, and where it is from.
#[derive(Clone, Default)]
pub(super) struct Password {
    pub(super) text: Option<String>,
    /// Where it was found, or why it was not; for messages.
    pub(super) origin: Option<String>,
}

impl Settings {
    /// Resolves a service name, the name of a database, a connection string (which holds a `=`) or a
    /// URI (which starts with `postgres://` or `postgresql://`). An empty text takes everything from
    /// the environment and libpq's defaults.
    ///
    /// As in libpq, a value that is given explicitly beats the service's, which beats the
    /// environment's, which beats the default.
    ///
    /// # Errors
    ///
    /// If the text is no connection string, URI or known service, a value is not valid, or a file
    /// that it names cannot be read.
    ///
    /// ```
    /// use pum_core::connect::{Environment, Settings};
    ///
    /// let settings = Settings::resolve("host=db user='ann o' dbname=a", &Environment::default())?;
    /// assert_eq!(settings.user(), "ann o");
    ///
    /// let error = Settings::resolve("host=db uesr=ann", &Environment::default()).unwrap_err();
    /// assert!(error.to_string().contains("did you mean \"user\"?"));
    /// # Ok::<(), pum_core::connect::ConnectError>(())
    /// ```
    pub fn resolve(text: &str, environment: &Environment) -> Result<Self, ConnectError> {
        let err = match Self::resolve_named(text, environment) {
            Err(err @ ConnectError::UnknownService { .. }) => err,
            other => return other,
        };
        let name = text.trim();
        if !name.chars().all(|c| c.is_alphanumeric() || "_-.$".contains(c)) {
            return Err(err);
        }
        // As every program of PostgreSQL takes it.
        let pairs = vec![("dbname".to_owned(), name.to_owned())];
        let Ok(mut found) = Self::of_pairs(name.to_owned(), &pairs, environment) else {
            return Err(err);
        };
        found.no_service = Some(err.to_string());
        Ok(found)
    }

    /// The same, but for the plain name of a database.
    pub(crate) fn resolve_named(
        text: &str,
        environment: &Environment,
    ) -> Result<Self, ConnectError> {
        let (label, pairs) = given::read_text(text)?;
        Self::of_pairs(label, &pairs, environment)
    }

    fn of_pairs(
        label: String,
        pairs: &[(String, String)],
        environment: &Environment,
    ) -> Result<Self, ConnectError> {
        Self {
            given: given::values(pairs, environment)?,
            startup: given::startup_parameters(environment),
            home: environment.home.clone(),
            system_user: environment.user.clone(),
            ..Self::named(label)
        }
        .finished()
    }

    /// Settings from explicit pairs of key word and value only, without any environment, file
    /// or service. An empty value counts as not given.
    ///
    /// # Errors
    ///
    /// If a keyword is unknown or a value is not valid.
    ///
    /// ```
    /// let settings = pum_core::connect::Settings::from_pairs(
    ///     "the scratch server",
    ///     [("host", "/tmp/scratch"), ("user", "postgres"), ("dbname", "a=b")],
    /// )?;
    /// assert_eq!(settings.database(), "a=b");
    /// # Ok::<(), pum_core::connect::ConnectError>(())
    /// ```
    pub fn from_pairs<'a>(
        label: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConnectError> {
        pairs.into_iter().try_fold(Self::named(label.to_owned()), Self::set)?.finished()
    }

    /// The names of a connection that the program opened.
    pub(super) fn of_borrowed(user: String, database: String) -> Self {
        let label = format!("the program's own connection to {database}");
        Self {
            effective: BTreeMap::from([("user", user), ("dbname", database)]),
            borrowed: true,
            ..Self::named(label)
        }
    }

    /// Without any value yet.
    fn named(label: String) -> Self {
        Self {
            label,
            given: BTreeMap::new(),
            effective: BTreeMap::new(),
            startup: Vec::new(),
            home: None,
            system_user: None,
            password_origin: None,
            borrowed: false,
            no_service: None,
        }
    }

    /// Refuses settings that lead nowhere: those of a connection that was borrowed.
    pub(super) fn expect_openable(&self) -> Result<(), ConnectError> {
        if self.borrowed {
            let what = "it cannot be reopened, nor used by PostgreSQL's programs";
            return Err(ConnectError::Borrowed {
                label: self.label.clone(),
                reason: what.to_owned(),
            });
        }
        Ok(())
    }

    /// The text that the user gave, with passwords replaced by `***`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The same settings under another name, for what was derived from them.
    #[must_use]
    pub(crate) fn labelled(self, label: &str) -> Self {
        Self { label: label.to_owned(), ..self }
    }

    /// The value that counts for a key word: a given one, or libpq's default for `user`,
    /// `dbname`, `host`, `port` and `sslmode`.
    ///
    /// The password is only known here when it was given, or used by a session that these
    /// settings are from; a password file is read when a session is opened.
    pub fn get(&self, keyword: &str) -> Option<&str> {
        self.effective.get(keyword).map(String::as_str)
    }

    /// Why the name that was given is taken for that of a database, if it is.
    pub(super) fn no_service(&self) -> Option<&str> {
        self.no_service.as_deref()
    }

    /// The name of the database.
    pub fn database(&self) -> &str {
        self.get("dbname").unwrap_or_default()
    }

    /// The name of the database user.
    pub fn user(&self) -> &str {
        self.get("user").unwrap_or_default()
    }

    /// The same settings with another value for one key word; an empty value takes it away.
    ///
    /// # Errors
    ///
    /// If the keyword is unknown or the value is not valid.
    ///
    /// ```
    /// # use pum_core::connect::{Environment, Settings};
    /// let settings = Settings::resolve("host=db user=ann", &Environment::default())?;
    /// assert_eq!(settings.with("dbname", "postgres")?.database(), "postgres");
    /// # Ok::<(), pum_core::connect::ConnectError>(())
    /// ```
    pub fn with(&self, keyword: &str, value: &str) -> Result<Self, ConnectError> {
        self.clone().set((keyword, value))?.finished()
    }

    fn set(mut self, (keyword, value): (&str, &str)) -> Result<Self, ConnectError> {
        let (keyword, value) = keywords::translated(keyword, value);
        let known = keywords::find(keyword)
            .ok_or_else(|| ConnectError::unknown_keyword(keyword, "the program's own settings"))?;
        if value.is_empty() {
            self.given.remove(known.name);
        } else {
            self.given.insert(known.name, value.to_owned());
        }
        Ok(self)
    }

    /// Fills in the defaults and checks all values.
    fn finished(mut self) -> Result<Self, ConnectError> {
        let mut effective = self.given.clone();
        // For these, libpq takes an empty value as none.
        for keyword in ["user", "dbname", "host", "hostaddr", "port", "password", "passfile"] {
            if effective.get(keyword).is_some_and(String::is_empty) {
                effective.remove(keyword);
            }
        }
        if !effective.contains_key("user") {
            let user = self.system_user.clone().filter(|user| !user.is_empty());
            let user = user.ok_or_else(|| ConnectError::NoUser { label: self.label.clone() })?;
            effective.insert("user", user);
        }
        if !effective.contains_key("dbname") {
            effective.insert("dbname", effective["user"].clone());
        }
        effective.entry("port").or_insert_with(|| hosts::DEFAULT_PORT.to_string());
        if !effective.contains_key("sslmode") {
            let system = effective.get("sslrootcert").is_some_and(|file| file == "system");
            effective.insert("sslmode", if system { "verify-full" } else { "prefer" }.to_owned());
        }
        for (keyword, value) in &effective {
            if let Some(word) = secrets::after_semicolon(keyword, value) {
                return Err(ConnectError::invalid(
                    keyword,
                    format!(
                        "\"{word}=\" follows a semicolon, which is not a separator here: put \
                         spaces between settings, each written as keyword=value"
                    ),
                ));
            }
        }
        ConnectionOptions::read(&effective)?;
        self.effective = effective;
        let endpoints = self.endpoints()?;
        if !self.effective.contains_key("host") && !self.effective.contains_key("hostaddr") {
            let host = endpoints.into_iter().next().and_then(|endpoint| endpoint.host);
            self.effective.extend(host.map(|host| ("host", host)));
        }
        let sockets =
            self.endpoints()?.iter().any(|endpoint| endpoint.socket_directory().is_some());
        let watched = ConnectionOptions::read(&self.effective)?.login;
        if sockets
            && watched.is_some_and(|rules| !rules.are_always_met() && !rules.forbid_password())
        {
            return Err(ConnectError::refused(
                "require_auth",
                "pum cannot observe authentication over a Unix socket; connect over TCP, or remove the setting",
            ));
        }
        if self.get("requirepeer").is_some_and(|user| !user.is_empty()) && sockets {
            return Err(ConnectError::refused(
                "requirepeer",
                "pum cannot determine which user runs the server behind a Unix socket",
            ));
        }
        Ok(self)
    }

    pub(super) fn options(&self) -> Result<ConnectionOptions, ConnectError> {
        ConnectionOptions::read(&self.effective)
    }

    pub(super) fn endpoints(&self) -> Result<Vec<Endpoint>, ConnectError> {
        let text = |keyword| self.get(keyword).unwrap_or_default();
        hosts::endpoints(text("host"), text("hostaddr"), text("port"))
    }

    /// A given value that is not empty.
    pub(super) fn given(&self, keyword: &str) -> Option<&str> {
        self.given.get(keyword).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All given values that are not empty.
    pub(super) fn all_given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pairs = self.given.iter().map(|(keyword, value)| (*keyword, value.as_str()));
        pairs.filter(|(_, value)| !value.is_empty())
    }

    pub(super) fn startup(&self) -> &[(&'static str, String)] {
        &self.startup
    }

    /// A file in `~/.postgresql`, if there is a home directory and such a file.
    pub(super) fn default_tls_file(&self, name: &str) -> Option<PathBuf> {
        let path = self.home.as_ref()?.join(".postgresql").join(name);
        path.exists().then_some(path)
    }

    /// Where a file in `~/.postgresql` is or would be, for messages.
    pub(super) fn default_tls_place(&self, name: &str) -> String {
        self.home
            .as_deref()
            .unwrap_or(Path::new("~"))
            .join(".postgresql")
            .join(name)
            .display()
            .to_string()
    }

    /// The password for a server: the given one, else the password file's.
    pub(super) fn password_for(&self, endpoint: &Endpoint) -> Password {
        if let Some(password) = self.get("password") {
            return Password {
                text: Some(password.to_owned()),
                origin: self.password_origin.clone(),
            };
        }
        let path = match (self.get("passfile"), &self.home) {
            (Some(path), _) => PathBuf::from(path),
            (None, Some(home)) => home.join(".pgpass"),
            (None, None) => return Password::default(),
        };
        let names = endpoint.password_names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let port = endpoint.port.to_string();
        match passfile::look_up(&path, &names, &port, self.database(), self.user()) {
            Answer::Password { password, line } => Password {
                text: Some(password),
                origin: Some(format!("the password came from \"{}\", line {line}", path.display())),
            },
            Answer::Ignored(reason) => Password { text: None, origin: Some(reason) },
            Answer::Nothing => Password::default(),
        }
    }

    /// The settings for the one server, address and password that a session really uses.
    pub(super) fn narrowed(
        &self,
        endpoint: &Endpoint,
        password: &Password,
    ) -> Result<Self, ConnectError> {
        let mut settings = self.clone();
        for keyword in
            ["service", "servicefile", "host", "hostaddr", "passfile", "load_balance_hosts"]
        {
            settings.given.remove(keyword);
        }
        settings.given.extend(endpoint.host.clone().map(|host| ("host", host)));
        settings.given.extend(endpoint.address.map(|address| ("hostaddr", address.to_string())));
        settings.given.insert("port", endpoint.port.to_string());
        if let Some(password) = &password.text {
            settings.given.insert("password", password.clone());
        }
        settings.password_origin.clone_from(&password.origin);
        // A missing password file must stay missing for every user of these settings.
        if password.text.is_none() {
            settings.given.extend(self.given("passfile").map(|file| ("passfile", file.to_owned())));
        }
        settings.finished()
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: BTreeMap<&str, &str> = self
            .effective
            .iter()
            .map(|(keyword, value)| (*keyword, secrets::shown(keyword, value)))
            .collect();
        f.debug_struct("Settings")
            .field("label", &self.label)
            .field("values", &shown)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Environment { variables: variables.collect(), home: None, user: Some("me".to_owned()) }
    }

    fn resolve(text: &str, variables: &[(&str, &str)]) -> Settings {
        Settings::resolve(text, &environment(variables)).unwrap()
    }

    #[cfg(feature = "tls")]
    #[test]
    fn defaults() {
        let settings = resolve("", &[]);
        assert_eq!((settings.user(), settings.database()), ("me", "me"));
        assert_eq!((settings.get("port"), settings.get("sslmode")), (Some("5432"), Some("prefer")));
        assert!(settings.get("host").unwrap().starts_with('/'));
        assert_eq!(resolve("user=ann", &[]).database(), "ann");
        assert_eq!(resolve("sslrootcert=system", &[]).get("sslmode"), Some("verify-full"));
        assert!(matches!(
            Settings::resolve("host=db", &Environment::default()),
            Err(ConnectError::NoUser { .. })
        ));
    }

    #[cfg(feature = "tls")]
    #[test]
    fn explicit_values_beat_the_environment() {
        let variables =
            [("PGHOST", "env"), ("PGUSER", "env"), ("PGREQUIRESSL", "1"), ("PGTZ", "default")];
        let settings = resolve("host=text", &variables);
        assert_eq!((settings.get("host"), settings.user()), (Some("text"), "env"));
        assert_eq!(settings.get("sslmode"), Some("require"));
        assert!(settings.startup().is_empty());
        let stronger = [("PGREQUIRESSL", "1"), ("PGSSLMODE", "verify-full")];
        assert_eq!(resolve("", &stronger).get("sslmode"), Some("verify-full"));
        assert_eq!(resolve("requiressl=1", &stronger).get("sslmode"), Some("require"));
        assert_eq!(resolve("user=", &variables).user(), "me", "an empty value hides the variable");
    }

    #[test]
    fn other_values_by_with() {
        let settings = resolve("host=a,b port=1,2 dbname=x user=u", &[]);
        assert_eq!(settings.with("dbname", "host=y").unwrap().database(), "host=y");
        assert_eq!(settings.with("dbname", "").unwrap().database(), "u");
        assert!(settings.with("databse", "x").is_err() && settings.with("port", "1,2,3").is_err());
    }

    #[test]
    fn a_service_needs_no_prefix_and_keeps_its_name() {
        let absent = environment(&[("PGSYSCONFDIR", "/absent")]);
        let settings = Settings::resolve(" qwat ", &absent).unwrap();
        assert_eq!((settings.database(), settings.label()), ("qwat", "qwat"), "no service has it");
        let by_name = Settings::resolve_named(" qwat ", &absent).unwrap_err().to_string();
        for message in [settings.no_service().unwrap_or_default(), &by_name] {
            assert!(message.contains("unknown service \"qwat\""), "{message}");
            assert!(message.contains("/absent/pg_service.conf"), "{message}");
        }
    }

    #[test]
    fn what_only_a_socket_could_not_honour() {
        for value in ["requirepeer=postgres", "require_auth=md5"] {
            assert!(
                Settings::resolve(&format!("host=/s user=u {value}"), &environment(&[])).is_err()
            );
            assert!(
                Settings::resolve(&format!("host=h user=u {value}"), &environment(&[])).is_ok()
            );
        }
    }

    #[test]
    fn narrowed_to_one_server_and_its_password() {
        let settings = resolve("host=a,b port=1,2 load_balance_hosts=random", &[]);
        let endpoint = Endpoint {
            address: Some([127, 0, 0, 1].into()),
            ..settings.endpoints().unwrap()[1].clone()
        };
        let password = Password { text: Some("hush".to_owned()), origin: None };
        let narrowed = settings.narrowed(&endpoint, &password).unwrap();
        assert_eq!(narrowed.endpoints().unwrap(), [endpoint]);
        assert_eq!(narrowed.get("password"), Some("hush"));
        assert!(!format!("{narrowed:?} {narrowed}").contains("hush"));
    }
}
