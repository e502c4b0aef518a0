//! Connection URIs, read exactly as libpq does:
//! `postgresql://[user[:password]@][host][:port][,...][/dbname][?keyword=value&...]`.

use std::borrow::Cow;

use super::error::ConnectError;
use super::hosts::NO_PORT;
use super::keywords;
use super::secrets::{self, HIDDEN, hide, is_shown};

const SCHEMES: [&str; 2] = ["postgresql://", "postgres://"];

/// The text after the scheme, when this is a connection URI.
fn rest(text: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme))
}

/// Whether libpq would take the text for a URI.
pub(super) fn is_uri(text: &str) -> bool {
    rest(text).is_some()
}

/// Reads a URI into pairs of key word and value. No message shows a part of the URI that may
/// belong to a password.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, ConnectError> {
    let mut pairs = Vec::new();
    let text = rest(text).unwrap_or(text);
    let (credentials, mut text) = match text.find(['@', '/']) {
        Some(at) if text.as_bytes()[at] == b'@' => (Some(&text[..at]), &text[at + 1..]),
        _ => (None, text),
    };
    if let Some(credentials) = credentials {
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        store_decoded(&mut pairs, "user", user)?;
        store_decoded(&mut pairs, "password", password)?;
    }

    let (mut hosts, mut ports) = (String::new(), String::new());
    loop {
        let host;
        (host, text) = read_host(text)?;
        hosts.push_str(host);
        if let Some(after) = text.strip_prefix(':') {
            let end = after.find(['/', '?', ',']).unwrap_or(after.len());
            ports.push_str(&after[..end]);
            text = &after[end..];
        }
        let Some(after) = text.strip_prefix(',') else { break };
        text = after;
        hosts.push(',');
        ports.push(',');
    }
    if hosts.contains('@') {
        return Err(ConnectError::syntax(
            "the URI has an \"@\" inside its host (write \"@\" in a user name or password as %40)",
        ));
    }
    // What follows may be half a password then, which no message may repeat.
    if !ports.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '%' | '-' | ' ')) {
        return Err(ConnectError::invalid("port", NO_PORT));
    }
    store_decoded(&mut pairs, "host", &hosts)?;
    store_decoded(&mut pairs, "port", &ports)?;

    if let Some(after) = text.strip_prefix('/') {
        let end = after.find('?').unwrap_or(after.len());
        // Libpq would take it for a name, and the server would repeat half a password.
        if after[..end].contains('@') && !(ports.is_empty() && credentials.is_none()) {
            return Err(ConnectError::syntax(
                "the URI has an \"@\" in the name of its database (write \"@\" as %40 there; in a \
                 password write \"@\" as %40 and \"/\" as %2F)",
            ));
        }
        store_decoded(&mut pairs, "dbname", &after[..end])?;
        text = &after[end..];
    }
    if let Some(parameters) = text.strip_prefix('?') {
        read_parameters(&mut pairs, parameters)?;
    }
    Ok(pairs)
}

/// A host and the text after it; brackets around an IPv6 address are taken off.
fn read_host(text: &str) -> Result<(&str, &str), ConnectError> {
    let Some(inside) = text.strip_prefix('[') else {
        return Ok(text.split_at(text.find([':', '/', '?', ',']).unwrap_or(text.len())));
    };
    let Some((address, after)) = inside.split_once(']') else {
        return Err(ConnectError::syntax("the IPv6 address in the URI has no closing \"]\""));
    };
    if address.is_empty() {
        return Err(ConnectError::syntax("the IPv6 address in the URI is empty"));
    }
    if !(after.is_empty() || after.starts_with([':', '/', '?', ','])) {
        return Err(ConnectError::syntax(
            "the IPv6 address in the URI is followed by something else than \":\", \",\", \"/\" or \
             \"?\"",
        ));
    }
    Ok((address, after))
}

