//! The settings that are not names: read once, so that a bad value is an error at once.

use std::collections::BTreeMap;
use std::time::Duration;

use super::auth::AuthRules;
use super::error::ConnectError;
use super::secrets;

/// libpq's `sslmode`, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// libpq's `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}

/// libpq's `sslcertmode`: whether to send a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CertificateMode {
    Disable,
    Allow,
    Require,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TlsVersion {
    Tls1_0,
    Tls1_1,
    Tls1_2,
    Tls1_3,
}

/// All settings with a fixed set of values, and numbers.
#[allow(clippy::struct_excessive_bools)] // They are libpq's switches.
#[derive(Debug, Clone)]
pub(super) struct ConnectionOptions {
    pub(super) ssl_mode: SslMode,
    pub(super) ssl_direct: bool,
    pub(super) ssl_sni: bool,
    pub(super) ssl_certificate: CertificateMode,
    pub(super) ssl_min: TlsVersion,
    pub(super) ssl_max: Option<TlsVersion>,
    pub(super) channel_binding: ChannelBinding,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) keepalives: bool,
    pub(super) keepalives_idle: Option<Duration>,
    pub(super) keepalives_interval: Option<Duration>,
    pub(super) keepalives_count: Option<u32>,
    pub(super) tcp_user_timeout: Option<Duration>,
    pub(super) login: Option<AuthRules>,
    pub(super) target: Target,
    pub(super) random_order: bool,
}

type Values = BTreeMap<&'static str, String>;

impl ConnectionOptions {
    /// Reads all values, and refuses those that pum cannot honour.
    pub(super) fn read(values: &Values) -> Result<Self, ConnectError> {
        refuse_unsupported(values)?;
        let options = Self {
            ssl_mode: ssl_mode(values)?,
            ssl_direct: choice(
                values,
                "sslnegotiation",
                false,
                &[("postgres", false), ("direct", true)],
            )?,
            // libpq looks at the first character only.
            ssl_sni: values.get("sslsni").is_none_or(|value| value.starts_with('1')),
            ssl_certificate: choice(
                values,
                "sslcertmode",
                CertificateMode::Allow,
                &[
                    ("disable", CertificateMode::Disable),
                    ("allow", CertificateMode::Allow),
                    ("require", CertificateMode::Require),
                ],
            )?,
            ssl_min: tls_version(values, "ssl_min_protocol_version")?.unwrap_or(TlsVersion::Tls1_2),
            ssl_max: tls_version(values, "ssl_max_protocol_version")?,
            channel_binding: choice(
                values,
                "channel_binding",
                ChannelBinding::Prefer,
                &[
                    ("disable", ChannelBinding::Disable),
                    ("prefer", ChannelBinding::Prefer),
                    ("require", ChannelBinding::Require),
                ],
            )?,
            connect_timeout: positive(values, "connect_timeout")?
                .map(|seconds| Duration::from_secs(u64::from(seconds.max(2)))),
            keepalives: number(values, "keepalives")?.is_none_or(|value| value != 0),
            keepalives_idle: seconds(values, "keepalives_idle")?,
            keepalives_interval: seconds(values, "keepalives_interval")?,
            keepalives_count: positive(values, "keepalives_count")?,
            tcp_user_timeout: positive(values, "tcp_user_timeout")?
                .map(|milliseconds| Duration::from_millis(u64::from(milliseconds))),
            login: match values.get("require_auth").map_or("", String::as_str) {
                "" => None,
                text => Some(AuthRules::read(text)?),
            },
            target: choice(
                values,
                "target_session_attrs",
                Target::Any,
                &[
                    ("any", Target::Any),
                    ("read-write", Target::ReadWrite),
                    ("read-only", Target::ReadOnly),
                    ("primary", Target::Primary),
                    ("standby", Target::Standby),
                    ("prefer-standby", Target::PreferStandby),
                ],
            )?,
            random_order: choice(
                values,
                "load_balance_hosts",
                false,
                &[("disable", false), ("random", true)],
            )?,
        };
        options.check_tls(values)?;
        Ok(options)
    }

