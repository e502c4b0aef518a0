//! The meaning of a failed attempt, and what to do about it.

use super::error::{Attempt, FailureKind, describe_driver_error};
use super::settings::{Password, Settings};
use super::tls;

/// Where in an attempt the driver's error arose, which it only tells by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connect,
    Tls,
    Login,
    Answer,
    Other,
}

fn stage(error: &postgres::Error) -> Stage {
    if error.as_db_error().is_some() {
        return Stage::Answer;
    }
    match error.to_string().as_str() {
        "error connecting to server" => Stage::Connect,
        "error performing TLS handshake" => Stage::Tls,
        "authentication error" | "invalid configuration" => Stage::Login,
        _ => Stage::Other,
    }
}

/// The kind of failure that a driver's error is.
pub(super) fn kind(error: &postgres::Error) -> FailureKind {
    match stage(error) {
        Stage::Tls => FailureKind::Tls,
        Stage::Login => FailureKind::Authentication,
        Stage::Answer => match error.code().map_or("", |code| code.code()) {
            "3D000" => FailureKind::NoSuchDatabase,
            code if code.starts_with("28") => FailureKind::Authentication,
            code if code.starts_with("57P") || code == "53300" => FailureKind::NotNow,
            _ => FailureKind::Server,
        },
        Stage::Connect => FailureKind::Unreachable,
        Stage::Other => match describe_driver_error(error) {
            // In TLS 1.3, a server refuses a client's certificate only after the handshake.
            text if text.contains("received fatal alert") => FailureKind::Tls,
            text if text.contains("require_auth") => FailureKind::Authentication,
            _ => FailureKind::Unreachable,
        },
    }
}

/// Describes a failed attempt on `target`.
pub(super) fn attempt(
    error: &postgres::Error,
    target: String,
    settings: &Settings,
    password: &Password,
) -> Attempt {
    let sqlstate = error.code().map(|code| code.code().to_owned());
    let message = match error.as_db_error() {
        Some(answer) => answer.message().to_owned(),
        None => driver_message(error),
    };
    let kind = kind(error);
    let hint = hint(kind, sqlstate.as_deref(), &message, settings, password);
    Attempt { target, kind, message, sqlstate, hint }
}

fn driver_message(error: &postgres::Error) -> String {
    let text = describe_driver_error(error);
    if text.contains("password missing") {
        return "the server requires a password, and none was given".to_owned();
    }
    let plain = text
        .strip_prefix("error connecting to server: ")
        .or_else(|| text.strip_prefix("authentication error: "))
        .or_else(|| text.strip_prefix("error performing TLS handshake: "))
        .or_else(|| text.strip_prefix("error communicating with the server: "));
    plain.map_or_else(|| text.clone(), str::to_owned)
}

fn hint(
    kind: FailureKind,
    sqlstate: Option<&str>,
    message: &str,
    settings: &Settings,
    password: &Password,
) -> Option<String> {
    let text = match kind {
        FailureKind::Authentication if message.contains("channel binding") => {
            "channel_binding=require needs TLS and a SCRAM password".to_owned()
        }
        FailureKind::Authentication if !tls::BUILT_IN && message.ends_with("no encryption") => {
            "the server requires TLS, and this program was built without it: build it with the feature \
             \"tls\" of pum-core"
                .to_owned()
        }
        FailureKind::Authentication if sqlstate == Some("28000") => format!(
            "the server's pg_hba.conf, or the role's attributes, do not allow user \"{}\" to \
             connect to database \"{}\" this way",
            settings.user(),
            settings.database()
        ),
        FailureKind::Authentication if message.contains("require_auth") => return None,
        FailureKind::Authentication => password_hint(password),
        FailureKind::NoSuchDatabase => {
            format!("create database \"{}\", or name another with dbname", settings.database())
        }
        FailureKind::NotNow => "try again later".to_owned(),
        FailureKind::Unreachable => {
            "is the server running there, and does it accept connections on that port?".to_owned()
        }
        FailureKind::Tls => tls_hint(message)?,
        _ => return None,
    };
    Some(text)
}

fn password_hint(password: &Password) -> String {
    let mut text = match (&password.text, &password.origin) {
        (_, Some(origin)) => origin.clone(),
        (Some(_), None) => "the password was given with the connection".to_owned(),
        (None, None) => {
            "no password was given, and no password file has an entry for it".to_owned()
        }
    };
    text.push_str(match password.text {
        Some(_) => "; it may be wrong, or have expired (VALID UNTIL)",
        None => "; set PGPASSWORD or use a password file",
    });
    text
}

fn tls_hint(message: &str) -> Option<String> {
    let text = if message.contains("does not support TLS") {
        "sslmode requires TLS, and the server does not offer it (ssl = off)"
    } else if message.contains("UnknownIssuer") {
        "the server's certificate is not signed by an authority in sslrootcert"
    } else if message.contains("not valid for name") || message.contains("NotValidForName") {
        "sslmode=verify-full needs the host name as a subject alternative name in the server's \
         certificate"
    } else if is_limitation(message) {
        "psql may accept this certificate, which pum cannot verify: create an X.509 version 3 \
         certificate that is not a CA's, with a subject alternative name"
    } else if message.contains("received fatal alert") {
        "the server rejected the client certificate (sslcert), or requires one"
    } else {
        return None;
    };
    Some(text.to_owned())
}

/// Whether a handshake failed on something that OpenSSL may do and rustls does not. Going on
/// without TLS could then be weaker than what psql does.
pub(super) fn is_limitation(message: &str) -> bool {
    /// What OpenSSL does not accept either.
    const WRONG: [&str; 6] =
        ["UnknownIssuer", "xpired", "not valid", "NotValid", "Revoked", "evocation"];
    if message.contains("invalid peer certificate") {
        return !WRONG.iter().any(|part| message.contains(part));
    }
    message.contains("peer is incompatible") || message.contains("HandshakeFailure")
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;
    use rustls::{CertificateError, Error};

    #[test]
    fn what_rustls_cannot_is_told_from_what_is_wrong() {
        for error in [
            Error::InvalidCertificate(CertificateError::BadSignature),
            Error::InvalidCertificate(CertificateError::BadEncoding),
            Error::PeerIncompatible(rustls::PeerIncompatible::NoCipherSuitesInCommon),
            Error::AlertReceived(rustls::AlertDescription::HandshakeFailure),
        ] {
            assert!(is_limitation(&error.to_string()), "{error}");
        }
        for error in [
            Error::InvalidCertificate(CertificateError::UnknownIssuer),
            Error::InvalidCertificate(CertificateError::Expired),
            Error::InvalidCertificate(CertificateError::NotValidYet),
            Error::InvalidCertificate(CertificateError::NotValidForName),
            Error::InvalidCertificate(CertificateError::Revoked),
            Error::InvalidCertificate(CertificateError::UnknownRevocationStatus),
            Error::AlertReceived(rustls::AlertDescription::UnknownCA),
        ] {
            assert!(!is_limitation(&error.to_string()), "{error}");
        }
    }
}
