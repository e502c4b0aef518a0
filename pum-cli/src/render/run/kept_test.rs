//! The test database that was kept, for people: how to look at it and how to remove it.

use pum_core::manager::{KeptTest, TestRemoval};

use crate::text::{printable, shell_word};

/// The command that connects to it, and the one that removes it.
pub(super) fn commands(kept: &KeptTest) -> [String; 2] {
    let pairs = kept.connection.iter().map(|(keyword, text)| format!("{keyword}={}", value(text)));
    let conninfo = shell_word(&printable(&pairs.collect::<Vec<_>>().join(" ")));
    let remove = match &kept.removal {
        // The fast way to end it, which does not wait for those who are connected.
        TestRemoval::EndProcess(process) => format!("kill -INT {process}"),
        TestRemoval::Command(command) => {
            format!("PUM_TEST={conninfo} sh -c {}", shell_word(&printable(command)))
        }
        _ => format!("dropdb {}", options(kept).join(" ")),
    };
    [format!("psql {conninfo}"), remove]
}

/// A value as libpq reads it.
fn value(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The options of PostgreSQL's programs, with the name of the database last.
fn options(kept: &KeptTest) -> Vec<String> {
    let option = |(keyword, text): &(&'static str, String)| {
        let text = shell_word(&printable(text));
        Some(match *keyword {
            "host" => format!("-h {text}"),
            "port" => format!("-p {text}"),
            "user" => format!("-U {text}"),
            "dbname" => text,
            _ => return None,
        })
    };
    kept.connection.iter().filter_map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_odd_is_quoted_for_libpq_and_the_shell() {
        assert_eq!(value("/tmp/pum-scratch-x"), "/tmp/pum-scratch-x");
        assert_eq!(value("it's \\"), "'it\\'s \\\\'");
        assert_eq!(value(""), "''");
    }
}
