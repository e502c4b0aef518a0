//! Texts without a server.

use super::error::ConnectError;
use super::{conninfo, passfile, uri};

/// Pairs of key word and value of a connection string or URI.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, ConnectError> {
    if uri::is_uri(text) {
        return uri::parse(text);
    }
    Ok(conninfo::parse(text)?.into_iter().map(|pair| (pair.keyword, pair.value)).collect())
}

pub(crate) fn conninfo_of(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter();
    let written = pairs.map(|(keyword, value)| format!("{keyword}={}", conninfo::quoted(value)));
    written.collect::<Vec<_>>().join(" ")
}

pub(crate) fn password_in(file: &[u8], of: [&str; 4]) -> Option<(Vec<u8>, usize)> {
    let [host, port, database, user] = of;
    passfile::find(file, &[host], port, database, user)
}

pub(crate) fn password_line(fields: [&str; 4], password: &str) -> String {
    let fields = fields.map(passfile::escaped).join(":");
    format!("{fields}:{}", passfile::escaped(password))
}
