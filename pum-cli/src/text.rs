//! Text for people: names made safe to show, numbers, paths, tables, errors.

use pum_core::humanize::grouped;
use std::path::Path;

use comfy_table::{ContentArrangement, Table, presets};
use pum_core::connect::Settings;
use pum_core::model::is_spoofing_char;

/// Misleading characters as escapes: a name must not be able to control the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_spoofing_char(c) && c != '\t' { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// Several lines, each without characters that deceive.
pub(crate) fn printable_lines(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

pub(crate) fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// As a word of a shell.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The last part of a path.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Lines beside their label, each wrapped to a width; nothing if there are none.
pub(crate) fn labelled(out: &mut String, label: &str, lines: &[String], width: usize) {
    const LABEL: usize = 13;
    for (at, text) in lines.iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        let first = format!("{label:<LABEL$}");
        let next = " ".repeat(LABEL + 2);
        let options = textwrap::Options::new(width.max(LABEL + 20))
            .initial_indent(&first)
            .subsequent_indent(&next)
            .break_words(false);
        line(out, &textwrap::fill(text, options));
    }
}

/// A path as it should be shown: the shorter of it and its form relative to the working directory.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

/// A short name of a connection: of a connection string or URI its database, with its host if wanted; of a
/// service its name.
pub(crate) fn short_name(settings: &Settings, with_host: bool) -> String {
    let label = settings.label();
    if !label.contains(['=', '/']) {
        return label.to_owned();
    }
    let host = settings.get("host").filter(|host| with_host && !host.is_empty());
    let host = host.map_or_else(String::new, |host| format!("@{host}"));
    format!("{}{host}", settings.database())
}

/// A connection as lines for people name it: a service by its name, what was given as a connection string
/// or URI by its database, and by its server unless that is the local one. Reports for programs have all
/// that was given.
pub(crate) fn connection_name(settings: &Settings) -> String {
    const DEFAULT_PORT: &str = "5432";
    let name = short_name(settings, false);
    if name == settings.label() {
        return printable(&name);
    }
    let host = settings.get("host").unwrap_or_default();
    let is_local = host.is_empty() || host.starts_with(['/', '@']);
    // Several hosts may have several ports.
    let port = settings.get("port").filter(|port| *port != DEFAULT_PORT && !port.contains(','));
    printable(&match (is_local, port) {
        (true, None) => name,
        (true, Some(port)) => format!("{name}@[local]:{port}"),
        (false, None) => format!("{name}@{host}"),
        (false, Some(port)) => format!("{name}@{host}:{port}"),
    })
}

/// A moment, as `2026-11-21 15:03 CET`; what is no moment as it is.
pub(crate) fn local_time(moment: &str) -> String {
    let zoned = |moment: jiff::Timestamp| moment.to_zoned(jiff::tz::TimeZone::system());
    moment.parse().map_or_else(
        |_| printable(moment),
        |moment| zoned(moment).strftime("%Y-%m-%d %H:%M %Z").to_string(),
    )
}

/// A moment of an upgrades table, such as `2026-11-21 15:03:07.123456`, without parts of a second. A zone
/// behind them, which the table of PUM has not, stays.
pub(crate) fn without_fraction(moment: &str) -> String {
    let (seconds, rest) = moment.split_once('.').unwrap_or((moment, ""));
    let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    printable(&format!("{seconds}{zone}"))
}

/// The time in a record of an upgrades table.
pub(crate) fn milliseconds(recorded: i32) -> String {
    match u64::try_from(recorded) {
        Ok(number) => format!("{} ms", grouped(number)),
        Err(_) => format!("{recorded} ms"),
    }
}

/// A table without lines, for a terminal.
pub(crate) fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

/// An error and what caused it, without saying anything twice.
pub(crate) fn describe(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut source = err.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