fn read_parameters(
    pairs: &mut Vec<(String, String)>,
    parameters: &str,
) -> Result<(), ConnectError> {
    // As in libpq, one "&" at the very end separates nothing.
    let parameters = parameters.strip_suffix('&').unwrap_or(parameters);
    if parameters.is_empty() {
        return Ok(());
    }
    for (position, parameter) in parameters.split('&').enumerate() {
        let place = position + 1;
        let Some((keyword, value)) = parameter.split_once('=') else {
            return Err(ConnectError::syntax(format!(
                "the URI's query parameter number {place} has no \"=\" between keyword and value"
            )));
        };
        if value.contains('=') {
            return Err(ConnectError::syntax(format!(
                "the URI's query parameter number {place} has more than one \"=\" (write \"=\" in \
                 a value as %3D)"
            )));
        }
        let keyword = decoded("a query parameter's keyword", keyword)?;
        // An unknown one may be a piece of a password.
        let is_known = keywords::find(&keyword).is_some();
        let what = if is_known { &*keyword } else { "a query parameter" };
        let value = decoded(what, value)?;
        let (keyword, value) = if keyword == "ssl" && value == "true" {
            ("sslmode".into(), "require".into())
        } else {
            (keyword, value)
        };
        if keyword != "requiressl" && keywords::find(&keyword).is_none() {
            // It may be half a password that was not percent-encoded.
            let after_secret = pairs.iter().any(|(earlier, _)| keywords::is_secret(earlier));
            if after_secret || parameters.contains('@') || !secrets::is_word(&keyword) {
                return Err(ConnectError::syntax(format!(
                    "the keyword of the URI's query parameter number {place} is unknown (write \
                     \"&\" in a value as %26, \"?\" as %3F)"
                )));
            }
            return Err(ConnectError::unknown_keyword(&keyword, "the URI"));
        }
        pairs.push((keyword.into_owned(), value.into_owned()));
    }
    Ok(())
}

/// Stores a part of the URI unless it is empty: an empty part leaves the default alone.
fn store_decoded(
    pairs: &mut Vec<(String, String)>,
    keyword: &str,
    value: &str,
) -> Result<(), ConnectError> {
    if !value.is_empty() {
        pairs.push((keyword.to_owned(), decoded(keyword, value)?.into_owned()));
    }
    Ok(())
}

fn decoded<'a>(what: &str, text: &'a str) -> Result<Cow<'a, str>, ConnectError> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('%') {
        match bytes.get(at + 1..at + 3) {
            Some(b"00") => {
                return Err(ConnectError::syntax(format!("{what} in the URI holds %00")));
            }
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {}
            _ => {
                return Err(ConnectError::syntax(format!(
                    "{what} in the URI has a \"%\" without two hexadecimal digits after it (write \
                     \"%\" as %25)"
                )));
            }
        }
    }
    percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| {
        ConnectError::syntax(format!("{what} in the URI is not UTF-8 when percent-decoded"))
    })
}

/// The URI with its password, and secret parameters, replaced by `***`.
///
/// A password that was not percent-encoded may reach further than libpq reads it, so everything
/// from the first colon to the last `@` goes; and all of a URI that libpq would refuse.
pub(super) fn redacted(text: &str) -> String {
    let Some(rest) = rest(text) else { return HIDDEN.to_owned() };
    let scheme = &text[..text.len() - rest.len()];
    let has_numeric_ports = |pairs: &[(String, String)]| {
        let mut ports = pairs.iter().filter(|(keyword, _)| keyword == "port");
        ports.all(|(_, ports)| ports.chars().all(|c| c.is_ascii_digit() || c == ','))
    };
    if !parse(text).is_ok_and(|pairs| has_numeric_ports(&pairs)) {
        return format!("{scheme}{HIDDEN}");
    }
    let mut secret = Vec::new();
    let credentials = match rest.find(['@', '/']) {
        Some(at) if rest.as_bytes()[at] == b'@' => at,
        _ => 0,
    };
    if let (Some(colon), Some(at)) = (rest.find(':'), rest.rfind('@'))
        && colon < at
    {
        secret.push(colon + 1..at);
    }
    if let Some(mark) = rest[credentials..].find('?') {
        let mut at = credentials + mark + 1;
        for parameter in rest[at..].split('&') {
            let end = at + parameter.len();
            if let Some((keyword, value)) = parameter.split_once('=')
                && !shows(keyword, value)
            {
                secret.push(end - value.len()..end);
            }
            at = end + 1;
        }
    }
    format!("{scheme}{}", hide(rest, secret))
}

