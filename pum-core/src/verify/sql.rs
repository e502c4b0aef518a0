//! Queries of this module, and their rows.

use postgres::{Client, SimpleQueryMessage};

use crate::catalog::record;
use crate::connect::Session;

/// A query for servers of this major: `{since 14: a else b}` is `a` on 14 and newer, else `b`.
pub(super) fn for_major(template: &str, major: u32) -> String {
    const START: &str = "{since ";
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, inside, after)) = rest.split_once(START).and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        Some((before, inside, after))
    }) {
        let (since, choice) = inside.split_once(':').unwrap_or_default();
        let (new, old) = choice.split_once(" else ").unwrap_or((choice, ""));
        let is_new = since.trim().parse().is_ok_and(|since: u32| major >= since);
        out.push_str(before);
        out.push_str(if is_new { new } else { old });
        rest = after;
    }
    out + rest
}

/// A row of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row(Vec<Option<String>>);

impl Row {
    /// A column; `None` for null.
    pub(super) fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column).and_then(Option::as_deref)
    }

    /// A column, empty for null.
    pub(super) fn text(&self, column: usize) -> String {
        self.get(column).unwrap_or_default().to_owned()
    }

    /// Whether a column is true.
    pub(super) fn is_true(&self, column: usize) -> bool {
        self.get(column) == Some("t")
    }

    /// A number, or what stands for none.
    pub(super) fn number<T: std::str::FromStr + Default>(&self, column: usize) -> T {
        self.get(column).and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

/// What surrounds a query so that each of its rows is one text. A server with `SQL_ASCII` converts
/// nothing, and a name may be no UTF-8.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    is_sql_ascii: bool,
}

impl Form {
    pub(super) fn for_session(session: &Session) -> Self {
        Self { is_sql_ascii: session.encoding() == "SQL_ASCII" }
    }

    fn around(self, query: &str) -> String {
        let row = if self.is_sql_ascii {
            "encode(convert_to(pum_row::text, 'SQL_ASCII'), 'escape')"
        } else {
            "pum_row::text"
        };
        format!("SELECT {row} FROM (\n{query}\n) pum_row")
    }

    fn read(self, text: &str) -> Option<Row> {
        let fields = if self.is_sql_ascii {
            record::unescaped(text).and_then(|text| record::fields(&text))
        } else {
            record::fields(text)
        };
        fields.map(Row)
    }

    /// The rows of a query, with statements before and after it that give none.
    pub(super) fn ask(
        self,
        client: &mut Client,
        before: &str,
        query: &str,
        after: &str,
    ) -> Result<Vec<Row>, postgres::Error> {
        let messages = client.simple_query(&format!("{before}{}{after}", self.around(query)))?;
        let texts = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten(),
            _ => None,
        });
        Ok(texts.filter_map(|text| self.read(text)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_major_has() {
        let query = "a {since 14: b else c} d{since 15: '%I', f} {}";
        assert_eq!(for_major(query, 14), "a  b d {}");
        assert_eq!(for_major(query, 13), "a c d {}");
        assert_eq!(for_major(query, 18), "a  b d '%I', f {}");
    }
}