    fn check_tls(&self, values: &Values) -> Result<(), ConnectError> {
        if !cfg!(feature = "tls") {
            self.demand_no_tls()?;
        }
        if self.ssl_direct && self.ssl_mode < SslMode::Require {
            return Err(ConnectError::invalid(
                "sslnegotiation",
                "\"direct\" needs sslmode \"require\", \"verify-ca\" or \"verify-full\"",
            ));
        }
        let system = values.get("sslrootcert").is_some_and(|file| file == "system");
        if system && self.ssl_mode != SslMode::VerifyFull {
            return Err(ConnectError::invalid(
                "sslmode",
                "sslrootcert=system needs sslmode=verify-full, because anyone can get a \
                 certificate from a public authority",
            ));
        }
        let Some(max) = self.ssl_max else { return Ok(()) };
        if max < TlsVersion::Tls1_2 {
            return Err(ConnectError::refused(
                "ssl_max_protocol_version",
                "pum supports only TLS 1.2 and 1.3",
            ));
        }
        if max < self.ssl_min {
            return Err(ConnectError::invalid(
                "ssl_max_protocol_version",
                "it is below ssl_min_protocol_version",
            ));
        }
        Ok(())
    }

    /// In a build without TLS: what demands it is refused, and what only would like it goes
    /// without, as in a libpq that was built so.
    fn demand_no_tls(&self) -> Result<(), ConnectError> {
        let demands = [
            ("sslmode", self.ssl_mode >= SslMode::Require),
            ("sslcertmode", self.ssl_certificate == CertificateMode::Require),
            ("channel_binding", self.channel_binding == ChannelBinding::Require),
        ];
        match demands.into_iter().find(|(_, demanded)| *demanded) {
            Some((keyword, _)) => Err(ConnectError::refused(
                keyword,
                "it requires TLS, and this program was built without it: build it with the feature \
                 \"tls\" of pum-core",
            )),
            None => Ok(()),
        }
    }
}

fn refuse_unsupported(values: &Values) -> Result<(), ConnectError> {
    let text = |keyword: &str| values.get(keyword).map_or("", String::as_str);
    for keyword in ["sslkeylogfile", "scram_client_key", "scram_server_key"] {
        if !text(keyword).is_empty() {
            return Err(ConnectError::refused(keyword, "remove it"));
        }
    }
    for keyword in ["oauth_issuer", "oauth_client_id", "oauth_client_secret", "oauth_scope"] {
        if !text(keyword).is_empty() {
            return Err(ConnectError::refused(
                keyword,
                "pum does not support OAuth; use a password or a certificate",
            ));
        }
    }
    if choice(
        values,
        "gssencmode",
        false,
        &[("disable", false), ("prefer", false), ("require", true)],
    )? {
        return Err(ConnectError::refused(
            "gssencmode",
            "pum does not support GSSAPI encryption; use TLS (sslmode=verify-full)",
        ));
    }
    if !matches!(
        text("replication").to_ascii_lowercase().as_str(),
        "" | "false" | "off" | "no" | "0"
    ) {
        return Err(ConnectError::refused("replication", "pum needs an ordinary connection"));
    }
    if !matches!(text("min_protocol_version"), "" | "3.0") {
        return Err(ConnectError::refused(
            "min_protocol_version",
            "pum supports only protocol version 3.0",
        ));
    }
    Ok(())
}

fn ssl_mode(values: &Values) -> Result<SslMode, ConnectError> {
    let system = values.get("sslrootcert").is_some_and(|file| file == "system");
    let default = if system { SslMode::VerifyFull } else { SslMode::Prefer };
    choice(
        values,
        "sslmode",
        default,
        &[
            ("disable", SslMode::Disable),
            ("allow", SslMode::Allow),
            ("prefer", SslMode::Prefer),
            ("require", SslMode::Require),
            ("verify-ca", SslMode::VerifyCa),
            ("verify-full", SslMode::VerifyFull),
        ],
    )
}

fn choice<T: Copy>(
    values: &Values,
    keyword: &str,
    default: T,
    choices: &[(&str, T)],
) -> Result<T, ConnectError> {
    let Some(value) = values.get(keyword) else { return Ok(default) };
    if let Some((_, meaning)) = choices.iter().find(|(word, _)| word == value) {
        return Ok(*meaning);
    }
    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
    let value = named(value);
    Err(ConnectError::invalid(keyword, format!("{value} is not one of {}", words.join(", "))))
}

/// A wrong value, if it cannot be a piece of something else, such as a badly written password.
fn named(value: &str) -> String {
    if secrets::is_word(value) { format!("\"{value}\"") } else { "it".to_owned() }
}

fn tls_version(values: &Values, keyword: &str) -> Result<Option<TlsVersion>, ConnectError> {
    match values.get(keyword).map(|value| value.to_ascii_lowercase()).as_deref() {
        None | Some("") => Ok(None),
        Some("tlsv1") => Ok(Some(TlsVersion::Tls1_0)),
        Some("tlsv1.1") => Ok(Some(TlsVersion::Tls1_1)),
        Some("tlsv1.2") => Ok(Some(TlsVersion::Tls1_2)),
        Some("tlsv1.3") => Ok(Some(TlsVersion::Tls1_3)),
        Some(_) => {
            Err(ConnectError::invalid(keyword, "it is not one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"))
        }
    }
}