/// Whether a parameter may be shown.
fn shows(keyword: &str, value: &str) -> bool {
    let is_old_ssl = keyword == "ssl";
    match (decoded("", keyword), decoded("", value)) {
        (Ok(keyword), Ok(value)) => is_old_ssl || is_shown(&keyword, &value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let pairs = parse(text).unwrap();
        let pairs: Vec<_> =
            pairs.iter().map(|(keyword, value)| format!("{keyword}={value}")).collect();
        pairs.join(" ")
    }

    #[test]
    fn all_parts_and_none() {
        assert_eq!(
            read(
                "postgresql://ann:pw@db.example.org:5433/parcels?sslmode=require&options=-cgeqo%3Doff"
            ),
            "user=ann password=pw host=db.example.org port=5433 dbname=parcels sslmode=require \
             options=-cgeqo=off"
        );
        assert_eq!(read("postgres://"), "");
        assert_eq!(read("postgres:///"), "");
        assert_eq!(read("postgres:///parcels"), "dbname=parcels");
        assert_eq!(read("postgres://:5433"), "port=5433");
        assert_eq!(read("postgres://ann@"), "user=ann");
        assert_eq!(read("postgres://ann:@h"), "user=ann host=h");
        assert_eq!(read("postgres://:pw@h"), "password=pw host=h");
        assert_eq!(read("postgres://h?"), "host=h");
        assert_eq!(read("postgres://h/?user=ann&"), "host=h user=ann");
        assert_eq!(read("postgres://?service=s"), "service=s");
    }

    #[test]
    fn hosts_and_addresses() {
        assert_eq!(read("postgres://a,b:2,c:3/x"), "host=a,b,c port=,2,3 dbname=x");
        assert_eq!(
            read("postgres://[::1]:1,[fe80::1%25eth0]/x"),
            "host=::1,fe80::1%eth0 port=1, dbname=x"
        );
        assert_eq!(read("postgres://%2Fvar%2Frun%2fpg/x"), "host=/var/run/pg dbname=x");
        assert_eq!(read("postgres://%40abstract/x"), "host=@abstract dbname=x");
        assert_eq!(read("postgres:///x?host=/tmp&port=1"), "dbname=x host=/tmp port=1");
    }

    #[test]
    fn escapes_and_old_names() {
        assert_eq!(
            read("postgres://a%40b:p%3A%2F%25@h/d%20b"),
            "user=a@b password=p:/% host=h dbname=d b"
        );
        assert_eq!(read("postgres://h?ssl=true"), "host=h sslmode=require");
        assert_eq!(read("postgres://h?requiressl=1"), "host=h requiressl=1");
        assert_eq!(read("postgres://h?%75ser=u"), "host=h user=u");
    }

    #[test]
    fn errors() {
        for (text, part) in [
            ("postgres://u:1/2@h/d", "name of its database"),
            ("postgres://[::1", "closing"),
            ("postgres://[]", "empty"),
            ("postgres://[::1]x", "followed by"),
            ("postgres://h?user", "number 1 has no \"=\""),
            ("postgres://h?user=a=b", "more than one"),
            ("postgres://h?user=a&&port=1", "number 2 has no"),
            ("postgres://h?sslmdoe=require", "did you mean \"sslmode\"?"),
            ("postgres://h?ssl=1", "\"ssl\""),
            ("postgres://h/%zz", "dbname in the URI has a \"%\""),
            ("postgres://h/%4", "hexadecimal"),
            ("postgres://h/%00", "%00"),
            ("postgres://h/%ff", "not UTF-8"),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn no_message_shows_a_password() {
        for text in [
            "postgres://u:hush%zz@h",
            "postgres://u:hush@ush@h/db",
            "postgres://h?password=hush%zz",
            "postgres://u:a@h/b?hush=%zz@h/db",
            "postgres://h?password=hush=ush",
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(!message.contains("ush"), "{message}");
        }
    }
}