fn number(values: &Values, keyword: &str) -> Result<Option<i32>, ConnectError> {
    values
        .get(keyword)
        .map(|value| {
            value.trim().parse().map_err(|_| {
                ConnectError::invalid(keyword, format!("{} is not an integer", named(value)))
            })
        })
        .transpose()
}

/// A number that means "not set" when it is zero or less.
fn positive(values: &Values, keyword: &str) -> Result<Option<u32>, ConnectError> {
    Ok(number(values, keyword)?
        .and_then(|value| u32::try_from(value).ok())
        .filter(|value| *value > 0))
}

fn seconds(values: &Values, keyword: &str) -> Result<Option<Duration>, ConnectError> {
    Ok(positive(values, keyword)?.map(|seconds| Duration::from_secs(u64::from(seconds))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&'static str, &str)]) -> Result<ConnectionOptions, ConnectError> {
        ConnectionOptions::read(
            &values.iter().map(|(keyword, value)| (*keyword, (*value).to_owned())).collect(),
        )
    }

    #[cfg(feature = "tls")]
    #[test]
    fn defaults_are_those_of_libpq() {
        let options = read(&[]).unwrap();
        assert_eq!(options.ssl_mode, SslMode::Prefer);
        assert_eq!(options.ssl_min, TlsVersion::Tls1_2);
        assert_eq!(options.target, Target::Any);
        assert!(options.keepalives && options.ssl_sni && options.connect_timeout.is_none());
        assert_eq!(read(&[("sslrootcert", "system")]).unwrap().ssl_mode, SslMode::VerifyFull);
    }

    #[test]
    fn numbers() {
        let timeout =
            |value| read(&[("connect_timeout", value)]).map(|options| options.connect_timeout);
        assert_eq!(timeout("1").unwrap(), Some(Duration::from_secs(2)));
        assert_eq!(timeout(" 9 ").unwrap(), Some(Duration::from_secs(9)));
        assert_eq!(timeout("0").unwrap(), None);
        assert_eq!(timeout("-1").unwrap(), None);
        assert!(timeout("").is_err() && timeout("1x").is_err() && timeout("99999999999").is_err());
        assert!(!read(&[("keepalives", "0")]).unwrap().keepalives);
        let options = read(&[("tcp_user_timeout", "250")]).unwrap();
        assert_eq!(options.tcp_user_timeout, Some(Duration::from_millis(250)));
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_build_without_tls_never_does_with_less() {
        for (keyword, value) in [
            ("sslmode", "require"),
            ("sslmode", "verify-ca"),
            ("sslmode", "verify-full"),
            ("sslrootcert", "system"),
            ("sslcertmode", "require"),
            ("channel_binding", "require"),
        ] {
            let message = read(&[(keyword, value)]).unwrap_err().to_string();
            assert!(message.contains("the feature \"tls\" of pum-core"), "{keyword}: {message}");
        }
        for mode in ["disable", "allow", "prefer"] {
            assert!(read(&[("sslmode", mode)]).is_ok(), "{mode}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn unknown_and_weak_values_are_errors() {
        for (values, part) in [
            (&[("sslmode", "verify_full")][..], "\"verify_full\" is not one of disable"),
            (&[("sslmode", "")], "is not one of"),
            (&[("sslmode", "require"), ("sslrootcert", "system")], "needs sslmode=verify-full"),
            (&[("sslnegotiation", "direct")], "needs sslmode"),
            (&[("ssl_max_protocol_version", "TLSv1.1")], "only TLS 1.2 and 1.3"),
            (
                &[("ssl_min_protocol_version", "TLSv1.3"), ("ssl_max_protocol_version", "tlsv1.2")],
                "below",
            ),
            (&[("ssl_min_protocol_version", "3")], "not one of TLSv1"),
            (&[("target_session_attrs", "rw")], "is not one of any"),
            (&[("gssencmode", "require")], "GSSAPI"),
            (&[("replication", "database")], "ordinary"),
            (&[("require_auth", "md5,!gss")], "cannot be mixed"),
            (&[("oauth_issuer", "https://x")], "OAuth"),
            (&[("min_protocol_version", "3.2")], "3.0"),
        ] {
            let message = read(values).unwrap_err().to_string();
            assert!(message.contains(part), "{values:?}: {message}");
        }
        assert!(read(&[("replication", "off"), ("gssencmode", "prefer")]).is_ok());
    }
}
